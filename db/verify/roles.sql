-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
SELECT 1 / (count(*) = 3)::int FROM pg_roles
WHERE rolname IN ('jackfield_owner', 'jackfield_engine', 'jackfield_bi')
  AND NOT rolsuper AND rolbypassrls = (rolname = 'jackfield_owner');
ROLLBACK;
