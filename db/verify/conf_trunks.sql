-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
SELECT trunk_id, tenant_id, name, address, max_calls, max_cps, version
FROM conf.trunks WHERE false;
ROLLBACK;
