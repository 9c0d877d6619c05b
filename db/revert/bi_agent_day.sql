-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
DROP VIEW bi.agent_day;
DROP FUNCTION journal.offer_end(text);
DROP FUNCTION bi.by_day(timestamptz, timestamptz);
COMMIT;
