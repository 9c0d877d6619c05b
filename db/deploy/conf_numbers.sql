-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
SET LOCAL ROLE jackfield_owner;

CREATE TABLE conf.numbers (
	number text PRIMARY KEY
		CONSTRAINT "number must be E.164, like +12025550100"
		CHECK (number ~ '^\+[1-9][0-9]{6,14}$'),
	tenant_id int NOT NULL REFERENCES conf.tenants ON DELETE CASCADE,
	queue_id int NOT NULL,
	version bigint NOT NULL,
	-- with the tenant: a number never leads to another tenant's queue
	FOREIGN KEY (tenant_id, queue_id)
		REFERENCES conf.queues (tenant_id, queue_id)
		DEFERRABLE INITIALLY DEFERRED
);
COMMENT ON TABLE conf.numbers IS 'dialled numbers and where they lead';

DO $$ BEGIN
	PERFORM conf.add_rules('conf.numbers');
END $$;

COMMIT;
