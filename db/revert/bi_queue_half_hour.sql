-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
DROP VIEW bi.queue_half_hour;
COMMIT;
