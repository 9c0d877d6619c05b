-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
DROP TABLE journal.contacts, journal.segments, journal.legs,
	journal.decisions, journal.agent_states, journal.recordings,
	journal.cursor, journal.rejected;
DROP FUNCTION journal.refuse();
COMMIT;
