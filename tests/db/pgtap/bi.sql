-- SPDX-License-Identifier: GPL-2.0-or-later
-- The views against examples worked out by hand.
BEGIN;
\ir helpers.psql
SELECT plan(27);
SET LOCAL jackfield.tenant = '1';

-- ---- one call -------------------------------------------------------------
-- 10:00:00 greeting 2.5 s, queue 6 s, rings at Alice 20 s in vain, queue 0.5 s,
-- rings at Bob 3 s, talk 30 s, hold 12 s, talk 18 s, wrap-up 10 s.
CREATE TEMP TABLE t AS SELECT pg_temp.ms('2026-02-03 10:00:00') AS t0;
SELECT is(pg_temp.drain(1, VARIADIC (
	SELECT array_agg(pg_temp.segment('1.g.1.' || n, n, 1, n, kind,
			t0 + b, t0 + e, cause)
		|| jsonb_strip_nulls(jsonb_build_object('agent', agent::text,
							'offer', offer))
		ORDER BY n)
	FROM t, (VALUES
		(1, 'ivr', 0, 2500, 'done', NULL, NULL),
		(2, 'queue', 2500, 8500, 'offered', NULL, NULL),
		(3, 'offer', 8500, 28500, 'no_answer', 1, 'o1'),
		(4, 'queue', 28500, 29000, 'offered', NULL, NULL),
		(5, 'offer', 29000, 32000, 'accepted', 2, 'o2'),
		(6, 'talk', 32000, 62000, 'hold', 2, NULL),
		(7, 'hold', 62000, 74000, 'resumed', 2, NULL),
		(8, 'talk', 74000, 92000, 'caller', 2, NULL),
		(9, 'wrap_up', 92000, 102000, 'agent', 2, NULL)
	) AS v(n, kind, b, e, cause, agent, offer))), 9, 'its segments');
SELECT is(pg_temp.drain(1,
	pg_temp.contact('1.g.2.1', 1, 1, t0, 'end', (t0 + 102000)::text,
		'outcome', 'answered', 'phase', 'talk', 'queue', '1',
		'agent', '2', 'number', '+12025550100',
		'caller', '+12025550199', 'trunk', 'demo-carrier',
		'enqueued', (t0 + 2500)::text,
		'answered', (t0 + 32000)::text, 'q850', '16'),
	pg_temp.entry('1.g.2.2', 'leg', 'leg', pg_temp.id('l', 1),
		'tenant', '1', 'role', 'agent', 'node', 'acd-1',
		'begin', t0::text, 'end', (t0 + 1)::text, 'by', 'local',
		'cause', 'ended', 'contact', pg_temp.id('c', 1),
		'call_id', 'agent@x', 'packets', '1', 'mos100', '100'),
	pg_temp.entry('1.g.2.3', 'leg', 'leg', pg_temp.id('l', 2),
		'tenant', '1', 'role', 'caller', 'node', 'acd-1',
		'begin', t0::text, 'end', (t0 + 92000)::text, 'by', 'remote',
		'cause', 'bye', 'contact', pg_temp.id('c', 1),
		'call_id', 'carrier@x', 'codec', 'PCMU', 'packets', '3980',
		'lost', '20', 'jitter_us', '1250', 'mos100', '438'),
	pg_temp.entry('1.g.2.4', 'recording', 'recording', pg_temp.id('r', 1),
		'contact', pg_temp.id('c', 1), 'segment', pg_temp.id('s', 6),
		'tenant', '1', 'part', '1', 'file', 'a.wav',
		'begin', (t0 + 32000)::text, 'ms', '29990', 'bytes', '1'),
	pg_temp.entry('1.g.2.5', 'recording', 'recording', pg_temp.id('r', 2),
		'contact', pg_temp.id('c', 1), 'segment', pg_temp.id('s', 8),
		'tenant', '1', 'part', '1', 'file', 'b.wav',
		'begin', (t0 + 74000)::text, 'ms', '18000', 'bytes', '1',
		'cause', 'worker_lost'),
	pg_temp.entry('1.g.2.6', 'decision', 'decision', pg_temp.id('d', 1),
		'contact', pg_temp.id('c', 1), 'tenant', '1', 'queue', '1',
		'begin', (t0 + 8500)::text, 'wait_ms', '6000',
		'position', '1', 'policy', 'longest_idle', 'reason', 'why',
		'considered', '3', 'agent', '1', 'offer', 'o1',
		'candidates', '1:9000:chosen,2:500:eligible,3:0:a%2Cb%3Ac%25'
	)), 6, 'the rest of it') FROM t;

