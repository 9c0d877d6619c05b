# SPDX-License-Identifier: GPL-2.0-or-later
"""One call through engine, rtpengine, journal and explanation."""

from conftest import wait_for


def test_whole_call(box):
    box.ready("alice")
    leg = box.nodes.call()
    contact = box.contact_of(leg)
    box.wait_state(contact, "talking")
    box.nodes.hang_up(leg)
    box.wait_state(contact, "wrap_up")
    box.ctl("agent", "ready", "alice")
    box.wait_gone(contact)
    row = wait_for(lambda: box.query(
        "SELECT outcome, phase, by, q850, talk_ms, wait_ms FROM "
        "journal.contacts WHERE contact = %s", contact), 10,
        "the contact in PostgreSQL")[0]
    assert row[:4] == ("answered", "talk", "caller", 16)
    assert row[4] is not None and row[5] is not None
    kinds = [k for k, in box.query(
        "SELECT kind FROM journal.segments WHERE contact = %s ORDER BY "
        "ordinal", contact)]
    assert kinds == ["ivr", "queue", "offer", "talk", "wrap_up"]
    wait_for(lambda: box.query("SELECT 1 FROM journal.recordings WHERE "
                               "contact = %s", contact), 10, "recording")
    told = "".join(box.stack.log_text(e) for e in box.stack.layout.engines)
    for words in ("state=talking", "event=decision", "event=leg "):
        assert any("call=" + contact in line and words in line
                   for line in told.splitlines()), words
    assert "12025559999" not in told, "no caller's number in the log"
    text = box.ctl("explain", contact)
    assert contact in text and "demo-carrier" in text
    assert "lice" in text, text


def test_commands_are_named_and_in_order(box):
    """Every command has a name, and within a generation they count up."""
    box.ready("bob")
    leg = box.nodes.call()
    box.wait_state(box.contact_of(leg), "talking")
    names = [c[2]["id"].split(".") for c in box.nodes.commands
             if c[2].get("leg") == leg]
    assert len(names) > 3
    for part in names:
        assert part[0] == "1" and len(part) == 4
    order = [(p[1], int(p[2]), int(p[3])) for p in names]
    assert len(set(order)) == len(order)
    # acd's and the worker's streams are read in turn: each is in order
    for node in ("leg.", "media."):
        own = [tuple(c[2]["id"].split(".")[1:]) for c in box.nodes.commands
               if c[1].startswith(node)]
        keys = [(g, int(n), int(i)) for g, n, i in own]
        assert keys == sorted(keys)


def refusal(box, leg):
    """The code with which a leg was refused."""
    seen = box.nodes.seen
    return wait_for(lambda: seen("leg.reject", leg=leg)
                    or seen("leg.end", leg=leg), 5, "refusal")[0][2]["code"]


def test_rtpengine_refuses_the_sdp(box):
    """An SDP without audio: 488, and nothing is left."""
    nodes = box.nodes
    nodes.legs += 1
    leg = "l%016x" % (1 << 63 | 1 << 48 | nodes.legs)
    nodes.acd.send("leg.offered", leg=leg, node="acd-1", kind="trunk",
                   tenant=1, number="+12025550100", trunk="demo-carrier",
                   caller="+1", call_id=leg, sdp="v=0\r\ns=-\r\n")
    assert refusal(box, leg) == "488"


def test_unknown_number(box):
    leg = box.nodes.call(number="+19998887777")
    assert refusal(box, leg) == "404"


def test_nobody_answers(box):
    """The ring timeout is the engine's own timer."""
    box.sql.cursor().execute(
        "UPDATE conf.queues SET ring_ms = 1500 WHERE queue_id = 1")
    try:
        wait_for(lambda: box.records("queue")["1"]["ring_ms"] == "1500", 5,
                 "the new ring_ms")
        box.nodes.answer = False
        box.ready("alice")
        leg = box.nodes.call()
        contact = box.contact_of(leg)
        box.wait_state(contact, "offered")
        box.wait_state(contact, "queued", 4)
        assert box.agent("alice")["state"] == "not_responding"
        enqueued = box.records("contact")[contact]["enqueued"]
        box.nodes.answer = True
        box.ready("bob")
        box.wait_state(contact, "talking")
        assert box.records("contact")[contact]["enqueued"] == enqueued
    finally:
        box.sql.cursor().execute(
            "UPDATE conf.queues SET ring_ms = 20000 WHERE queue_id = 1")
        wait_for(lambda: box.records("queue")["1"]["ring_ms"] == "20000", 5,
                 "the old ring_ms")
