-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
DROP FUNCTION journal.drop_days(date);
DROP FUNCTION journal.create_partitions(date, int);
DROP FUNCTION journal.create_partition(text, date);
COMMIT;
