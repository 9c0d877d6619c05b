# SPDX-License-Identifier: GPL-2.0-or-later
"""Legs that we begin."""

import re
import time

from wire import Callee, sdp

OURS = sdp("127.0.0.1", 30000)
THEIRS = sdp("127.0.0.3", 20004)


def up(engine, agent, invite, **k):
    leg = invite(**k)
    callee = Callee(agent)
    callee.ok(THEIRS)
    engine.event("leg.answered", leg=leg)
    return leg, callee


def hang_up(engine, agent, leg):
    engine.command("leg.end", leg)
    bye = agent.request("BYE")
    agent.answer(bye, 200)
    engine.event("leg.ended", leg=leg)
    return bye


def test_answered(engine, agent, invite):
    leg = invite(memo="agent=1")
    callee = Callee(agent)
    m = callee.invite
    assert m.body == OURS and m["Max-Forwards"] == "70"
    assert m.tag("From").startswith("1.%s.%s." % (engine.layout.node, leg))
    assert m.start == "INVITE sip:agent@127.0.0.3:5060 SIP/2.0"
    assert not m["User-Agent"]
    callee.say(180, "Ringing")
    assert engine.event("leg.ringing", leg=leg)["code"] == "180"
    ack = callee.ok(THEIRS)
    assert ack.cseq == (m.cseq[0], "ACK") and ack["Max-Forwards"]
    assert ack.branch() != m.branch()
    e = engine.event("leg.answered", leg=leg)
    assert "m=audio 20004" in e["sdp"] and e["direction"] == "sendrecv"
    assert e["call_id"] == m["Call-ID"]
    r = engine.record(leg)
    assert (r["side"], r["state"], r["memo"]) == ("uac", "up", "agent%3D1")
    callee.ask("BYE")
    agent.reply(200, "BYE")
    assert engine.event("leg.ended", leg=leg)["by"] == "remote"
    assert "event=invited leg=%s call=c0001000000000abc" % leg \
        in engine.log()


def test_early_media(engine, agent, invite):
    leg = invite()
    callee = Callee(agent)
    callee.say(183, "Session Progress", THEIRS)
    e = engine.event("leg.ringing", leg=leg)
    assert e["code"] == "183" and "20004" in e["sdp"]
    callee.ok(THEIRS)
    engine.event("leg.answered", leg=leg)
    hang_up(engine, agent, leg)


def test_busy_and_declined(engine, agent, invite):
    for code, q850, extra in ((486, "17", ()), (603, "21", ()),
                              (480, "19", ["Reason: Q.850;cause=19"])):
        leg = invite()
        callee = Callee(agent)
        callee.say(code, "No", extra=extra)
        agent.request("ACK")
        e = engine.event("leg.ended", leg=leg)
        assert (e["by"], e["cause"], e["code"], e["q850"]) == (
            "remote", "refused", str(code), q850)


def test_no_answer_then_end(engine, agent, invite):
    leg = invite()
    callee = Callee(agent)
    callee.say(180, "Ringing")
    engine.event("leg.ringing", leg=leg)
    engine.command("leg.end", leg)
    cancel = agent.request("CANCEL")
    assert cancel.branch() == callee.invite.branch()
    agent.answer(cancel, 200)
    callee.say(487, "Request Terminated")
    agent.request("ACK")
    e = engine.event("leg.ended", leg=leg)
    assert (e["by"], e["cause"], e["code"]) == ("local", "ended", "487")


def test_end_before_a_1xx(engine, agent, invite):
    """CANCEL waits for the first provisional reply: RFC 3261 9.1."""
    leg = invite()
    callee = Callee(agent)
    engine.command("leg.end", leg)
    agent.none(lambda m: m.method == "CANCEL", 0.4)
    callee.say(100, "Trying")
    agent.answer(agent.request("CANCEL"), 200)
    callee.say(487, "Request Terminated")
    agent.request("ACK")
    assert engine.event("leg.ended", leg=leg)["cause"] == "ended"


