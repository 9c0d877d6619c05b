-- SPDX-License-Identifier: GPL-2.0-or-later
-- Columns are the fields of journal.* in lib/base/messages.def; begin, end,
-- enqueued and answered become begin_at, end_at, enqueued_at, answered_at,
-- tenant becomes tenant_id, left and right left_leg and right_leg.
-- effect is the name of the effect that made the row.
BEGIN;
SET LOCAL ROLE jackfield_owner;

CREATE TABLE journal.contacts (
	contact text NOT NULL CHECK (contact ~ '^c[0-9a-f]{16}$'),
	tenant_id int NOT NULL,
	channel text NOT NULL,
	begin_at timestamptz(3) NOT NULL,
	end_at timestamptz(3) NOT NULL CHECK (end_at >= begin_at),
	outcome text NOT NULL
		CHECK (outcome IN ('answered', 'abandoned', 'refused', 'failed')),
	phase text NOT NULL,
	"by" text NOT NULL,
	number text,
	queue int,
	agent int,
	caller text,
	trunk text,
	call_id text,
	enqueued_at timestamptz(3),
	answered_at timestamptz(3),
	code int,
	q850 int,
	wait_ms bigint CHECK (wait_ms >= 0),
	talk_ms bigint CHECK (talk_ms >= 0),
	hold_ms bigint CHECK (hold_ms >= 0),
	wrapup_ms bigint CHECK (wrapup_ms >= 0),
	effect text NOT NULL,
	PRIMARY KEY (contact, begin_at)
) PARTITION BY RANGE (begin_at);
CREATE INDEX ON journal.contacts (begin_at);
COMMENT ON TABLE journal.contacts IS 'a contact, when it is over';

CREATE TABLE journal.segments (
	segment text NOT NULL CHECK (segment ~ '^s[0-9a-f]{16}$'),
	contact text NOT NULL CHECK (contact ~ '^c[0-9a-f]{16}$'),
	tenant_id int NOT NULL,
	ordinal int NOT NULL CHECK (ordinal >= 1),
	kind text NOT NULL
		CHECK (kind IN ('ivr', 'queue', 'offer', 'talk', 'hold',
				'consult', 'wrap_up')),
	begin_at timestamptz(3) NOT NULL,
	end_at timestamptz(3) NOT NULL CHECK (end_at >= begin_at),
	cause text NOT NULL,
	queue int,
	agent int,
	offer text,
	effect text NOT NULL,
	PRIMARY KEY (segment, begin_at)
) PARTITION BY RANGE (begin_at);
CREATE INDEX ON journal.segments (contact);
CREATE INDEX ON journal.segments (begin_at);
COMMENT ON TABLE journal.segments IS 'a segment, when it ends';

CREATE TABLE journal.legs (
	leg text NOT NULL CHECK (leg ~ '^l[0-9a-f]{16}$'),
	tenant_id int NOT NULL,
	role text NOT NULL,
	node text NOT NULL,
	begin_at timestamptz(3) NOT NULL,
	end_at timestamptz(3) NOT NULL CHECK (end_at >= begin_at),
	"by" text NOT NULL,
	cause text NOT NULL,
	contact text,
	agent int,
	trunk text,
	call_id text,
	answered_at timestamptz(3),
	code int,
	q850 int,
	reason text,
	codec text,
	packets bigint,
	lost bigint,
	jitter_us bigint,
	mos100 int,
	effect text NOT NULL,
	PRIMARY KEY (leg, begin_at)
) PARTITION BY RANGE (begin_at);
CREATE INDEX ON journal.legs (contact);
CREATE INDEX ON journal.legs (begin_at);
COMMENT ON TABLE journal.legs IS 'a leg, when it is over';

CREATE TABLE journal.decisions (
	decision text NOT NULL CHECK (decision ~ '^d[0-9a-f]{16}$'),
	contact text NOT NULL,
	tenant_id int NOT NULL,
	queue int NOT NULL,
	begin_at timestamptz(3) NOT NULL,
	wait_ms bigint NOT NULL CHECK (wait_ms >= 0),
	position int NOT NULL,
	policy text NOT NULL,
	reason text NOT NULL,
	considered int NOT NULL,
	candidates text,
	agent int,
	offer text,
	effect text NOT NULL,
	PRIMARY KEY (decision, begin_at)
) PARTITION BY RANGE (begin_at);
CREATE INDEX ON journal.decisions (contact);
CREATE INDEX ON journal.decisions (begin_at);
COMMENT ON TABLE journal.decisions IS 'one run of the matcher that chose';

