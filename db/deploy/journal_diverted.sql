-- SPDX-License-Identifier: GPL-2.0-or-later
-- Who sent a call on to us.
BEGIN;
SET LOCAL ROLE jackfield_owner;

ALTER TABLE journal.contacts ADD COLUMN diverted_from text;
COMMENT ON COLUMN journal.contacts.diverted_from IS
	'number that the call was sent on from, as Diversion or History-Info say';

CREATE OR REPLACE FUNCTION journal.insert_contacts(entries jsonb)
RETURNS bigint LANGUAGE sql AS $$
	WITH done AS (INSERT INTO journal.contacts
		SELECT contact, tenant, channel, journal.at("begin"),
		       journal.at("end"), outcome, phase, "by", number, queue,
		       agent, caller, trunk, call_id, journal.at(enqueued),
		       journal.at(answered), code, q850, wait_ms, talk_ms,
		       hold_ms, wrapup_ms, id, diverted_from
		FROM jsonb_to_recordset(entries) AS e(
			id text, t text, contact text, tenant int,
			channel text, "begin" bigint, "end" bigint,
			outcome text, phase text, "by" text, number text,
			queue int, agent int, caller text, trunk text,
			call_id text, enqueued bigint, answered bigint,
			code int, q850 int, wait_ms bigint, talk_ms bigint,
			hold_ms bigint, wrapup_ms bigint,
			diverted_from text)
		WHERE t = 'journal.contact' RETURNING 1)
	SELECT count(*) FROM done
$$;

COMMIT;
