# SPDX-License-Identifier: GPL-2.0-or-later
"""What the configuration lets in: trunks, phones, numbers, limits."""

import subprocess

import pytest
from conftest import LIMIT, LIMITED, NUMBER, STRANGER, Inbound
from wire import (Callee, Caller, TlsPeer, WebPeer, authorization,
                  sdp)

OURS = sdp("127.0.0.1", 30000)
DOMAIN = "demo.example"


class Phone:
    def __init__(self, peer, user="alice", password=None):
        self.peer, self.user = peer, user
        self.password = password or user + "-secret"
        self.aor = "<sip:%s@%s>" % (user, DOMAIN)
        self.call = "reg-%s-%d" % (user, peer.port)
        self.cseq = 0

    def _send(self, expires, extra=()):
        self.cseq += 1
        self.peer.send(self.peer.write(
            "REGISTER", "sip:" + DOMAIN, self.aor + ";tag=r1", self.aor,
            self.call, self.cseq, extra=["Expires: %d" % expires, *extra],
            contact=self.peer.contact(self.user)))
        return self.peer.take(lambda m: m.is_reply and m.method == "REGISTER"
                              and m.cseq[0] == self.cseq)

    def register(self, expires=300):
        m = self._send(expires)
        assert m.code == 401
        return self._send(expires, ["Authorization: " + authorization(
            m["WWW-Authenticate"], "REGISTER", "sip:" + DOMAIN, self.user,
            self.password)])


@pytest.fixture
def phone(peer):
    return Phone(peer("127.0.0.11"))


def test_register_and_unregister(engine, phone):
    assert phone.register().code == 200
    e = engine.event("agent.registered", user="alice")
    assert (e["domain"], e["node"]) == (DOMAIN, engine.layout.node)
    assert e["contact_uri"].startswith("sip:alice@127.0.0.11:5060")
    assert 290000 < int(e["expires_ms"]) <= 300000
    assert phone.register().code == 200  # a refresh is told as well
    engine.event("agent.registered", user="alice")
    assert phone.register(0).code == 200
    e = engine.event("agent.unregistered", user="alice")
    assert e["cause"] == "removed"


def test_the_last_of_two_bindings(engine, peer):
    phones = [Phone(peer("127.0.0.11", p), "bob") for p in (5060, 5062)]
    for p in phones:
        assert p.register().code == 200
        engine.event("agent.registered", user="bob")
    assert phones[0].register(0).code == 200
    engine.none("agent.unregistered", 0.3)
    assert phones[1].register(0).code == 200
    engine.event("agent.unregistered", user="bob")


def test_wrong_password(engine, peer):
    for user in ("alice", "nobody"):
        p = Phone(peer("127.0.0.12"), user, "guess")
        assert p.register().code == 403
        p.peer.close()
    engine.none("agent.registered", 0.2)


def test_invite_to_a_registered_phone(engine, phone, invite):
    assert phone.register().code == 200
    leg = invite(route="agent", ruri="sip:alice@" + DOMAIN)
    callee = Callee(phone.peer)
    assert callee.invite.start.startswith("INVITE sip:alice@127.0.0.11:5060")
    callee.ok()
    engine.event("leg.answered", leg=leg)
    engine.command("leg.end", leg)
    phone.peer.answer(phone.peer.request("BYE"), 200)
    engine.event("leg.ended", leg=leg)
    phone.register(0)
    engine.event("agent.unregistered", user="alice")


def test_an_agent_dials(engine, phone):
    call = Caller(phone.peer, "*70", "alice", DOMAIN).invite()
    m = call.failed(407)
    call.cseq += 1
    call.branch += "a"
    call.invite(extra=["Proxy-Authorization: " + authorization(
        m["Proxy-Authenticate"], "INVITE", call.uri, "alice",
        "alice-secret")])
    e = engine.event("leg.offered", call_id=call.call)
    assert (e["kind"], e["user"], e["domain"], e["number"]) == (
        "agent", "alice", DOMAIN, "*70")
    engine.command("leg.reject", e["leg"], code=480)
    call.failed(480)
    engine.event("leg.ended", leg=e["leg"])


def test_an_agent_over_tcp(engine, peer, invite):
    """Requests go down the connection that the phone opened."""
    phone = Phone(peer("127.0.0.11", 5064, tcp=True), "bob")
    assert phone.register().code == 200
    leg = invite(route="agent", ruri="sip:bob@" + DOMAIN)
    callee = Callee(phone.peer)
    assert "TCP" in callee.invite["Via"]
    assert ";transport=tcp" in callee.invite["Contact"]
    callee.ok()
    engine.event("leg.answered", leg=leg)
    engine.command("leg.end", leg)
    phone.peer.answer(phone.peer.request("BYE"), 200)
    engine.event("leg.ended", leg=leg)
    phone.register(0)
    engine.event("agent.unregistered", user="bob")


