-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
DROP SCHEMA bi, audit, journal, ops, conf;
COMMIT;