def test_end_racing_the_200(engine, agent, invite):
    """Their 200 is acknowledged, then the dialog is ended."""
    leg = invite()
    callee = Callee(agent)
    callee.say(180, "Ringing")
    engine.event("leg.ringing", leg=leg)
    engine.command("leg.end", leg)
    cancel = agent.request("CANCEL")
    callee.say(200, "OK", THEIRS)
    agent.answer(cancel, 200)
    assert agent.request("ACK").cseq[0] == callee.invite.cseq[0]
    agent.answer(agent.request("BYE"), 200)
    e = engine.event("leg.ended", leg=leg)
    assert (e["by"], e["cause"]) == ("local", "ended")
    engine.none("leg.answered", 0.2, leg=leg)


def test_end_and_then_silence(engine, agent, invite):
    """A phone that never replies to the CANCEL does not keep the leg."""
    leg = invite()
    callee = Callee(agent)
    callee.say(180, "Ringing")
    engine.event("leg.ringing", leg=leg)
    engine.command("leg.end", leg)
    agent.answer(agent.request("CANCEL"), 200)
    start = time.monotonic()
    engine.event("leg.ended", leg=leg, timeout=8)
    assert time.monotonic() - start > 2
    engine.wait(lambda: "current: 0\r" in engine.kamcmd("tm.stats")
                or "current: 0\n" in engine.kamcmd("tm.stats"), 30)


def test_unreachable(engine, invite):
    leg = invite(ruri="sip:agent@127.0.0.7:5999", dst="sip:127.0.0.7:5999")
    e = engine.event("leg.ended", leg=leg, timeout=9)
    assert (e["by"], e["cause"], e["code"]) == ("node", "timeout", "408")


def test_no_target(engine, invite):
    leg = invite(route="agent", ruri="sip:nobody@demo.example")
    e = engine.event("leg.ended", leg=leg)
    assert (e["cause"], e["code"]) == ("refused", "480")


def test_invited_once(engine, agent, invite):
    leg = invite()
    callee = Callee(agent)
    engine.command("leg.invite", leg, route="trunk",
                   ruri="sip:agent@127.0.0.3:5060",
                   **{"from": "<sip:a@b>", "to": "<sip:c@d>"})
    agent.none(lambda m: m.method == "INVITE"
               and m["Call-ID"] != callee.call, 0.4)
    callee.ok(THEIRS)
    engine.event("leg.answered", leg=leg)
    hang_up(engine, agent, leg)


def test_digest(engine, agent, invite):
    for code, header, answer in (
            (401, "WWW-Authenticate", "Authorization"),
            (407, "Proxy-Authenticate", "Proxy-Authorization")):
        leg = invite()
        first = Callee(agent)
        first.say(code, "Who", extra=[
            header + ': Digest realm="carrier", nonce="4711abc", '
            'algorithm=MD5, qop="auth", opaque="o1"'])
        agent.request("ACK")
        again = Callee(agent)
        assert again.call == first.call
        assert again.invite.cseq[0] == first.invite.cseq[0] + 1
        assert again.invite.body == OURS
        check_digest(again.invite, answer)
        again.ok(THEIRS)
        engine.event("leg.answered", leg=leg)
        bye = hang_up(engine, agent, leg)
        assert bye.cseq[0] == again.invite.cseq[0] + 1


def check_digest(m, header):
    import hashlib
    import re

    def part(name):
        return re.search(r'\b%s="?([^",]+)' % name, m[header])[1]

    def md5(*v):
        return hashlib.md5(":".join(v).encode()).hexdigest()
    want = md5(md5("trunk1", "carrier", "secret"), "4711abc", part("nc"),
               part("cnonce"), "auth", md5("INVITE", part("uri")))
    assert part("response") == want
    assert part("username") == "trunk1" and part("opaque") == "o1"


