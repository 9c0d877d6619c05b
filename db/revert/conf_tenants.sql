-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
DROP TABLE conf.tenants;
DROP FUNCTION conf.default_partition();
COMMIT;
