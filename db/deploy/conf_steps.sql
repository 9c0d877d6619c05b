-- SPDX-License-Identifier: GPL-2.0-or-later
-- Relaxation: whom a contact may get, by the time that it has waited.
BEGIN;
SET LOCAL ROLE jackfield_owner;

ALTER TABLE conf.agents
	ADD COLUMN languages text[] NOT NULL DEFAULT '{}'
		CONSTRAINT "languages: each 1 to 32 of a-z 0-9 _ -"
		CHECK (array_to_string(languages, ',', '') ~
		       '^([a-z0-9_-]{1,32}(,[a-z0-9_-]{1,32})*)?$'),
	ADD COLUMN groups text[] NOT NULL DEFAULT '{}'
		CONSTRAINT "groups: each 1 to 32 of a-z 0-9 _ -"
		CHECK (array_to_string(groups, ',', '') ~
		       '^([a-z0-9_-]{1,32}(,[a-z0-9_-]{1,32})*)?$');
COMMENT ON COLUMN conf.agents.languages IS
	'that the agent speaks, for expressions: language zh';
COMMENT ON COLUMN conf.agents.groups IS
	'that the agent is of, for expressions: group experts';

-- The word, sign or character that begins at a place; empty: the end.
CREATE FUNCTION conf.expression_token(expression text, place int)
RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT coalesce((regexp_match(substr(expression, place),
		'^([A-Za-z0-9_.-]+|>=|<=|!=|==|.)', 's'))[1], '')
$$;

