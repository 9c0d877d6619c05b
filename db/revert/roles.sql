-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;

DO $$
DECLARE r text;
BEGIN
	FOREACH r IN ARRAY ARRAY['jackfield_bi', 'jackfield_engine',
				 'jackfield_owner'] LOOP
		EXECUTE format('DROP OWNED BY %I', r);
		BEGIN
			EXECUTE format('DROP ROLE %I', r);
		EXCEPTION WHEN dependent_objects_still_exist THEN
			RAISE NOTICE '% stays: another database uses it', r;
		END;
	END LOOP;
	EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO PUBLIC',
		       current_database());
END $$;

COMMIT;
