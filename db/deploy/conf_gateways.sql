-- SPDX-License-Identifier: GPL-2.0-or-later
-- Trunks that take calls of ours, trunks that register, limits of tenants.
BEGIN;
SET LOCAL ROLE jackfield_owner;

ALTER TABLE conf.trunks
	ADD COLUMN uri text
		CONSTRAINT "uri must be like sip:host:port or sip:host:port;transport=tcp"
		CHECK (uri ~ '^sips?:[A-Za-z0-9.:\[\]-]{1,120}(;transport=(udp|tcp|tls))?$'),
	ADD COLUMN "group" text NOT NULL DEFAULT 'default'
		CONSTRAINT "group must be 1 to 32 of a-z 0-9 . _ -"
		CHECK ("group" ~ '^[a-z0-9._-]{1,32}$'),
	ADD COLUMN weight int NOT NULL DEFAULT 50
		CONSTRAINT "weight must be 0 to 1000"
		CHECK (weight BETWEEN 0 AND 1000),
	ADD COLUMN registrar text
		CONSTRAINT "registrar must be like sip:host:port"
		CHECK (registrar ~ '^sips?:[A-Za-z0-9.:\[\]-]{1,120}(;transport=(udp|tcp|tls))?$'),
	ADD COLUMN user_name text
		CONSTRAINT "user_name must be 1 to 63 characters of a SIP user"
		CHECK (user_name ~ '^[A-Za-z0-9_.!~*''()&=+$,;?/%-]{1,63}$'),
	ADD COLUMN password text
		CONSTRAINT "password must be 1 to 63 characters without spaces"
		CHECK (password ~ '^[!-~]{1,63}$'),
	ADD COLUMN trusted boolean NOT NULL DEFAULT false,
	ADD CONSTRAINT "registrar needs uri, user_name and password"
		CHECK (registrar IS NULL OR (uri IS NOT NULL
			AND user_name IS NOT NULL AND password IS NOT NULL));

COMMENT ON COLUMN conf.trunks.uri IS
	'where calls of ours go; NULL: it only sends';
COMMENT ON COLUMN conf.trunks."group" IS
	'trunks of one group stand in for one another';
COMMENT ON COLUMN conf.trunks.weight IS
	'share of its group''s calls; 0: none; failures lower it for a while';
COMMENT ON COLUMN conf.trunks.registrar IS 'NULL: it does not register';
COMMENT ON COLUMN conf.trunks.user_name IS
	'for REGISTER and for challenges to calls of ours';
COMMENT ON COLUMN conf.trunks.password IS
	'the carrier''s, in the clear: digest needs it';
COMMENT ON COLUMN conf.trunks.trusted IS
	'its P-Asserted-Identity is believed, and it gets ours';

ALTER TABLE conf.tenants
	ADD COLUMN max_calls int NOT NULL DEFAULT 0
		CONSTRAINT "max_calls must be 0 to 100000"
		CHECK (max_calls BETWEEN 0 AND 100000),
	ADD COLUMN max_cps int NOT NULL DEFAULT 0
		CONSTRAINT "max_cps must be 0 to 10000"
		CHECK (max_cps BETWEEN 0 AND 10000);

COMMENT ON COLUMN conf.tenants.max_calls IS
	'calls at a time to its numbers, more get 486; 0: no limit';
COMMENT ON COLUMN conf.tenants.max_cps IS
	'new calls a second to its numbers, more get 503; 0: no limit';

-- name=value pairs, what would end one written as %XX: lib/base/escape.h
CREATE FUNCTION conf.pair(name text, value text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
	SELECT ' ' || name || '=' || replace(replace(replace(
		value, '%', '%25'), ' ', '%20'), '=', '%3D')
$$;

CREATE FUNCTION conf.gateway_line(t conf.trunks) RETURNS text
LANGUAGE sql STABLE AS $$
	SELECT concat(conf.pair('uri', t.uri), conf.pair('group', t."group"),
		conf.pair('weight', t.weight::text),
		conf.pair('max_calls', t.max_calls::text),
		conf.pair('max_cps', t.max_cps::text),
		conf.pair('user', t.user_name),
		conf.pair('password', t.password),
		conf.pair('registrar', t.registrar),
		conf.pair('trusted', t.trusted::int::text))
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
		|| CASE WHEN trusted THEN 'trusted' ELSE '' END
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
COMMENT ON FUNCTION conf.directory() IS
	'fields and values of the Redis hashes numbers, trunks, credentials, '
	'tenants and gateways';

COMMIT;
