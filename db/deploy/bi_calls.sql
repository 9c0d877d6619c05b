-- SPDX-License-Identifier: GPL-2.0-or-later
-- What analysts read. A view runs with the reader's rights, so row-level
-- security holds; jackfield_bi may read the tables behind it but cannot name
-- them, having no right to their schemas. Times come from segments. The bounds
-- on begin_at let the planner look at the contact's own days only.
BEGIN;
SET LOCAL ROLE jackfield_owner;

GRANT SELECT ON journal.contacts, journal.segments, journal.legs,
	journal.decisions, journal.agent_states, journal.recordings,
	conf.queues TO jackfield_bi;
GRANT SELECT (tenant_id, agent_id, name, user_name) ON conf.agents
	TO jackfield_bi;

CREATE VIEW bi.calls WITH (security_invoker) AS
SELECT c.tenant_id, c.contact, c.channel, c.begin_at, c.enqueued_at,
       c.answered_at, c.end_at, c.caller, c.number, c.trunk,
       coalesce(c.call_id, l.call_id) AS call_id,
       c.queue AS queue_id, q.name AS queue_name,
       c.agent AS agent_id, a.name AS agent_name,
       c.outcome, c.phase, c."by" AS hung_up_by,
       coalesce(c.code, l.code) AS sip_code, coalesce(c.q850, l.q850) AS q850,
       coalesce(s.ivr_ms, 0) AS ivr_ms, coalesce(s.wait_ms, 0) AS wait_ms,
       coalesce(s.talk_ms, 0) AS talk_ms, coalesce(s.hold_ms, 0) AS hold_ms,
       coalesce(s.wrapup_ms, 0) AS wrapup_ms,
       coalesce(s.talk_ms + s.hold_ms + s.wrapup_ms, 0) AS handle_ms,
       coalesce(s.offers, 0) AS offers,
       l.codec, l.packets, l.lost,
       round(100.0 * l.lost / nullif(l.packets + l.lost, 0), 2)
		AS loss_percent,
       round(l.jitter_us / 1000.0, 3) AS jitter_ms,
       round(l.mos100 / 100.0, 2) AS mos,
       coalesce(r.recorded_ms, 0) AS recorded_ms
FROM journal.contacts c
LEFT JOIN conf.queues q ON q.queue_id = c.queue AND q.tenant_id = c.tenant_id
LEFT JOIN conf.agents a ON a.agent_id = c.agent AND a.tenant_id = c.tenant_id
LEFT JOIN LATERAL (
	SELECT * FROM journal.legs x
	WHERE x.contact = c.contact AND x.role = 'caller'
	  AND x.begin_at BETWEEN c.begin_at - interval '1 minute'
			     AND c.end_at
	ORDER BY x.begin_at LIMIT 1) l ON true
LEFT JOIN LATERAL (
	SELECT sum(ms) FILTER (WHERE kind = 'ivr')::bigint AS ivr_ms,
	       sum(ms) FILTER (WHERE kind IN ('queue', 'offer'))::bigint
			AS wait_ms,
	       coalesce(sum(ms) FILTER (WHERE kind = 'talk'), 0)::bigint
			AS talk_ms,
	       coalesce(sum(ms) FILTER (WHERE kind = 'hold'), 0)::bigint
			AS hold_ms,
	       coalesce(sum(ms) FILTER (WHERE kind = 'wrap_up'), 0)::bigint
			AS wrapup_ms,
	       count(*) FILTER (WHERE kind = 'offer') AS offers
	FROM (SELECT kind, round(extract(epoch FROM end_at - begin_at) * 1000)
			AS ms
	      FROM journal.segments x WHERE x.contact = c.contact
	      AND x.begin_at BETWEEN c.begin_at AND c.end_at) x) s ON true
LEFT JOIN LATERAL (
	SELECT sum(ms)::bigint AS recorded_ms FROM journal.recordings x
	WHERE x.contact = c.contact
	  AND x.begin_at BETWEEN c.begin_at - interval '1 minute'
			     AND c.end_at + interval '1 minute') r ON true;