-- The grammar of router-engine/core/expr.h, so that a bad expression is
-- refused where it is written: what is wrong, and which skills it names.
CREATE FUNCTION conf.expression_read(expression text, moment boolean,
	OUT fault text, OUT skills text[])
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
	state text := 'operand'; -- what must come now
	open text := ''; -- brackets and nots that are open: ( and n
	place int := 1;
	nodes int := 0;
	atom text; -- whose name or number comes
	token text;
	word text; -- the token as a keyword
	wanted text;
BEGIN
	skills := '{}';
	IF octet_length(expression) > 1000 THEN
		fault := 'column 1001: longer than 1000 bytes: make it shorter';
		RETURN;
	END IF;
	LOOP
		place := place + length((regexp_match(substr(expression, place),
			E'^[ \t\n\r]*'))[1]);
		token := conf.expression_token(expression, place);
		word := lower(token);
		wanted := NULL;
		IF state = 'operand' AND word IN ('not', '(') THEN
			IF length(open) = 16 THEN
				fault := format('column %s: more than 16 brackets '
					'and nots in one another: use fewer', place);
				RETURN;
			END IF;
			open := open || CASE word WHEN '(' THEN '(' ELSE 'n' END;
		ELSIF state = 'operand' AND moment THEN
			IF word IN ('staffed', 'free', 'waiting') THEN
				state := 'comparison';
			ELSE
				wanted := 'staffed, free, waiting, not or (';
			END IF;
		ELSIF state = 'operand' AND word = 'any' THEN
			state := 'done';
		ELSIF state = 'operand'
		  AND word IN ('skill', 'language', 'group', 'agent') THEN
			atom := word;
			state := 'name';
		ELSIF state = 'operand' AND (word IN ('and', 'or')
		  OR token !~ '^[A-Za-z0-9_.-]') THEN
			wanted := 'a skill, any, language, group, agent, not or (';
		ELSIF state = 'operand' THEN
			atom := 'skill';
			state := 'name';
			CONTINUE;
		ELSIF state = 'name' THEN
			IF atom = 'agent' AND token !~ '^[a-z0-9._-]{1,64}$' THEN
				wanted := 'an agent''s user name of 1 to 64 of '
					'a-z 0-9 . _ -';
			ELSIF atom <> 'agent' AND token !~ '^[a-z0-9_-]{1,32}$' THEN
				wanted := 'a name of 1 to 32 of a-z 0-9 _ -';
			ELSIF atom = 'skill' THEN
				skills := skills || token;
				state := 'level';
			ELSE
				state := 'done';
			END IF;
		ELSIF state IN ('level', 'comparison')
		  AND token IN ('>=', '>', '<=', '<', '=', '==', '!=') THEN
			state := 'number';
		ELSIF state = 'comparison' THEN
			wanted := 'one of >= > <= < = !=';
		ELSIF state = 'level' THEN
			state := 'done';
			token := '';
		ELSIF state = 'number' THEN
			IF token !~ '^[0-9]{1,18}$' OR token::bigint
			   > (CASE WHEN moment THEN 1000000 ELSE 10 END) THEN
				wanted := CASE WHEN moment
					THEN 'a number from 0 to 1000000'
					ELSE 'a level from 0 to 10' END;
			END IF;
			state := 'done';
		ELSIF word IN ('and', 'or') THEN
			state := 'operand';
			nodes := nodes + 1;
		ELSIF token = ')' AND strpos(open, '(') > 0 THEN
			open := left(open, -1);
			state := 'done';
		ELSIF token = '' AND strpos(open, '(') = 0 THEN
			EXIT;
		ELSE
			wanted := 'and, or or ' || CASE WHEN strpos(open, '(') > 0
				THEN ')' ELSE 'the end' END;
		END IF;
		IF wanted IS NOT NULL THEN
			fault := format('column %s: expected %s, found %s', place,
				wanted, CASE WHEN token = '' THEN 'the end'
				WHEN token ~ '^[!-~]' THEN '"' || left(token, 40) || '"'
				ELSE 'byte ' || get_byte(convert_to(token, 'UTF8'), 0)
				END);
			RETURN;
		END IF;
		IF state = 'done' THEN
			nodes := nodes + CASE token WHEN ')' THEN 0 ELSE 1 END
				+ length(open) - length(rtrim(open, 'n'));
			open := rtrim(open, 'n');
			state := 'operator';
		END IF;
		IF nodes > 128 THEN
			fault := format('column %s: more than 128 conditions and '
				'operators: use fewer', place);
			RETURN;
		END IF;
		place := place + length(token);
	END LOOP;
END $$;
COMMENT ON FUNCTION conf.expression_read(text, boolean) IS
	'what is wrong with an expression over agents (or over the moment, as in '
	'skip_if) and where; fault is NULL when it is right';

CREATE TABLE conf.queue_steps (
	tenant_id int NOT NULL,
	queue_id int NOT NULL,
	at_ms int NOT NULL CONSTRAINT "at_ms must be 0 to 86400000"
		CHECK (at_ms BETWEEN 0 AND 86400000),
	expression text NOT NULL DEFAULT 'any',
	skip_if text,
	version bigint NOT NULL,
	PRIMARY KEY (queue_id, at_ms),
	FOREIGN KEY (tenant_id, queue_id)
		REFERENCES conf.queues (tenant_id, queue_id) ON DELETE CASCADE
);
COMMENT ON TABLE conf.queue_steps IS
	'whom a contact may get from at_ms of waiting on: docs/routing.md';
COMMENT ON COLUMN conf.queue_steps.at_ms IS
	'ms from the contact''s entry into the queue';
COMMENT ON COLUMN conf.queue_steps.expression IS
	'french >= 4 and (dynamodb >= 5 or group experts) and not agent bob; '
	'the queue''s own skill is asked for besides';
COMMENT ON COLUMN conf.queue_steps.skip_if IS
	'on to the next step at once when nobody is free and this holds: '
	'staffed = 0 or waiting > 20';

CREATE FUNCTION conf.check_step() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
	fault text;
	named text[];
	missing text;
BEGIN
	SELECT r.fault, r.skills INTO fault, named
	FROM conf.expression_read(NEW.expression, false) r;
	IF fault IS NULL THEN
		SELECT n INTO missing FROM unnest(named) n
		WHERE NOT EXISTS (SELECT FROM conf.skills s
			WHERE s.tenant_id = NEW.tenant_id AND s.skill = n)
		LIMIT 1;
	END IF;
	IF missing IS NOT NULL THEN
		fault := format('no skill "%s" in conf.skills: add it there, or '
			'write one that is', missing);
	END IF;
	IF fault IS NOT NULL THEN
		RAISE EXCEPTION 'expression: %', fault
			USING ERRCODE = 'check_violation', COLUMN = 'expression';
	END IF;
	SELECT r.fault INTO fault FROM conf.expression_read(NEW.skip_if, true) r
	WHERE NEW.skip_if IS NOT NULL;
	IF fault IS NOT NULL THEN
		RAISE EXCEPTION 'skip_if: %', fault
			USING ERRCODE = 'check_violation', COLUMN = 'skip_if';
	END IF;
	IF (SELECT count(*) FROM conf.queue_steps s WHERE s.queue_id
	    = NEW.queue_id AND s.at_ms <> NEW.at_ms) > 31 THEN
		RAISE EXCEPTION 'queue_steps: more than 32 steps: use fewer'
			USING ERRCODE = 'check_violation';
	END IF;
	RETURN NEW;
END $$;
CREATE TRIGGER check_step BEFORE INSERT OR UPDATE ON conf.queue_steps
	FOR EACH ROW EXECUTE FUNCTION conf.check_step();

-- Steps travel to the engine with their queue, so the queue gets a version.
CREATE FUNCTION conf.bump_queue() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
	UPDATE conf.queues SET version = 0
	WHERE queue_id IN (NEW.queue_id, OLD.queue_id);
	RETURN NULL;
END $$;
CREATE TRIGGER bump_queue AFTER INSERT OR UPDATE OR DELETE
	ON conf.queue_steps FOR EACH ROW EXECUTE FUNCTION conf.bump_queue();

SELECT conf.add_rules('conf.queue_steps');

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
		'class', class::text))
	FROM conf.queues q JOIN conf.tenants t USING (tenant_id)
	WHERE t.partition = part ORDER BY queue_id
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
		'skills', (SELECT string_agg(skill || ':' || level, ','
					     ORDER BY skill)
			   FROM conf.agent_skills s
			   WHERE s.tenant_id = a.tenant_id
			     AND s.agent_id = a.agent_id)))
	FROM conf.agents a JOIN conf.tenants t USING (tenant_id)
	WHERE t.partition = part ORDER BY agent_id
