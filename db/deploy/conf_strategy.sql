-- SPDX-License-Identifier: GPL-2.0-or-later
-- Which of several agents who are free.
BEGIN;
SET LOCAL ROLE jackfield_owner;

ALTER TABLE conf.queues ADD COLUMN strategy text NOT NULL DEFAULT 'longest_idle'
	CONSTRAINT "strategy: longest_idle, fewest_calls, least_talk or in_order"
	CHECK (strategy IN ('longest_idle', 'fewest_calls', 'least_talk',
			    'in_order'));
COMMENT ON COLUMN conf.queues.strategy IS
	'which of the free agents: longest_idle, fewest_calls or least_talk since '
	'log-in, in_order of agent_id; equal ones by idle time';

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
		'class', class::text, 'overdue_ms', overdue_ms::text,
		'strategy', strategy))
	FROM conf.queues q JOIN conf.tenants t USING (tenant_id)
	WHERE t.partition = part ORDER BY queue_id
$$;

COMMIT;
