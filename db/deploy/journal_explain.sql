-- SPDX-License-Identifier: GPL-2.0-or-later
-- One contact in words, for a person at three in the morning: what happened
-- and when, who was considered and why not, why it waited, how it ended.
-- Names and prompts are those configured today; times are UTC.
BEGIN;
SET LOCAL ROLE jackfield_owner;

-- 900 ms, 12.3 s, 2 min 03 s, 1 h 05 min
CREATE FUNCTION journal.span(ms numeric) RETURNS text
LANGUAGE sql IMMUTABLE STRICT AS $$
	SELECT CASE
		WHEN ms < 1000 THEN round(ms) || ' ms'
		WHEN ms < 60000 THEN round(ms / 1000, 1) || ' s'
		WHEN ms < 3600000 THEN div(ms, 60000) || ' min '
			|| to_char(div(ms, 1000) % 60, 'FM00') || ' s'
		ELSE div(ms, 3600000) || ' h '
			|| to_char(div(ms, 60000) % 60, 'FM00') || ' min' END
$$;

CREATE FUNCTION journal.span(begin_at timestamptz, end_at timestamptz)
RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
	SELECT journal.span(round(extract(epoch FROM end_at - begin_at)
				  * 1000))
$$;

CREATE FUNCTION journal.clock(at timestamptz) RETURNS text
LANGUAGE sql IMMUTABLE STRICT AS $$
	SELECT to_char(at AT TIME ZONE 'UTC', 'HH24:MI:SS.MS')
$$;

CREATE FUNCTION journal.agent_name(tenant int, agent int) RETURNS text
LANGUAGE sql STABLE AS $$
	SELECT coalesce((SELECT name FROM conf.agents a
			 WHERE a.tenant_id = tenant AND a.agent_id = agent),
			'agent ' || agent, 'an agent')
$$;

CREATE FUNCTION journal.queue_name(tenant int, queue int) RETURNS text
LANGUAGE sql STABLE AS $$
	SELECT coalesce((SELECT 'queue ' || name FROM conf.queues q
			 WHERE q.tenant_id = tenant AND q.queue_id = queue),
			'queue ' || queue, 'no queue')
$$;

-- ITU-T Q.850, those that telephone networks really send.
CREATE FUNCTION journal.q850_words(cause int) RETURNS text
LANGUAGE sql IMMUTABLE STRICT AS $$
	SELECT coalesce((ARRAY['unallocated number', 'normal clearing',
		'user busy', 'no user responding', 'no answer',
		'call rejected', 'invalid number format', 'normal',
		'no circuit available', 'network out of order',
		'temporary failure', 'congestion',
		'resource unavailable', 'bearer capability unavailable',
		'incompatible destination', 'timer expired',
		'interworking'])[array_position(
			ARRAY[1, 16, 17, 18, 19, 21, 28, 31, 34, 38, 41, 42,
			      47, 58, 88, 102, 127], cause)], 'see ITU-T Q.850')
$$;

-- How a segment ended.
CREATE FUNCTION journal.cause_words(kind text, cause text, who text)
RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE
		WHEN cause = 'abandoned' THEN 'the caller hung up'
		WHEN cause = 'failed' THEN 'a fault on our side ended it'
		WHEN cause = 'ended' THEN 'it was ended by command'
		WHEN kind = 'ivr' AND cause = 'done' THEN 'then it was queued'
		WHEN kind = 'ivr' AND cause = 'timeout'
			THEN 'that took too long and was cut off'
		WHEN kind = 'queue' AND cause = 'offered'
			THEN 'an agent was found'
		WHEN cause = 'accepted' THEN who || ' answered'
		WHEN cause = 'no_answer' THEN 'nobody answered in time, so '
			|| who || ' gets nothing more until ready again'
		WHEN cause = 'declined' THEN who || ' declined'
		WHEN cause = 'busy' THEN 'the phone was busy'
		WHEN cause = 'unreachable' THEN 'the phone was not reachable, so '
			|| who || ' gets nothing more until ready again'
		WHEN cause = 'no_media' THEN 'no media relay could serve it'
		WHEN cause = 'hold' THEN 'one side put the other on hold'
		WHEN cause = 'resumed' THEN 'the talk went on'
		WHEN kind = 'wrap_up' AND cause = 'agent' THEN who || ' was done'
		WHEN kind = 'wrap_up' AND cause = 'limit'
			THEN 'the limit was reached'
		WHEN cause = 'caller' THEN 'the caller hung up'
		WHEN cause = 'agent' THEN who || ' hung up'
		WHEN cause = 'system' THEN 'Jackfield ended it'
		ELSE replace(cause, '_', ' ') END
