# SPDX-License-Identifier: GPL-2.0-or-later
"""Nobody decides: the call goes to the static destination."""

import signal
import time

import pytest
from conftest import ESCAPE
from wire import Callee, Caller, sdp

OURS = sdp("127.0.0.1", 30000)


@pytest.fixture
def overflow(peer):
    return peer(*ESCAPE)


def talk(call, callee):
    """An ordinary proxied call: answered, then ended by the caller."""
    assert "lr" in callee.invite["Record-Route"]
    callee.say(200, "OK", sdp(ESCAPE[0]))
    m = call.reply(200)
    call.to, call.remote = m["To"], m.contact_uri()
    route = ["Route: " + r for r in m.all("Record-Route")]
    call.peer.send(call.peer.write("ACK", call.remote, call.from_, call.to,
                                   call.call, call.cseq, extra=route))
    callee.peer.request("ACK")
    call.ask("BYE", extra=route)
    callee.peer.answer(callee.peer.request("BYE"), 200)
    call.reply(200, "BYE")


def test_a_silent_engine(engine, inbound, overflow):
    start = time.monotonic()
    call = inbound()
    callee = Callee(overflow)
    assert 1.5 < time.monotonic() - start < 3
    e = engine.event("leg.ended", leg=call.leg)
    assert (e["by"], e["cause"]) == ("node", "error")
    engine.command("leg.answer", call.leg, sdp=OURS)  # too late
    engine.event("leg.gone", leg=call.leg)
    talk(call.dialog, callee)


def test_cancel_of_an_escaped_call(engine, inbound, overflow):
    call = inbound()
    callee = Callee(overflow)
    callee.say(180, "Ringing")
    call.dialog.reply(180)
    call.dialog.cancel()
    call.dialog.reply(200, "CANCEL")
    overflow.answer(overflow.request("CANCEL"), 200)
    callee.say(487, "Request Terminated")
    overflow.request("ACK")
    call.dialog.failed(487)
    engine.event("leg.ended", leg=call.leg)


def test_the_destination_is_away(engine, inbound):
    """Nobody listens there: the carrier hears a refusal."""
    call = inbound()
    m = call.dialog.peer.take(lambda m: m.is_reply and m.code >= 300, 12)
    call.dialog.peer.send(call.dialog._same_transaction("ACK", m["To"]))
    assert m.code in (408, 503)
    engine.event("leg.ended", leg=call.leg)


def test_redis_stands_still(engine, stack, trunk, overflow):
    """It does not confirm in time."""
    pid = stack.pid("redis")
    import os
    os.kill(pid, signal.SIGSTOP)
    try:
        start = time.monotonic()
        call = Caller(trunk).invite()
        callee = Callee(overflow, 3)
        assert time.monotonic() - start < 1
    finally:
        os.kill(pid, signal.SIGCONT)
    talk(call, callee)
    # Both events come late, in order, once.
    leg = engine.event("leg.offered", call_id=call.call)["leg"]
    engine.event("leg.ended", leg=leg)
    engine.none("leg.ended", 0.3, leg=leg)


def test_calls_that_are_up_stay_up_without_redis(engine, stack, inbound):
    call = inbound()
    call.answer(OURS)
    import os
    pid = stack.pid("redis")
    os.kill(pid, signal.SIGSTOP)
    try:
        call.dialog.ask("OPTIONS")
        call.dialog.reply(200, "OPTIONS")
        call.dialog.ask("BYE")
        call.dialog.reply(200, "BYE")
    finally:
        os.kill(pid, signal.SIGCONT)
    engine.event("leg.ended", leg=call.leg)
