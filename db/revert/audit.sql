-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
DROP TABLE audit.entries CASCADE;
DROP TABLE audit.heads CASCADE;
DROP FUNCTION audit.refuse();
DROP FUNCTION audit.verify(int);
DROP FUNCTION audit.faults(int);
DROP FUNCTION audit.append(int, timestamptz, text, text, text, text, text);
DROP FUNCTION IF EXISTS audit.row_hash;
COMMIT;
