# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls as carriers make them, each by SIPp, and the journal they leave."""

import random
import signal
import time

import pytest

from harness import SUPPORT, check_chain, kinds
from jf.sim.people import Manner, wait_for


def journal(site, result):
    """The contact and its segments of a run with one call."""
    contact = site.contact(result.log[0][1])
    segments = site.segments(contact["contact"])
    check_chain(segments, contact)
    return contact, segments


def caller_leg(site, contact):
    return wait_for(lambda: next((
        leg for leg in site.legs(contact["contact"])
        if leg["role"] == "caller"), None), 10, 0.1, "no row of the leg")


def test_basic(site, carrier_sipp):
    site.ready("alice")
    r = carrier_sipp("uac_basic", hold_ms=3000)
    assert r.ok, r
    contact, segments = journal(site, r)
    assert kinds(segments) == ["ivr", "queue", "offer", "talk"]
    assert (contact["outcome"], contact["by"], contact["phase"]) == (
        "answered", "caller", "talk")
    assert contact["agent"] == 1 and contact["trunk"] == "demo-carrier"
    assert contact["number"] == SUPPORT and contact["q850"] == 16
    leg = caller_leg(site, contact)
    assert (leg["by"], leg["cause"]) == ("remote", "bye")
    view = site.one("SELECT * FROM bi.calls WHERE contact = %s",
                    contact["contact"])
    assert view["call_id"] == r.log[0][1] and view["offers"] == 1
    talk = (segments[-1]["end_at"] - segments[-1]["begin_at"])
    assert view["talk_ms"] == round(talk.total_seconds() * 1000)
    assert site.agent("alice").calls[0].call.bye_by == "them"


def test_agent_hangs_up(site, carrier_sipp):
    site.ready("alice")
    site.agent("alice").manner = Manner(talk_ms=700)
    r = carrier_sipp("uac_wait_bye")
    assert r.ok, r
    contact, segments = journal(site, r)
    assert (contact["outcome"], contact["by"]) == ("answered", "agent")
    assert segments[-1]["cause"] == "agent"
    leg = caller_leg(site, contact)
    assert (leg["by"], leg["cause"]) == ("local", "ended")
    agent = next(leg for leg in site.legs(contact["contact"])
                 if leg["role"] == "agent")
    assert (agent["by"], agent["cause"]) == ("remote", "bye")


def test_hold_by_carrier(site, carrier_sipp):
    site.ready("alice")
    r = carrier_sipp("uac_hold", talk_ms=2500, hold_ms=1000)
    assert r.ok, r
    contact, segments = journal(site, r)
    assert kinds(segments) == ["ivr", "queue", "offer", "talk", "hold",
                               "talk"]
    held = segments[4]
    ms = round((held["end_at"] - held["begin_at"]).total_seconds() * 1000)
    assert 900 < ms < 1200 and contact["hold_ms"] == ms


@pytest.mark.parametrize("hold", ["sendonly", "inactive"])
def test_hold_directions(site, carrier_sipp, hold):
    site.ready("alice")
    r = carrier_sipp("uac_hold", talk_ms=2500, hold_ms=500, hold=hold,
                     expect={"sendonly": "recvonly"}.get(hold, hold))
    assert r.ok, r
    assert "hold" in kinds(journal(site, r)[1])


def test_hold_by_agent(site, carrier_sipp, agent_sipp):
    phone = agent_sipp("bob", talk_ms=700, agent_hold_ms=700)
    site.ask("bob", "ready")
    r = carrier_sipp("uac_wait_bye")
    a = phone.wait()
    assert r.ok, r
    assert a.ok, a
    contact, segments = journal(site, r)
    assert kinds(segments) == ["ivr", "queue", "offer", "talk", "hold",
                               "talk"]
    assert contact["by"] == "agent" and contact["agent"] == 2


def test_late_offer_reinvite(site, carrier_sipp):
    site.ready("alice")
    r = carrier_sipp("uac_late_reinvite", talk_ms=2500, hold_ms=1000)
    assert r.ok, r
    assert kinds(journal(site, r)[1])[3:] == ["talk"]


def test_late_offer(site, carrier_sipp):
    site.ready("alice")
    r = carrier_sipp("uac_late_offer", hold_ms=3000)
    assert r.ok, r
    contact, segments = journal(site, r)
    assert kinds(segments)[-1] == "talk"
    assert contact["outcome"] == "answered"


def test_lost_ack(site, carrier_sipp):
    """The ACK to the first 200 is lost: the repeated 200 is acknowledged."""
    r = carrier_sipp("uac_lost_ack", hold_ms=1000, extra=["-nr"])
    assert r.ok, r
    contact, _ = journal(site, r)
    assert (contact["outcome"], contact["by"]) == ("abandoned", "caller")


def test_no_ack(site, carrier_sipp):
    """RFC 3261 section 13.3.1.4: after 64*T1 without ACK, a BYE."""
    r = carrier_sipp("uac_no_ack", extra=["-nr"], timeout=60)
    assert r.ok, r
    assert len(r.times("200 again")) >= 5
    waited = r.times("bye received")[0] - r.times("200 inv")[0]
    assert 28 < waited < 36
    contact, _ = journal(site, r)
    leg = caller_leg(site, contact)
    assert (leg["by"], leg["cause"]) == ("node", "no_ack")


