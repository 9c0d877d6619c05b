# SPDX-License-Identifier: GPL-2.0-or-later
"""Who calls, as trusted and other trunks say it, and what others learn."""

import pytest
from acd_conftest import NUMBER, PARTITION
from test_trunks import _numbers, line, state
from wire import Caller, sdp

TRUSTED, OTHER = "127.0.0.71", "127.0.0.72"
PAI = 'P-Asserted-Identity: "Real" <sip:+12025550142@carrier.example>'


@pytest.fixture
def offered(engine, sip):
    """offered(address, header, ...): the leg.offered of such an INVITE."""
    engine.directory(trunks={TRUSTED: "good:0:0:trusted", OTHER: "any:0:0:"})
    engine.wait(lambda: "good:0:0:trusted" in engine.kamcmd("htable.dump", "trunk"))
    peers = {}

    def make(address, *headers, user="caller"):
        peer = peers.get(address) or peers.setdefault(address, sip(address))
        call = Caller(peer, NUMBER, user, headers=headers).invite()
        e = engine.event("leg.offered", call_id=call.call)
        engine.command("leg.reject", e["leg"], code=404)
        call.failed(404)
        engine.event("leg.ended", leg=e["leg"])
        return e
    return make


def test_a_trusted_trunk_says_who_calls(offered):
    e = offered(TRUSTED, PAI)
    assert (e["caller"], e["caller_name"]) == ("+12025550142", "Real")
    e = offered(TRUSTED, "P-Asserted-Identity: <tel:+12025550143>",
                "P-Preferred-Identity: <sip:wish@x>")
    assert e["caller"] == "+12025550143"
    assert offered(TRUSTED)["caller"] == "caller"


def test_a_pinned_trunk(engine, offered):
    """The engine hears that its RTP comes from its SDP's address."""
    engine.directory(trunks={TRUSTED: "good:0:0::pinned", OTHER: "any:0:0::"})
    engine.wait(lambda: "pinned" in engine.kamcmd("htable.dump", "trunk"))
    assert offered(TRUSTED)["pinned"] == "1"
    assert "pinned" not in offered(OTHER)


def test_nobody_else_does(offered):
    for header in (PAI, "P-Preferred-Identity: <sip:boss@x>",
                   "Remote-Party-ID: <sip:boss@x>;party=calling"):
        e = offered(OTHER, header)
        assert (e["caller"], e["caller_name"]) == ("caller", "A Caller")


@pytest.mark.parametrize("privacy", ["id", "user;id", "header", "id;critical"])
def test_a_caller_who_hides(offered, privacy):
    """Nothing of the number goes on, whatever header has it."""
    e = offered(TRUSTED, PAI, "Privacy: " + privacy, user="+12025550142")
    assert e["caller"] == "anonymous"
    assert "caller_name" not in e
    e.pop("call_id")
    assert "5550142" not in str(e) and "Real" not in str(e)


def test_privacy_none_hides_nothing(offered):
    assert offered(TRUSTED, PAI, "Privacy: none")["caller"] == "+12025550142"


def test_who_sent_the_call_on(offered):
    e = offered(OTHER, "Diversion: <sip:+12025550160@x>;reason=no-answer",
                "Diversion: <sip:+12025550161@x>;reason=busy")
    assert e["diverted_from"] == "+12025550160"
    e = offered(OTHER,
                "History-Info: <sip:+12025550162@x>;index=1",
                'History-Info: "a, b" <sip:+12025550163@x?Reason=SIP%3B'
                'cause%3D302>;index=1.1, <sip:' + NUMBER
                + "@x;cause=302>;index=1.1.1;mp=1.1")
    assert e["diverted_from"] == "+12025550163"
    assert "diverted_from" not in offered(
        OTHER, "History-Info: <sip:%s@x>;index=1" % NUMBER)


def test_endless_histories(offered):
    entries = ", ".join("<sip:u%d@x>;index=1.%d" % (i, i)
                        for i in range(150))
    e = offered(OTHER, "History-Info: " + entries)
    assert e["diverted_from"] == "u30"  # of 32 that are looked at
    e = offered(OTHER, "Diversion: <sip:%s@x>" % ("9" * 500))
    assert len(e["diverted_from"]) == 64
    assert "diverted_from" not in offered(
        OTHER, "History-Info: <<<,,,\"<", "Diversion: <sip:;;>>")


@pytest.mark.parametrize("trusted, privacy, asserted, hidden", [
    (1, None, True, False), (0, None, False, False),
    (1, "id", True, True), (0, "id", False, True)])
def test_what_a_trunk_learns(engine, sip, trusted, privacy, asserted,
                             hidden):
    """Of a hidden caller an untrusted trunk learns nothing at all."""
    peer = sip("127.0.1.240", 5070)
    engine.directory(gateways={"out": line(peer, trusted=trusted)})
    engine.wait(lambda: state(engine, "out"), 5)
    leg = "l%016x" % (PARTITION << 48 | next(_numbers) & 0xffffffffffff)
    engine.command("leg.invite", leg, route="trunk", privacy=privacy,
                   ruri="sip:+12025559999@trunk",
                   **{"from": "<sip:+12025550100@demo.example>",
                      "to": "<sip:+12025559999@demo.example>"},
                   sdp=sdp("127.0.0.1", 30000), contact="c0001000000000abc")
    m = peer.request("INVITE")
    assert bool(m["P-Asserted-Identity"]) == asserted
    assert ("anonymous.invalid" in m["From"]) == hidden
    assert m["Privacy"] == ("id" if asserted and hidden else "")
    assert not m["Remote-Party-ID"]
    known = [k for k, v in m.headers if "5550100" in v]
    assert known == ([] if hidden else ["From"]) + (
        ["P-Asserted-Identity"] if asserted else []), m.headers
    peer.answer(m, 486, tag="x")
    engine.event("leg.ended", leg=leg)
    engine.directory(gateways={})
    engine.wait(lambda: state(engine, "out") is None, 5)
