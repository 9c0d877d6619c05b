-- SPDX-License-Identifier: GPL-2.0-or-later
-- Analysts find what each column means, with its formula and unit.
BEGIN;
\ir helpers.psql
SELECT no_plan();

SELECT ok(length(obj_description(oid, 'pg_class')) > 10,
	  oid::regclass || ' says what it is')
FROM pg_class WHERE relkind = 'v' AND relnamespace = 'bi'::regnamespace;
SELECT ok(length(col_description(attrelid, attnum)) > 4,
	  attrelid::regclass || '.' || attname || ' has a comment')
FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
WHERE relkind IN ('v', 'm') AND relnamespace = 'bi'::regnamespace
  AND attnum > 0 AND NOT attisdropped;
-- a duration, a share and a time say their unit
SELECT ok(col_description(attrelid, attnum) ~ CASE
		WHEN attname ~ '_ms$|^ms$' THEN '^ms' WHEN attname ~ '_at$'
		THEN 'time with ms' ELSE '^%' END,
	  attrelid::regclass || '.' || attname || ' says its unit')
FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
WHERE relkind = 'v' AND relnamespace = 'bi'::regnamespace AND attnum > 0
  AND attname ~ '(_ms|^ms|_at|_percent|_rate|^sl[1-6]|^service_level)$';

SELECT * FROM finish();
ROLLBACK;