COMMENT ON VIEW bi.calls IS 'one row for each contact that is over';
COMMENT ON COLUMN bi.calls.tenant_id IS 'tenant; the session''s own only';
COMMENT ON COLUMN bi.calls.contact IS 'id of the contact; jackfieldctl explain takes it';
COMMENT ON COLUMN bi.calls.channel IS 'voice';
COMMENT ON COLUMN bi.calls.begin_at IS 'when the INVITE came; time with ms';
COMMENT ON COLUMN bi.calls.enqueued_at IS 'when it entered the queue, once; NULL: never; time with ms';
COMMENT ON COLUMN bi.calls.answered_at IS 'when talk with an agent began; NULL: never; time with ms';
COMMENT ON COLUMN bi.calls.end_at IS 'when it was over, wrap-up included; time with ms';
COMMENT ON COLUMN bi.calls.caller IS 'calling number or user, as the trunk gave it';
COMMENT ON COLUMN bi.calls.number IS 'dialled number, E.164';
COMMENT ON COLUMN bi.calls.trunk IS 'name of the trunk it came from';
COMMENT ON COLUMN bi.calls.call_id IS 'SIP Call-ID of the caller''s leg, the carrier''s name for the call';
COMMENT ON COLUMN bi.calls.queue_id IS 'queue it waited in, or would have';
COMMENT ON COLUMN bi.calls.queue_name IS 'name of the queue today; NULL: deleted';
COMMENT ON COLUMN bi.calls.agent_id IS 'agent who talked; NULL: nobody';
COMMENT ON COLUMN bi.calls.agent_name IS 'name of the agent today; NULL: deleted, or nobody';
COMMENT ON COLUMN bi.calls.outcome IS 'answered: talk began; abandoned: the caller gave up before; refused: not let in; failed: a fault of ours';
COMMENT ON COLUMN bi.calls.phase IS 'segment in which it ended: ivr, queue, offer, talk, hold';
COMMENT ON COLUMN bi.calls.hung_up_by IS 'who ended it: caller, agent, system';
COMMENT ON COLUMN bi.calls.sip_code IS 'final SIP status of the caller''s leg; NULL: ended by BYE';
COMMENT ON COLUMN bi.calls.q850 IS 'ITU-T Q.850 cause, from the Reason header or RFC 3398 section 8; 16 is a normal end';
COMMENT ON COLUMN bi.calls.ivr_ms IS 'ms: sum of ivr segments (greeting)';
COMMENT ON COLUMN bi.calls.wait_ms IS 'ms: sum of queue and offer segments; a phone that rings is waiting too';
COMMENT ON COLUMN bi.calls.talk_ms IS 'ms: sum of talk segments, without hold';
COMMENT ON COLUMN bi.calls.hold_ms IS 'ms: sum of hold segments';
COMMENT ON COLUMN bi.calls.wrapup_ms IS 'ms: sum of wrap_up segments';
COMMENT ON COLUMN bi.calls.handle_ms IS 'ms: talk_ms + hold_ms + wrapup_ms; its mean is AHT';
COMMENT ON COLUMN bi.calls.offers IS 'count of offer segments: how often an agent''s phone was to ring';
COMMENT ON COLUMN bi.calls.codec IS 'encoding name of the caller''s audio';
COMMENT ON COLUMN bi.calls.packets IS 'count of RTP packets received from the caller';
COMMENT ON COLUMN bi.calls.lost IS 'count of RTP packets missing from the caller, RFC 3550 appendix A.3';
COMMENT ON COLUMN bi.calls.loss_percent IS '%: 100 * lost / (packets + lost)';
COMMENT ON COLUMN bi.calls.jitter_ms IS 'ms: interarrival jitter from the caller at the end, RFC 3550 section 6.4.1';
COMMENT ON COLUMN bi.calls.mos IS 'MOS 1-5 of the caller''s audio by the E-model, ITU-T G.107 with G.113 appendix I';
COMMENT ON COLUMN bi.calls.recorded_ms IS 'ms: sum over the parts of its recordings; less than talk_ms: there are gaps, see bi.recordings';

