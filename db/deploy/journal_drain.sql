-- SPDX-License-Identifier: GPL-2.0-or-later
-- From the stream into the tables. An entry is a journal.* message of
-- lib/base/messages.def as a JSON object: id (the name of the effect), t (its
-- type), and its fields as text.
BEGIN;
SET LOCAL ROLE jackfield_owner;

CREATE FUNCTION journal.at(ms bigint) RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT AS $$
	SELECT to_timestamp(ms / 1000.0)::timestamptz(3)
$$;

CREATE FUNCTION journal.insert_contacts(entries jsonb) RETURNS bigint
LANGUAGE sql AS $$
	WITH done AS (INSERT INTO journal.contacts
		SELECT contact, tenant, channel, journal.at("begin"),
		       journal.at("end"), outcome, phase, "by", number, queue,
		       agent, caller, trunk, call_id, journal.at(enqueued),
		       journal.at(answered), code, q850, wait_ms, talk_ms,
		       hold_ms, wrapup_ms, id
		FROM jsonb_to_recordset(entries) AS e(
			id text, t text, contact text, tenant int,
			channel text, "begin" bigint, "end" bigint,
			outcome text, phase text, "by" text, number text,
			queue int, agent int, caller text, trunk text,
			call_id text, enqueued bigint, answered bigint,
			code int, q850 int, wait_ms bigint, talk_ms bigint,
			hold_ms bigint, wrapup_ms bigint)
		WHERE t = 'journal.contact' RETURNING 1)
	SELECT count(*) FROM done
$$;

CREATE FUNCTION journal.insert_segments(entries jsonb) RETURNS bigint
LANGUAGE sql AS $$
	WITH done AS (INSERT INTO journal.segments
		SELECT segment, contact, tenant, ordinal, kind,
		       journal.at("begin"), journal.at("end"), cause, queue,
		       agent, offer, id
		FROM jsonb_to_recordset(entries) AS e(
			id text, t text, segment text, contact text,
			tenant int, ordinal int, kind text, "begin" bigint,
			"end" bigint, cause text, queue int, agent int,
			offer text)
		WHERE t = 'journal.segment' RETURNING 1)
	SELECT count(*) FROM done
$$;

CREATE FUNCTION journal.insert_legs(entries jsonb) RETURNS bigint
LANGUAGE sql AS $$
	WITH done AS (INSERT INTO journal.legs
		SELECT leg, tenant, role, node, journal.at("begin"),
		       journal.at("end"), "by", cause, contact, agent, trunk,
		       call_id, journal.at(answered), code, q850, reason,
		       codec, packets, lost, jitter_us, mos100, id
		FROM jsonb_to_recordset(entries) AS e(
			id text, t text, leg text, tenant int, role text,
			node text, "begin" bigint, "end" bigint, "by" text,
			cause text, contact text, agent int, trunk text,
			call_id text, answered bigint, code int, q850 int,
			reason text, codec text, packets bigint, lost bigint,
			jitter_us bigint, mos100 int)
		WHERE t = 'journal.leg' RETURNING 1)
	SELECT count(*) FROM done
$$;

CREATE FUNCTION journal.insert_decisions(entries jsonb) RETURNS bigint
LANGUAGE sql AS $$
	WITH done AS (INSERT INTO journal.decisions
		SELECT decision, contact, tenant, queue, journal.at("begin"),
		       wait_ms, "position", policy, reason, considered,
		       candidates, agent, offer, id
		FROM jsonb_to_recordset(entries) AS e(
			id text, t text, decision text, contact text,
			tenant int, queue int, "begin" bigint, wait_ms bigint,
			"position" int, policy text, reason text,
			considered int, candidates text, agent int,
			offer text)
		WHERE t = 'journal.decision' RETURNING 1)
	SELECT count(*) FROM done
$$;

