-- SPDX-License-Identifier: GPL-2.0-or-later
-- Every figure stands beside what it is made of. Percentages must not be
-- averaged over rows: add up the counts and divide again.
BEGIN;
SET LOCAL ROLE jackfield_owner;

CREATE VIEW bi.queue_half_hour WITH (security_invoker) AS
WITH waits AS (
	SELECT c.tenant_id, c.queue AS queue_id,
	       date_bin('30 minutes', c.enqueued_at, '2000-01-01 00:00+00')
			AS half_hour,
	       c.outcome, coalesce(s.wait_ms, 0) AS wait_ms,
	       coalesce(s.handle_ms, 0) AS handle_ms,
	       q.name AS queue_name,
	       coalesce(q.service_level_ms, 20000) AS limit_ms,
	       coalesce(q.short_abandon_ms, 5000) AS short_ms
	FROM journal.contacts c
	LEFT JOIN conf.queues q
		ON q.queue_id = c.queue AND q.tenant_id = c.tenant_id
	LEFT JOIN LATERAL (
		SELECT sum(ms) FILTER (WHERE kind IN ('queue', 'offer'))
				AS wait_ms,
		       sum(ms) FILTER (WHERE kind IN ('talk', 'hold',
						      'wrap_up'))
				AS handle_ms
		FROM (SELECT kind, extract(epoch FROM end_at - begin_at)
				* 1000 AS ms
		      FROM journal.segments x
		      WHERE x.contact = c.contact AND x.begin_at
			BETWEEN c.begin_at AND c.end_at) x) s ON true
	WHERE c.enqueued_at IS NOT NULL AND c.queue IS NOT NULL
), counts AS (
	SELECT tenant_id, queue_id, queue_name, half_hour, limit_ms, short_ms,
	       count(*) AS offered,
	       count(*) FILTER (WHERE outcome = 'answered') AS answered,
	       count(*) FILTER (WHERE outcome = 'abandoned') AS abandoned,
	       count(*) FILTER (WHERE outcome NOT IN
				('answered', 'abandoned')) AS failed,
	       count(*) FILTER (WHERE outcome = 'answered'
				AND wait_ms <= limit_ms) AS answered_in_time,
	       count(*) FILTER (WHERE outcome = 'abandoned'
				AND wait_ms <= limit_ms) AS abandoned_in_time,
	       count(*) FILTER (WHERE outcome = 'abandoned'
				AND wait_ms <= short_ms) AS abandoned_short,
	       avg(wait_ms) FILTER (WHERE outcome = 'answered') AS asa,
	       avg(handle_ms) FILTER (WHERE outcome = 'answered') AS aht,
	       max(wait_ms) AS max_wait
	FROM waits
	GROUP BY tenant_id, queue_id, queue_name, half_hour, limit_ms,
		 short_ms
)
SELECT tenant_id, queue_id, queue_name, half_hour, offered, answered,
       abandoned, failed, limit_ms AS service_level_ms,
       short_ms AS short_abandon_ms, answered_in_time, abandoned_in_time,
       abandoned_short,
       round(100.0 * answered_in_time / nullif(answered + abandoned
	     - abandoned_in_time, 0), 2) AS service_level,
       round(100.0 * (answered_in_time + abandoned_in_time)
	     / nullif(answered + abandoned, 0), 2) AS sl1,
       round(100.0 * answered_in_time / nullif(answered, 0), 2) AS sl2,
       round(100.0 * answered_in_time / nullif(answered + abandoned, 0), 2)
		AS sl3,
       round(100.0 * answered_in_time / nullif(answered + abandoned
	     - abandoned_in_time, 0), 2) AS sl4,
       round(100.0 * (answered_in_time + abandoned_short)
	     / nullif(answered + abandoned, 0), 2) AS sl5,
       round(100.0 * (answered_in_time + abandoned_in_time)
	     / nullif(offered, 0), 2) AS sl6,
       round(100.0 * (abandoned - abandoned_short) / nullif(offered, 0), 2)
		AS abandon_rate,
       round(asa)::bigint AS asa_ms, round(aht)::bigint AS aht_ms,
       round(max_wait)::bigint AS max_wait_ms
FROM counts;

COMMENT ON VIEW bi.queue_half_hour IS 'each queue in each half hour in which a contact entered it; add up counts, never average percentages';
COMMENT ON COLUMN bi.queue_half_hour.tenant_id IS 'tenant; the session''s own only';
COMMENT ON COLUMN bi.queue_half_hour.queue_id IS 'queue';
COMMENT ON COLUMN bi.queue_half_hour.queue_name IS 'name of the queue today; NULL: deleted';
COMMENT ON COLUMN bi.queue_half_hour.half_hour IS 'begin of the half hour (UTC grid) in which the contacts entered the queue';
COMMENT ON COLUMN bi.queue_half_hour.offered IS 'count of contacts that entered the queue and are over: answered + abandoned + failed';
COMMENT ON COLUMN bi.queue_half_hour.answered IS 'count of those whose talk with an agent began';
COMMENT ON COLUMN bi.queue_half_hour.abandoned IS 'count of those whose caller gave up while waiting';
COMMENT ON COLUMN bi.queue_half_hour.failed IS 'count of those that we ended before talk: refused or failed';
COMMENT ON COLUMN bi.queue_half_hour.service_level_ms IS 'ms: T of the service levels, from the queue as it is today (default 20000)';
COMMENT ON COLUMN bi.queue_half_hour.short_abandon_ms IS 'ms: up to here giving up is a short abandon, from the queue as it is today (default 5000)';
COMMENT ON COLUMN bi.queue_half_hour.answered_in_time IS 'count of answered with wait <= T; wait: sum of queue and offer segments';
COMMENT ON COLUMN bi.queue_half_hour.abandoned_in_time IS 'count of abandoned with wait <= T';
COMMENT ON COLUMN bi.queue_half_hour.abandoned_short IS 'count of abandoned with wait <= short_abandon_ms';
COMMENT ON COLUMN bi.queue_half_hour.service_level IS '%: the figure to report, the same as sl4; read sl3 beside it';
COMMENT ON COLUMN bi.queue_half_hour.sl1 IS '%: (answered_in_time + abandoned_in_time) / (answered + abandoned)';
COMMENT ON COLUMN bi.queue_half_hour.sl2 IS '%: answered_in_time / answered; hides abandons';
COMMENT ON COLUMN bi.queue_half_hour.sl3 IS '%: answered_in_time / (answered + abandoned); the strictest';
COMMENT ON COLUMN bi.queue_half_hour.sl4 IS '%: answered_in_time / (answered + abandoned after T)';
COMMENT ON COLUMN bi.queue_half_hour.sl5 IS '%: (answered_in_time + abandoned_short) / (answered + abandoned)';
COMMENT ON COLUMN bi.queue_half_hour.sl6 IS '%: left the queue within T, answered or abandoned / offered';
COMMENT ON COLUMN bi.queue_half_hour.abandon_rate IS '%: (abandoned - abandoned_short) / offered';
COMMENT ON COLUMN bi.queue_half_hour.asa_ms IS 'ms: mean wait of answered (average speed of answer)';
COMMENT ON COLUMN bi.queue_half_hour.aht_ms IS 'ms: mean of talk + hold + wrap-up of answered (average handling time)';
COMMENT ON COLUMN bi.queue_half_hour.max_wait_ms IS 'ms: longest wait of all offered, however it ended';

GRANT SELECT ON bi.queue_half_hour TO jackfield_bi;

COMMIT;
