# SPDX-License-Identifier: GPL-2.0-or-later
"""Schema forwards, backwards and forwards again; the seed twice."""

import os

import pytest
from jf.postgres import PostgresError

DB = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../db")

SCHEMAS = "SELECT string_agg(nspname, ' ' ORDER BY nspname) " \
          "FROM pg_namespace WHERE nspname " \
          "IN ('conf', 'ops', 'journal', 'audit', 'bi')"
CATALOGUE = """
SELECT string_agg(x, E'\\n' ORDER BY x) FROM (
    SELECT pg_get_functiondef(oid) AS x FROM pg_proc
    WHERE pronamespace::regnamespace::text IN
        ('conf', 'journal', 'audit', 'bi') AND prokind = 'f'
    UNION ALL
    SELECT attrelid::regclass || '.' || attname || ' '
           || format_type(atttypid, atttypmod) || attnotnull
    FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
    WHERE relnamespace::regnamespace::text IN
        ('conf', 'journal', 'audit', 'bi') AND attnum > 0
        AND NOT attisdropped
    UNION ALL
    SELECT conrelid::regclass || conname || pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace::regnamespace::text IN
        ('conf', 'journal', 'audit', 'bi')
    UNION ALL
    SELECT c.oid::regclass || ' ' || coalesce(relacl::text, '')
    FROM pg_class c WHERE relnamespace::regnamespace::text IN
        ('conf', 'journal', 'audit', 'bi')
) s
"""


@pytest.fixture
def empty(server):
    server.psql("CREATE DATABASE empty", database="postgres")
    yield "empty"
    server.psql("DROP DATABASE empty WITH (FORCE)", database="postgres")


def test_deploy_revert_deploy(server, empty):
    server.deploy(DB, empty)
    first = server.psql(CATALOGUE, database=empty)
    assert server.psql(SCHEMAS, database=empty) == \
        "audit bi conf journal ops"
    assert "Verify successful" in server.sqitch(DB, "verify", database=empty)
    server.sqitch(DB, "revert", "-y", database=empty)
    assert server.psql(SCHEMAS, database=empty) == ""
    server.deploy(DB, empty)
    assert server.psql(CATALOGUE, database=empty) == first


def test_each_change_reverts_alone(server, empty):
    plan = [line.split()[0] for line in open(DB + "/sqitch.plan")
            if line[0] not in "%\n"]
    server.deploy(DB, empty)
    for change in reversed(plan[:-1]):
        server.sqitch(DB, "revert", "-y", "--to", change, database=empty)
    server.sqitch(DB, "revert", "-y", database=empty)
    assert server.psql(SCHEMAS, database=empty) == ""


def test_deploy_with_data_and_again(db):
    """A second deploy changes nothing and loses nothing."""
    db.seed()
    before = db.psql("SELECT count(*) FROM conf.agents")
    assert "Nothing to deploy" in db.server.sqitch(DB, "deploy",
                                                   database=db.name)
    assert db.psql("SELECT count(*) FROM conf.agents") == before == "3"


def test_seed_twice_keeps_what_was_changed(db):
    db.seed()
    db.psql("UPDATE conf.queues SET music = '{file:music/jazz.wav}' "
            "WHERE name = 'support'")
    rows = "SELECT kind, row FROM conf.snapshot(1)"
    before = db.psql(rows)
    assert "file:music/jazz.wav" in before
    db.seed()
    assert db.psql(rows) == before


def test_a_failing_change_tells_why(server, empty):
    server.psql("CREATE SCHEMA conf", database=empty)
    with pytest.raises(PostgresError, match='schema "conf" already exists'):
        server.deploy(DB, empty)
