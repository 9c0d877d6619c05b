-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
SELECT uri, "group", weight, registrar, user_name, password, trusted
FROM conf.trunks WHERE false;
SELECT max_calls, max_cps FROM conf.tenants WHERE false;
SELECT * FROM conf.directory() WHERE key = 'gateways';
ROLLBACK;
