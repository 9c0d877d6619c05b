-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
DROP TABLE conf.agent_skills;
DROP TABLE conf.agents;
DROP FUNCTION conf.bump_agent();
DROP FUNCTION conf.ha1(text, text, text);
COMMIT;
