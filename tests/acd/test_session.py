# SPDX-License-Identifier: GPL-2.0-or-later
"""Session timers (RFC 4028), and legs in which nothing happens."""

import pytest
from test_outbound import hang_up
from wire import Callee, Caller, sdp

OURS = sdp("127.0.0.1", 30000)
THEIRS = sdp("127.0.0.3", 20004)
TIMER = ("Supported: timer",)
UPDATE = ("Allow: INVITE, ACK, BYE, UPDATE",)


def expires(seconds, refresher=None):
    return ("Session-Expires: %d%s" % (
        seconds, ";refresher=" + refresher if refresher else ""),)


@pytest.fixture(params=["udp", "tcp"])
def caller(request, peer, inbound):
    p = peer("127.0.0.2", 0 if request.param == "tcp" else 5060,
             tcp=request.param == "tcp")
    return lambda *headers: inbound(peer=p, headers=headers)


def test_too_small(engine, trunk):
    refused = Caller(trunk, headers=TIMER + expires(1)).invite().failed(422)
    assert refused["Min-SE"] == "2"


def test_they_do_not_refresh(engine, caller):
    call = caller(*TIMER, *expires(3, "uac"))
    m = call.answer(OURS)
    assert m["Session-Expires"] == "3;refresher=uac"
    assert m["Require"] == "timer"
    bye = call.dialog.peer.request("BYE", timeout=6)
    call.dialog.peer.answer(bye, 200)
    e = engine.event("leg.ended", leg=call.leg)
    assert (e["by"], e["cause"]) == ("node", "timeout")


def test_we_refresh_by_update(engine, caller):
    call = caller(*TIMER, *expires(3), *UPDATE)
    m = call.answer(OURS)
    assert m["Session-Expires"] == "3;refresher=uas"
    r = engine.record(call.leg)
    assert (r["session"], r["refresher"], r["refresh"]) == (
        "3", "us", "update")
    p = call.dialog.peer
    m = p.request("UPDATE")
    assert m.body == "" and m["Session-Expires"] == "3;refresher=uac"
    p.answer(m, 200, "OK", extra=expires(3, "uac"))
    m = p.request("UPDATE")
    p.answer(m, 481, "Gone")
    p.answer(p.request("BYE"), 481, "Gone")
    assert engine.event("leg.ended", leg=call.leg)["code"] == "481"


def test_we_refresh_by_invite(engine, caller):
    """The session description as it is, and the engine hears nothing."""
    call = caller(*TIMER, *expires(3), "Allow: INVITE, ACK, BYE")
    call.answer(OURS)
    p = call.dialog.peer
    m = p.request("INVITE")
    assert m.body == OURS
    p.answer(m, 200, "OK", sdp("127.0.0.2"), extra=expires(3, "uac"))
    p.request("ACK")
    m = p.request("INVITE")
    p.answer(m, 500, "Not now")
    p.request("ACK")
    p.answer(p.request("BYE", timeout=6), 200)
    e = engine.event("leg.ended", leg=call.leg)
    assert e["cause"] == "timeout"
    engine.none("leg.reaccepted", 0.01, leg=call.leg)
    engine.none("leg.rerefused", 0.01, leg=call.leg)


def test_they_know_no_timers(engine, caller):
    call = caller()
    m = call.answer(OURS)
    assert not m["Session-Expires"] and not m["Require"]
    call.bye()


def test_their_interval_is_longer(engine, agent, invite):
    leg = invite()
    first = Callee(agent)
    assert first.invite["Session-Expires"] == "1800"
    first.say(422, "Too Small", extra=("Min-SE: 3600",))
    agent.request("ACK")
    again = Callee(agent)
    assert again.call == first.call
    assert again.invite.cseq[0] == first.invite.cseq[0] + 1
    assert again.invite["Session-Expires"] == again.invite["Min-SE"] == "3600"
    assert again.invite.body == first.invite.body
    again.say(200, "OK", THEIRS, extra=expires(3600, "uac"))
    agent.request("ACK")
    engine.event("leg.answered", leg=leg)
    assert engine.record(leg)["session"] == "3600"
    hang_up(engine, agent, leg)


def test_they_refresh(engine, agent, invite):
    leg = invite()
    callee = Callee(agent)
    callee.say(200, "OK", THEIRS, extra=expires(3, "uas"))
    agent.request("ACK")
    engine.event("leg.answered", leg=leg)
    callee.ask("UPDATE", extra=TIMER + expires(1, "uac"))
    assert agent.reply(422, "UPDATE")["Min-SE"] == "2"
    callee.ask("UPDATE", extra=TIMER + expires(4, "uac"))
    m = agent.reply(200, "UPDATE")
    assert m["Session-Expires"] == "4;refresher=uac"
    assert m["Require"] == "timer"
    callee.ask("INVITE", THEIRS, extra=TIMER + expires(3, "uac"))
    e = engine.event("leg.reoffered", leg=leg)
    engine.command("leg.reanswer", leg, tid=e["tid"], code=200, sdp=OURS)
    assert agent.reply(200)["Session-Expires"] == "3;refresher=uac"
    callee.ack()
    engine.event("leg.confirmed", leg=leg)
    agent.answer(agent.request("BYE", timeout=6), 200)
    assert engine.event("leg.ended", leg=leg)["cause"] == "timeout"


def test_quiet_legs_are_probed(engine, inbound, agent, invite, trunk):
    """age_s after the last thing that happened: who answers lives on."""
    call = inbound()
    call.answer(OURS)
    leg = invite()
    callee = Callee(agent)
    callee.ok(THEIRS)
    engine.event("leg.answered", leg=leg)
    trunk.answer(trunk.request("OPTIONS", timeout=12), 200)
    agent.answer(agent.request("OPTIONS"), 481, "Gone")
    agent.answer(agent.request("BYE"), 481, "Gone")
    assert engine.event("leg.ended", leg=leg)["code"] == "481"
    engine.none("leg.ended", 0.3, leg=call.leg)
    call.bye()
