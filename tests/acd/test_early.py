# SPDX-License-Identifier: GPL-2.0-or-later
"""Before the 2xx: reliable 18x both ways (RFC 3262), UPDATE (RFC 3311)."""


import pytest
from test_outbound import hang_up
from wire import Callee, TcpServer, sdp

OURS = sdp("127.0.0.1", 30000)
THEIRS = sdp("127.0.0.3", 20004)
REQUIRE = ("Require: 100rel",)


@pytest.fixture(params=["udp", "tcp"])
def caller(request, peer, inbound):
    """A call whose INVITE requires 100rel."""
    p = peer("127.0.0.2", 0 if request.param == "tcp" else 5060,
             tcp=request.param == "tcp")
    return lambda body=None: inbound(body, peer=p, headers=REQUIRE)


@pytest.fixture(params=["udp", "tcp"])
def callee(request, engine, agent, invite):
    """(leg, callee) of an INVITE of ours that offers 100rel."""
    def make():
        if request.param == "udp":
            leg = invite()
            return leg, Callee(agent)
        p = TcpServer("127.0.0.3", 0, engine.proxy)
        made.append(p)
        to = "127.0.0.3:%d;transport=tcp" % p.port
        leg = invite(ruri="sip:agent@" + to, dst="sip:" + to)
        return leg, Callee(p.accept())
    made = []
    yield make
    for p in made:
        p.close()


def prack(d, m, rack=None):
    d.to, d.remote = m["To"], m.contact_uri()
    d.ask("PRACK", extra=["RAck: " + (rack or "%s %d INVITE" % (
        m["RSeq"], m.cseq[0]))])
    return d.reply(481 if rack else 200, "PRACK")


def ack_invite(d, m, cseq):
    d.remote = m.contact_uri()
    d.peer.send(d.peer.write("ACK", d.remote, d.from_, d.to, d.call, cseq))


def test_our_reliable_18x(engine, caller):
    call = caller()
    d, cseq = call.dialog, call.dialog.cseq
    engine.command("leg.progress", call.leg, code=180)
    m = d.reply(180)
    assert m["Require"] == "100rel" and 0 < int(m["RSeq"]) < 2 ** 31
    again = d.reply(180)  # no PRACK: it comes once more
    assert again["RSeq"] == m["RSeq"]
    prack(d, m, rack="%d %d INVITE" % (int(m["RSeq"]) + 1, cseq))
    prack(d, m)
    engine.command("leg.progress", call.leg, code=183, sdp=OURS)
    second = d.reply(183)
    assert int(second["RSeq"]) == int(m["RSeq"]) + 1 and second.body == OURS
    engine.command("leg.answer", call.leg, sdp=OURS)
    d.peer.none(lambda x: x.is_reply and x.code == 200
                and x.method == "INVITE", 0.3)  # waits for the PRACK
    prack(d, second)
    m = d.reply(200)
    assert m.body == ""  # answered already
    ack_invite(d, m, cseq)
    engine.event("leg.confirmed", leg=call.leg)
    call.bye()


def test_one_18x_at_a_time(engine, caller):
    call = caller()
    d, cseq = call.dialog, call.dialog.cseq
    engine.command("leg.progress", call.leg, code=180)
    engine.command("leg.progress", call.leg, code=183)
    m = d.reply(180)
    d.peer.none(lambda x: x.code == 183, 0.2)
    prack(d, m)
    prack(d, d.reply(183))
    engine.command("leg.answer", call.leg, sdp=OURS)
    m = d.reply(200)
    assert m.body == OURS
    ack_invite(d, m, cseq)
    engine.event("leg.confirmed", leg=call.leg)
    call.bye()


def test_refused_while_a_prack_is_awaited(engine, caller):
    call = caller()
    engine.command("leg.progress", call.leg, code=180)
    call.dialog.reply(180)
    engine.command("leg.reject", call.leg, code=486)
    call.dialog.failed(486)
    engine.event("leg.ended", leg=call.leg)


def test_a_plain_18x_where_100rel_is_only_supported(engine, inbound):
    call = inbound(headers=("Supported: 100rel",))
    engine.command("leg.progress", call.leg, code=180)
    m = call.dialog.reply(180)
    assert not m["Require"] and not m["RSeq"]
    call.answer(OURS)
    call.bye()


def test_their_update_in_our_early_dialog(engine, caller):
    call = caller()
    d, cseq = call.dialog, call.dialog.cseq
    engine.command("leg.progress", call.leg, code=183, sdp=OURS)
    m = d.reply(183)
    d.to, d.remote = m["To"], m.contact_uri()
    d.ask("UPDATE", sdp("127.0.0.2", 20002))
    assert d.reply(500, "UPDATE")["Retry-After"]  # their first is not answered
    prack(d, m)
    d.ask("UPDATE")
    assert d.reply(200, "UPDATE")["Contact"]
    d.ask("UPDATE", sdp("127.0.0.2", 20002))
    e = engine.event("leg.reoffered", leg=call.leg)
    assert "20002" in e["sdp"]
    engine.command("leg.reanswer", call.leg, tid=e["tid"], code=200,
                   sdp=OURS)
    assert d.reply(200, "UPDATE").body == OURS
    engine.command("leg.answer", call.leg, sdp=OURS)
    ack_invite(d, d.reply(200), cseq)
    engine.event("leg.confirmed", leg=call.leg)
    call.bye()


