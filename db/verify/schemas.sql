-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
SELECT has_schema_privilege('jackfield_engine', s, 'USAGE')
FROM unnest(ARRAY['conf', 'journal', 'ops', 'audit', 'bi']) s;
ROLLBACK;
