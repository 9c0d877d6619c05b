-- SPDX-License-Identifier: GPL-2.0-or-later
-- Who did what, so that nobody can quietly change it afterwards.
--
-- Each tenant's entries are a chain: seq has no gaps, and each row's hash is
-- SHA-256 over the hash of the row before and this row in a canonical form.
-- Changing, deleting, inserting or reordering rows breaks the chain where it
-- happened; the head, kept apart, shows a tail that was cut off.
BEGIN;
SET LOCAL ROLE jackfield_owner;

CREATE TABLE audit.entries (
	tenant_id int NOT NULL,
	seq bigint NOT NULL CHECK (seq >= 1),
	at timestamptz(3) NOT NULL,
	actor text NOT NULL,
	verb text NOT NULL,
	object text NOT NULL,
	reason text,
	effect text,
	prev_hash bytea NOT NULL,
	hash bytea NOT NULL,
	PRIMARY KEY (tenant_id, seq)
);
COMMENT ON TABLE audit.entries IS 'who did what to what, and when';
COMMENT ON COLUMN audit.entries.effect IS
	'name of the engine''s effect; NULL when it did not come through Redis';

CREATE TABLE audit.heads (
	tenant_id int PRIMARY KEY,
	seq bigint NOT NULL,
	hash bytea NOT NULL
);
COMMENT ON TABLE audit.heads IS 'the last entry of each tenant';

-- Numbers as they are, texts with their length in bytes ("5:alice,"; nothing:
-- ":,"; empty: "0:,"), so that no two different rows have the same form.
-- STABLE, as the functions in it are, so that the planner unfolds it; concat()
-- is four times as fast as as many ||.
CREATE FUNCTION audit.row_hash(e audit.entries) RETURNS bytea
LANGUAGE sql STABLE AS $$
	SELECT sha256(e.prev_hash || convert_to(concat(
		e.tenant_id, ',', e.seq, ',',
		(extract(epoch FROM e.at) * 1000)::bigint, ',',
		octet_length(e.actor), ':', e.actor, ',',
		octet_length(e.verb), ':', e.verb, ',',
		octet_length(e.object), ':', e.object, ',',
		octet_length(e.reason), ':', e.reason, ',',
		octet_length(e.effect), ':', e.effect, ','), 'UTF8'))
$$;

-- The lock on the head makes writers of one tenant queue, so seq has no gaps.
CREATE FUNCTION audit.append(tenant int, at timestamptz, actor text,
			     verb text, object text, reason text,
			     effect text DEFAULT NULL)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	head audit.heads;
	e audit.entries;
BEGIN
	INSERT INTO audit.heads VALUES (tenant, 0, sha256(''))
	ON CONFLICT DO NOTHING;
	SELECT * INTO head FROM audit.heads h WHERE h.tenant_id = tenant
	FOR UPDATE;
	e := ROW(tenant, head.seq + 1, at, actor, verb, object, reason,
		 effect, head.hash, NULL)::audit.entries;
	e.hash := audit.row_hash(e);
	INSERT INTO audit.entries SELECT e.*;
	UPDATE audit.heads h SET seq = e.seq, hash = e.hash
	WHERE h.tenant_id = tenant;
	RETURN e.seq;
END $$;

-- Every row that does not fit, with what is wrong with it.
CREATE FUNCTION audit.faults(tenant int)
RETURNS TABLE (seq bigint, problem text)
LANGUAGE sql STABLE AS $$
	WITH chain AS (
		SELECT e.seq, e.prev_hash, e.hash, audit.row_hash(e) AS own,
		       row_number() OVER w AS place,
		       lag(e.hash, 1, sha256('')) OVER w AS before
		FROM audit.entries e WHERE e.tenant_id = tenant
		WINDOW w AS (ORDER BY e.seq)
	), last AS (
		SELECT coalesce(max(c.seq), 0) AS seq,
		       coalesce((SELECT hash FROM chain
				 ORDER BY chain.seq DESC LIMIT 1),
				sha256('')) AS hash
		FROM chain c
	)
	SELECT seq, CASE
		WHEN seq <> place THEN 'entries before this one are missing'
		WHEN hash <> own THEN 'this entry was changed'
		ELSE 'this entry does not follow the one before it: one of '
		     'them was changed, put in, or moved' END
	FROM chain
	WHERE seq <> place OR hash <> own OR prev_hash <> before
	UNION ALL
	SELECT greatest(h.seq, l.seq),
	       'the chain ends at ' || l.seq || ', its head says ' || h.seq
	FROM last l LEFT JOIN audit.heads h ON h.tenant_id = tenant
	WHERE l.seq <> h.seq OR l.hash <> h.hash
	   OR (h.seq IS NULL AND l.seq > 0)
$$;

CREATE FUNCTION audit.verify(tenant int)
RETURNS TABLE (seq bigint, problem text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
	SELECT f.seq, f.problem FROM audit.faults(tenant) f
	ORDER BY f.seq LIMIT 1
$$;
COMMENT ON FUNCTION audit.verify(int) IS
	'the first entry of a tenant that is not as it was written; no row: '
	'all are';

CREATE FUNCTION audit.refuse() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'audit.% is append-only: % refused',
		TG_TABLE_NAME, TG_OP;
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit.entries
	FOR EACH ROW EXECUTE FUNCTION audit.refuse();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON audit.entries
	FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();

ALTER TABLE audit.entries ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit.entries USING (tenant_id =
	nullif(current_setting('jackfield.tenant', true), '')::int);
ALTER TABLE audit.heads ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit.heads USING (tenant_id =
	nullif(current_setting('jackfield.tenant', true), '')::int);

COMMIT;
