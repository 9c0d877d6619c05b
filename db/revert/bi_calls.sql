-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
DROP VIEW bi.recordings, bi.legs, bi.segments, bi.calls;
REVOKE SELECT ON journal.contacts, journal.segments, journal.legs,
	journal.decisions, journal.agent_states, journal.recordings,
	conf.queues FROM jackfield_bi;
REVOKE SELECT (tenant_id, agent_id, name, user_name) ON conf.agents
	FROM jackfield_bi;
COMMIT;
