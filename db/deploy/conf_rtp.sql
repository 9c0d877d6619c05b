-- SPDX-License-Identifier: GPL-2.0-or-later
-- Where a trunk's RTP comes from, phones that are offered SRTP.
BEGIN;
SET LOCAL ROLE jackfield_owner;

ALTER TABLE conf.trunks ADD COLUMN pinned boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN conf.trunks.pinned IS
	'its RTP comes from the address and port of its SDP, and from the first '
	'packet on nothing else is heard; false: whoever is heard first after '
	'each offer, as behind NAT';

ALTER TABLE conf.agents ADD COLUMN srtp boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN conf.agents.srtp IS
	'the phone is offered SRTP with keys in the SDP (RFC 4568), and nothing '
	'else; set it for phones that register over TLS';

CREATE OR REPLACE FUNCTION conf.gateway_line(t conf.trunks) RETURNS text
LANGUAGE sql STABLE AS $$
	SELECT concat(conf.pair('uri', t.uri), conf.pair('group', t."group"),
		conf.pair('weight', t.weight::text),
		conf.pair('max_calls', t.max_calls::text),
		conf.pair('max_cps', t.max_cps::text),
		conf.pair('user', t.user_name),
		conf.pair('password', t.password),
		conf.pair('registrar', t.registrar),
		conf.pair('trusted', t.trusted::int::text),
		conf.pair('pinned', t.pinned::int::text))
$$;

CREATE OR REPLACE FUNCTION conf.directory()
RETURNS TABLE (key text, field text, value text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
	SELECT 'numbers', number, tenant_id || ':' || partition
	FROM conf.numbers JOIN conf.tenants USING (tenant_id)
	UNION ALL
	SELECT 'trunks', host(address),
	       name || ':' || max_calls || ':' || max_cps || ':'
		|| CASE WHEN trusted THEN 'trusted' ELSE '' END || ':'
		|| CASE WHEN pinned THEN 'pinned' ELSE '' END
	FROM conf.trunks
	UNION ALL
	SELECT 'credentials', user_name || '@' || domain,
	       ha1 || ':' || tenant_id || ':' || partition
	FROM conf.agents JOIN conf.tenants USING (tenant_id)
	UNION ALL
	SELECT 'tenants', tenant_id::text, max_calls || ':' || max_cps
	FROM conf.tenants
	UNION ALL
	SELECT 'gateways', name, conf.gateway_line(t)
	FROM conf.trunks t WHERE uri IS NOT NULL
$$;

CREATE OR REPLACE FUNCTION conf.agent_rows(part int)
RETURNS TABLE (kind text, "row" jsonb)
LANGUAGE sql STABLE AS $$
	SELECT 'conf.agent', jsonb_strip_nulls(jsonb_build_object(
		'agent', agent_id::text, 'tenant', a.tenant_id::text,
		'version', a.version::text, 'name', a.name,
		'user', user_name,
		'languages', nullif(array_to_string(languages, ','), ''),
		'groups', nullif(array_to_string(groups, ','), ''),
		'srtp', a.srtp::int::text,
		'skills', (SELECT string_agg(skill || ':' || level, ','
					     ORDER BY skill)
			   FROM conf.agent_skills s
			   WHERE s.tenant_id = a.tenant_id
			     AND s.agent_id = a.agent_id)))
	FROM conf.agents a JOIN conf.tenants t USING (tenant_id)
	WHERE t.partition = part ORDER BY agent_id
$$;

COMMIT;