CREATE VIEW bi.segments WITH (security_invoker) AS
SELECT s.tenant_id, s.segment, s.contact, s.ordinal, s.kind, s.begin_at,
       s.end_at,
       round(extract(epoch FROM s.end_at - s.begin_at) * 1000)::bigint AS ms,
       s.cause, s.queue AS queue_id, q.name AS queue_name,
       s.agent AS agent_id, a.name AS agent_name, s.offer
FROM journal.segments s
LEFT JOIN conf.queues q ON q.queue_id = s.queue AND q.tenant_id = s.tenant_id
LEFT JOIN conf.agents a ON a.agent_id = s.agent AND a.tenant_id = s.tenant_id;

COMMENT ON VIEW bi.segments IS 'stretches of contacts; those of one contact follow one another without gaps';
COMMENT ON COLUMN bi.segments.tenant_id IS 'tenant; the session''s own only';
COMMENT ON COLUMN bi.segments.segment IS 'id of the segment';
COMMENT ON COLUMN bi.segments.contact IS 'contact it belongs to, see bi.calls';
COMMENT ON COLUMN bi.segments.ordinal IS 'number of the segment in its contact, from 1';
COMMENT ON COLUMN bi.segments.kind IS 'ivr, queue, offer, talk, hold, consult, wrap_up';
COMMENT ON COLUMN bi.segments.begin_at IS 'begin; time with ms';
COMMENT ON COLUMN bi.segments.end_at IS 'end; time with ms; the begin of the next one';
COMMENT ON COLUMN bi.segments.ms IS 'ms: end_at - begin_at';
COMMENT ON COLUMN bi.segments.cause IS 'one word: why it ended';
COMMENT ON COLUMN bi.segments.queue_id IS 'queue of the contact at that time';
COMMENT ON COLUMN bi.segments.queue_name IS 'name of the queue today; NULL: none or deleted';
COMMENT ON COLUMN bi.segments.agent_id IS 'agent of offer, talk, hold and wrap_up';
COMMENT ON COLUMN bi.segments.agent_name IS 'name of the agent today; NULL: none or deleted';
COMMENT ON COLUMN bi.segments.offer IS 'id of the offer that led to it';

CREATE VIEW bi.legs WITH (security_invoker) AS
SELECT l.tenant_id, l.leg, l.contact, l.role, l.node, l.begin_at,
       l.answered_at, l.end_at,
       round(extract(epoch FROM l.end_at - l.begin_at) * 1000)::bigint AS ms,
       l."by" AS ended_by, l.cause, l.code AS sip_code, l.q850, l.reason,
       l.agent AS agent_id, a.name AS agent_name, l.trunk, l.call_id, l.codec,
       l.packets, l.lost,
       round(100.0 * l.lost / nullif(l.packets + l.lost, 0), 2)
		AS loss_percent,
       round(l.jitter_us / 1000.0, 3) AS jitter_ms,
       round(l.mos100 / 100.0, 2) AS mos
FROM journal.legs l
LEFT JOIN conf.agents a ON a.agent_id = l.agent AND a.tenant_id = l.tenant_id;

