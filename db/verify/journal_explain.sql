-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
SET LOCAL ROLE jackfield_engine;
SELECT journal.explain('last');
SELECT 1 / (journal.explain('nobody') LIKE 'No contact nobody%')::int;
ROLLBACK;
