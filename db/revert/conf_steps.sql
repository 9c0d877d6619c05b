-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
SET LOCAL ROLE jackfield_owner;
COMMENT ON COLUMN bi.decision_candidates.verdict IS 'chosen, eligible, or why not: skill, offline, paused, reserved, talking, wrap_up, not_responding, unregistered, refused (an offer, just before)';
CREATE OR REPLACE FUNCTION journal.verdict_words(verdict text, idle_ms bigint, skill text)
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
CREATE OR REPLACE FUNCTION conf.queue_rows(part int)
RETURNS TABLE (kind text, "row" jsonb)
LANGUAGE sql STABLE AS $$
	SELECT 'conf.queue', jsonb_strip_nulls(jsonb_build_object(
		'queue', queue_id::text, 'tenant', q.tenant_id::text,
		'version', q.version::text, 'name', q.name,
		'language', q.language, 'skill', skill, 'level', level::text,
		'greeting', conf.prompts_list(greeting),
		'music', conf.prompts_list(music),
		'hold_music', conf.prompts_list(hold_music),
		'announce_ms', announce_ms::text, 'ring_ms', ring_ms::text,
		'wrapup_limit_ms', wrapup_limit_ms::text,
		'refusal_ms', refusal_ms::text, 'priority', priority::text,
		'class', class::text))
	FROM conf.queues q JOIN conf.tenants t USING (tenant_id)
	WHERE t.partition = part ORDER BY queue_id
$$;
CREATE OR REPLACE FUNCTION conf.agent_rows(part int)
RETURNS TABLE (kind text, "row" jsonb)
LANGUAGE sql STABLE AS $$
	SELECT 'conf.agent', jsonb_strip_nulls(jsonb_build_object(
		'agent', agent_id::text, 'tenant', a.tenant_id::text,
		'version', a.version::text, 'name', a.name,
		'user', user_name,
		'skills', (SELECT string_agg(skill || ':' || level, ','
					     ORDER BY skill)
			   FROM conf.agent_skills s
			   WHERE s.tenant_id = a.tenant_id
			     AND s.agent_id = a.agent_id)))
	FROM conf.agents a JOIN conf.tenants t USING (tenant_id)
	WHERE t.partition = part ORDER BY agent_id
$$;
DROP TABLE conf.queue_steps;
DROP FUNCTION conf.bump_queue();
DROP FUNCTION conf.check_step();
DROP FUNCTION conf.expression_read(text, boolean);
DROP FUNCTION conf.expression_token(text, int);
ALTER TABLE conf.agents DROP COLUMN languages, DROP COLUMN groups;
COMMIT;
