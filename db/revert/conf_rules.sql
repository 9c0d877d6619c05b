-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
DROP FUNCTION conf.prompts_list(text[]);
DROP FUNCTION conf.escape(text);
DROP FUNCTION conf.prompts_valid(text[]);
DROP FUNCTION conf.add_rules(regclass);
DROP FUNCTION conf.announce();
DROP FUNCTION conf.bump_version();
DROP SEQUENCE conf.versions;
COMMIT;
