-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
DROP VIEW bi.decision_candidates, bi.decisions;
DROP FUNCTION journal.unescape(text);
COMMIT;
