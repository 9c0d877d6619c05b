-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
SELECT journal.create_partitions('2026-01-01', 2);
SELECT 1 / (journal.create_partitions('2026-01-01', 2) = 0)::int;
ROLLBACK;
