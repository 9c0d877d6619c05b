-- SPDX-License-Identifier: GPL-2.0-or-later
-- One contact in words: what a person on duty must find in them.
BEGIN;
\ir helpers.psql
SELECT plan(35);

SELECT matches(journal.explain('last'), 'There is none yet',
	       'nothing there: said so');

CREATE TEMP TABLE t AS SELECT pg_temp.ms('2026-02-03 03:00:00') AS t0;
SELECT pg_temp.drain(1,
	pg_temp.segment('1.g.1.1', 1, 1, 1, 'ivr', t0, t0 + 2500, 'done'),
	pg_temp.entry('1.g.1.2', 'decision', 'decision', pg_temp.id('d', 1),
		'contact', pg_temp.id('c', 1), 'tenant', '1', 'queue', '1',
		'begin', (t0 + 2500)::text, 'wait_ms', '0', 'position', '2',
		'policy', 'longest_idle', 'reason', 'none of 3 agents is free',
		'considered', '3',
		'candidates', '1:0:talking,2:0:paused,3:0:skill'),
	pg_temp.segment('1.g.1.3', 2, 1, 2, 'queue', t0 + 2500, t0 + 8500,
		'offered'),
	pg_temp.entry('1.g.1.4', 'decision', 'decision', pg_temp.id('d', 2),
		'contact', pg_temp.id('c', 1), 'tenant', '1', 'queue', '1',
		'begin', (t0 + 8500)::text, 'wait_ms', '6000', 'position', '1',
		'policy', 'longest_idle',
		'reason', 'idle the longest of 2 eligible', 'considered', '3',
		'candidates', '1:12000:chosen,2:500:eligible,3:0:skill',
		'agent', '1', 'offer', 'o1'),
	pg_temp.segment('1.g.1.5', 3, 1, 3, 'offer', t0 + 8500, t0 + 28500,
		'no_answer', 'agent', '1', 'offer', 'o1'),
	pg_temp.segment('1.g.1.6', 4, 1, 4, 'offer', t0 + 28500, t0 + 31500,
		'accepted', 'agent', '2', 'offer', 'o2')) FROM t \g /dev/null

SELECT is((SELECT x FROM journal.explain(pg_temp.id('c', 1)) x LIMIT 1),
	  'Contact ' || pg_temp.id('c', 1) || ', which is not over yet',
	  'a contact that still goes on');

SELECT pg_temp.drain(1,
	pg_temp.segment('1.g.1.7', 5, 1, 5, 'talk', t0 + 31500, t0 + 121500,
		'agent', 'agent', '2'),
	pg_temp.segment('1.g.1.8', 6, 1, 6, 'wrap_up', t0 + 121500,
		t0 + 131500, 'limit', 'agent', '2'),
	pg_temp.contact('1.g.1.9', 1, 1, t0, 'end', (t0 + 131500)::text,
		'outcome', 'answered', 'phase', 'talk', 'by', 'agent',
		'queue', '1', 'agent', '2', 'number', '+12025550100',
		'caller', '+12025550199', 'trunk', 'demo-carrier',
		'call_id', 'abc@carrier', 'wait_ms', '29000',
		'talk_ms', '90000', 'wrapup_ms', '10000', 'q850', '16'),
	pg_temp.entry('1.g.1.10', 'leg', 'leg', pg_temp.id('l', 1),
		'tenant', '1', 'role', 'caller', 'node', 'acd-1',
		'begin', t0::text, 'end', (t0 + 121500)::text, 'by', 'local',
		'cause', 'ended', 'contact', pg_temp.id('c', 1),
		'answered', t0::text, 'q850', '16',
		'codec', 'PCMA', 'packets', '4500', 'lost', '0',
		'jitter_us', '1234', 'mos100', '441'),
	pg_temp.entry('1.g.1.12', 'leg', 'leg', pg_temp.id('l', 2),
		'tenant', '1', 'role', 'agent', 'node', 'acd-1', 'agent', '1',
		'begin', (t0 + 8500)::text, 'end', (t0 + 28500)::text,
		'by', 'remote', 'cause', 'refused', 'code', '480',
		'reason', 'Away', 'contact', pg_temp.id('c', 1),
		'packets', '0'),
	pg_temp.entry('1.g.1.11', 'recording', 'recording', pg_temp.id('r', 1),
		'contact', pg_temp.id('c', 1), 'segment', pg_temp.id('s', 5),
		'tenant', '1', 'part', '1', 'file', '1/x.wav',
		'begin', (t0 + 31500)::text, 'ms', '90000',
		'bytes', '1024000')) FROM t \g /dev/null

