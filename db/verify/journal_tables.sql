-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
SELECT contact, begin_at, effect FROM journal.contacts WHERE false;
SELECT segment, begin_at, effect FROM journal.segments WHERE false;
SELECT leg, begin_at, effect FROM journal.legs WHERE false;
SELECT decision, begin_at, effect FROM journal.decisions WHERE false;
SELECT agent, begin_at, effect FROM journal.agent_states WHERE false;
SELECT recording, begin_at, effect FROM journal.recordings WHERE false;
SELECT partition, generation, commit, ordinal FROM journal.cursor WHERE false;
SELECT entry, error FROM journal.rejected WHERE false;
ROLLBACK;
