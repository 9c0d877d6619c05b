-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
SET LOCAL ROLE jackfield_bi;
SELECT bi.erlang_c(10, 8), waits FROM bi.erlang_a(10, 8, 180, 240);
ROLLBACK;
