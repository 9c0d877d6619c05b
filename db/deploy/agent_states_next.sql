-- SPDX-License-Identifier: GPL-2.0-or-later
-- The state that follows a stretch: what an owner that lost everything takes
-- an agent's state to be.
BEGIN;
SET LOCAL ROLE jackfield_owner;

ALTER TABLE journal.agent_states ADD COLUMN next_state text;
COMMENT ON COLUMN journal.agent_states.next_state IS
	'state entered at end_at; null in rows written before it was kept';

CREATE OR REPLACE FUNCTION journal.insert_agent_states(entries jsonb)
RETURNS bigint LANGUAGE sql AS $$
	WITH done AS (INSERT INTO journal.agent_states
			(agent, tenant_id, state, begin_at, end_at, cause,
			 contact, effect, next_state)
		SELECT agent, tenant, state, journal.at("begin"),
		       journal.at("end"), cause, contact, id, "next"
		FROM jsonb_to_recordset(entries) AS e(
			id text, t text, agent int, tenant int, state text,
			"begin" bigint, "end" bigint, cause text,
			contact text, "next" text)
		WHERE t = 'journal.agent_state' RETURNING 1)
	SELECT count(*) FROM done
$$;

-- One row for each agent of a partition of whom the journal knows.
CREATE FUNCTION journal.agents_were(part int)
RETURNS TABLE (agent text, state text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT a.agent_id::text, s.next_state
	FROM conf.agents a JOIN conf.tenants t USING (tenant_id),
	     LATERAL (SELECT next_state FROM journal.agent_states
		      WHERE agent = a.agent_id
		      ORDER BY begin_at DESC, end_at DESC LIMIT 1) s
	WHERE t.partition = part AND s.next_state IS NOT NULL
	ORDER BY a.agent_id
$$;
GRANT EXECUTE ON FUNCTION journal.agents_were(int) TO jackfield_engine;

COMMIT;
