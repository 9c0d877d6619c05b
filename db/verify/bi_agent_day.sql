-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
SET LOCAL ROLE jackfield_bi;
SELECT * FROM bi.agent_day WHERE false;
ROLLBACK;
