# SPDX-License-Identifier: GPL-2.0-or-later
"""Steps of queues: the database refuses what the engine could not read, with
the same words, and gives it the rest."""

import os

import pytest
from jf.postgres import PostgresError

LIST = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                    "../expressions.txt")


def expressions():
    with open(LIST, encoding="utf-8") as f:
        for line in f:
            if not line.startswith("#"):
                kind, rest = line.rstrip("\n").split("|", 1)
                text, fault = rest.rsplit("|", 1)
                yield kind, text, fault


def test_same_language(db):
    """The list that the engine's parser is tested with, word for word."""
    with db.connect() as conn, conn.cursor() as c:
        n = 0
        for kind, text, fault in expressions():
            c.execute("SELECT fault FROM conf.expression_read(%s, %s)",
                      (text, kind == "moment"))
            assert (c.fetchone()[0] or "") == fault, text
            n += 1
    assert n > 30


def test_overdue(db):
    db.seed()
    db.psql("UPDATE conf.queues SET overdue_ms = 60000 WHERE queue_id = 1")
    assert rows(db, "conf.queue", "queue", "1")["overdue_ms"] == "60000"
    with pytest.raises(PostgresError) as e:
        db.psql("UPDATE conf.queues SET overdue_ms = 999")
    assert "overdue_ms must be 0 (never) or 1000 to 86400000" in str(e.value)


def step(db, values):
    db.psql("INSERT INTO conf.queue_steps (tenant_id, queue_id, at_ms, "
            "expression, skip_if) VALUES (%s)" % values)


@pytest.mark.parametrize("values,words", [
    ("1, 1, 0, 'support >= 4 or', NULL",
     "expression: column 16: expected a skill"),
    ("1, 1, 0, 'support >= 4 and french', NULL",
     'expression: no skill "french" in conf.skills'),
    ("1, 1, 0, 'any', 'staffed'", "skip_if: column 8: expected one of"),
    ("1, 1, -1, 'any', NULL", "at_ms must be 0 to 86400000"),
    ("1, 1, 0, NULL, NULL", "expression"),
    ("2, 1, 0, 'any', NULL", "queue_steps_tenant_id_queue_id_fkey"),
    ("1, 1, 0, repeat(' ', 1000) || 'any', NULL", "longer than 1000 bytes"),
    ("1, 1, 0, 'any' || repeat(' or any', 64), NULL",
     "more than 128 conditions and operators"),
])
def test_refused(db, values, words):
    db.seed()
    with pytest.raises(PostgresError, match=".*") as e:
        step(db, values)
    assert words in str(e.value)


def test_too_many(db):
    db.seed()
    db.psql("INSERT INTO conf.queue_steps (tenant_id, queue_id, at_ms) "
            "SELECT 1, 1, n FROM generate_series(1, 32) n")
    with pytest.raises(PostgresError) as e:
        step(db, "1, 1, 99, 'any', NULL")
    assert "more than 32 steps" in str(e.value)


def rows(db, kind, key, value):
    with db.connect() as conn, conn.cursor() as c:
        c.execute("SELECT \"row\" FROM conf.snapshot(1) WHERE kind = %s "
                  "AND \"row\" ->> %s = %s", (kind, key, value))
        return c.fetchone()[0]


def test_given_to_the_engine(db):
    """In order, encoded, with a new version of the queue each time."""
    db.seed()
    before = rows(db, "conf.queue", "queue", "1")
    assert "steps" not in before
    step(db, "1, 1, 30000, 'any', NULL")
    step(db, "1, 1, 0, 'group a-1 and agent bob', 'staffed = 0'")
    row = rows(db, "conf.queue", "queue", "1")
    assert row["steps"] == "0:group a-1 and agent bob:staffed = 0," \
        "30000:any:"
    assert int(row["version"]) > int(before["version"])
    db.psql("DELETE FROM conf.queue_steps")
    assert "steps" not in rows(db, "conf.queue", "queue", "1")
    db.psql("UPDATE conf.agents SET languages = '{zh,en}', groups = '{a-1}' "
            "WHERE agent_id = 1")
    row = rows(db, "conf.agent", "agent", "1")
    assert (row["languages"], row["groups"]) == ("zh,en", "a-1")
    with pytest.raises(PostgresError) as e:
        db.psql("UPDATE conf.agents SET groups = '{A}'")
    assert "groups: each 1 to 32 of" in str(e.value)
