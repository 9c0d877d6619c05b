-- SPDX-License-Identifier: GPL-2.0-or-later
-- What every table of conf has: a version, a policy, an announcement.
BEGIN;
SET LOCAL ROLE jackfield_owner;

-- One counter for all rows: a row deleted and made again never repeats a
-- version, so whoever compares versions sees every change.
CREATE SEQUENCE conf.versions;

CREATE FUNCTION conf.bump_version() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'UPDATE' AND NEW IS NOT DISTINCT FROM OLD THEN
		RETURN NULL;
	END IF;
	NEW.version := nextval('conf.versions');
	RETURN NEW;
END $$;

CREATE FUNCTION conf.announce() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_notify('conf', TG_TABLE_NAME);
	RETURN NULL;
END $$;

CREATE FUNCTION conf.add_rules(rel regclass) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('CREATE TRIGGER bump_version BEFORE INSERT OR UPDATE
		ON %s FOR EACH ROW EXECUTE FUNCTION conf.bump_version()', rel);
	EXECUTE format('CREATE TRIGGER announce
		AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE
		ON %s FOR EACH STATEMENT EXECUTE FUNCTION conf.announce()', rel);
	EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', rel);
	EXECUTE format('CREATE POLICY tenant ON %s USING (tenant_id =
		nullif(current_setting(''jackfield.tenant'', true), '''')::int)',
		rel);
END $$;
COMMENT ON FUNCTION conf.add_rules(regclass) IS
	'version, NOTIFY and row-level security for a new table of conf';

-- Prompts are items of an array: file:NAME or say:LANGUAGE:TEXT.
CREATE FUNCTION conf.prompts_valid(prompts text[]) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
	SELECT coalesce(bool_and(p IS NOT NULL
		AND p !~ '[[:cntrl:]]' AND p !~ '\.\.'
		AND p ~ '^(file:[A-Za-z0-9_-][A-Za-z0-9_./-]*|say:(zh|en):.*\S.*)$'),
		true)
	FROM unnest(prompts) p
$$;

-- Inside a part of a list, %, comma and colon are written %25, %2C and %3A.
CREATE FUNCTION conf.escape(part text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
	SELECT replace(replace(replace(part, '%', '%25'), ',', '%2C'),
		       ':', '%3A')
$$;

-- The array as one list: say:en:Hello%2C you,file:music/default.wav
CREATE FUNCTION conf.prompts_list(prompts text[]) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
	SELECT string_agg(CASE
		WHEN p LIKE 'say:%' THEN left(p, 7) || conf.escape(substr(p, 8))
		ELSE 'file:' || conf.escape(substr(p, 6)) END, ',' ORDER BY n)
	FROM unnest(prompts) WITH ORDINALITY AS u(p, n)
$$;

COMMIT;
