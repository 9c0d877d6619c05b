-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
SET LOCAL ROLE jackfield_owner;
CREATE OR REPLACE FUNCTION conf.queue_rows(part int)
RETURNS TABLE (kind text, "row" jsonb)
LANGUAGE sql STABLE AS $$
	SELECT 'conf.queue', jsonb_strip_nulls(jsonb_build_object(
		'queue', queue_id::text, 'tenant', q.tenant_id::text,
		'version', q.version::text, 'name', q.name,
		'language', q.language, 'skill', skill, 'level', level::text,
		'steps', (SELECT string_agg(at_ms || ':'
				|| conf.escape(expression) || ':'
				|| conf.escape(coalesce(skip_if, '')), ','
				ORDER BY at_ms)
			  FROM conf.queue_steps s
			  WHERE s.queue_id = q.queue_id),
		'greeting', conf.prompts_list(greeting),
		'music', conf.prompts_list(music),
		'hold_music', conf.prompts_list(hold_music),
		'announce_ms', announce_ms::text, 'ring_ms', ring_ms::text,
		'wrapup_limit_ms', wrapup_limit_ms::text,
		'refusal_ms', refusal_ms::text, 'priority', priority::text,
		'class', class::text, 'overdue_ms', overdue_ms::text))
	FROM conf.queues q JOIN conf.tenants t USING (tenant_id)
	WHERE t.partition = part ORDER BY queue_id
$$;
ALTER TABLE conf.queues DROP COLUMN strategy;
COMMIT;
