-- SPDX-License-Identifier: GPL-2.0-or-later
-- Each journal entry becomes a row once, whatever is sent again.
BEGIN;
\ir helpers.psql
SELECT plan(36);

CREATE FUNCTION pg_temp.batch(first int, last int, generation text)
RETURNS jsonb[] LANGUAGE sql AS $$
	SELECT array_agg(pg_temp.contact(
		'3.' || generation || '.' || n || '.1', n, 1,
		1767225600000 + n) ORDER BY n)
	FROM generate_series(first, last) n
$$;
CREATE FUNCTION pg_temp.cursor_is(text, text) RETURNS text
LANGUAGE sql AS $$
	SELECT is(generation || ' ' || commit || ' ' || ordinal, $1, $2)
	FROM journal.cursor WHERE partition = 3
$$;

SELECT is(pg_temp.drain(3, VARIADIC pg_temp.batch(1, 10, 'b')), 10, 'new');
SELECT pg_temp.cursor_is('b 10 1', 'the cursor is at the last one');
SELECT is(pg_temp.drain(3, VARIADIC pg_temp.batch(1, 10, 'b')), 0, 'again');
SELECT is(pg_temp.drain(3, VARIADIC pg_temp.batch(6, 15, 'b')), 5,
	  'an overlapping batch: only what is newer');
SELECT pg_temp.cursor_is('b 15 1', 'the cursor follows');
SELECT is(pg_temp.drain(3, VARIADIC pg_temp.batch(100, 110, 'a')), 0,
	  'an older generation, whatever its commits');
SELECT is(pg_temp.drain(3, VARIADIC pg_temp.batch(16, 17, 'c')), 2,
	  'a newer generation');
SELECT is(pg_temp.drain(3, VARIADIC pg_temp.batch(18, 19, 'b')), 0,
	  'the generation before it is over');
SELECT is(pg_temp.drain(3, pg_temp.contact('3.c.17.2', 20, 1, 1767225600000),
	pg_temp.contact('3.c.17.10', 21, 1, 1767225600000),
	pg_temp.contact('3.c.17.9', 22, 1, 1767225600000)), 3,
	'ordinals are numbers, in any order');
SELECT pg_temp.cursor_is('c 17 10', '10 is after 9');
SELECT is(pg_temp.drain(3, pg_temp.contact('3.c.18.1', 23, 1, 1767225600000),
	pg_temp.contact('3.c.18.1', 23, 1, 1767225600000)), 1,
	'twice in one batch');
-- "C": capital letters sort before small ones, in no locale's order
SELECT is(pg_temp.drain(3, pg_temp.contact('3.D.1.1', 24, 1, 1767225600000)),
	  0, 'generations sort by bytes');
SELECT is(pg_temp.drain(4, pg_temp.contact('4.a.1.1', 25, 1, 1767225600000)),
	  1, 'another partition has another cursor');
SELECT is((SELECT count(*)::int FROM journal.contacts), 22,
	  '15 + 2 + 3 + 1 + 1 rows');
SELECT is((SELECT count(DISTINCT effect)::int FROM journal.contacts), 22,
	  'no effect twice');
SELECT is(journal.drain(3, '[]'), 0, 'nothing to drain');

-- Malformed entries block nobody.
SELECT is(pg_temp.drain(5,
	pg_temp.contact('5.a.1.1', 31, 1, 1767225600000),
	pg_temp.contact('5.a.1.2', 32, 1, 1767225600000, 'tenant', 'one'),
	pg_temp.contact('5.a.1.3', 33, 1, 1767225600000) - 'outcome',
	pg_temp.contact('5.a.1.4', 34, 1, 1767225600000, 'contact', 'x34'),
	pg_temp.contact('5.a.1.5', 35, 1, 1767225600000, 'end', '1'),
	pg_temp.contact('5.a.1.6', 36, 1, 9223372036854770000),
	pg_temp.entry('5.a.1.7', 'nonsense', 'tenant', '1'),
	pg_temp.contact('6.a.1.8', 38, 1, 1767225600000),
	pg_temp.contact('five.8', 39, 1, 1767225600000),
	pg_temp.contact('5.a.1.9', 40, 1, 1767225600000)), 2,
	'the two good ones of ten');
