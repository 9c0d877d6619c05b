-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
SELECT strategy FROM conf.queues WHERE false;
ROLLBACK;
