-- SPDX-License-Identifier: GPL-2.0-or-later
-- Roles belong to the cluster, not to one database: an older database may
-- have made them already.
BEGIN;

DO $$
DECLARE r text;
BEGIN
	FOREACH r IN ARRAY ARRAY['jackfield_owner', 'jackfield_engine',
				 'jackfield_bi'] LOOP
		IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN
			EXECUTE format('CREATE ROLE %I NOLOGIN', r);
		END IF;
	END LOOP;
END $$;

-- Owns every object; its functions serve all tenants, so row-level security
-- does not hold for it. Nobody logs in as it.
ALTER ROLE jackfield_owner NOLOGIN BYPASSRLS NOINHERIT;
-- Whoever starts the cluster gives these two their passwords.
ALTER ROLE jackfield_engine NOSUPERUSER NOBYPASSRLS;
ALTER ROLE jackfield_bi NOSUPERUSER NOBYPASSRLS;
COMMENT ON ROLE jackfield_owner IS 'owns schemas and tables; no log-in';
COMMENT ON ROLE jackfield_engine IS
	'router-engine: may run the functions made for it, nothing else';
COMMENT ON ROLE jackfield_bi IS
	'analysts: may read the views of bi, for the tenant in jackfield.tenant';

DO $$
BEGIN
	EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC',
		       current_database());
	EXECUTE format('GRANT CONNECT ON DATABASE %I
			TO jackfield_engine, jackfield_bi', current_database());
	EXECUTE format('GRANT CONNECT, CREATE, TEMPORARY ON DATABASE %I
			TO jackfield_owner', current_database());
END $$;

-- What the owner makes is nobody's until it is granted.
ALTER DEFAULT PRIVILEGES FOR ROLE jackfield_owner
	REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

COMMIT;
