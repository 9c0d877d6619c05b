-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
SELECT number, tenant_id, queue_id, version FROM conf.numbers WHERE false;
ROLLBACK;
