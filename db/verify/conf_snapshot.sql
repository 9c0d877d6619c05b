-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
SET LOCAL ROLE jackfield_engine;
SELECT kind, row FROM conf.snapshot(0);
SELECT key, field, value FROM conf.directory();
ROLLBACK;