$$;

-- Why an agent was or was not chosen.
CREATE FUNCTION journal.verdict_words(verdict text, idle_ms bigint, skill text)
RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE verdict
		WHEN 'chosen' THEN 'CHOSEN, idle for ' || journal.span(idle_ms)
		WHEN 'eligible' THEN 'free too, idle for '
			|| journal.span(idle_ms)
		WHEN 'skill' THEN 'lacks the skill'
			|| coalesce(' ' || skill, '')
		WHEN 'offline' THEN 'was logged out'
		WHEN 'paused' THEN 'was paused'
		WHEN 'reserved' THEN 'the phone rang for another contact'
		WHEN 'talking' THEN 'was in a call'
		WHEN 'wrap_up' THEN 'was in wrap-up'
		WHEN 'not_responding'
			THEN 'missed an offer and was not ready again'
		WHEN 'unregistered' THEN 'the phone was not registered'
		WHEN 'refused' THEN 'had just refused an offer'
		ELSE 'not free: ' || replace(verdict, '_', ' ') END
$$;

CREATE FUNCTION journal.explain_segment(s journal.segments) RETURNS text
LANGUAGE sql STABLE AS $$
	SELECT CASE s.kind
		WHEN 'ivr' THEN CASE
			WHEN s.cause NOT IN ('done', 'timeout')
			THEN 'was at the greeting'
			WHEN s.end_at - s.begin_at < interval '100 ms'
			THEN 'was connected'
			ELSE 'heard the greeting' END
		WHEN 'queue' THEN 'waited in ' || journal.queue_name(
			s.tenant_id, s.queue)
			|| ', hearing its place in line and music'
		WHEN 'offer' THEN 'rang at ' || who
		WHEN 'talk' THEN 'talked with ' || who
		WHEN 'hold' THEN 'was on hold, with ' || who
		WHEN 'wrap_up' THEN 'is over for the caller; ' || who
			|| ' in wrap-up'
		ELSE s.kind END
	       || ', for ' || journal.span(s.begin_at, s.end_at) || ': '
	       || journal.cause_words(s.kind, s.cause, who)
	FROM journal.agent_name(s.tenant_id, s.agent) who
$$;

CREATE FUNCTION journal.explain_decision(d journal.decisions)
RETURNS SETOF text LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN d.agent IS NULL
		THEN 'no agent for it at place ' || d.position || ': '
		ELSE 'chose ' || journal.agent_name(d.tenant_id, d.agent)
			|| ' for it, at place ' || d.position || ' after '
			|| journal.span(d.wait_ms) || ' of waiting: ' END
	       || d.reason || ' (rule ' || d.policy || ', ' || d.considered
	       || ' considered)'
	UNION ALL
	SELECT '  - ' || journal.agent_name(d.tenant_id,
			nullif(split_part(item, ':', 1), '')::int) || ': '
	       || journal.verdict_words(
			journal.unescape(split_part(item, ':', 3)),
			nullif(split_part(item, ':', 2), '')::bigint,
			(SELECT skill FROM conf.queues q
			 WHERE q.tenant_id = d.tenant_id
			   AND q.queue_id = d.queue))
	FROM unnest(string_to_array(d.candidates, ',')) item
$$;