SELECT results_eq($$SELECT queue_name, agent_name, outcome, hung_up_by, trunk,
		call_id, q850 FROM bi.calls$$,
	$$VALUES ('support', 'Bob', 'answered', 'caller', 'demo-carrier',
		'carrier@x', 16)$$, 'bi.calls: who, whence, how it ended');
SELECT results_eq($$SELECT ivr_ms, wait_ms, talk_ms, hold_ms, wrapup_ms,
		handle_ms, offers, recorded_ms FROM bi.calls$$,
	$$VALUES (2500::bigint, 29500::bigint, 48000::bigint, 12000::bigint,
		10000::bigint, 70000::bigint, 2::bigint, 47990::bigint)$$,
	'bi.calls: times from segments');
SELECT is(c.ivr_ms + wait_ms + handle_ms,
	  round(extract(epoch FROM end_at - begin_at) * 1000)::bigint,
	  'they add up to the whole call') FROM bi.calls c;
SELECT results_eq('SELECT codec, packets, lost, loss_percent, jitter_ms, mos
		   FROM bi.calls',
	$$VALUES ('PCMU', 3980::bigint, 20::bigint, 0.50, 1.250, 4.38)$$,
	'bi.calls: the caller''s audio, 20 of 4000 lost');
SELECT is_empty($$SELECT * FROM (
		SELECT begin_at, lag(end_at) OVER (ORDER BY ordinal) AS before
		FROM bi.segments WHERE contact = pg_temp.id('c', 1)) s
	WHERE begin_at <> before$$, 'bi.segments: without gaps');
SELECT is(sum(ms), 102000::numeric, 'bi.segments: their sum')
FROM bi.segments;
SELECT results_eq('SELECT role, mos, loss_percent FROM bi.legs ORDER BY role',
	$$VALUES ('agent', 1.00, NULL), ('caller', 4.38, 0.50)$$, 'bi.legs');
SELECT results_eq('SELECT file, whole FROM bi.recordings ORDER BY file',
	$$VALUES ('a.wav', true), ('b.wav', false)$$, 'bi.recordings');
SELECT results_eq('SELECT agent_name, wait_ms, offer_end, rang_ms
		   FROM bi.decisions',
	$$VALUES ('Alice', 6000::bigint, 'no_answer', 20000::bigint)$$,
	'bi.decisions: with how the offer ended');
SELECT results_eq('SELECT agent_name, idle_ms, verdict, chosen
		   FROM bi.decision_candidates ORDER BY ordinal',
	$$VALUES ('Alice', 9000::bigint, 'chosen', true),
		 ('Bob', 500::bigint, 'eligible', false),
		 ('Carol', 0::bigint, 'a,b:c%', false)$$,
	'bi.decision_candidates: decoded');

-- ---- service level --------------------------------------------------------
-- 1000 answered, 860 of them within 20 s (10 s; the others 30 s); 60 gave up:
-- 10 after 3 s, 10 after 15 s, 40 after 40 s. Expected: 83.0, 86.0, 81.1,
-- 82.7, 82.1 %, as published for this example.
INSERT INTO conf.queues (queue_id, tenant_id, name) VALUES (50, 1, 'worked');
CREATE FUNCTION pg_temp.waiters(first int, last int, wait int, outcome text,
				queue int, enqueued bigint)
RETURNS int LANGUAGE sql AS $$
	SELECT pg_temp.drain(2, VARIADIC array_agg(e)) FROM (
		SELECT pg_temp.contact('2.g.' || n || '.1', n, 1, enqueued,
			'end', (enqueued + wait)::text, 'outcome', outcome,
			'queue', queue::text,
			'enqueued', enqueued::text) AS e
		FROM generate_series(first, last) n
		UNION ALL
		SELECT pg_temp.segment('2.g.' || n || '.2', n, n, 1, 'queue',
			enqueued, enqueued + wait, 'x',
			'queue', queue::text)
		FROM generate_series(first, last) n) x