def test_our_update_in_our_early_dialog(engine, caller):
    call = caller()
    d, cseq = call.dialog, call.dialog.cseq
    engine.command("leg.progress", call.leg, code=183, sdp=OURS)
    prack(d, d.reply(183))
    new = sdp("127.0.0.1", 30010)
    engine.command("leg.reoffer", call.leg, sdp=new)
    m = d.peer.request("UPDATE")
    assert m.body == new
    d.peer.answer(m, 200, "OK", sdp("127.0.0.2", 20006))
    assert "20006" in engine.event("leg.reaccepted", leg=call.leg)["sdp"]
    engine.command("leg.answer", call.leg, sdp=OURS)
    ack_invite(d, d.reply(200), cseq)
    engine.event("leg.confirmed", leg=call.leg)
    call.bye()


def test_their_reliable_18x(engine, callee):
    leg, c = callee()
    p = c.peer
    assert c.invite["Supported"] == "100rel"
    c.say(183, "Progress", THEIRS, extra=("Require: 100rel", "RSeq: 71"))
    m = p.request("PRACK")
    assert m["RAck"] == "71 %d INVITE" % c.invite.cseq[0]
    assert m.cseq[0] == c.invite.cseq[0] + 1 and m.tag("To") == c.tag
    p.answer(m, 200)
    assert "20004" in engine.event("leg.ringing", leg=leg)["sdp"]
    c.say(183, "Progress", THEIRS, extra=("Require: 100rel", "RSeq: 71"))
    p.none(lambda x: x.method == "PRACK", 0.2)
    engine.none("leg.ringing", 0.1, leg=leg)
    c.say(180, "Ringing", extra=("Require: 100rel", "RSeq: 72"))
    m = p.request("PRACK")
    assert m["RAck"].startswith("72 ")
    p.answer(m, 200)
    ack = c.ok("")
    assert ack.cseq[0] == c.invite.cseq[0]
    engine.event("leg.answered", leg=leg)
    engine.command("leg.end", leg)
    bye = p.request("BYE")
    assert bye.cseq[0] > m.cseq[0]
    p.answer(bye, 200)
    engine.event("leg.ended", leg=leg)


def test_updates_in_their_early_dialog(engine, callee):
    leg, c = callee()
    p = c.peer
    c.say(180, "Ringing")
    engine.event("leg.ringing", leg=leg)
    c.ask("UPDATE", THEIRS)
    assert p.reply(491, "UPDATE")  # our offer is not answered yet
    c.say(183, "Progress", THEIRS, extra=("Require: 100rel", "RSeq: 1"))
    p.answer(p.request("PRACK"), 200)
    c.ask("UPDATE", sdp("127.0.0.3", 20008))
    e = engine.event("leg.reoffered", leg=leg)
    engine.command("leg.reanswer", leg, tid=e["tid"], code=200, sdp=OURS)
    assert p.reply(200, "UPDATE").body == OURS
    new = sdp("127.0.0.1", 30020)
    engine.command("leg.reoffer", leg, sdp=new)
    m = p.request("UPDATE")
    assert m.body == new
    c.ask("UPDATE", THEIRS)
    p.reply(491, "UPDATE")
    p.answer(m, 200, "OK", sdp("127.0.0.3", 20012))
    assert "20012" in engine.event("leg.reaccepted", leg=leg)["sdp"]
    c.ok("")
    engine.event("leg.answered", leg=leg)
    hang_up(engine, p, leg)


def test_updates_in_a_dialog(engine, inbound):
    call = inbound()
    call.answer(OURS)
    d = call.dialog
    d.ask("UPDATE")
    d.reply(200, "UPDATE")
    d.ask("UPDATE", sdp("127.0.0.2", 20014))
    e = engine.event("leg.reoffered", leg=call.leg)
    first = d.branch
    d.ask("UPDATE", sdp("127.0.0.2", 20016))
    assert d.reply(500, "UPDATE")["Retry-After"]
    d.branch = first
    engine.command("leg.reanswer", call.leg, tid=e["tid"], code=200,
                   sdp=OURS)
    assert d.reply(200, "UPDATE").body == OURS
    engine.command("leg.reoffer", call.leg, sdp=OURS)
    ours = d.peer.request("INVITE")
    d.ask("UPDATE", sdp("127.0.0.2", 20018))
    d.reply(491, "UPDATE")
    d.peer.answer(ours, 200, "OK", sdp("127.0.0.2", 20018))
    d.peer.request("ACK")
    engine.event("leg.reaccepted", leg=call.leg)
    call.bye()


def test_an_early_leg_ends(engine, callee):
    leg, c = callee()
    c.say(180, "Ringing", extra=("Require: 100rel", "RSeq: 9"))
    c.peer.answer(c.peer.request("PRACK"), 200)
    engine.event("leg.ringing", leg=leg)
    engine.command("leg.end", leg, q850=16)
    cancel = c.peer.request("CANCEL")
    assert cancel.cseq[0] == c.invite.cseq[0]
    assert cancel["Reason"] == "Q.850;cause=16"
    c.peer.answer(cancel, 200)
    c.say(487, "Terminated")
    c.peer.request("ACK")
    engine.event("leg.ended", leg=leg)
