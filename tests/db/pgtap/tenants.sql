-- SPDX-License-Identifier: GPL-2.0-or-later
-- No tenant sees another one's rows, in any table or view there is: they are
-- found in the catalogue, so a new one is tested from its first day.
BEGIN;
\ir helpers.psql
SELECT no_plan();

INSERT INTO conf.tenants (tenant_id, name, domain)
VALUES (2, 'other', 'other.example');
INSERT INTO conf.skills (tenant_id, skill) VALUES (2, 'support');
INSERT INTO conf.queues (queue_id, tenant_id, name) VALUES (3, 2, 'theirs');
INSERT INTO conf.agents (agent_id, tenant_id, name, user_name, ha1)
VALUES (9, 2, 'Eve', 'eve', md5(''));
INSERT INTO conf.agent_skills (tenant_id, agent_id, skill)
VALUES (2, 9, 'support');
INSERT INTO conf.numbers (number, tenant_id, queue_id)
VALUES ('+12025550109', 2, 3);
INSERT INTO conf.queue_steps (tenant_id, queue_id, at_ms)
VALUES (1, 1, 0), (2, 3, 0);
INSERT INTO conf.trunks (tenant_id, name, address)
VALUES (1, 'one', '192.0.2.1'), (2, 'two', '192.0.2.2');

-- One of everything for each tenant; queues 1 and 3, agents 1 and 9.
SELECT is(pg_temp.drain(t,
	pg_temp.contact(t || '.g.1.1', t, t, 1767225600000,
			'queue', q::text, 'agent', a::text,
			'enqueued', '1767225600000'),
	pg_temp.segment(t || '.g.1.2', t, t, 1, 'offer', 1767225600000,
			1767225601000, 'no_answer', 'tenant', t::text,
			'queue', q::text, 'agent', a::text),
	pg_temp.entry(t || '.g.1.3', 'leg', 'leg', pg_temp.id('l', t),
		'tenant', t::text, 'role', 'caller', 'node', 'n',
		'begin', '1767225600000', 'end', '1767225601000',
		'by', 'remote', 'cause', 'bye', 'contact', pg_temp.id('c', t)),
	pg_temp.entry(t || '.g.1.4', 'decision', 'decision',
		pg_temp.id('d', t), 'contact', pg_temp.id('c', t),
		'tenant', t::text, 'queue', q::text, 'begin', '1767225600000',
		'wait_ms', '0', 'position', '1', 'policy', 'p', 'reason', 'r',
		'considered', '1', 'candidates', a || ':5:chosen',
		'agent', a::text),
	pg_temp.entry(t || '.g.1.5', 'agent_state', 'agent', a::text,
		'tenant', t::text, 'state', 'ready', 'begin', '1767225600000',
		'end', '1767225601000', 'cause', 'asked'),
	pg_temp.entry(t || '.g.1.6', 'recording', 'recording',
		pg_temp.id('r', t), 'contact', pg_temp.id('c', t),
		'segment', pg_temp.id('s', t), 'tenant', t::text, 'part', '1',
		'file', 'f', 'begin', '1767225600000', 'ms', '1', 'bytes', '1'),
	pg_temp.entry(t || '.g.1.7', 'audit', 'tenant', t::text,
		'begin', '1767225600000', 'actor', 'a', 'verb', 'v',
		'object', 'o')), 7, 'tenant ' || t || ' has a row of each kind')
FROM (VALUES (1, 1, 1), (2, 3, 9)) AS v(t, q, a);

CREATE TEMP VIEW relations AS
SELECT c.oid::regclass AS rel, c.relkind, n.nspname, c.relrowsecurity
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('conf', 'ops', 'journal', 'audit', 'bi')
  AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition;

SELECT set_eq(
	$$SELECT rel::text FROM relations WHERE NOT EXISTS (
		SELECT FROM pg_attribute WHERE attrelid = rel
		AND attname = 'tenant_id')$$,
	ARRAY['journal.cursor', 'journal.rejected'],
	'every other table and view has tenant_id');
SELECT ok(relrowsecurity, rel || ' has row-level security')
FROM relations WHERE relkind IN ('r', 'p')
AND rel::text NOT IN ('journal.cursor', 'journal.rejected');
SELECT ok(relrowsecurity, c.oid::regclass || ' has it too')
FROM pg_class c WHERE relispartition AND relkind = 'r'
AND relnamespace = 'journal'::regnamespace
AND relname LIKE '%_20260101';
SELECT ok('security_invoker=true' = ANY(reloptions)
	  OR 'security_invoker=on' = ANY(reloptions),
	  oid::regclass || ' runs with the reader''s rights')
FROM pg_class WHERE relkind = 'v' AND relnamespace = 'bi'::regnamespace;

-- A role that may read everything there is still sees one tenant.
CREATE ROLE test_reader NOLOGIN;
GRANT USAGE ON SCHEMA conf, ops, journal, audit, bi TO test_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA conf, ops, journal, audit, bi
	TO test_reader;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA conf, journal, bi TO test_reader;

SELECT is(pg_temp.run_as('test_reader', tenant, format(
	'SELECT string_agg(DISTINCT tenant_id::text, '','') FROM %s', rel)),
	tenant, format('tenant %s sees its own rows of %s only', tenant, rel))
FROM relations, (VALUES ('1'), ('2')) AS t(tenant)
WHERE rel::text NOT IN ('journal.cursor', 'journal.rejected');
SELECT is(pg_temp.run_as('test_reader', '', format(
	'SELECT count(*) FROM %s', rel)), '0',
	'without a tenant: nothing of ' || rel)
FROM relations
WHERE rel::text NOT IN ('journal.cursor', 'journal.rejected');

-- A tenant's session cannot write another one's rows either.
GRANT INSERT, UPDATE ON conf.skills TO test_reader;
SELECT throws_ok($$SELECT pg_temp.run_as('test_reader', '1',
	'INSERT INTO conf.skills (tenant_id, skill) VALUES (2, ''x'')
	 RETURNING 1')$$, '42501', NULL, 'writing for another tenant');

SELECT * FROM finish();
ROLLBACK;