$$;
SELECT is((SELECT sum(pg_temp.waiters(a, b, wait, outcome, 50,
			pg_temp.ms('2026-02-03 11:10:00')))
	FROM (VALUES (1001, 1860, 10000, 'answered'),
		(1861, 2000, 30000, 'answered'),
		(2001, 2010, 3000, 'abandoned'),
		(2011, 2020, 15000, 'abandoned'),
		(2021, 2060, 40000, 'abandoned')) v(a, b, wait, outcome)),
	2120::bigint, 'the published example');
SELECT results_eq('SELECT half_hour, offered, answered, abandoned, failed,
		answered_in_time, abandoned_in_time, abandoned_short
		FROM bi.queue_half_hour WHERE queue_id = 50',
	$$VALUES ('2026-02-03 11:00+00'::timestamptz, 1060::bigint,
		1000::bigint, 60::bigint, 0::bigint, 860::bigint, 20::bigint,
		10::bigint)$$, 'its counts');
SELECT results_eq('SELECT round(sl1, 1), round(sl2, 1), round(sl3, 1),
		round(sl4, 1), round(sl5, 1), round(sl6, 1),
		service_level = sl4
		FROM bi.queue_half_hour WHERE queue_id = 50',
	'VALUES (83.0, 86.0, 81.1, 82.7, 82.1, 83.0, true)',
	'its service levels');
-- (860 * 10 + 140 * 30) / 1000 = 12.8 s; (60 - 10) / 1060 = 4.72 %
SELECT results_eq('SELECT asa_ms, max_wait_ms, abandon_rate
		FROM bi.queue_half_hour WHERE queue_id = 50',
	'VALUES (12800::bigint, 40000::bigint, 4.72)', 'ASA, longest, abandons');

-- Bounds: T itself is in time; a half hour begins with its first millisecond.
INSERT INTO conf.queues (queue_id, tenant_id, name) VALUES (51, 1, 'bounds');
SELECT pg_temp.waiters(3001, 3001, 20000, 'answered', 51,
		       pg_temp.ms('2026-02-03 11:29:59.999')),
       pg_temp.waiters(3002, 3002, 20001, 'answered', 51,
		       pg_temp.ms('2026-02-03 11:30:00')),
       pg_temp.waiters(3003, 3003, 5000, 'failed', 51,
		       pg_temp.ms('2026-02-03 11:30:00')) \g /dev/null
SELECT results_eq('SELECT half_hour, offered, failed, answered_in_time,
		service_level
		FROM bi.queue_half_hour WHERE queue_id = 51 ORDER BY 1',
	$$VALUES ('2026-02-03 11:00+00'::timestamptz, 1::bigint, 0::bigint,
		1::bigint, 100.00),
		('2026-02-03 11:30+00'::timestamptz, 2::bigint, 1::bigint,
		0::bigint, 0.00)$$, 'bounds of T and of the half hour');
UPDATE conf.queues SET service_level_ms = 30000 WHERE queue_id = 50;
SELECT is(sl2, 100.00, 'T is the queue''s own') FROM bi.queue_half_hour
WHERE queue_id = 50;
DELETE FROM conf.queues WHERE queue_id = 50;
SELECT results_eq('SELECT queue_name, service_level_ms, round(sl4, 1)
		FROM bi.queue_half_hour WHERE queue_id = 50',
	'VALUES (NULL, 20000, 82.7)', 'a deleted queue keeps its figures');

