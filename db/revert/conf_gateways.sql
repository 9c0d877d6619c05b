-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
SET LOCAL ROLE jackfield_owner;
CREATE OR REPLACE FUNCTION conf.directory()
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
DROP FUNCTION conf.gateway_line(conf.trunks);
DROP FUNCTION conf.pair(text, text);
ALTER TABLE conf.tenants DROP COLUMN max_calls, DROP COLUMN max_cps;
ALTER TABLE conf.trunks DROP CONSTRAINT "registrar needs uri, user_name and password",
	DROP COLUMN uri, DROP COLUMN "group",
	DROP COLUMN weight, DROP COLUMN registrar, DROP COLUMN user_name,
	DROP COLUMN password, DROP COLUMN trusted;
COMMIT;
