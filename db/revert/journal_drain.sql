-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
DROP FUNCTION journal.drain(int, jsonb);
DROP FUNCTION journal.named(int, jsonb);
DROP FUNCTION journal.retry_rejected();
DROP FUNCTION journal.insert_each(int, jsonb);
DROP FUNCTION journal.insert_entries(jsonb);
DROP FUNCTION journal.need_partitions(jsonb);
DROP FUNCTION journal.insert_audit(jsonb);
DROP FUNCTION journal.insert_recordings(jsonb);
DROP FUNCTION journal.insert_agent_states(jsonb);
DROP FUNCTION journal.insert_decisions(jsonb);
DROP FUNCTION journal.insert_legs(jsonb);
DROP FUNCTION journal.insert_segments(jsonb);
DROP FUNCTION journal.insert_contacts(jsonb);
DROP FUNCTION journal.at(bigint);
COMMIT;