CREATE FUNCTION journal.explain_story(id text) RETURNS SETOF text
LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN l.nth = 1
		THEN journal.clock(at) || '  ' ELSE repeat(' ', 14) END
	       || l.line
	FROM (
		SELECT s.begin_at AS at, s.ordinal * 2 AS place, 1 AS nth,
		       journal.explain_segment(s) AS line
		FROM journal.segments s WHERE s.contact = id
		UNION ALL
		SELECT d.begin_at, coalesce((
			SELECT max(ordinal) * 2 + 1 FROM journal.segments s
			WHERE s.contact = id AND s.kind <> 'offer'
			  AND s.begin_at <= d.begin_at), 1), x.n::int, x.line
		FROM journal.decisions d,
		     journal.explain_decision(d)
			WITH ORDINALITY AS x(line, n)
		WHERE d.contact = id) l
	ORDER BY at, place, nth
$$;

CREATE FUNCTION journal.explain_wait(id text) RETURNS SETOF text
LANGUAGE sql STABLE AS $$
	WITH waits AS (
		SELECT s.*, round(extract(epoch FROM end_at - begin_at) * 1000)
			AS ms
		FROM journal.segments s
		WHERE contact = id AND kind IN ('queue', 'offer')
	)
	SELECT 'It waited ' || journal.span(sum(ms)) || ':' FROM waits
	HAVING count(*) > 0
	UNION ALL
	SELECT '  ' || journal.span(sum(ms)) || ' in '
	       || journal.queue_name(max(tenant_id), max(queue))
	       || ', until an agent was free for it'
	FROM waits WHERE kind = 'queue' HAVING sum(ms) > 0
	UNION ALL
	(SELECT '  ' || journal.span(ms) || ' while the phone of '
	       || who || ' rang: '
	       || journal.cause_words(kind, cause, who)
	FROM waits, journal.agent_name(tenant_id, agent) who
	WHERE kind = 'offer' ORDER BY ordinal)
$$;

CREATE FUNCTION journal.explain_end(c journal.contacts) RETURNS SETOF text
LANGUAGE sql STABLE AS $$
	SELECT 'It ended: ' || c.outcome || '; ' || CASE c."by"
			WHEN 'caller' THEN 'the caller hung up'
			WHEN 'agent' THEN journal.agent_name(c.tenant_id,
				c.agent) || ' hung up'
			ELSE 'Jackfield ended it' END
	       || ' in segment ' || c.phase
	       || coalesce(' (SIP ' || c.code || ')', '')
	       || coalesce(' (Q.850 cause ' || c.q850 || ', '
			|| journal.q850_words(c.q850) || ')', '')
	UNION ALL
	SELECT '  in all: wait ' || journal.span(coalesce(c.wait_ms, 0))
	       || ', talk ' || journal.span(coalesce(c.talk_ms, 0))
	       || ', hold ' || journal.span(coalesce(c.hold_ms, 0))
	       || ', wrap-up ' || journal.span(coalesce(c.wrapup_ms, 0))
$$;

-- How a leg ended, as SIP saw it, and what its audio was like.
CREATE FUNCTION journal.explain_leg(l journal.legs) RETURNS text
LANGUAGE sql STABLE AS $$
	SELECT 'Leg of ' || CASE l.role WHEN 'caller' THEN 'the caller'
			ELSE journal.agent_name(l.tenant_id, l.agent) END
	       || ' at ' || l.node || ', ' || CASE
			WHEN l.answered_at IS NULL THEN 'never answered'
			ELSE journal.span(l.answered_at, l.end_at) END
	       || ': ' || CASE l."by"
			WHEN 'remote' THEN 'the other side ended it'
			WHEN 'local' THEN 'Jackfield ended it'
			ELSE l.node || ' ended it' END
	       || ' (' || concat_ws(', ', replace(l.cause, '_', ' '),
			'SIP ' || l.code, 'Q.850 ' || l.q850, l.reason) || ')'
	       || CASE WHEN l.packets > 0 AND l.answered_at IS NOT NULL THEN
			concat_ws(', ', '; audio ' || l.codec,
			l.packets || ' packets', round(100.0 * l.lost
				/ nullif(l.packets + l.lost, 0), 1)
				|| ' % lost',
			'jitter ' || round(l.jitter_us / 1000.0, 1) || ' ms',
			'MOS ' || round(l.mos100 / 100.0, 2))
		  ELSE '' END
