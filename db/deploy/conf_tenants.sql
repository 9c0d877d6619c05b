-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
SET LOCAL ROLE jackfield_owner;

CREATE TABLE conf.tenants (
	tenant_id int PRIMARY KEY CONSTRAINT "tenant_id must be 1 or more"
		CHECK (tenant_id > 0),
	name text NOT NULL UNIQUE CONSTRAINT "name must be one line of text"
		CHECK (name ~ '\S' AND name !~ '[[:cntrl:]]'),
	domain text NOT NULL UNIQUE
		CONSTRAINT "domain must be like demo.example, in lower case"
		CHECK (domain ~ '^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$'),
	language text NOT NULL DEFAULT 'en'
		CONSTRAINT "language must be zh or en"
		CHECK (language IN ('zh', 'en')),
	partition int NOT NULL CONSTRAINT "partition must be 0 to 63"
		CHECK (partition BETWEEN 0 AND 63),
	code_ready text NOT NULL DEFAULT '*70',
	code_pause text NOT NULL DEFAULT '*71',
	code_logout text NOT NULL DEFAULT '*72',
	version bigint NOT NULL,
	CONSTRAINT "feature codes must be 1 to 8 of 0-9 * #"
		CHECK (code_ready ~ '^[0-9*#]{1,8}$'
		   AND code_pause ~ '^[0-9*#]{1,8}$'
		   AND code_logout ~ '^[0-9*#]{1,8}$'),
	CONSTRAINT "feature codes must differ from one another"
		CHECK (code_ready <> code_pause AND code_pause <> code_logout
		   AND code_ready <> code_logout)
);

COMMENT ON TABLE conf.tenants IS 'one organisation, served apart from others';
COMMENT ON COLUMN conf.tenants.domain IS
	'SIP domain and digest realm of its agents; changing it makes their ha1 '
	'worthless: set their passwords again';
COMMENT ON COLUMN conf.tenants.partition IS
	'whose engine serves it; default: tenant_id modulo 16';
COMMENT ON COLUMN conf.tenants.code_ready IS
	'an agent dials this to log in and be ready';
COMMENT ON COLUMN conf.tenants.code_pause IS 'to pause';
COMMENT ON COLUMN conf.tenants.code_logout IS 'to log out';

CREATE FUNCTION conf.default_partition() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
	NEW.partition := coalesce(NEW.partition, NEW.tenant_id % 16);
	RETURN NEW;
END $$;
CREATE TRIGGER a_default_partition BEFORE INSERT ON conf.tenants
	FOR EACH ROW EXECUTE FUNCTION conf.default_partition();

DO $$ BEGIN
	PERFORM conf.add_rules('conf.tenants');
END $$;

COMMIT;