-- ---- agents ---------------------------------------------------------------
-- Alice: ready 23:00 to 01:00 over midnight, then reserved 3 s, talking 60 s
-- (50 talk, 10 hold), wrap-up 12 s, paused 5 min, not responding 1 s, off.
CREATE TEMP TABLE m AS SELECT pg_temp.ms('2026-02-05 01:00:00') AS t0;
SELECT is(pg_temp.drain(3,
	pg_temp.state('3.g.1.1', 1, 'ready', t0 - 7200000, t0),
	pg_temp.state('3.g.1.2', 1, 'reserved', t0, t0 + 3000),
	pg_temp.state('3.g.1.3', 1, 'talking', t0 + 3000, t0 + 63000),
	pg_temp.state('3.g.1.4', 1, 'wrap_up', t0 + 63000, t0 + 75000),
	pg_temp.state('3.g.1.5', 1, 'paused', t0 + 75000, t0 + 375000),
	pg_temp.state('3.g.1.6', 1, 'not_responding', t0 + 375000, t0 + 376000),
	pg_temp.state('3.g.1.7', 1, 'offline', t0 + 376000, t0 + 400000),
	pg_temp.segment('3.g.2.1', 4001, 4001, 1, 'offer', t0, t0 + 3000,
			'accepted', 'agent', '1'),
	pg_temp.segment('3.g.2.2', 4002, 4001, 2, 'talk', t0 + 3000,
			t0 + 53000, 'hold', 'agent', '1'),
	pg_temp.segment('3.g.2.3', 4003, 4001, 3, 'hold', t0 + 53000,
			t0 + 63000, 'caller', 'agent', '1'),
	pg_temp.segment('3.g.2.4', 4004, 4002, 1, 'offer', t0, t0 + 1,
			'declined', 'agent', '1'),
	pg_temp.segment('3.g.2.5', 4005, 4002, 2, 'offer', t0, t0 + 1,
			'busy', 'agent', '1'),
	pg_temp.segment('3.g.2.6', 4006, 4002, 3, 'offer', t0, t0 + 1,
			'no_answer', 'agent', '1'),
	pg_temp.segment('3.g.2.7', 4007, 4002, 4, 'offer', t0, t0 + 1,
			'abandoned', 'agent', '1')), 14, 'a night of Alice')
FROM m;
SELECT results_eq($$SELECT day, logged_in_ms, ready_ms, offers
	FROM bi.agent_day WHERE agent_id = 1 AND day = '2026-02-04'$$,
	$$VALUES ('2026-02-04'::date, 3600000::bigint, 3600000::bigint,
		0::bigint)$$, 'before midnight');
SELECT results_eq($$SELECT agent_name, ready_ms, reserved_ms, talking_ms,
		wrapup_ms, paused_ms, not_responding_ms, offline_ms
	FROM bi.agent_day WHERE agent_id = 1 AND day = '2026-02-05'$$,
	$$VALUES ('Alice', 3600000::bigint, 3000::bigint, 60000::bigint,
		12000::bigint, 300000::bigint, 1000::bigint,
		24000::bigint)$$, 'after midnight, state by state');
SELECT is(logged_in_ms, ready_ms + reserved_ms + talking_ms + wrapup_ms
	  + paused_ms + not_responding_ms, 'the states add up to the log-in')
FROM bi.agent_day WHERE agent_id = 1 AND day = '2026-02-05';
SELECT results_eq($$SELECT talk_ms, hold_ms, offers, calls, refused,
		unanswered, withdrawn
	FROM bi.agent_day WHERE agent_id = 1 AND day = '2026-02-05'$$,
	$$VALUES (50000::bigint, 10000::bigint, 5::bigint, 1::bigint,
		2::bigint, 1::bigint, 1::bigint)$$, 'talk, hold and offers');
-- (60 + 12) / (60 + 12 + 3600) = 1.96 %
SELECT is(occupancy, 1.96, 'occupancy') FROM bi.agent_day
WHERE agent_id = 1 AND day = '2026-02-05';
SELECT results_eq($$SELECT day, ms FROM bi.by_day('2026-02-04 12:00+00',
		'2026-02-06 00:00+00')$$,
	$$VALUES ('2026-02-04'::date, 43200000::bigint),
		 ('2026-02-05'::date, 86400000::bigint)$$,
	'a stretch that ends at midnight');
SELECT is(pg_temp.run_as('jackfield_bi', '2',
	'SELECT count(*) FROM bi.agent_day'), '0', 'another tenant: nothing');

SELECT * FROM finish();
ROLLBACK;
