-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
SELECT tenant_id, queue_id, at_ms, expression, skip_if, version
FROM conf.queue_steps WHERE false;
SELECT languages, groups FROM conf.agents WHERE false;
SELECT 1 / (fault IS NULL)::int FROM conf.expression_read('any', false);
ROLLBACK;
