-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
SET LOCAL ROLE jackfield_bi;
SELECT * FROM bi.decisions WHERE false;
SELECT * FROM bi.decision_candidates WHERE false;
ROLLBACK;
