-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
SELECT tenant_id, name, domain, language, partition, code_ready, code_pause,
       code_logout, version
FROM conf.tenants WHERE false;
ROLLBACK;