def test_digest_refused_twice(engine, agent, invite):
    leg = invite()
    for _ in range(2):
        Callee(agent).say(401, "Who", extra=[
            'WWW-Authenticate: Digest realm="carrier", nonce="n"'])
        agent.request("ACK")
    assert engine.event("leg.ended", leg=leg)["code"] == "401"


def test_digest_of_an_unknown_realm(engine, agent, invite):
    leg = invite()
    Callee(agent).say(401, "Who", extra=[
        'WWW-Authenticate: Digest realm="elsewhere", nonce="n"'])
    assert engine.event("leg.ended", leg=leg)["code"] == "401"


def test_late_offer(engine, agent, invite):
    leg = invite(body=None)
    callee = Callee(agent)
    assert callee.invite.body == ""
    callee.ok(THEIRS, ack=False)
    e = engine.event("leg.answered", leg=leg)
    assert "20004" in e["sdp"]
    agent.none(lambda m: m.method == "ACK", 0.2)
    engine.command("leg.ack", leg, sdp=OURS)
    assert agent.request("ACK").body == OURS
    hang_up(engine, agent, leg)


def test_lost_ack(engine, agent, invite):
    """Each repeated 200 gets the same ACK."""
    leg = invite()
    callee = Callee(agent)
    first = callee.ok(THEIRS)
    engine.event("leg.answered", leg=leg)
    for _ in range(3):
        callee.say(200, "OK", THEIRS)
        again = agent.request("ACK")
        assert again.cseq == first.cseq and again.tag("To") == callee.tag
    engine.none("leg.answered", 0.1, leg=leg)
    hang_up(engine, agent, leg)


def test_a_2xx_when_the_transaction_is_gone(engine, agent, invite):
    """The leg itself acknowledges, and ends what a fork brings late."""
    leg = invite()
    callee = Callee(agent)
    first = callee.ok(THEIRS)
    engine.event("leg.answered", leg=leg)
    engine.wait(lambda: re.search(r"current: 0\b", engine.kamcmd("tm.stats")),
                12)
    callee.say(200, "OK", THEIRS)
    again = agent.request("ACK")
    assert again.cseq == first.cseq and again.tag("To") == callee.tag
    callee.say(200, "OK", THEIRS, tag="late")
    assert agent.request("ACK").tag("To") == "late"
    bye = agent.request("BYE")
    assert bye.tag("To") == "late"
    agent.answer(bye, 200)
    assert hang_up(engine, agent, leg).tag("To") == callee.tag


def test_forked_2xx_is_ended(engine, agent, invite):
    leg = invite()
    callee = Callee(agent)
    callee.ok(THEIRS)
    engine.event("leg.answered", leg=leg)
    callee.say(200, "OK", THEIRS, tag="other")
    assert agent.request("ACK").tag("To") == "other"
    bye = agent.request("BYE")
    assert bye.tag("To") == "other"
    agent.answer(bye, 200)
    assert hang_up(engine, agent, leg).tag("To") == callee.tag


def test_route_set(engine, agent, invite):
    leg = invite()
    callee = Callee(agent)
    proxy = "<sip:127.0.0.3:5060;lr;x=1>"
    callee.say(200, "OK", THEIRS, extra=["Record-Route: " + proxy])
    assert agent.request("ACK")["Route"] == proxy
    engine.event("leg.answered", leg=leg)
    assert engine.record(leg)["route"]
    assert hang_up(engine, agent, leg)["Route"] == proxy


def test_a_late_invite_is_not_sent(engine, agent):
    leg = "l0001000000000009"
    engine.command("leg.invite", leg, not_after=1000, route="trunk",
                   ruri="sip:agent@127.0.0.3:5060",
                   **{"from": "<sip:a@b>", "to": "<sip:c@d>"})
    assert engine.event("leg.gone", leg=leg)
    agent.none(lambda m: m.method == "INVITE", 0.3)
