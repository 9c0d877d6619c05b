-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
SET LOCAL ROLE jackfield_engine;
SELECT 1 / (journal.drain(63, '[]') = 0)::int;
ROLLBACK;
