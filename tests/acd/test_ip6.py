# SPDX-License-Identifier: GPL-2.0-or-later
"""Legs over IPv6, both ways: addresses stand in brackets."""

import pytest
from wire import Callee, TcpServer, sdp

OURS = sdp("::1", 30000)


@pytest.fixture(params=["udp", "tcp"])
def tcp(request):
    return request.param == "tcp"


def test_a_call_in(engine, peer, inbound, tcp):
    p = peer("::1", 5060, tcp=tcp)
    call = inbound(peer=p)
    assert call.offered["source"] == "[::1]:%d" % p.port
    assert call.offered["trunk"] == "six"
    m = call.answer(OURS)
    assert m.contact_uri() == "sip:%s@[::1]:%d%s" % (
        engine.layout.node, engine.proxy[1], ";transport=tcp" if tcp else "")
    assert "[::1]" in engine.record(call.leg)["socket"]
    engine.command("leg.reoffer", call.leg, sdp=OURS)
    m = p.request("INVITE")
    assert " [::1]:%d;" % engine.proxy[1] in m["Via"]
    p.answer(m, 200, "OK", sdp("::1"))
    p.request("ACK")
    engine.event("leg.reaccepted", leg=call.leg)
    call.bye()


def test_a_call_out(engine, peer, invite, tcp):
    proxy = ("::1", engine.proxy[1])
    p = TcpServer("::1", 0, proxy) if tcp else peer("::1", 5062)
    to = "[::1]:%d%s" % (p.port, ";transport=tcp" if tcp else "")
    leg = invite(ruri="sip:agent@" + to, dst="sip:" + to, body=OURS)
    callee = Callee(p.accept() if tcp else p)
    assert "@[::1]:%d" % engine.proxy[1] in callee.invite["Contact"]
    assert " [::1]:%d;" % engine.proxy[1] in callee.invite["Via"]
    callee.ok(sdp("::1"))
    engine.event("leg.answered", leg=leg)
    callee.ask("BYE")
    p.reply(200, "BYE")
    engine.event("leg.ended", leg=leg)
    if tcp:
        p.close()