def test_cancel_before_answer(site, carrier_sipp):
    """rtpengine stands still, so that nothing but 100 can have been sent."""
    pid = site.stack.pid("rtpengine")
    import os
    os.kill(pid, signal.SIGSTOP)
    try:
        r = carrier_sipp("uac_cancel", cancel_ms=400)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert r.ok, r
    assert r.times("487") and not r.times("200 inv")
    contact, segments = journal(site, r)
    assert (contact["outcome"], contact["phase"]) == ("abandoned", "ivr")
    leg = caller_leg(site, contact)
    assert (leg["by"], leg["cause"]) == ("remote", "cancel")


def test_cancel_races_the_answer(site):
    """CANCEL at every moment around our 200: refused with 487, or answered
    and then hung up; never half a call."""
    rand = random.Random(7)
    carrier = site.world.carrier()
    calls = []
    for _ in range(40):
        c = carrier.call(SUPPORT)
        site.world.sip.after(rand.uniform(0, 0.03), c.call._cancel)
        calls.append(c)
        wait_for(lambda: c.call.when("cancelled") or c.call.when("answered"),
                 5, 0.005)
    for c in calls:
        wait_for(lambda: c.call.state in ("answered", "ended"), 10)
        if c.call.state == "answered":
            c.bye()
        c.wait("ended")
    refused = [c for c in calls if c.call.code == 487]
    answered = [c for c in calls if c.call.code == 200]
    assert len(refused) + len(answered) == len(calls)
    for c in calls:
        contact = site.contact(c.call.call_id)
        assert contact["outcome"] == "abandoned"
        check_chain(site.segments(contact["contact"]), contact)


@pytest.mark.parametrize("where,seconds,phase", [
    ("greeting", 0.4, "ivr"), ("queue", 2.0, "queue"),
    ("ringing", 2.0, "offer")])
def test_caller_gives_up(site, where, seconds, phase):
    alice = site.agent("alice")
    if where == "ringing":
        alice.manner = Manner(answer_ms=None)
        site.ready("alice")
    customer = site.world.carrier().call(SUPPORT)
    answered = customer.wait("answered")
    if where == "ringing":
        alice.wait_call().wait("180")
    wait_for(lambda: time.time() > answered + seconds, 5)
    customer.bye()
    customer.wait("ended")
    contact = site.contact(customer.call.call_id)
    segments = site.segments(contact["contact"])
    check_chain(segments, contact)
    assert (contact["outcome"], contact["by"], contact["phase"]) == (
        "abandoned", "caller", phase)
    assert segments[-1]["cause"] == "abandoned"
    assert contact["agent"] is None and contact["answered_at"] is None
    if where == "ringing":
        alice.calls[0].wait("cancel")
        wait_for(lambda: site.agent_state("alice") == "ready", 3)


def test_agent_answers_as_the_caller_goes(site):
    """The agent's 200 crosses our CANCEL: a BYE follows, nobody is left."""
    alice = site.agent("alice")
    alice.manner = Manner(answer_ms=None)
    site.ready("alice")
    rand = random.Random(3)
    for i in range(10):
        customer = site.world.carrier().call(SUPPORT)
        customer.wait("answered")
        agent = alice.wait_call(i + 1)
        agent.wait("180")
        site.world.sip.after(rand.uniform(0, 0.02), lambda: agent.call._answer(
            agent.sdp()))
        site.world.sip.after(rand.uniform(0, 0.02), customer.call._bye)
        customer.wait("ended")
        agent.wait("ended")
        wait_for(lambda: site.agent_state("alice") == "ready", 5)
        contact = site.contact(customer.call.call_id)
        assert contact["outcome"] in ("abandoned", "answered")


def test_unknown_number(site, carrier_sipp):
    r = carrier_sipp("uac_refused", number="+12025550199", code=404)
    assert r.ok, r


def test_not_a_trunk(site, carrier_sipp):
    r = carrier_sipp("uac_refused", local=("127.0.0.9", 15999), code=407)
    assert r.ok, r


@pytest.mark.parametrize("sdp, code", [
    ("v=0\no=sim 1 1 IN IP4 127.0.0.2\ns=-\nt=0 0\nm=audio\n", 488),
    ("nonsense\n", 400)], ids=["half an m line", "nonsense"])
def test_sdp_refused(site, carrier_sipp, sdp, code):
    r = carrier_sipp("uac_refused", text=sdp, code=code)
    assert r.ok, r


def test_trunk_over_its_limit(site):
    carrier = site.world.carrier()
    site.configure("trunks", 101, max_calls=2)
    try:
        up = [carrier.call(SUPPORT) for _ in range(2)]
        for c in up:
            c.wait("answered")

        def refused():
            c = carrier.call(SUPPORT)
            wait_for(lambda: c.call.state in ("answered", "ended"), 5)
            if c.call.state == "answered":
                c.bye()
            c.wait("ended")
            return c.call.code == 503
        wait_for(refused, 8, 0.2, "the third call is not refused with 503")
        up[0].bye()
        up[0].wait("ended")
        wait_for(lambda: not refused(), 5, 0.2, "the place is not given back")
        up[1].bye()
        up[1].wait("ended")
    finally:
        site.configure("trunks", 101, max_calls=500)
        wait_for(lambda: "500" in site.redis.hget("trunks", "127.0.0.2"), 5)