@pytest.mark.parametrize("kind", ["tls", "wss"])
def test_an_agent_on_an_encrypted_line(engine, invite, kind):
    """Registered, called, answered, and told BYE on its own connection."""
    peer = {"tls": TlsPeer, "wss": WebPeer}[kind](
        "127.0.0.11", 0, (engine.layout.addr, engine.layout.ports[kind]))
    phone = Phone(peer, "bob")
    assert phone.register().code == 200
    engine.event("agent.registered", user="bob")
    leg = invite(route="agent", ruri="sip:bob@" + DOMAIN)
    callee = Callee(peer)
    assert "transport=" in callee.invite["Contact"]
    callee.ok()
    engine.event("leg.answered", leg=leg)
    callee.ask("INFO", "x", content="text/plain")
    e = engine.event("leg.info", leg=leg)
    engine.command("leg.respond", leg, tid=e["tid"], code=200)
    peer.reply(200, "INFO")
    engine.command("leg.end", leg)
    peer.answer(peer.request("BYE"), 200)
    engine.event("leg.ended", leg=leg)
    phone.register(0)
    engine.event("agent.unregistered", user="bob")
    peer.close()


def test_unknown_number(engine, trunk):
    Caller(trunk, "+19995550000").invite().failed(404)
    engine.none("leg.offered", 0.2)


def test_one_spelling_of_a_number(engine, inbound):
    for written in ("0012025550100", "12025550100", "+1-202-555-0100"):
        call = inbound(number=written)
        assert call.offered["number"] == NUMBER
        engine.command("leg.reject", call.leg, code=486)
        call.dialog.failed(486)
        engine.event("leg.ended", leg=call.leg)


def test_unknown_trunk(engine, peer):
    Caller(peer(STRANGER)).invite().failed(407)
    engine.none("leg.offered", 0.2)


def test_trunk_over_its_calls(engine, peer):
    small = peer(LIMITED)
    calls = [Inbound(engine, small) for _ in range(LIMIT)]
    Caller(small).invite().failed(503)
    engine.command("leg.reject", calls[0].leg, code=486)
    calls[0].dialog.failed(486)
    engine.event("leg.ended", leg=calls[0].leg)
    calls[0] = Inbound(engine, small)  # there is room again
    for c in calls:
        engine.command("leg.reject", c.leg, code=486)
        c.dialog.failed(486)
        engine.event("leg.ended", leg=c.leg)


def test_trunk_over_its_rate(engine, peer):
    slow = peer("127.0.0.6")
    calls = [Caller(slow).invite() for _ in range(12)]
    refused = kept = 0
    for c in calls:
        m = slow.take(lambda m: m.is_reply and m["Call-ID"] == c.call
                      and (m.code == 503 or m.code == 100))
        if m.code == 503:
            slow.send(c._same_transaction("ACK", m["To"]))
            refused += 1
        else:
            e = engine.event("leg.offered", call_id=c.call)
            engine.command("leg.reject", e["leg"], code=486)
            c.failed(486)
            kept += 1
    assert kept >= 1 and refused >= 5


def test_unknown_extensions_are_refused(engine, trunk):
    m = Caller(trunk, headers=["Require: 100rel, magic"]).invite().failed(420)
    assert "magic" in m["Unsupported"]


def test_what_is_too_large(engine, trunk):
    call = Caller(trunk)
    call.invite(sdp("127.0.0.2") + "a=x:%s\r\n" % ("x" * 20000))
    call.failed(513)


def test_a_scanner_hears_nothing(engine, peer):
    p = peer(STRANGER)
    Caller(p, headers=["User-Agent: friendly-scanner"]).invite()
    p.none(lambda m: m.is_reply, 0.4)


def test_the_directory_changes(engine, trunk):
    other = "+12025550177"
    Caller(trunk, other).invite().failed(404)
    engine.directory(numbers={other: "1:1"})
    engine.wait(lambda: other in engine.kamcmd("htable.dump", "number"))
    assert NUMBER not in engine.kamcmd("htable.dump", "number")
    Caller(trunk, NUMBER).invite().failed(404)
    engine.directory()
    engine.wait(lambda: NUMBER in engine.kamcmd("htable.dump", "number"))


def test_tls_is_1_2_or_newer(engine):
    target = "%s:%d" % (engine.layout.addr, engine.layout.ports["tls"])
    r = subprocess.run(["openssl", "s_client", "-connect", target],
                       input="", capture_output=True, text=True, timeout=10)
    assert "TLSv1.3" in r.stdout or "TLSv1.2" in r.stdout, r.stdout


def test_statistics(engine, inbound):
    before = engine.stats()
    call = inbound()
    call.answer(OURS)
    assert engine.legs() == [call.leg]
    assert engine.stats()["legs"] == 1
    call.bye()
    after = engine.stats()
    assert after["offered"] == before["offered"] + 1
    assert after["answered"] == before["answered"] + 1
    assert after["redis"] == "up"
