-- SPDX-License-Identifier: GPL-2.0-or-later
-- The engine may run its functions, analysts may read bi; nothing else.
BEGIN;
\ir helpers.psql
SELECT no_plan();

SELECT pg_temp.drain(1, pg_temp.contact('1.g.1.1', 1, 1, 1767225600000))
\g /dev/null

SELECT ok(NOT rolsuper AND NOT rolcreaterole AND NOT rolcreatedb
	  AND NOT rolbypassrls, rolname || ' has no power of its own')
FROM pg_roles WHERE rolname IN ('jackfield_engine', 'jackfield_bi');
SELECT ok(NOT rolcanlogin, 'nobody logs in as the owner')
FROM pg_roles WHERE rolname = 'jackfield_owner';

-- bi: every view of bi, no table
SELECT lives_ok(format($$SELECT pg_temp.run_as('jackfield_bi', '1',
	'SELECT count(*) FROM %s')$$, oid::regclass), oid::regclass::text)
FROM pg_class WHERE relkind = 'v' AND relnamespace = 'bi'::regnamespace;
SELECT throws_ok(format($$SELECT pg_temp.run_as('jackfield_bi', '1',
	'SELECT count(*) FROM %s')$$, oid::regclass), '42501', NULL,
	'bi cannot read ' || oid::regclass)
FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace IN (
	'conf'::regnamespace, 'journal'::regnamespace, 'audit'::regnamespace);
SELECT ok(NOT has_column_privilege('jackfield_bi', 'conf.agents', 'ha1',
				   'SELECT'), 'bi never reads ha1');

-- the engine: its functions and the cursor; it changes no row by itself
SELECT set_eq($$SELECT p.oid::regproc::text FROM pg_proc p
	WHERE pronamespace IN ('conf'::regnamespace, 'journal'::regnamespace,
			       'audit'::regnamespace, 'bi'::regnamespace)
	AND has_function_privilege('jackfield_engine', p.oid, 'EXECUTE')$$,
	ARRAY['conf.snapshot', 'conf.directory', 'journal.drain',
	      'journal.explain', 'journal.create_partitions',
	      'journal.agents_were'],
	'the engine''s functions');
SELECT ok(NOT has_table_privilege('jackfield_engine', oid,
		'INSERT, UPDATE, DELETE, TRUNCATE'),
	  'the engine cannot write to ' || oid::regclass)
FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace IN (
	'conf'::regnamespace, 'journal'::regnamespace, 'audit'::regnamespace);
SELECT ok(proconfig IS NOT NULL, p.oid::regproc || ' has its own search_path')
FROM pg_proc p WHERE prosecdef AND pronamespace IN ('conf'::regnamespace,
	'journal'::regnamespace, 'audit'::regnamespace, 'bi'::regnamespace);

-- append-only, even for the owner
SELECT throws_like(format(statement, t), '%append-only: % refused',
		   format(statement, t))
FROM (VALUES ('journal.contacts'), ('journal.contacts_20260101')) v(t),
     (VALUES ('UPDATE %s SET tenant_id = 2'), ('DELETE FROM %s'),
	     ('TRUNCATE %s')) w(statement);

SELECT * FROM finish();
ROLLBACK;
