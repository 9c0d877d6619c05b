# SPDX-License-Identifier: GPL-2.0-or-later
"""Inside a dialog: re-INVITE, INFO, REFER, memo, announcement."""

import time

from test_outbound import hang_up, up
from wire import Caller, sdp

OURS = sdp("127.0.0.1", 30000)
NEW = sdp("127.0.0.1", 30000, "sendonly", 2)


def test_they_hold_and_resume(engine, inbound):
    call = inbound()
    call.answer(OURS)
    for direction, answer in (("sendonly", "recvonly"), (None, None)):
        call.dialog.ask("INVITE", sdp("127.0.0.2", 20000, direction, 2))
        e = engine.event("leg.reoffered", leg=call.leg)
        assert e["direction"] == (direction or "sendrecv")
        body = sdp("127.0.0.1", 30000, answer, 2)
        engine.command("leg.reanswer", call.leg, tid=e["tid"], code=200,
                       sdp=body)
        assert call.dialog.reply(200).body == body
        call.dialog.ack()
        engine.event("leg.confirmed", leg=call.leg)
    call.bye()


def test_their_reinvite_refused(engine, inbound):
    call = inbound()
    call.answer(OURS)
    call.dialog.ask("INVITE", sdp("127.0.0.2"))
    e = engine.event("leg.reoffered", leg=call.leg)
    engine.command("leg.reanswer", call.leg, tid=e["tid"], code=488)
    m = call.dialog.reply(488)
    call.dialog.peer.send(call.dialog._same_transaction("ACK", m["To"]))
    call.bye()


def test_their_late_offer(engine, inbound):
    call = inbound()
    call.answer(OURS)
    call.dialog.ask("INVITE")
    e = engine.event("leg.reoffered", leg=call.leg)
    assert "sdp" not in e
    engine.command("leg.reanswer", call.leg, tid=e["tid"], code=200, sdp=NEW)
    call.dialog.reply(200)
    call.dialog.ack(sdp("127.0.0.2", 20010))
    assert "20010" in engine.event("leg.confirmed", leg=call.leg)["sdp"]
    call.bye()


def test_their_reinvite_cancelled(engine, inbound):
    call = inbound()
    call.answer(OURS)
    d = call.dialog
    d.ask("INVITE", sdp("127.0.0.2"))
    e = engine.event("leg.reoffered", leg=call.leg)
    d.peer.send(d.peer.write("CANCEL", d.remote, d.from_, d.to, d.call,
                             d.cseq, branch=d.branch))
    d.reply(200, "CANCEL")
    m = d.reply(487)
    d.peer.send(d.peer.write("ACK", d.remote, d.from_, m["To"], d.call,
                             d.cseq, branch=d.branch))
    engine.command("leg.reanswer", call.leg, tid=e["tid"], code=200, sdp=NEW)
    engine.none("leg.ended", 0.2, leg=call.leg)
    call.bye()


def test_our_reinvite_on_their_leg(engine, inbound, trunk):
    """The first request of ours in a dialog has CSeq 1, and so has its ACK."""
    call = inbound()
    call.answer(OURS)
    engine.command("leg.reoffer", call.leg, sdp=NEW)
    m = trunk.request("INVITE")
    assert m.body == NEW and m.cseq[0] == 1
    trunk.answer(m, 200, "OK", sdp("127.0.0.2", 20000, "recvonly", 3))
    assert trunk.request("ACK").cseq == (1, "ACK")
    e = engine.event("leg.reaccepted", leg=call.leg)
    assert e["direction"] == "recvonly"
    call.bye()


def test_our_reinvite_on_our_leg(engine, agent, invite):
    leg, callee = up(engine, agent, invite)
    engine.command("leg.reoffer", leg, sdp=NEW)
    m = agent.request("INVITE")
    assert m.cseq[0] == callee.invite.cseq[0] + 1
    agent.answer(m, 200, "OK", sdp("127.0.0.3", 20000))
    assert agent.request("ACK").cseq[0] == m.cseq[0]
    engine.event("leg.reaccepted", leg=leg)
    hang_up(engine, agent, leg)


