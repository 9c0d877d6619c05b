# SPDX-License-Identifier: GPL-2.0-or-later
"""An agent's phone sends its caller on (REFER), a phone takes a call over
(INVITE with Replaces): who hears whom, what the phone is told, the journal."""

import time

import pytest

from harness import CUSTOMER_HZ, SALES, check_chain, kinds, loud
from jf.sim.people import Manner, wait_for

OUTSIDE = "+12025557777"


def begin(site, *users):
    """A customer talks to alice."""
    site.ready("alice")
    customer = site.world.carrier().call("+12025550100", hz=CUSTOMER_HZ)
    alice = site.talking("alice")
    for user in users:
        site.ready(user)
    return customer, alice


def sent_on(party, target, *codes):
    """REFER; the NOTIFYs come in this order, then BYE."""
    party.call.refer(target)
    party.call.wait("refer 202")
    party.call.wait("bye received")
    told = [e for _, e in party.call.log if e.startswith("notify")]
    assert told == ["notify %d" % c for c in codes]


def talk(customer, other):
    """They hear each other, and nobody else."""
    t = time.time() + 0.2
    wait_for(lambda: time.time() > t + 0.5)
    loud(customer.ear, t, t + 0.4, other.hz)
    loud(other.ear, t, t + 0.4, CUSTOMER_HZ)


def journal(site, customer):
    contact = site.contact(customer.call.call_id)
    segments = site.segments(contact["contact"])
    check_chain(segments, contact)
    return contact, segments


def test_to_an_agent(site):
    customer, alice = begin(site, "bob")
    sent_on(alice, "sip:bob@demo.example", 100, 180, 200)
    assert site.agent_state("alice") == "ready"
    talk(customer, site.talking("bob"))
    customer.bye()
    contact, segments = journal(site, customer)
    assert kinds(segments) == ["ivr", "queue", "offer", "talk", "offer",
                               "talk"]
    assert [s["agent"] for s in segments[2:]] == [1, 1, 2, 2]
    assert segments[3]["cause"] == "transferred"
    assert (contact["agent"], contact["by"]) == (2, "caller")


def test_to_a_queue(site):
    customer, alice = begin(site, "carol")
    sent_on(alice, "sip:%s@demo.example" % SALES, 100, 200)
    talk(customer, site.talking("carol"))
    customer.bye()
    contact, segments = journal(site, customer)
    assert kinds(segments) == ["ivr", "queue", "offer", "talk", "queue",
                               "offer", "talk"]
    assert [s["queue"] for s in segments] == [1, 1, 1, 1, 2, 2, 2]
    assert contact["queue"] == 2


def test_nobody_answers(site):
    """The caller waits on, and comes back to the only one who is free."""
    customer, alice = begin(site, "bob")
    site.agent("bob").manners = [Manner(refuse=603)]
    sent_on(alice, "sip:bob@demo.example", 100, 180, 603)
    again = site.talking("alice", 2)
    talk(customer, again)
    customer.bye()
    _, segments = journal(site, customer)
    assert kinds(segments) == ["ivr", "queue", "offer", "talk", "offer",
                               "queue", "offer", "talk"]
    assert segments[4]["cause"] == "declined"


@pytest.mark.parametrize("target, code", [
    ("sip:carol@demo.example", 480), ("sip:nobody@demo.example", 404),
    ("sip:alice@demo.example", 486), ("sip:911@demo.example", 404)])
def test_refused(site, target, code):
    """The talk goes on."""
    customer, alice = begin(site)
    if site.agent("carol").phone.registered.is_set():
        site.agent("carol").phone.unregister()
    alice.call.refer(target)
    alice.call.wait("refer %d" % code)
    talk(customer, alice)
    customer.bye()
    assert kinds(journal(site, customer)[1])[-1] == "talk"


def test_caller_leaves_meanwhile(site):
    customer, alice = begin(site, "bob")
    site.agent("bob").manners = [Manner(answer_ms=None)]
    alice.call.refer("sip:bob@demo.example")
    alice.call.wait("notify 180")
    customer.bye()
    alice.call.wait("notify 487")
    alice.call.wait("ended")
    site.agent("bob").wait_call().wait("ended")
    contact, segments = journal(site, customer)
    assert kinds(segments)[-1] == "offer"
    assert (contact["outcome"], contact["phase"]) == ("answered", "offer")


def test_to_a_number_outside(site):
    gateway = site.world.agents.get("gateway") or site.world.agent(
        "gateway", "127.0.0.6", "", addr="127.0.0.6")
    site.configure("trunks", site.one(
        "SELECT trunk_id FROM conf.trunks")["trunk_id"],
        uri="sip:127.0.0.6:%d" % gateway.phone.port)
    wait_for(lambda: "127.0.0.6" in site.kamcmd("acd.trunks"), 5, 0.05,
             "the gateway is not known")
    try:
        customer, alice = begin(site)
        sent_on(alice, "sip:%s@demo.example" % OUTSIDE, 100, 180, 200)
        outside = gateway.wait_call()
        assert OUTSIDE in outside.call.request_in[0].first
        outside.wait("acked")
        talk(customer, outside)
        assert site.agent_state("alice") == "ready"
        outside.bye()
        customer.wait("ended")
        contact, segments = journal(site, customer)
        assert kinds(segments)[-2:] == ["offer", "talk"]
        assert (segments[-1]["agent"], contact["by"]) == (None, "outer")
        wait_for(lambda: sorted(x["role"] for x in site.legs(
            contact["contact"])) == ["agent", "caller", "outer"], 10, 0.1,
            "no rows of three legs")
    finally:
        site.configure("trunks", site.one(
            "SELECT trunk_id FROM conf.trunks")["trunk_id"], uri=None)
        del site.world.agents["gateway"]
        gateway.phone.close()


def test_taken_over(site):
    """bob's phone sends INVITE with Replaces for alice's dialog."""
    customer, alice = begin(site, "bob")
    bob = site.agent("bob")
    party = pick_up(site, bob, alice)
    alice.call.wait("bye received")
    wait_for(lambda: site.agent_state("bob") == "talking", 5, 0.01,
             "bob does not talk")
    talk(customer, party)
    party.bye()
    customer.wait("ended")
    contact, segments = journal(site, customer)
    assert kinds(segments) == ["ivr", "queue", "offer", "talk", "talk"]
    assert [s["agent"] for s in segments[3:]] == [1, 2]
    assert segments[3]["cause"] == "replaced"
    assert (contact["agent"], contact["by"]) == (2, "agent")


def pick_up(site, agent, party):
    from jf.sim.people import Party
    ear = site.world.endpoint(agent.addr, "PCMA")
    call = agent.phone.new_call("sip:pickup@demo.example")
    call.extra = [("Replaces", party.call.replaces())]
    mine = Party(call, ear, agent.codecs, agent.hz)
    call.on_event = lambda c, e: mine.connect() if e == "answered" else None
    body = mine.sdp()
    agent.phone.loop.soon(lambda: call.invite(body))
    call.wait("answered")
    return mine
