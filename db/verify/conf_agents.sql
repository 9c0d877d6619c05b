-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
SELECT agent_id, tenant_id, name, user_name, ha1, version
FROM conf.agents WHERE false;
SELECT tenant_id, agent_id, skill, level, version
FROM conf.agent_skills WHERE false;
-- RFC 2617 section 3.5
SELECT 1 / (conf.ha1('Mufasa', 'testrealm@host.com', 'Circle Of Life')
	    = '939e7578ed9e3c518a452acee763bce9')::int;
ROLLBACK;