CREATE FUNCTION journal.insert_agent_states(entries jsonb) RETURNS bigint
LANGUAGE sql AS $$
	WITH done AS (INSERT INTO journal.agent_states
		SELECT agent, tenant, state, journal.at("begin"),
		       journal.at("end"), cause, contact, id
		FROM jsonb_to_recordset(entries) AS e(
			id text, t text, agent int, tenant int, state text,
			"begin" bigint, "end" bigint, cause text,
			contact text)
		WHERE t = 'journal.agent_state' RETURNING 1)
	SELECT count(*) FROM done
$$;

CREATE FUNCTION journal.insert_recordings(entries jsonb) RETURNS bigint
LANGUAGE sql AS $$
	WITH done AS (INSERT INTO journal.recordings
		SELECT recording, contact, segment, tenant, part, file,
		       journal.at("begin"), ms, bytes, sha256, "left",
		       "right", cause, id
		FROM jsonb_to_recordset(entries) AS e(
			id text, t text, recording text, contact text,
			segment text, tenant int, part int, file text,
			"begin" bigint, ms bigint, bytes bigint, sha256 text,
			"left" text, "right" text, cause text)
		WHERE t = 'journal.recording' RETURNING 1)
	SELECT count(*) FROM done
$$;

CREATE FUNCTION journal.insert_audit(entries jsonb) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
	e jsonb;
	n bigint := 0;
BEGIN
	FOR e IN SELECT value FROM jsonb_array_elements(entries)
		 WHERE value->>'t' = 'journal.audit' LOOP
		PERFORM audit.append((e->>'tenant')::int,
			journal.at((e->>'begin')::bigint), e->>'actor',
			e->>'verb', e->>'object', e->>'reason', e->>'id');
		n := n + 1;
	END LOOP;
	RETURN n;
END $$;

