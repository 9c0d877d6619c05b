-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
SET LOCAL ROLE jackfield_bi;
SELECT * FROM bi.calls WHERE false;
SELECT * FROM bi.segments WHERE false;
SELECT * FROM bi.legs WHERE false;
SELECT * FROM bi.recordings WHERE false;
ROLLBACK;
