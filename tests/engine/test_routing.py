# SPDX-License-Identifier: GPL-2.0-or-later
"""Steps from rows in the database to the decision and its explanation."""

import pytest
from conftest import wait_for


def core_steps(box):
    return [s for s in box.records("queue")["1"].get("steps", "").split(",")
            if s]


@pytest.fixture
def steps(box):
    """Sets the steps of queue 1: (at_ms, expression, skip_if)."""
    def put(*rows):
        with box.sql.cursor() as c:
            c.execute("BEGIN")
            c.execute("DELETE FROM conf.queue_steps WHERE queue_id = 1")
            for row in rows:
                c.execute("INSERT INTO conf.queue_steps (tenant_id, queue_id,"
                          " at_ms, expression, skip_if)"
                          " VALUES (1, 1, %s, %s, %s)", row)
            c.execute("COMMIT")
        wait_for(lambda: len(core_steps(box)) == len(rows), 5,
                 "the steps in the core")
    yield put
    put()


def test_relaxes(box, steps):
    """Nobody of the first step is there; the second one's time comes."""
    steps((0, "agent alice and support >= 8", None), (1500, "any", None))
    box.ready("bob")
    leg = box.nodes.call()
    contact = box.contact_of(leg)
    box.wait_state(contact, "talking")
    box.nodes.hang_up(leg)
    box.wait_state(contact, "wrap_up")
    box.ctl("agent", "ready", "bob")
    box.wait_gone(contact)
    rows = wait_for(lambda: box.query(
        "SELECT wait_ms, agent, reason FROM journal.decisions WHERE contact "
        "= %s AND agent IS NOT NULL", contact), 10, "the decision")
    assert rows[0][0] >= 1500 and rows[0][1] == 2, rows
    text = box.ctl("explain", contact)
    assert "step 1 (agent alice and support >= 8): none of 3" in text, text
    assert "step 2 (any): the only eligible agent" in text, text
    assert "not admitted by the step" in text, text


def test_reload_finds_somebody(box, steps):
    """Who waits is matched by the new row, and keeps its place."""
    steps((0, "agent alice", None), (600000, "any", None))
    box.ready("bob")
    leg = box.nodes.call()
    contact = box.contact_of(leg)
    box.wait_state(contact, "queued")
    wait_for(lambda: box.records("contact")[contact].get("told_alone") == "1",
             5, "the decision that nobody is free")
    with box.sql.cursor() as c:
        c.execute("UPDATE conf.queue_steps SET expression = 'not agent alice'"
                  " WHERE at_ms = 0")
    box.wait_state(contact, "talking")
    box.nodes.hang_up(leg)
    box.wait_state(contact, "wrap_up")
    box.ctl("agent", "ready", "bob")
    box.wait_gone(contact)
