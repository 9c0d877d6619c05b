-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
SELECT 1 / (conf.prompts_valid('{file:music/default.wav,say:en:Hello}'))::int;
SELECT 1 / (NOT conf.prompts_valid('{say:fr:Bonjour}'))::int;
ROLLBACK;
