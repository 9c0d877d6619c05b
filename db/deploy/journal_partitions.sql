-- SPDX-License-Identifier: GPL-2.0-or-later
-- Days are UTC days. A row goes to the day on which it began.
BEGIN;
SET LOCAL ROLE jackfield_owner;

-- A table of its own, attached when it is ready: that takes a lighter lock
-- on the parent than CREATE TABLE ... PARTITION OF, which waits for every
-- reader and makes every later reader wait.
CREATE FUNCTION journal.create_partition(parent text, day date)
RETURNS int LANGUAGE plpgsql AS $$
DECLARE part text := parent || '_' || to_char(day, 'YYYYMMDD');
BEGIN
	IF to_regclass(format('journal.%I', part)) IS NOT NULL THEN
		RETURN 0;
	END IF;
	EXECUTE format('CREATE TABLE journal.%I
		(LIKE journal.%I INCLUDING ALL)', part, parent);
	EXECUTE format('ALTER TABLE journal.%I ENABLE ROW LEVEL SECURITY',
		       part);
	EXECUTE format('CREATE TRIGGER no_truncate BEFORE TRUNCATE
		ON journal.%I FOR EACH STATEMENT
		EXECUTE FUNCTION journal.refuse()', part);
	EXECUTE format('ALTER TABLE journal.%I ATTACH PARTITION journal.%I
		FOR VALUES FROM (%L) TO (%L)', parent, part,
		day::text || ' 00:00+00', (day + 1)::text || ' 00:00+00');
	RETURN 1;
END $$;

CREATE FUNCTION journal.create_partitions(first date, days int DEFAULT 1)
RETURNS int LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE made int;
BEGIN
	-- two engines may find the same day missing at once
	PERFORM pg_advisory_xact_lock(
		hashtext('journal.create_partitions'));
	SELECT coalesce(sum(journal.create_partition(t, first + d)), 0)
	INTO made
	FROM unnest(ARRAY['contacts', 'segments', 'legs', 'decisions',
			  'agent_states', 'recordings']) t,
	     generate_series(0, days - 1) d;
	RETURN made;
END $$;
COMMENT ON FUNCTION journal.create_partitions(date, int) IS
	'makes the days'' partitions that are missing; returns how many';
-- Retention: the only way in which rows of the journal leave.
CREATE FUNCTION journal.drop_days(before date) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
	part regclass;
	n int := 0;
BEGIN
	FOR part IN SELECT inhrelid FROM pg_inherits
		JOIN pg_class c ON c.oid = inhrelid
		WHERE c.relnamespace = 'journal'::regnamespace
		  AND c.relkind = 'r'
		  AND right(relname, 8) < to_char(before, 'YYYYMMDD') LOOP
		EXECUTE format('DROP TABLE %s', part);
		n := n + 1;
	END LOOP;
	RETURN n;
END $$;
COMMENT ON FUNCTION journal.drop_days(date) IS
	'drops all partitions of the days before; returns how many. No way back';

GRANT EXECUTE ON FUNCTION journal.create_partitions(date, int)
	TO jackfield_engine;

COMMIT;
