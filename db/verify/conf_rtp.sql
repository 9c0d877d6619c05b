-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
SELECT pinned FROM conf.trunks WHERE false;
SELECT srtp FROM conf.agents WHERE false;
ROLLBACK;
