-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
SELECT audit.append(0, now(), 'verify', 'add', 'entry', NULL);
SELECT 1 / (NOT EXISTS (SELECT FROM audit.verify(0)))::int;
ROLLBACK;
