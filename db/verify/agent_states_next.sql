-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
SET LOCAL ROLE jackfield_engine;
SELECT agent, state FROM journal.agents_were(1);
ROLLBACK;