def test_our_late_offer(engine, agent, invite):
    leg, _ = up(engine, agent, invite)
    engine.command("leg.reoffer", leg)
    m = agent.request("INVITE")
    assert m.body == ""
    agent.answer(m, 200, "OK", sdp("127.0.0.3", 20020))
    assert "20020" in engine.event("leg.reaccepted", leg=leg)["sdp"]
    agent.none(lambda x: x.method == "ACK", 0.2)
    engine.command("leg.ack", leg, sdp=OURS)
    assert agent.request("ACK").body == OURS
    hang_up(engine, agent, leg)


def test_our_reinvite_refused(engine, agent, invite):
    leg, _ = up(engine, agent, invite)
    engine.command("leg.reoffer", leg, sdp=NEW)
    agent.answer(agent.request("INVITE"), 488, "No")
    agent.request("ACK")
    assert engine.event("leg.rerefused", leg=leg)["code"] == "488"
    hang_up(engine, agent, leg)


def glare(call, trunk, ours):
    """Theirs while ours is open: 491, and so they say."""
    call.dialog.ask("INVITE", sdp("127.0.0.2"))
    m = call.dialog.reply(491)
    trunk.send(call.dialog._same_transaction("ACK", m["To"]))
    trunk.answer(ours, 491, "Request Pending")
    trunk.request("ACK")


def test_glare_on_their_leg(engine, inbound, trunk):
    """Ours is tried again, at once or up to 2 s later: RFC 3261 14.1."""
    call = inbound()
    call.answer(OURS)
    engine.command("leg.reoffer", call.leg, sdp=NEW)
    ours = trunk.request("INVITE")
    glare(call, trunk, ours)
    again = trunk.request("INVITE", timeout=3)
    assert again.body == NEW and again.cseq[0] == ours.cseq[0] + 1
    trunk.answer(again, 200, "OK", sdp("127.0.0.2", 20000))
    assert trunk.request("ACK").cseq[0] == again.cseq[0]
    engine.event("leg.reaccepted", leg=call.leg)
    call.bye()


def test_glare_on_our_leg(engine, agent, invite):
    """Who made the Call-ID waits longer; theirs comes first then."""
    leg, callee = up(engine, agent, invite)
    engine.command("leg.reoffer", leg, sdp=NEW)
    agent.answer(agent.request("INVITE"), 491, "Request Pending")
    agent.request("ACK")
    start = time.monotonic()
    again = agent.request("INVITE", timeout=6)
    assert 2 < time.monotonic() - start < 5.5
    agent.answer(again, 491, "Request Pending")
    agent.request("ACK")
    callee.ask("INVITE", sdp("127.0.0.3"))
    assert engine.event("leg.rerefused", leg=leg)["code"] == "491"
    e = engine.event("leg.reoffered", leg=leg)
    engine.command("leg.reoffer", leg, sdp=NEW)
    assert engine.event("leg.rerefused", leg=leg)["code"] == "491"
    engine.command("leg.reanswer", leg, tid=e["tid"], code=200, sdp=NEW)
    agent.reply(200)
    callee.ack()
    engine.event("leg.confirmed", leg=leg)
    hang_up(engine, agent, leg)


def test_overlapping_invites(engine, inbound):
    call = inbound()
    call.answer(OURS)
    d = call.dialog
    d.ask("INVITE", sdp("127.0.0.2"))
    e = engine.event("leg.reoffered", leg=call.leg)
    first = (d.cseq, d.branch)
    d.ask("INVITE", sdp("127.0.0.2"))
    m = d.reply(500)
    assert 0 <= int(m["Retry-After"]) <= 10
    d.peer.send(d._same_transaction("ACK", m["To"]))
    d.cseq, d.branch = first
    engine.command("leg.reanswer", call.leg, tid=e["tid"], code=200, sdp=NEW)
    d.reply(200)
    d.ack()
    engine.event("leg.confirmed", leg=call.leg)
    d.cseq += 1
    call.bye()


