-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
SET LOCAL ROLE jackfield_owner;

CREATE SCHEMA conf;
CREATE SCHEMA ops;
CREATE SCHEMA journal;
CREATE SCHEMA audit;
CREATE SCHEMA bi;

COMMENT ON SCHEMA conf IS
	'what is configured: versioned rows, changes announced with NOTIFY conf';
COMMENT ON SCHEMA ops IS
	'daily work (customers, tickets, campaigns): nothing here yet';
COMMENT ON SCHEMA journal IS
	'what happened: append-only, one partition a day';
COMMENT ON SCHEMA audit IS
	'who did what: append-only, hash-chained per tenant';
COMMENT ON SCHEMA bi IS
	'for analysts: views with a comment on every column. They show the '
	'tenant of the session: SET jackfield.tenant = ''1''';

GRANT USAGE ON SCHEMA conf, journal TO jackfield_engine;
GRANT USAGE ON SCHEMA bi TO jackfield_bi;

COMMIT;
