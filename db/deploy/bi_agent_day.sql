-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
SET LOCAL ROLE jackfield_owner;

-- The UTC days that a stretch touches, and how many ms of it lie in each.
-- STABLE, as generate_series() is, so that the planner unfolds it.
CREATE FUNCTION bi.by_day(begin_at timestamptz, end_at timestamptz)
RETURNS TABLE (day date, ms bigint)
LANGUAGE sql STABLE AS $$
	SELECT (d AT TIME ZONE 'UTC')::date,
	       round(extract(epoch FROM least(end_at, d + interval '24 hours')
			     - greatest(begin_at, d)) * 1000)::bigint
	FROM generate_series(date_bin('24 hours', begin_at,
				      '2000-01-01 00:00+00'),
			     greatest(end_at - interval '1 ms', begin_at),
			     interval '24 hours') d
$$;
GRANT EXECUTE ON FUNCTION bi.by_day(timestamptz, timestamptz)
	TO jackfield_bi;

-- A cause of an offer segment in one of four words.
CREATE FUNCTION journal.offer_end(cause text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE
		WHEN cause = 'accepted' THEN 'answered'
		WHEN cause IN ('declined', 'busy') THEN 'refused'
		WHEN cause IN ('no_answer', 'unreachable') THEN 'unanswered'
		ELSE 'withdrawn' END
$$;
GRANT EXECUTE ON FUNCTION journal.offer_end(text) TO jackfield_bi;

CREATE VIEW bi.agent_day WITH (security_invoker) AS
WITH states AS (
	SELECT s.tenant_id, s.agent, d.day,
	       sum(ms) FILTER (WHERE state = 'offline') AS offline_ms,
	       sum(ms) FILTER (WHERE state <> 'offline') AS logged_in_ms,
	       sum(ms) FILTER (WHERE state = 'ready') AS ready_ms,
	       sum(ms) FILTER (WHERE state = 'reserved') AS reserved_ms,
	       sum(ms) FILTER (WHERE state = 'talking') AS talking_ms,
	       sum(ms) FILTER (WHERE state = 'wrap_up') AS wrapup_ms,
	       sum(ms) FILTER (WHERE state = 'paused') AS paused_ms,
	       sum(ms) FILTER (WHERE state = 'not_responding')
			AS not_responding_ms
	FROM journal.agent_states s, bi.by_day(s.begin_at, s.end_at) d
	GROUP BY s.tenant_id, s.agent, d.day
), work AS (
	SELECT s.tenant_id, s.agent, d.day,
	       sum(ms) FILTER (WHERE kind = 'talk') AS talk_ms,
	       sum(ms) FILTER (WHERE kind = 'hold') AS hold_ms
	FROM journal.segments s, bi.by_day(s.begin_at, s.end_at) d
	WHERE s.agent IS NOT NULL AND s.kind IN ('talk', 'hold')
	GROUP BY s.tenant_id, s.agent, d.day
), offers AS (
	SELECT s.tenant_id, s.agent,
	       (s.begin_at AT TIME ZONE 'UTC')::date AS day,
	       count(*) AS offers,
	       count(*) FILTER (WHERE journal.offer_end(cause) = 'answered')
			AS calls,
	       count(*) FILTER (WHERE journal.offer_end(cause) = 'refused')
			AS refused,
	       count(*) FILTER (WHERE journal.offer_end(cause) = 'unanswered')
			AS unanswered,
	       count(*) FILTER (WHERE journal.offer_end(cause) = 'withdrawn')
			AS withdrawn
	FROM journal.segments s
	WHERE s.agent IS NOT NULL AND s.kind = 'offer'
	GROUP BY s.tenant_id, s.agent, (s.begin_at AT TIME ZONE 'UTC')::date
), days AS (
	SELECT * FROM states
	FULL JOIN work USING (tenant_id, agent, day)
	FULL JOIN offers USING (tenant_id, agent, day)
)
SELECT d.tenant_id, d.agent AS agent_id, a.name AS agent_name, day,
       coalesce(logged_in_ms, 0)::bigint AS logged_in_ms,
       coalesce(ready_ms, 0)::bigint AS ready_ms,
       coalesce(reserved_ms, 0)::bigint AS reserved_ms,
       coalesce(talking_ms, 0)::bigint AS talking_ms,
       coalesce(wrapup_ms, 0)::bigint AS wrapup_ms,
       coalesce(paused_ms, 0)::bigint AS paused_ms,
       coalesce(not_responding_ms, 0)::bigint AS not_responding_ms,
       coalesce(offline_ms, 0)::bigint AS offline_ms,
       coalesce(talk_ms, 0)::bigint AS talk_ms,
       coalesce(hold_ms, 0)::bigint AS hold_ms,
       round(100.0 * (coalesce(talking_ms, 0) + coalesce(wrapup_ms, 0))
	     / nullif(coalesce(talking_ms, 0) + coalesce(wrapup_ms, 0)
		      + coalesce(ready_ms, 0), 0), 2) AS occupancy,
       coalesce(offers, 0) AS offers, coalesce(calls, 0) AS calls,
       coalesce(refused, 0) AS refused, coalesce(unanswered, 0) AS unanswered,
       coalesce(withdrawn, 0) AS withdrawn
FROM days d
LEFT JOIN conf.agents a ON a.agent_id = d.agent AND a.tenant_id = d.tenant_id;

COMMENT ON VIEW bi.agent_day IS 'each agent on each UTC day; what reaches over midnight is divided; stretches still going on are not in it';
COMMENT ON COLUMN bi.agent_day.tenant_id IS 'tenant; the session''s own only';
COMMENT ON COLUMN bi.agent_day.agent_id IS 'agent';
COMMENT ON COLUMN bi.agent_day.agent_name IS 'name of the agent today; NULL: deleted';
COMMENT ON COLUMN bi.agent_day.day IS 'UTC day';
COMMENT ON COLUMN bi.agent_day.logged_in_ms IS 'ms in all states but offline: ready + reserved + talking + wrapup + paused + not_responding';
COMMENT ON COLUMN bi.agent_day.ready_ms IS 'ms in state ready: free for a contact';
COMMENT ON COLUMN bi.agent_day.reserved_ms IS 'ms in state reserved: the phone rings or is about to';
COMMENT ON COLUMN bi.agent_day.talking_ms IS 'ms in state talking: talk and hold';
COMMENT ON COLUMN bi.agent_day.wrapup_ms IS 'ms in state wrap_up';
COMMENT ON COLUMN bi.agent_day.paused_ms IS 'ms in state paused';
COMMENT ON COLUMN bi.agent_day.not_responding_ms IS 'ms in state not_responding: an offer rang out, nobody said ready since';
COMMENT ON COLUMN bi.agent_day.offline_ms IS 'ms in state offline between two log-ins';
COMMENT ON COLUMN bi.agent_day.talk_ms IS 'ms: sum of talk segments';
COMMENT ON COLUMN bi.agent_day.hold_ms IS 'ms: sum of hold segments';
COMMENT ON COLUMN bi.agent_day.occupancy IS '%: (talking_ms + wrapup_ms) / (talking_ms + wrapup_ms + ready_ms)';
COMMENT ON COLUMN bi.agent_day.offers IS 'count of offer segments that began on the day: calls + refused + unanswered + withdrawn';
COMMENT ON COLUMN bi.agent_day.calls IS 'count of offers that the agent accepted';
COMMENT ON COLUMN bi.agent_day.refused IS 'count of offers that the agent or the phone refused (declined, busy)';
COMMENT ON COLUMN bi.agent_day.unanswered IS 'count of offers that rang out or did not reach the phone (no_answer, unreachable)';
COMMENT ON COLUMN bi.agent_day.withdrawn IS 'count of offers that ended for another reason: the caller gave up, no media relay';

GRANT SELECT ON bi.agent_day TO jackfield_bi;

COMMIT;