CREATE TABLE journal.agent_states (
	agent int NOT NULL,
	tenant_id int NOT NULL,
	state text NOT NULL,
	begin_at timestamptz(3) NOT NULL,
	end_at timestamptz(3) NOT NULL CHECK (end_at >= begin_at),
	cause text NOT NULL,
	contact text,
	effect text NOT NULL,
	PRIMARY KEY (effect, begin_at)
) PARTITION BY RANGE (begin_at);
CREATE INDEX ON journal.agent_states (agent, begin_at);
COMMENT ON TABLE journal.agent_states IS
	'a stretch of an agent''s time, when it ends; cause: why it began';

CREATE TABLE journal.recordings (
	recording text NOT NULL CHECK (recording ~ '^r[0-9a-f]{16}$'),
	contact text NOT NULL,
	segment text NOT NULL,
	tenant_id int NOT NULL,
	part int NOT NULL CHECK (part >= 1),
	file text NOT NULL,
	begin_at timestamptz(3) NOT NULL,
	ms bigint NOT NULL CHECK (ms >= 0),
	bytes bigint NOT NULL CHECK (bytes >= 0),
	sha256 text,
	left_leg text,
	right_leg text,
	cause text,
	effect text NOT NULL,
	PRIMARY KEY (recording, part, begin_at)
) PARTITION BY RANGE (begin_at);
CREATE INDEX ON journal.recordings (contact);
CREATE INDEX ON journal.recordings (begin_at);
COMMENT ON TABLE journal.recordings IS
	'a part of a recording; cause: set when it is not whole';

-- What has been drained: effects are named partition.generation.commit.ordinal
-- and sort as (generation, commit, ordinal).
CREATE TABLE journal.cursor (
	partition int PRIMARY KEY,
	generation text COLLATE "C" NOT NULL,
	commit bigint NOT NULL,
	ordinal bigint NOT NULL
);
COMMENT ON TABLE journal.cursor IS 'the last effect drained of each partition';
GRANT SELECT ON journal.cursor TO jackfield_engine;

-- An entry that no table takes is kept here with the reason, and blocks
-- nobody.
CREATE TABLE journal.rejected (
	rejected_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
	at timestamptz(3) NOT NULL DEFAULT now(),
	partition int NOT NULL,
	entry jsonb NOT NULL,
	error text NOT NULL
);
CREATE UNIQUE INDEX ON journal.rejected (partition, md5(entry::text));
COMMENT ON TABLE journal.rejected IS 'entries that no table takes, and why';
GRANT SELECT ON journal.rejected TO jackfield_engine;

CREATE FUNCTION journal.refuse() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION '%.% is append-only: % refused',
		TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
		USING HINT = 'retention drops whole days, see db/README.md';
END $$;

DO $$
DECLARE t text;
BEGIN
	FOREACH t IN ARRAY ARRAY['contacts', 'segments', 'legs', 'decisions',
				 'agent_states', 'recordings'] LOOP
		EXECUTE format('CREATE TRIGGER append_only
			BEFORE UPDATE OR DELETE ON journal.%I
			FOR EACH ROW EXECUTE FUNCTION journal.refuse()', t);
		EXECUTE format('CREATE TRIGGER no_truncate
			BEFORE TRUNCATE ON journal.%I
			FOR EACH STATEMENT EXECUTE FUNCTION journal.refuse()', t);
		EXECUTE format('ALTER TABLE journal.%I
			ENABLE ROW LEVEL SECURITY', t);
		EXECUTE format('CREATE POLICY tenant ON journal.%I
			USING (tenant_id = nullif(current_setting(
				''jackfield.tenant'', true), '''')::int)', t);
	END LOOP;
END $$;

COMMIT;
