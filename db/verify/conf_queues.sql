-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
SELECT queue_id, tenant_id, name, language, skill, level, greeting, music,
       hold_music, announce_ms, ring_ms, wrapup_limit_ms, refusal_ms, priority,
       class, service_level_ms, short_abandon_ms, version
FROM conf.queues WHERE false;
SELECT tenant_id, skill, version FROM conf.skills WHERE false;
ROLLBACK;
