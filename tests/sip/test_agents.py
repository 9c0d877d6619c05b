# SPDX-License-Identifier: GPL-2.0-or-later
"""Agents: who is chosen, what happens when a phone fails, wrap-up, feature
codes."""

import time

import pytest

from harness import DOMAIN, SUPPORT, check_chain, kinds
from jf.sim.people import Manner, wait_for
from jf.sim.ua import Phone


def decisions(site, contact):
    return site.rows("SELECT * FROM journal.decisions WHERE contact = %s "
                     "AND agent IS NOT NULL ORDER BY begin_at",
                     contact["contact"])


def finish(site, customer):
    """Hangs up; the contact's row and its segments."""
    customer.bye()
    customer.wait("ended")
    contact = site.contact(customer.call.call_id)
    segments = site.segments(contact["contact"])
    check_chain(segments, contact)
    return contact, segments


FAILURES = {
    "declined": (Manner(refuse=603), "ready"),
    "busy": (Manner(refuse=486, ring=False), "ready"),
    "no_answer": (Manner(answer_ms=None), "not_responding"),
    "unreachable": (Manner(refuse=480, ring=False), "not_responding"),
}


@pytest.mark.parametrize("result", FAILURES)
def test_next_agent(site, result):
    """Whatever the first phone does, the second one talks."""
    site.configure("queues", 1, ring_ms=1500)
    manner, state = FAILURES[result]
    alice, bob = site.agent("alice"), site.agent("bob")
    alice.manner = manner
    site.ready("alice", "bob")
    customer = site.world.carrier().call(SUPPORT)
    customer.wait("answered")
    site.talking("bob")
    assert site.agent_state("alice") == state
    contact, segments = finish(site, customer)
    assert kinds(segments) == ["ivr", "queue", "offer", "queue", "offer",
                               "talk"]
    assert segments[2]["cause"] == result and segments[2]["agent"] == 1
    if result == "no_answer":
        ms = (segments[2]["end_at"] - segments[2]["begin_at"])
        assert 1450 < ms.total_seconds() * 1000 < 1800
        alice.calls[0].wait("cancel")
    chosen = decisions(site, contact)
    assert [d["agent"] for d in chosen] == [1, 2]
    assert "1:" in chosen[0]["candidates"] and "chosen" in chosen[
        0]["candidates"]
    assert len(alice.calls) == 1


def test_phone_is_dead(site):
    """A registered phone that answers nothing at all."""
    site.configure("queues", 1, ring_ms=1500)
    alice, bob = site.agent("alice"), site.agent("bob")
    site.ready("alice", "bob")
    alice.phone._on_message = lambda m, source: None
    try:
        customer = site.world.carrier().call(SUPPORT)
        site.talking("bob")
    finally:
        del alice.phone._on_message
    _, segments = finish(site, customer)
    assert [s["cause"] for s in segments][2] in ("no_answer", "unreachable")
    assert site.agent_state("alice") == "not_responding"


def test_refusal_keeps_the_place(site):
    """The first in line is refused by an agent, and is still first for the
    next agent."""
    alice, bob = site.agent("alice"), site.agent("bob")
    alice.manner = Manner(refuse=603)
    first = site.world.carrier().call(SUPPORT, 500)
    first.wait("answered")
    wait_for(lambda: len(site.state("contact")) == 1, 5)
    second = site.world.carrier().call(SUPPORT, 560)
    second.wait("answered")
    wait_for(lambda: [line for line in site.state("contact").values()
                      if "state=queued" in line].__len__() == 2, 10)
    site.ready("alice")
    alice.wait_call().wait("ended")
    site.ready("bob")
    site.talking("bob")
    contact, _ = finish(site, first)
    assert contact["agent"] == 2
    finish(site, second)


def test_longest_idle(site):
    users = ("carol", "alice", "bob")
    for user in users:
        site.ready(user)
    order = []
    for _ in users:
        customer = site.world.carrier().call(SUPPORT)
        customer.wait("answered")
        agent = wait_for(lambda: next((
            u for u in users if u not in order and site.agent(u).calls),
            None), 10)
        site.talking(agent)
        order.append(agent)
        finish(site, customer)
    assert order == list(users)


def test_wrap_up_limit(site):
    site.configure("queues", 1, wrapup_limit_ms=1500)
    alice = site.agent("alice")
    site.ready("alice")
    customer = site.world.carrier().call(SUPPORT)
    site.talking("alice")
    customer.bye()
    wait_for(lambda: site.agent_state("alice") == "wrap_up", 3)
    contact = site.contact(customer.call.call_id)
    segments = site.segments(contact["contact"])
    check_chain(segments, contact)
    assert kinds(segments)[-2:] == ["talk", "wrap_up"]
    assert segments[-1]["cause"] == "limit"
    assert 1450 < contact["wrapup_ms"] < 1800
    assert site.agent_state("alice") == "ready"


