-- SPDX-License-Identifier: GPL-2.0-or-later
-- Whatever is done to audited rows afterwards is found, where it was done.
BEGIN;
\ir helpers.psql
SELECT plan(22);

SELECT is(pg_temp.drain(1, VARIADIC (
	SELECT array_agg(pg_temp.entry('1.g.' || n || '.1', 'audit',
		'tenant', (1 + n % 2)::text, 'begin',
		(1767225600000 + n)::text, 'actor', 'jackfieldctl',
		'verb', 'agent.ready', 'object', 'agent ' || n) ORDER BY n)
	FROM generate_series(1, 40) n)), 40, 'forty entries for two tenants');
SELECT results_eq('SELECT tenant_id, min(seq), max(seq), count(*)
		   FROM audit.entries GROUP BY 1 ORDER BY 1',
	'VALUES (1, 1::bigint, 20::bigint, 20::bigint),
		(2, 1::bigint, 20::bigint, 20::bigint)',
	'each tenant has numbers without gaps');
SELECT is_empty('SELECT * FROM audit.verify(1)', 'tenant 1 is as it was');
SELECT is_empty('SELECT * FROM audit.verify(2)', 'tenant 2 too');
SELECT is_empty('SELECT * FROM audit.verify(3)', 'no entries: no fault');
SELECT is(encode(hash, 'hex'), encode(sha256(sha256('')
	|| convert_to('1,1,1767225600002,12:jackfieldctl,'
		      '11:agent.ready,7:agent 2,:,7:1.g.2.1,', 'UTF8')), 'hex'),
	'the hash can be made by hand from what is documented')
FROM audit.entries WHERE tenant_id = 1 AND seq = 1;

SELECT throws_like(statement, '%append-only: % refused', statement)
FROM (VALUES ('UPDATE audit.entries SET actor = ''x'''),
	('DELETE FROM audit.entries'), ('TRUNCATE audit.entries')) v(statement);

-- The triggers do not stop somebody who owns the machine.
SET LOCAL session_replication_role = replica;

CREATE FUNCTION pg_temp.tamper(statement text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE found text;
BEGIN
	EXECUTE statement;
	SELECT seq || ': ' || problem INTO found FROM audit.verify(1);
	RAISE EXCEPTION '%', coalesce(found, 'not found')
		USING ERRCODE = 'JF000';
EXCEPTION WHEN SQLSTATE 'JF000' THEN
	RETURN SQLERRM;
END $$;

SELECT alike(pg_temp.tamper(statement), expected, what)
FROM (VALUES
	('UPDATE audit.entries SET actor = ''x'' WHERE tenant_id = 1
	  AND seq = 7', '7: this entry was changed', 'a word changed'),
	('UPDATE audit.entries SET at = at + interval ''1 ms''
	  WHERE tenant_id = 1 AND seq = 7', '7: this entry was changed',
	 'a millisecond changed'),
	('UPDATE audit.entries SET reason = '''' WHERE tenant_id = 1
	  AND seq = 7', '7: this entry was changed', 'nothing made empty'),
	('UPDATE audit.entries SET hash = sha256(''x'') WHERE tenant_id = 1
	  AND seq = 7', '7: this entry was changed', 'a hash changed'),
	('DELETE FROM audit.entries WHERE tenant_id = 1 AND seq = 7',
	 '8: entries before this one are missing', 'one deleted'),
	('DELETE FROM audit.entries WHERE tenant_id = 1 AND seq = 1',
	 '2: entries before this one are missing', 'the first deleted'),
	('DELETE FROM audit.entries WHERE tenant_id = 1 AND seq >= 19',
	 '20: the chain ends at 18, its head says 20', 'the tail cut off'),
	('DELETE FROM audit.entries WHERE tenant_id = 1',
	 '20: the chain ends at 0, its head says 20', 'all deleted'),
	-- put in between, those after it moved up, each hash made right
	('UPDATE audit.entries SET seq = seq + 1001 WHERE tenant_id = 1
	  AND seq > 7;
	  UPDATE audit.entries SET seq = seq - 1000 WHERE tenant_id = 1
	  AND seq > 1000;
	  INSERT INTO audit.entries SELECT tenant_id, 8, at, actor, verb,
	  ''agent 99'', reason, effect, hash, hash FROM audit.entries
	  WHERE tenant_id = 1 AND seq = 7;
	  UPDATE audit.entries e SET hash = audit.row_hash(e)
	  WHERE tenant_id = 1 AND seq >= 8',
	 '9: this entry does not follow the one before it%', 'one put in'),
	('UPDATE audit.entries SET seq = 1015 - seq WHERE tenant_id = 1
	  AND seq IN (7, 8);
	  UPDATE audit.entries SET seq = seq - 1000 WHERE tenant_id = 1
	  AND seq > 1000;
	  UPDATE audit.entries e SET hash = audit.row_hash(e)
	  WHERE tenant_id = 1 AND seq IN (7, 8)',
	 '7: this entry does not follow the one before it%', 'two swapped'),
	-- changed together with its own hash
	('UPDATE audit.entries SET actor = ''x'' WHERE tenant_id = 1
	  AND seq = 7; UPDATE audit.entries e SET hash = audit.row_hash(e)
	  WHERE tenant_id = 1 AND seq = 7',
	 '8: this entry does not follow the one before it%',
	 'a change with its hash made right'),
	('UPDATE audit.entries SET actor = ''x'' WHERE tenant_id = 1
	  AND seq = 20; UPDATE audit.entries e SET hash = audit.row_hash(e)
	  WHERE tenant_id = 1 AND seq = 20',
	 '20: the chain ends at 20, its head says 20',
	 'the same with the last one')
) AS t(statement, expected, what);

-- One byte of any row, 700 times: each is found, in its row.
CREATE FUNCTION pg_temp.byte_changed(n int, part text) RETURNS text
LANGUAGE sql AS $$
	SELECT pg_temp.tamper(format(CASE part WHEN 'at' THEN
		'UPDATE audit.entries SET at = at + %1$s * interval ''1 ms''
		 WHERE tenant_id = 1 AND seq = %2$s'
	WHEN 'hash' THEN
		'UPDATE audit.entries SET hash = set_byte(hash, %1$s %% 32,
			get_byte(hash, %1$s %% 32) # %1$s)
		 WHERE tenant_id = 1 AND seq = %2$s'
	WHEN 'prev_hash' THEN
		'UPDATE audit.entries SET prev_hash = set_byte(prev_hash,
			%1$s %% 32, get_byte(prev_hash, %1$s %% 32) # %1$s)
		 WHERE tenant_id = 1 AND seq = %2$s'
	ELSE
		'UPDATE audit.entries SET %3$I = overlay(%3$I PLACING ''~''
			FROM 1 + %1$s %% length(%3$I) FOR 1)
		 WHERE tenant_id = 1 AND seq = %2$s'
	END, 1 + n % 100, 1 + n % 20, part))
$$;
SELECT is((SELECT count(*) FROM generate_series(1, 100) n,
	unnest(ARRAY['at', 'hash', 'prev_hash', 'actor', 'verb', 'object',
		     'effect']) part
	WHERE pg_temp.byte_changed(n, part) LIKE (1 + n % 20) || ': this%'),
	700::bigint, 'any byte of any row');

SELECT * FROM finish();
ROLLBACK;
