-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
SET LOCAL ROLE jackfield_owner;

CREATE VIEW bi.decisions WITH (security_invoker) AS
SELECT d.tenant_id, d.decision, d.contact, d.begin_at AS decided_at,
       d.queue AS queue_id, q.name AS queue_name, d.wait_ms, d.position,
       d.policy, d.reason, d.considered, d.agent AS agent_id,
       a.name AS agent_name, d.offer, s.cause AS offer_end,
       round(extract(epoch FROM s.end_at - s.begin_at) * 1000)::bigint
		AS rang_ms
FROM journal.decisions d
LEFT JOIN conf.queues q ON q.queue_id = d.queue AND q.tenant_id = d.tenant_id
LEFT JOIN conf.agents a ON a.agent_id = d.agent AND a.tenant_id = d.tenant_id
LEFT JOIN LATERAL (
	SELECT * FROM journal.segments x
	WHERE x.contact = d.contact AND x.kind = 'offer'
	  AND x.offer = d.offer
	  AND x.begin_at BETWEEN d.begin_at - interval '1 minute'
			     AND d.begin_at + interval '1 minute'
	LIMIT 1) s ON true;

COMMENT ON VIEW bi.decisions IS 'every run of the matcher for a contact that chose an agent or, once for each contact, told that none was free';
COMMENT ON COLUMN bi.decisions.tenant_id IS 'tenant; the session''s own only';
COMMENT ON COLUMN bi.decisions.decision IS 'id of the decision';
COMMENT ON COLUMN bi.decisions.contact IS 'contact it was made for, see bi.calls';
COMMENT ON COLUMN bi.decisions.decided_at IS 'when; time with ms';
COMMENT ON COLUMN bi.decisions.queue_id IS 'queue of the contact';
COMMENT ON COLUMN bi.decisions.queue_name IS 'name of the queue today; NULL: deleted';
COMMENT ON COLUMN bi.decisions.wait_ms IS 'ms that the contact had waited: decided_at - enqueued_at';
COMMENT ON COLUMN bi.decisions.position IS 'its place in line, from 1';
COMMENT ON COLUMN bi.decisions.policy IS 'name of the rule that chose';
COMMENT ON COLUMN bi.decisions.reason IS 'why, in words';
COMMENT ON COLUMN bi.decisions.considered IS 'count of agents looked at';
COMMENT ON COLUMN bi.decisions.agent_id IS 'agent chosen; NULL: none was free';
COMMENT ON COLUMN bi.decisions.agent_name IS 'name of the agent today; NULL: none or deleted';
COMMENT ON COLUMN bi.decisions.offer IS 'id of the offer that followed; NULL: none';
COMMENT ON COLUMN bi.decisions.offer_end IS 'one word: how the offer ended; NULL: its segment is not there yet';
COMMENT ON COLUMN bi.decisions.rang_ms IS 'ms that the offer lasted: length of its segment';

CREATE FUNCTION journal.unescape(part text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
	SELECT replace(replace(replace(part, '%3A', ':'), '%2C', ','),
		       '%25', '%')
$$;
GRANT EXECUTE ON FUNCTION journal.unescape(text) TO jackfield_bi;

CREATE VIEW bi.decision_candidates WITH (security_invoker) AS
SELECT d.tenant_id, d.decision, d.contact, d.begin_at AS decided_at,
       c.ordinal, c.agent_id, a.name AS agent_name, c.idle_ms, c.verdict,
       c.verdict = 'chosen' AS chosen
FROM journal.decisions d
CROSS JOIN LATERAL (
	SELECT n AS ordinal,
	       nullif(split_part(item, ':', 1), '')::int AS agent_id,
	       nullif(split_part(item, ':', 2), '')::bigint AS idle_ms,
	       journal.unescape(split_part(item, ':', 3)) AS verdict
	FROM unnest(string_to_array(d.candidates, ','))
		WITH ORDINALITY AS u(item, n)) c
LEFT JOIN conf.agents a
	ON a.agent_id = c.agent_id AND a.tenant_id = d.tenant_id;

COMMENT ON VIEW bi.decision_candidates IS 'the agents that a decision looked at; the engine names only the first ones of many';
COMMENT ON COLUMN bi.decision_candidates.tenant_id IS 'tenant; the session''s own only';
COMMENT ON COLUMN bi.decision_candidates.decision IS 'decision, see bi.decisions';
COMMENT ON COLUMN bi.decision_candidates.contact IS 'contact it was made for';
COMMENT ON COLUMN bi.decision_candidates.decided_at IS 'when; time with ms';
COMMENT ON COLUMN bi.decision_candidates.ordinal IS 'number in the list, from 1';
COMMENT ON COLUMN bi.decision_candidates.agent_id IS 'agent looked at';
COMMENT ON COLUMN bi.decision_candidates.agent_name IS 'name of the agent today; NULL: none or deleted';
COMMENT ON COLUMN bi.decision_candidates.idle_ms IS 'ms since the agent''s last work ended';
COMMENT ON COLUMN bi.decision_candidates.verdict IS 'chosen, eligible, or why not: skill, offline, paused, reserved, talking, wrap_up, not_responding, unregistered, refused (an offer, just before)';
COMMENT ON COLUMN bi.decision_candidates.chosen IS 'true: the contact was offered to this agent';

GRANT SELECT ON bi.decisions, bi.decision_candidates TO jackfield_bi;

COMMIT;