COMMENT ON VIEW bi.legs IS 'SIP dialogs, one row for each that is over';
COMMENT ON COLUMN bi.legs.tenant_id IS 'tenant; the session''s own only';
COMMENT ON COLUMN bi.legs.leg IS 'id of the leg';
COMMENT ON COLUMN bi.legs.contact IS 'contact it served; NULL: none (a feature code)';
COMMENT ON COLUMN bi.legs.role IS 'caller, agent, feature';
COMMENT ON COLUMN bi.legs.node IS 'name of the SIP node that carried it';
COMMENT ON COLUMN bi.legs.begin_at IS 'INVITE came or went; time with ms';
COMMENT ON COLUMN bi.legs.answered_at IS '2xx; NULL: never; time with ms';
COMMENT ON COLUMN bi.legs.end_at IS 'end; time with ms';
COMMENT ON COLUMN bi.legs.ms IS 'ms: end_at - begin_at, ringing included';
COMMENT ON COLUMN bi.legs.ended_by IS 'remote: the other side; local: we; node: the SIP node by itself';
COMMENT ON COLUMN bi.legs.cause IS 'bye, cancel, refused, timeout, no_ack, ended (by us), error';
COMMENT ON COLUMN bi.legs.sip_code IS 'final SIP status; NULL: ended by BYE';
COMMENT ON COLUMN bi.legs.q850 IS 'ITU-T Q.850 cause, from the Reason header or RFC 3398 section 8';
COMMENT ON COLUMN bi.legs.reason IS 'reason in words, as the other side or the node gave it';
COMMENT ON COLUMN bi.legs.agent_id IS 'agent at the other end; NULL: none';
COMMENT ON COLUMN bi.legs.agent_name IS 'name of the agent today; NULL: none or deleted';
COMMENT ON COLUMN bi.legs.trunk IS 'name of the trunk; NULL: an agent''s leg';
COMMENT ON COLUMN bi.legs.call_id IS 'SIP Call-ID';
COMMENT ON COLUMN bi.legs.codec IS 'encoding name of the audio on the outer side';
COMMENT ON COLUMN bi.legs.packets IS 'count of RTP packets received from the outer side';
COMMENT ON COLUMN bi.legs.lost IS 'count of RTP packets missing, RFC 3550 appendix A.3';
COMMENT ON COLUMN bi.legs.loss_percent IS '%: 100 * lost / (packets + lost)';
COMMENT ON COLUMN bi.legs.jitter_ms IS 'ms: interarrival jitter at the end, RFC 3550 section 6.4.1';
COMMENT ON COLUMN bi.legs.mos IS 'MOS 1-5 by the E-model, ITU-T G.107 with G.113 appendix I';

CREATE VIEW bi.recordings WITH (security_invoker) AS
SELECT r.tenant_id, r.recording, r.part, r.contact, r.segment, r.begin_at,
       r.ms, r.file, r.bytes, r.sha256, r.left_leg, r.right_leg,
       r.cause IS NULL AS whole, r.cause
FROM journal.recordings r;

COMMENT ON VIEW bi.recordings IS 'parts of recordings: one stereo file each';
COMMENT ON COLUMN bi.recordings.tenant_id IS 'tenant; the session''s own only';
COMMENT ON COLUMN bi.recordings.recording IS 'id of the recording';
COMMENT ON COLUMN bi.recordings.part IS 'number of the part, from 1; more than one: a media worker was replaced';
COMMENT ON COLUMN bi.recordings.contact IS 'contact, see bi.calls';
COMMENT ON COLUMN bi.recordings.segment IS 'talk segment, see bi.segments';
COMMENT ON COLUMN bi.recordings.begin_at IS 'first sample; time with ms';
COMMENT ON COLUMN bi.recordings.ms IS 'ms: length of the part';
COMMENT ON COLUMN bi.recordings.file IS 'path below the recordings'' directory';
COMMENT ON COLUMN bi.recordings.bytes IS 'size of the file, bytes';
COMMENT ON COLUMN bi.recordings.sha256 IS 'SHA-256 of the file, hexadecimal; NULL: the worker died before it could tell';
COMMENT ON COLUMN bi.recordings.left_leg IS 'leg on the left track';
COMMENT ON COLUMN bi.recordings.right_leg IS 'leg on the right track';
COMMENT ON COLUMN bi.recordings.whole IS 'true: cause is NULL, nothing is missing';
COMMENT ON COLUMN bi.recordings.cause IS 'why it is not whole; NULL: it is';

GRANT SELECT ON bi.calls, bi.segments, bi.legs, bi.recordings
	TO jackfield_bi;

COMMIT;
