-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
DROP FUNCTION bi.erlang_a(int, float8, float8, float8);
DROP FUNCTION bi.erlang_c_within(int, float8, float8, float8);
DROP FUNCTION bi.erlang_c_asa(int, float8, float8);
DROP FUNCTION bi.erlang_c(int, float8);
DROP FUNCTION bi.erlang_b(int, float8);
COMMIT;
