-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
SELECT overdue_ms FROM conf.queues WHERE false;
ROLLBACK;