$$;

CREATE FUNCTION journal.explain_media(id text) RETURNS SETOF text
LANGUAGE sql STABLE AS $$
	(SELECT journal.explain_leg(l) FROM journal.legs l
	 WHERE contact = id ORDER BY begin_at)
	UNION ALL
	(SELECT 'Recording: ' || file || ', part ' || part || ', '
	       || journal.span(ms) || ', ' || (bytes + 1023) / 1024 || ' KiB, '
	       || coalesce('NOT WHOLE: ' || replace(cause, '_', ' '), 'whole')
	FROM journal.recordings WHERE contact = id ORDER BY begin_at, part)
	UNION ALL
	SELECT 'Recording: none'
	WHERE EXISTS (SELECT FROM journal.segments
		      WHERE contact = id AND kind = 'talk')
	  AND NOT EXISTS (SELECT FROM journal.recordings WHERE contact = id)
$$;

CREATE FUNCTION journal.explain_head(c journal.contacts) RETURNS SETOF text
LANGUAGE sql STABLE AS $$
	SELECT 'Contact ' || c.contact || ' of tenant ' || coalesce(
		(SELECT name FROM conf.tenants t
		 WHERE t.tenant_id = c.tenant_id), c.tenant_id::text)
	UNION ALL
	SELECT 'It came at ' || to_char(c.begin_at AT TIME ZONE 'UTC',
			'YYYY-MM-DD HH24:MI:SS.MS') || ' UTC from '
	       || coalesce(c.caller, 'an unnamed caller')
	       || coalesce(' over trunk ' || c.trunk, '')
	       || coalesce(', dialled ' || c.number, '')
	       || coalesce(' (' || journal.queue_name(c.tenant_id, c.queue)
			|| ')', '')
	UNION ALL
	SELECT 'SIP Call-ID ' || c.call_id WHERE c.call_id IS NOT NULL
$$;

CREATE FUNCTION journal.explain_unknown(id text) RETURNS text
LANGUAGE sql STABLE AS $$
	SELECT 'No contact ' || id || ' in the journal: it is not over, or the '
	       || 'id is wrong. ' || coalesce('The newest is ' || (
		SELECT contact FROM journal.contacts
		ORDER BY begin_at DESC LIMIT 1) || '.', 'There is none yet.')
$$;

-- One contact: its id, or 'last' for the newest that is over.
CREATE FUNCTION journal.explain(contact text) RETURNS SETOF text
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	id text := explain.contact;
	c journal.contacts;
BEGIN
	IF id = 'last' THEN
		SELECT * INTO c FROM journal.contacts x
		ORDER BY x.begin_at DESC LIMIT 1;
	ELSE
		SELECT * INTO c FROM journal.contacts x WHERE x.contact = id;
	END IF;
	id := coalesce(c.contact, id);
	IF c.contact IS NOT NULL THEN
		RETURN QUERY SELECT journal.explain_head(c);
	ELSIF EXISTS (SELECT FROM journal.segments s WHERE s.contact = id) THEN
		RETURN NEXT 'Contact ' || id || ', which is not over yet';
	ELSE
		RETURN QUERY SELECT journal.explain_unknown(id);
		RETURN;
	END IF;
	RETURN NEXT '';
	RETURN QUERY SELECT journal.explain_story(id);
	RETURN NEXT '';
	RETURN QUERY SELECT journal.explain_wait(id);
	IF c.contact IS NOT NULL THEN
		RETURN QUERY SELECT journal.explain_end(c);
	END IF;
	RETURN QUERY SELECT journal.explain_media(id);
END $$;
COMMENT ON FUNCTION journal.explain(text) IS
	'one contact in words, by its id or ''last'' for the newest one';

GRANT EXECUTE ON FUNCTION journal.explain(text) TO jackfield_engine;

COMMIT;