def test_a_request_out_of_order(engine, inbound):
    call = inbound()
    call.answer(OURS)
    call.dialog.ask("INFO", "x", cseq=50, content="text/plain")
    e = engine.event("leg.info", leg=call.leg)
    engine.command("leg.respond", call.leg, tid=e["tid"], code=200)
    call.dialog.reply(200, "INFO")
    call.dialog.ask("INFO", "x", cseq=7, content="text/plain")
    call.dialog.reply(500, "INFO")
    call.dialog.cseq = 50
    call.bye()


def test_reinvite_and_bye(engine, inbound):
    """A BYE ends the re-INVITE that is open: RFC 3261 15.1.2."""
    call = inbound()
    call.answer(OURS)
    d = call.dialog
    d.ask("INVITE", sdp("127.0.0.2"))
    engine.event("leg.reoffered", leg=call.leg)
    invite = (d.cseq, d.branch)
    d.ask("BYE")
    d.reply(200, "BYE")
    m = d.reply(487)
    d.cseq, d.branch = invite
    d.peer.send(d._same_transaction("ACK", m["To"]))
    engine.event("leg.ended", leg=call.leg)


def test_info_both_ways(engine, inbound, trunk):
    call = inbound()
    call.answer(OURS)
    call.dialog.ask("INFO", "Signal=5\r\nDuration=160\r\n",
                    content="application/dtmf-relay")
    e = engine.event("leg.info", leg=call.leg)
    assert e["content_type"] == "application/dtmf-relay"
    assert e["body"] == "Signal=5\r\nDuration=160\r\n"
    engine.command("leg.respond", call.leg, tid=e["tid"], code=200)
    call.dialog.reply(200, "INFO")
    engine.command("leg.send_info", call.leg, content_type="text/plain",
                   body="hello")
    m = trunk.request("INFO")
    assert (m.body, m["Content-Type"]) == ("hello", "text/plain")
    trunk.answer(m, 200)
    call.bye()


def test_other_methods(engine, inbound):
    call = inbound()
    call.answer(OURS)
    call.dialog.ask("OPTIONS")
    call.dialog.reply(200, "OPTIONS")
    call.dialog.ask("MESSAGE", "hi", content="text/plain")
    call.dialog.reply(501, "MESSAGE")
    call.bye()


def test_memo_and_announcement(engine, inbound, agent, invite):
    call = inbound()
    call.answer(OURS, memo="one")
    leg, _ = up(engine, agent, invite, memo="two")
    engine.command("leg.memo", call.leg, memo="three")
    engine.wait(lambda: engine.record(call.leg)["memo"] == "three")
    engine.command("leg.announce")
    engine.event("announce.begin")
    named = {}
    while True:
        engine._read(0.1)
        e = next((x for x in engine.box if x["t"] in (
            "leg.alive", "announce.end")), None)
        if not e:
            continue
        engine.box.remove(e)
        if e["t"] == "announce.end":
            break
        named[e["leg"]] = e["memo"]
    assert named == {call.leg: "three", leg: "two"}
    hang_up(engine, agent, leg)
    call.bye()


def test_the_other_side_has_forgotten(engine, inbound, trunk):
    call = inbound()
    call.answer(OURS)
    engine.command("leg.reoffer", call.leg, sdp=NEW)
    trunk.answer(trunk.request("INVITE"), 481, "Gone")
    trunk.answer(trunk.request("BYE"), 481, "Gone")
    e = engine.event("leg.ended", leg=call.leg)
    assert (e["by"], e["code"]) == ("remote", "481")


def test_strangers_get_nothing(engine, peer):
    d = Caller(peer("127.0.0.9"))
    d.to += ";tag=1.acd-1.l8123000000000001.0123456789abcdef"
    d.remote = "sip:acd-1@127.0.0.1:15060"
    d.ask("INFO", "x", content="text/plain")
    d.reply(481, "INFO")
