-- SPDX-License-Identifier: GPL-2.0-or-later
-- Configuration: what is refused and with which words, versions, and what the
-- engine is given.
BEGIN;
\ir helpers.psql
SELECT plan(43);

-- Each bad value, and the name of the constraint that tells the fix.
SELECT throws_like('INSERT INTO conf.' || statement, '%' || words || '%',
		   words)
FROM (VALUES
	('tenants (tenant_id, name, domain) VALUES (0, ''x'', ''x.example'')',
	 'tenant_id must be 1 or more'),
	('tenants (tenant_id, name, domain) VALUES (9, '' '', ''x.example'')',
	 'name must be one line of text'),
	('tenants (tenant_id, name, domain) VALUES (9, ''x'', ''X.Example'')',
	 'domain must be like demo.example, in lower case'),
	('tenants (tenant_id, name, domain, language)
	  VALUES (9, ''x'', ''x.example'', ''fr'')',
	 'language must be zh or en'),
	('tenants (tenant_id, name, domain, partition)
	  VALUES (9, ''x'', ''x.example'', 64)',
	 'partition must be 0 to 63'),
	('tenants (tenant_id, name, domain, code_ready)
	  VALUES (9, ''x'', ''x.example'', ''ready'')',
	 'feature codes must be 1 to 8 of 0-9 * #'),
	('tenants (tenant_id, name, domain, code_ready)
	  VALUES (9, ''x'', ''x.example'', ''*71'')',
	 'feature codes must differ from one another'),
	('skills VALUES (1, ''a:b'', 1)', 'skill must be 1 to 32 of'),
	('queues (tenant_id, name, level) VALUES (1, ''q'', 11)',
	 'level must be 0 to 10'),
	('queues (tenant_id, name, level) VALUES (1, ''q'', -1)',
	 'level must be 0 to 10'),
	('queues (tenant_id, name, ring_ms) VALUES (1, ''q'', 999)',
	 'ring_ms must be 1000 to 120000'),
	('queues (tenant_id, name, ring_ms) VALUES (1, ''q'', 120001)',
	 'ring_ms must be 1000 to 120000'),
	('queues (tenant_id, name, announce_ms) VALUES (1, ''q'', 4999)',
	 'announce_ms must be 0 (only at entry) or 5000'),
	('queues (tenant_id, name, wrapup_limit_ms) VALUES (1, ''q'', 5)',
	 'wrapup_limit_ms must be 0 (none) or 1000'),
	('queues (tenant_id, name, refusal_ms) VALUES (1, ''q'', 600001)',
	 'refusal_ms must be 0 to 600000'),
	('queues (tenant_id, name, class) VALUES (1, ''q'', 10)',
	 'class must be 0 to 9'),
	('queues (tenant_id, name, music)
	  VALUES (1, ''q'', ''{music/default.wav}'')',
	 'music: items are file:NAME or say:zh|en:TEXT'),
	('queues (tenant_id, name, hold_music)
	  VALUES (1, ''q'', ''{file:../secret.wav}'')',
	 'hold_music: items are file:NAME'),
	('queues (tenant_id, name, greeting)
	  VALUES (1, ''q'', ''{say:fr:Bonjour}'')',
	 'greeting: items are file:NAME'),
	('agents (tenant_id, name, user_name, ha1)
	  VALUES (1, ''a'', ''a b'', md5(''''))',
	 'user_name must be 1 to 64 of'),
	('agents (tenant_id, name, user_name, ha1)
	  VALUES (1, ''a'', ''a'', ''secret'')',
	 'ha1 must come from conf.ha1'),
	('numbers (number, tenant_id, queue_id) VALUES (''12025550199'', 1, 1)',
	 'number must be E.164, like +12025550100'),
	('numbers (number, tenant_id, queue_id)
	  VALUES (''+1202555019900000'', 1, 1)',
	 'number must be E.164, like +12025550100'),
	('trunks (name, address) VALUES (''x'', ''192.0.2.0/24'')',
	 'address must be one host, not a network'),
	('trunks (name, address) VALUES (''a:b'', ''192.0.2.1'')',
	 'name must be 1 to 32 of'),
	('trunks (name, address, max_cps) VALUES (''x'', ''192.0.2.1'', 0)',
	 'max_cps must be 1 to 10000'),
	('trunks (name, address, uri) VALUES (''x'', ''192.0.2.1'', ''a@b'')',
	 'uri must be like sip:host:port'),
	('trunks (name, address, uri, registrar)
	  VALUES (''x'', ''192.0.2.1'', ''sip:a'', ''sip:a'')',
	 'registrar needs uri, user_name and password')
) AS bad(statement, words);

-- A number never leads to another tenant's queue.
SET CONSTRAINTS ALL IMMEDIATE;
INSERT INTO conf.tenants (tenant_id, name, domain)
VALUES (18, 'other', 'other.example');
SELECT throws_ok('INSERT INTO conf.numbers (number, tenant_id, queue_id)
	VALUES (''+12025550190'', 18, 1)', '23503', NULL,
	'a number of one tenant to a queue of another');
SELECT is(partition, 2, 'partition is tenant_id modulo 16')
FROM conf.tenants WHERE tenant_id = 18;

-- Versions
CREATE TEMP TABLE before AS SELECT * FROM conf.agents WHERE agent_id = 1;
UPDATE conf.agents SET name = 'Alice' WHERE agent_id = 1;
SELECT is(a.version, b.version, 'an update that changes nothing: no version')
FROM conf.agents a JOIN before b USING (agent_id);
UPDATE conf.agent_skills SET level = 9 WHERE agent_id = 1 AND skill = 'sales';
SELECT cmp_ok(a.version, '>', b.version, 'a new skill level: a new version')
FROM conf.agents a JOIN before b USING (agent_id);
CREATE TEMP TABLE number_before AS
	SELECT * FROM conf.numbers WHERE number = '+12025550101';
DELETE FROM conf.numbers WHERE number = '+12025550101';
INSERT INTO conf.numbers (number, tenant_id, queue_id)
VALUES ('+12025550101', 1, 1);
SELECT cmp_ok(n.version, '>', b.version,
	      'deleted and made again: never an old version')
FROM conf.numbers n JOIN number_before b USING (number);

-- What the engine gets
SELECT is(pg_temp.run_as('jackfield_engine', '', $$
	SELECT string_agg(kind || ' ' || n, ', ' ORDER BY kind) FROM (
		SELECT kind, count(*) n FROM conf.snapshot(1) GROUP BY 1) x $$),
	'conf.agent 3, conf.number 2, conf.queue 2, conf.tenant 1',
	'a snapshot has everything of its partition');
SELECT is(pg_temp.run_as('jackfield_engine', '',
	'SELECT count(*) FROM conf.snapshot(2)'), '1',
	'and nothing of another');
UPDATE conf.queues SET greeting = ARRAY['say:en:50%, at 9:00',
	'file:music/a.wav'] WHERE queue_id = 1;
SELECT is("row"->>'greeting', 'say:en:50%25%2C at 9%3A00,file:music/a.wav',
	  '%, comma and colon are encoded')
FROM conf.snapshot(1) WHERE kind = 'conf.queue' AND "row"->>'queue' = '1';
SELECT is("row"->>'skills', 'sales:9,support:8', 'skills with their levels')
FROM conf.snapshot(1) WHERE kind = 'conf.agent' AND "row"->>'user' = 'alice';
SELECT is((SELECT count(*)::int FROM conf.snapshot(1), jsonb_each("row")
	   WHERE jsonb_typeof(value) <> 'string'), 0, 'every value is text');
INSERT INTO conf.trunks (name, address, max_calls, max_cps)
VALUES ('six', '2001:db8::2', 7, 3);
SELECT results_eq('SELECT field, value FROM conf.directory()
		   WHERE key = ''trunks'' ORDER BY 1',
	$$VALUES ('127.0.0.2', 'demo-carrier:500:100::'),
		 ('2001:db8::2', 'six:7:3::')$$, 'trunks by address');
UPDATE conf.trunks SET uri = 'sip:192.0.2.1:5060', user_name = 'u',
	password = 'p=%' WHERE name = 'six';
SELECT results_eq('SELECT field, value FROM conf.directory()
		   WHERE key = ''gateways''',
	$$VALUES ('six', ' uri=sip:192.0.2.1:5060 group=default weight=50'
		  ' max_calls=7 max_cps=3 user=u password=p%3D%25 trusted=0'
		  ' pinned=0')$$,
	'gateways, what would end a value encoded');
SELECT results_eq('SELECT field, value FROM conf.directory()
		   WHERE key = ''credentials'' AND field LIKE ''bob%''',
	$$VALUES ('bob@demo.example',
		  md5('bob:demo.example:bob-secret') || ':1:1')$$,
	'credentials');
SELECT results_eq('SELECT value FROM conf.directory()
		   WHERE field = ''+12025550100''', ARRAY['1:1'], 'numbers');

SET CONSTRAINTS ALL DEFERRED;
DELETE FROM conf.tenants WHERE tenant_id = 1;
SELECT lives_ok('SET CONSTRAINTS ALL IMMEDIATE', 'a tenant goes as a whole');

SELECT * FROM finish();
ROLLBACK;
