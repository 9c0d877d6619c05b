-- SPDX-License-Identifier: GPL-2.0-or-later
-- What the engine reads. Rows are the fields of conf.tenant, conf.queue,
-- conf.agent and conf.number in lib/base/messages.def, values as text; a
-- field without a value is left out.
BEGIN;
SET LOCAL ROLE jackfield_owner;

CREATE FUNCTION conf.tenant_rows(part int)
RETURNS TABLE (kind text, "row" jsonb)
LANGUAGE sql STABLE AS $$
	SELECT 'conf.tenant', jsonb_build_object(
		'tenant', tenant_id::text, 'version', version::text,
		'name', name, 'domain', domain, 'language', language,
		'code_ready', code_ready, 'code_pause', code_pause,
		'code_logout', code_logout)
	FROM conf.tenants WHERE partition = part ORDER BY tenant_id
$$;

CREATE FUNCTION conf.queue_rows(part int)
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

CREATE FUNCTION conf.agent_rows(part int)
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

CREATE FUNCTION conf.number_rows(part int)
RETURNS TABLE (kind text, "row" jsonb)
LANGUAGE sql STABLE AS $$
	SELECT 'conf.number', jsonb_build_object(
		'number', number, 'tenant', n.tenant_id::text,
		'version', n.version::text, 'queue', queue_id::text)
	FROM conf.numbers n JOIN conf.tenants t USING (tenant_id)
	WHERE t.partition = part ORDER BY number
$$;

-- One statement, so one moment of the database.
CREATE FUNCTION conf.snapshot(part int)
RETURNS TABLE (kind text, "row" jsonb)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
	SELECT * FROM conf.tenant_rows(part)
	UNION ALL SELECT * FROM conf.queue_rows(part)
	UNION ALL SELECT * FROM conf.agent_rows(part)
	UNION ALL SELECT * FROM conf.number_rows(part)
$$;
COMMENT ON FUNCTION conf.snapshot(int) IS
	'everything configured for the tenants of a partition; kind is the '
	'message''s type: conf.tenant, conf.queue, conf.agent, conf.number';

CREATE FUNCTION conf.directory()
RETURNS TABLE (key text, field text, value text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
	SELECT 'numbers', number, tenant_id || ':' || partition
	FROM conf.numbers JOIN conf.tenants USING (tenant_id)
	UNION ALL
	SELECT 'trunks', host(address),
	       name || ':' || max_calls || ':' || max_cps
	FROM conf.trunks
	UNION ALL
	SELECT 'credentials', user_name || '@' || domain,
	       ha1 || ':' || tenant_id || ':' || partition
	FROM conf.agents JOIN conf.tenants USING (tenant_id)
$$;
COMMENT ON FUNCTION conf.directory() IS
	'fields and values of the Redis hashes numbers, trunks and credentials';

GRANT EXECUTE ON FUNCTION conf.snapshot(int), conf.directory()
	TO jackfield_engine;

COMMIT;
