-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
SET LOCAL ROLE jackfield_owner;
DROP FUNCTION journal.agents_were(int);
CREATE OR REPLACE FUNCTION journal.insert_agent_states(entries jsonb)
RETURNS bigint LANGUAGE sql AS $$
	WITH done AS (INSERT INTO journal.agent_states
			(agent, tenant_id, state, begin_at, end_at, cause,
			 contact, effect)
		SELECT agent, tenant, state, journal.at("begin"),
		       journal.at("end"), cause, contact, id
		FROM jsonb_to_recordset(entries) AS e(
			id text, t text, agent int, tenant int, state text,
			"begin" bigint, "end" bigint, cause text,
			contact text)
		WHERE t = 'journal.agent_state' RETURNING 1)
	SELECT count(*) FROM done
$$;
ALTER TABLE journal.agent_states DROP COLUMN next_state;
COMMIT;
