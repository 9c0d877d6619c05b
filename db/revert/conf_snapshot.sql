-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
DROP FUNCTION conf.directory();
DROP FUNCTION conf.snapshot(int);
DROP FUNCTION conf.number_rows(int);
DROP FUNCTION conf.agent_rows(int);
DROP FUNCTION conf.queue_rows(int);
DROP FUNCTION conf.tenant_rows(int);
COMMIT;