SELECT results_eq($$SELECT entry->>'id', error LIKE words
	FROM journal.rejected JOIN (VALUES
		('5.a.1.2', '%integer: "one"'),
		('5.a.1.3', 'null value in column "outcome"%'),
		('5.a.1.4', '%contacts_contact_check%'),
		('5.a.1.5', '%contacts_check%'),
		('5.a.1.6', '%'),
		('5.a.1.7', 'unknown type journal.nonsense'),
		('6.a.1.8', 'id must be 5.generation.commit.ordinal'),
		('five.8', 'id must be 5.generation.commit.ordinal')
	) w(id, words) ON id = entry->>'id' ORDER BY 1$$,
	$$VALUES ('5.a.1.2', true), ('5.a.1.3', true), ('5.a.1.4', true),
		 ('5.a.1.5', true), ('5.a.1.6', true), ('5.a.1.7', true),
		 ('6.a.1.8', true), ('five.8', true)$$,
	'the others are kept with the reason');
SELECT is(generation || commit || ordinal, 'a19', 'the cursor passes them')
FROM journal.cursor WHERE partition = 5;
SELECT is(pg_temp.drain(5, pg_temp.contact('five.8', 39, 1, 1767225600000)),
	  0, 'a nameless one again');
SELECT is((SELECT count(*)::int FROM journal.rejected), 8, 'is kept once');

-- A fault that is not the entry's own fails the whole drain.
CREATE FUNCTION pg_temp.full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full';
END $$;
CREATE TRIGGER full_disk BEFORE INSERT ON journal.legs
	FOR EACH ROW EXECUTE FUNCTION pg_temp.full_disk();
SELECT throws_ok($$SELECT pg_temp.drain(5,
	pg_temp.contact('5.b.1.1', 50, 1, 1767225600000),
	pg_temp.contact('5.b.1.2', 51, 1, 1767225600000, 'tenant', 'x'),
	pg_temp.entry('5.b.1.3', 'leg', 'leg', pg_temp.id('l', 1),
		'tenant', '1', 'role', 'caller', 'node', 'n', 'begin',
		'1767225600000', 'end', '1767225600000', 'by', 'remote',
		'cause', 'bye'))$$, '53100', NULL, 'a full disk');
SELECT is(generation, 'a', 'leaves the cursor')
FROM journal.cursor WHERE partition = 5;
SELECT is((SELECT count(*)::int FROM journal.contacts
	   WHERE contact = pg_temp.id('c', 50)), 0, 'and no row');
DROP TRIGGER full_disk ON journal.legs;

-- Days
SELECT is(pg_temp.drain(7, pg_temp.contact('7.a.1.1', 60, 1,
		pg_temp.ms('2027-03-01 23:59:59.999')),
	pg_temp.contact('7.a.1.2', 61, 1,
		pg_temp.ms('2027-03-02 00:00:00'))), 2,
	'two days that have no partition yet');
SELECT results_eq($$SELECT tableoid::regclass::text, begin_at
	FROM journal.contacts WHERE begin_at >= '2027-01-01' ORDER BY 2$$,
	$$VALUES ('journal.contacts_20270301',
		  '2027-03-01 23:59:59.999+00'::timestamptz(3)),
		 ('journal.contacts_20270302',
		  '2027-03-02 00:00:00+00'::timestamptz(3))$$,
	'each in its UTC day, to the millisecond');
SELECT has_table('journal', 'segments_20270303', 'the day after is made too');
SELECT is(journal.create_partitions('2027-03-01', 3), 0, 'they are there');
SELECT is(journal.create_partitions('2027-04-01', 2), 12,
	  'six tables, two days');

-- Retention
SELECT cmp_ok(journal.drop_days('2027-03-02'), '>=', 12,
	      'at least two days of six tables go');
SELECT results_eq('SELECT contact FROM journal.contacts',
	ARRAY[pg_temp.id('c', 61)], 'only the newer day is left');

-- What was rejected gets in when its cause is mended.
TRUNCATE journal.rejected;
ALTER TABLE journal.contacts ADD CONSTRAINT mistaken CHECK (tenant_id < 5);
SELECT is(pg_temp.drain(8, pg_temp.contact('8.a.1.1', 70, 5,
		pg_temp.ms('2027-03-02 01:00:00')),
	pg_temp.contact('8.a.1.2', 71, 5,
		pg_temp.ms('2027-03-02 01:00:00'), 'end', '1')), 0,
	'refused by mistake');
SELECT is(journal.retry_rejected(), 0, 'tried too early');
SELECT is((SELECT count(*)::int FROM journal.rejected), 2, 'nothing is lost');
ALTER TABLE journal.contacts DROP CONSTRAINT mistaken;
SELECT is(journal.retry_rejected(), 1, 'mended: the good one goes in');
SELECT results_eq('SELECT entry->>''id'' FROM journal.rejected',
	ARRAY['8.a.1.2'], 'the bad one stays');

SELECT * FROM finish();
ROLLBACK;