$$;

CREATE OR REPLACE FUNCTION journal.verdict_words(verdict text, idle_ms bigint,
						 skill text)
RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE verdict
		WHEN 'chosen' THEN 'CHOSEN, idle for ' || journal.span(idle_ms)
		WHEN 'eligible' THEN 'free too, idle for '
			|| journal.span(idle_ms)
		WHEN 'skill' THEN 'lacks the skill'
			|| coalesce(' ' || skill, '')
		WHEN 'step' THEN 'not admitted by the step'
		WHEN 'offline' THEN 'was logged out'
		WHEN 'paused' THEN 'was paused'
		WHEN 'reserved' THEN 'the phone rang for another contact'
		WHEN 'talking' THEN 'was in a call'
		WHEN 'wrap_up' THEN 'was in wrap-up'
		WHEN 'not_responding'
			THEN 'missed an offer and was not ready again'
		WHEN 'unregistered' THEN 'the phone was not registered'
		WHEN 'refused' THEN 'had just refused an offer'
		ELSE 'not free: ' || replace(verdict, '_', ' ') END
$$;

COMMENT ON COLUMN bi.decision_candidates.verdict IS 'chosen, eligible, or why not: skill, step (not admitted by the queue''s step then), offline, paused, reserved, talking, wrap_up, not_responding, unregistered, refused (an offer, just before)';

COMMIT;
