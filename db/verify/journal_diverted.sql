-- SPDX-License-Identifier: GPL-2.0-or-later
BEGIN;
SELECT diverted_from FROM journal.contacts WHERE false;
ROLLBACK;