-- A time far off is a fault of whoever wrote it; it must not make a
-- partition. Tomorrow's is made with today's, so that midnight is nothing
-- special.
CREATE FUNCTION journal.need_partitions(entries jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE day date;
BEGIN
	FOR day IN SELECT DISTINCT
		(journal.at((value->>'begin')::bigint) AT TIME ZONE 'UTC')::date
		FROM jsonb_array_elements(entries)
		WHERE value->>'begin' IS NOT NULL LOOP
		IF day NOT BETWEEN '2020-01-01' AND '2099-12-31' THEN
			RAISE EXCEPTION 'begin is on %: it must be ms since '
				'1970, 2020 to 2099', day
				USING ERRCODE = 'datetime_field_overflow';
		END IF;
		IF to_regclass('journal.recordings_'
			       || to_char(day + 1, 'YYYYMMDD')) IS NULL THEN
			PERFORM journal.create_partitions(day, 2);
		END IF;
	END LOOP;
END $$;

-- All of them or, with an exception, none.
CREATE FUNCTION journal.insert_entries(entries jsonb) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
	PERFORM journal.need_partitions(entries);
	n := journal.insert_contacts(entries)
	   + journal.insert_segments(entries)
	   + journal.insert_legs(entries)
	   + journal.insert_decisions(entries)
	   + journal.insert_agent_states(entries)
	   + journal.insert_recordings(entries)
	   + journal.insert_audit(entries);
	IF n <> jsonb_array_length(entries) THEN
		RAISE EXCEPTION 'unknown type %', (
			SELECT string_agg(DISTINCT coalesce(value->>'t',
							    'none'), ', ')
			FROM jsonb_array_elements(entries))
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
	RETURN n;
END $$;

-- One by one: what no table takes goes to journal.rejected. Only faults of
-- the data (classes 22 and 23) do; a full disk or a cancelled statement fails
-- the drain, and the stream keeps everything.
CREATE FUNCTION journal.insert_each(part int, entries jsonb) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
	e jsonb;
	n int := 0;
BEGIN
	FOR e IN SELECT value FROM jsonb_array_elements(entries) LOOP
		BEGIN
			n := n + journal.insert_entries(jsonb_build_array(e));
		EXCEPTION WHEN OTHERS THEN
			IF left(SQLSTATE, 2) NOT IN ('22', '23') THEN
				RAISE;
			END IF;
			INSERT INTO journal.rejected (partition, entry, error)
			VALUES (part, e, SQLERRM) ON CONFLICT DO NOTHING;
		END;
	END LOOP;
	RETURN n;
END $$;

-- When the cause is mended: tries what was rejected once more.
CREATE FUNCTION journal.retry_rejected() RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
	r journal.rejected;
	n int := 0;
BEGIN
	FOR r IN DELETE FROM journal.rejected RETURNING * LOOP
		n := n + journal.insert_each(r.partition,
					     jsonb_build_array(r.entry));
	END LOOP;
	RETURN n;
END $$;
COMMENT ON FUNCTION journal.retry_rejected() IS
	'inserts what journal.rejected holds, where that goes now; returns how '
	'many rows went in, the others stay rejected';

-- Reads the effects' names; those that are none are rejected here.
CREATE FUNCTION journal.named(part int, entries jsonb)
RETURNS TABLE (generation text, commit bigint, ordinal bigint, entry jsonb)
LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO journal.rejected (partition, entry, error)
	SELECT part, value, 'id must be ' || part
	       || '.generation.commit.ordinal'
	FROM jsonb_array_elements(entries)
	WHERE NOT coalesce(value->>'id' ~ ('^' || part
		|| '\.[^.]+\.[0-9]{1,18}\.[0-9]{1,18}$'), false)
	ON CONFLICT DO NOTHING;
	RETURN QUERY
	SELECT DISTINCT ON (p[1] COLLATE "C", p[2]::bigint, p[3]::bigint)
	       p[1], p[2]::bigint, p[3]::bigint, value
	FROM jsonb_array_elements(entries),
	     regexp_match(value->>'id', '^' || part
		|| '\.([^.]+)\.([0-9]{1,18})\.([0-9]{1,18})$') AS p
	WHERE p IS NOT NULL
	ORDER BY p[1] COLLATE "C", p[2]::bigint, p[3]::bigint;
END $$;

CREATE FUNCTION journal.drain(partition int, entries jsonb) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	part int := drain.partition;
	cur journal.cursor;
	fresh jsonb;
	n int;
BEGIN
	INSERT INTO journal.cursor VALUES (part, '', 0, 0)
	ON CONFLICT DO NOTHING;
	SELECT * INTO cur FROM journal.cursor c WHERE c.partition = part
	FOR UPDATE;
	WITH named AS MATERIALIZED (
		SELECT * FROM journal.named(part, drain.entries) x
		WHERE (x.generation COLLATE "C", x.commit, x.ordinal)
		    > (cur.generation, cur.commit, cur.ordinal)
	), advanced AS (
		UPDATE journal.cursor c
		SET generation = l.generation, commit = l.commit,
		    ordinal = l.ordinal
		FROM (SELECT * FROM named
		      ORDER BY generation COLLATE "C" DESC, commit DESC,
			       ordinal DESC LIMIT 1) l
		WHERE c.partition = part
	)
	SELECT jsonb_agg(entry ORDER BY generation COLLATE "C", commit,
			 ordinal)
	INTO fresh FROM named;
	IF fresh IS NULL THEN
		RETURN 0;
	END IF;
	BEGIN
		n := journal.insert_entries(fresh);
	EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
		n := journal.insert_each(part, fresh);
	END;
	RETURN n;
END $$;
COMMENT ON FUNCTION journal.drain(int, jsonb) IS
	'inserts the entries that are newer than the partition''s cursor and '
	'moves it, in one transaction; returns how many rows were inserted';

GRANT EXECUTE ON FUNCTION journal.drain(int, jsonb) TO jackfield_engine;

COMMIT;