CREATE TEMP TABLE said AS SELECT x AS line FROM journal.explain('last') x;
SELECT ok(EXISTS (SELECT FROM said WHERE line LIKE '%' || words || '%'), words)
FROM (VALUES
	('Contact ' || pg_temp.id('c', 1) || ' of tenant demo'),
	('came at 2026-02-03 03:00:00.000 UTC from +12025550199 over trunk demo-carrier, dialled +12025550100 (queue support)'),
	('SIP Call-ID abc@carrier'),
	('03:00:00.000  heard the greeting, for 2.5 s'),
	('03:00:02.500  waited in queue support, hearing its place in line and music, for 6.0 s: an agent was found'),
	('no agent for it at place 2: none of 3 agents is free (rule longest_idle, 3 considered)'),
	('- Alice: was in a call'), ('- Bob: was paused'),
	('- Carol: lacks the skill support'),
	('03:00:08.500  chose Alice for it, at place 1 after 6.0 s of waiting: idle the longest of 2 eligible'),
	('- Alice: CHOSEN, idle for 12.0 s'),
	('- Bob: free too, idle for 500 ms'),
	('rang at Alice, for 20.0 s: nobody answered in time, so Alice gets nothing more until ready again'),
	('rang at Bob, for 3.0 s: Bob answered'),
	('talked with Bob, for 1 min 30 s: Bob hung up'),
	('Bob in wrap-up, for 10.0 s: the limit was reached'),
	('It waited 29.0 s:'),
	('  6.0 s in queue support, until an agent was free for it'),
	('  20.0 s while the phone of Alice rang: nobody answered'),
	('It ended: answered; Bob hung up in segment talk (Q.850 cause 16, normal clearing)'),
	('wait 29.0 s, talk 1 min 30 s, hold 0 ms, wrap-up 10.0 s'),
	('Leg of the caller at acd-1, 2 min 01 s: Jackfield ended it (ended, Q.850 16); audio PCMA, 4500 packets, 0.0 % lost, jitter 1.2 ms, MOS 4.41'),
	('Leg of Alice at acd-1, never answered: the other side ended it (refused, SIP 480, Away)'),
	('Recording: 1/x.wav, part 1, 1 min 30 s, 1000 KiB, whole')
) AS v(words);

-- in the order in which it happened
SELECT results_eq($$SELECT left(line, 12) FROM said
		    WHERE line ~ '^\d\d:' $$,
		  $$SELECT left(line, 12) FROM said WHERE line ~ '^\d\d:'
		    ORDER BY 1$$, 'in order');
SELECT is((SELECT array_agg(x) FROM journal.explain(pg_temp.id('c', 1)) x),
	  (SELECT array_agg(line) FROM said), '"last" is this one');
SELECT results_eq($$SELECT journal.explain('c12')$$,
	ARRAY['No contact c12 in the journal: it is not over, or the id is '
	      'wrong. The newest is ' || pg_temp.id('c', 1) || '.'],
	'unknown: one line that helps');
SELECT results_eq($$SELECT journal.span(ms) FROM unnest(ARRAY[0, 999, 1000,
		59949, 60000, 3599999, 3600000, 90061000]::numeric[]) ms$$,
	ARRAY['0 ms', '999 ms', '1.0 s', '59.9 s', '1 min 00 s',
	      '59 min 59 s', '1 h 00 min', '25 h 01 min'], 'lengths');
SELECT is(journal.verdict_words('brand_new', 0, NULL), 'not free: brand new',
	  'a verdict that is not known yet');
-- one that failed at once
SELECT pg_temp.drain(2,
	pg_temp.segment('2.g.1.1', 20, 20, 1, 'ivr', t0, t0, 'failed'),
	pg_temp.contact('2.g.1.2', 20, 1, t0, 'outcome', 'failed',
		'phase', 'ivr', 'by', 'system', 'queue', '1')) FROM t
\g /dev/null
SELECT ok(EXISTS (SELECT FROM journal.explain(pg_temp.id('c', 20)) x
	WHERE x LIKE '%' || words || '%'), words)
FROM (VALUES
	('was at the greeting, for 0 ms: a fault on our side ended it'),
	('It ended: failed; Jackfield ended it in segment ivr')) v(words);

-- agent and queue deleted since
DELETE FROM conf.tenants WHERE tenant_id = 1;
SELECT ok(EXISTS (SELECT FROM journal.explain(pg_temp.id('c', 1)) x
		  WHERE x LIKE '%talked with agent 2,%'),
	  'deleted since: the number instead of the name');
SELECT ok(EXISTS (SELECT FROM journal.explain(pg_temp.id('c', 1)) x
		  WHERE x LIKE '%waited in queue 1, hearing its place in line and music, for 6.0 s%'),
	  'the queue as well');

SELECT * FROM finish();
ROLLBACK;
