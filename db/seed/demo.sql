-- SPDX-License-Identifier: GPL-2.0-or-later
-- The demo tenant. May run at every start: rows that are there stay as they
-- are, so that what somebody changed is not changed back.
BEGIN;

INSERT INTO conf.tenants (tenant_id, name, domain, language, partition)
VALUES (1, 'demo', 'demo.example', 'en', 1)
ON CONFLICT DO NOTHING;

INSERT INTO conf.skills (tenant_id, skill)
VALUES (1, 'support'), (1, 'sales')
ON CONFLICT DO NOTHING;

INSERT INTO conf.queues (queue_id, tenant_id, name, language, skill, level,
			 greeting, announce_ms, ring_ms, wrapup_limit_ms)
VALUES
	(1, 1, 'support', 'en', 'support', 1,
	 '{"say:en:Welcome to Jackfield support."}', 30000, 20000, 30000),
	(2, 1, 'sales', 'zh', 'sales', 1,
	 '{"say:zh:您好，欢迎致电销售部。"}', 30000, 20000, 30000)
ON CONFLICT DO NOTHING;

INSERT INTO conf.agents (agent_id, tenant_id, name, user_name, ha1)
SELECT id, 1, initcap(u), u, conf.ha1(u, 'demo.example', u || '-secret')
FROM unnest(ARRAY['alice', 'bob', 'carol']) WITH ORDINALITY AS a(u, id)
ON CONFLICT DO NOTHING;

-- The insert of a skill gives its agent a new version, so only missing ones.
INSERT INTO conf.agent_skills (tenant_id, agent_id, skill, level)
VALUES
	(1, 1, 'support', 8), (1, 1, 'sales', 3),
	(1, 2, 'support', 5),
	(1, 3, 'support', 5), (1, 3, 'sales', 7)
ON CONFLICT DO NOTHING;

INSERT INTO conf.numbers (number, tenant_id, queue_id)
VALUES ('+12025550100', 1, 1), ('+12025550101', 1, 2)
ON CONFLICT DO NOTHING;

INSERT INTO conf.trunks (name, address, max_calls, max_cps)
VALUES ('demo-carrier', '127.0.0.2', 500, 100)
ON CONFLICT DO NOTHING;

SELECT journal.create_partitions((now() AT TIME ZONE 'UTC')::date, 7);

COMMIT;