def test_wrap_up_ended_by_the_agent(site):
    site.configure("queues", 1, wrapup_limit_ms=60000)
    alice = site.agent("alice")
    site.ready("alice")
    customer = site.world.carrier().call(SUPPORT)
    site.talking("alice")
    customer.bye()
    wait_for(lambda: site.agent_state("alice") == "wrap_up", 3)
    assert alice.dial("*70") == 200
    wait_for(lambda: site.agent_state("alice") == "ready", 3)
    contact = site.contact(customer.call.call_id)
    assert site.segments(contact["contact"])[-1]["cause"] == "agent"


def test_feature_codes(site):
    alice = site.agent("alice")
    assert alice.register()
    for code, state in (("*70", "ready"), ("*71", "paused"), ("*70", "ready"),
                        ("*72", "offline")):
        assert alice.dial(code) == 200
        wait_for(lambda: site.agent_state("alice") == state, 3, 0.02,
                 "%s did not lead to %s" % (code, state))
    assert alice.dial("*79") == 404
    rows = wait_for(lambda: site.rows(
        "SELECT * FROM audit.entries WHERE tenant_id = 1 "
        "AND verb LIKE 'agent.%%'"), 5)
    assert {r["verb"] for r in rows} >= {"agent.ready", "agent.pause",
                                         "agent.logout"}


def test_feature_code_by_sipp(site, carrier_sipp):
    assert site.agent("bob").register()
    r = carrier_sipp("uac_feature", local=("127.0.0.42", 15998),
                     number="*71", calling="bob", password="bob-secret")
    assert r.ok, r
    assert site.agent_state("bob") == "paused"


def test_feature_code_needs_the_password(site, carrier_sipp):
    before = site.agent_state("bob")
    r = carrier_sipp("uac_feature", local=("127.0.0.42", 15997),
                     number="*70", calling="bob", password="wrong",
                     code=403)
    assert r.ok, r
    assert site.agent_state("bob") == before


def test_wrong_credentials(site):
    phone = Phone(site.world.sip, "127.0.0.43", 15996, "carol", site.proxy,
                  DOMAIN, "wrong")
    try:
        assert not phone.register(timeout=3)
        assert phone.refused in (401, 403)
    finally:
        phone.close()


def test_unknown_user(site):
    phone = Phone(site.world.sip, "127.0.0.43", 15995, "mallory",
                  site.proxy, DOMAIN, "x")
    try:
        assert not phone.register(timeout=3)
        assert phone.refused in (401, 403, 404)
    finally:
        phone.close()


def test_paused_agents_get_no_calls(site):
    alice = site.agent("alice")
    site.ready("alice")
    site.ask("alice", "pause")
    customer = site.world.carrier().call(SUPPORT)
    answered = customer.wait("answered")
    wait_for(lambda: time.time() > answered + 2, 5)
    assert not alice.calls
    site.ask("alice", "ready")
    site.talking("alice")
    contact, segments = finish(site, customer)
    row = site.rows("SELECT * FROM journal.decisions WHERE contact = %s "
                    "ORDER BY begin_at", contact["contact"])
    assert row[0]["agent"] is None and "1:0:paused" in row[0]["candidates"]
    assert row[1]["agent"] == 1


def test_logout_while_talking(site):
    """What was asked for in a talk holds when it is over."""
    alice = site.agent("alice")
    site.ready("alice")
    customer = site.world.carrier().call(SUPPORT)
    site.talking("alice")
    site.ask("alice", "logout", "talking")
    finish(site, customer)
    wait_for(lambda: site.agent_state("alice") == "offline", 3)


def test_agent_states_are_contiguous(site):
    site.configure("queues", 1, wrapup_limit_ms=1000)
    alice = site.agent("alice")
    site.ready("alice")
    customer = site.world.carrier().call(SUPPORT)
    site.talking("alice")
    finish(site, customer)
    site.ask("alice", "logout")
    rows = wait_for(lambda: agent_rows(site, 1, "ready"), 5, 0.1)
    for a, b in zip(rows, rows[1:]):
        assert a["end_at"] == b["begin_at"], (a, b)


def agent_rows(site, agent, last):
    rows = site.rows("SELECT * FROM journal.agent_states WHERE agent = %s "
                     "ORDER BY begin_at, end_at", agent)
    return rows if rows and rows[-1]["state"] == last else None
