# SPDX-License-Identifier: GPL-2.0-or-later
"""A node dies: what it carried goes on from the records in Redis."""

import time

import pytest
from test_outbound import hang_up, up
from wire import sdp

OURS = sdp("127.0.0.1", 30000)
NEW = sdp("127.0.0.1", 30000, "sendonly", 2)


@pytest.fixture
def die(engine):
    """Kills the node; returns when it is there again. It restores what it
    finds; `unseen` is a leg whose record it does not find at once."""
    def kill(unseen=None):
        key = "{p1}:leg:%s" % unseen
        if unseen:
            engine.db.rename(key, "unseen")
        swept = engine.db.info("commandstats").get("cmdstat_keys", {}).get(
            "calls", 0)
        before, seen = engine.boot, len(engine.log())
        # who dies within a second waits longer and longer for its restart
        engine.wait(lambda: engine.stack.status()["kamailio"]["state"]
                    == "running")
        engine.stack.kill("kamailio")
        engine.wait(lambda: engine._read(0.05) or engine.boot != before, 20)
        engine.stack.wait_program("kamailio", 20)
        engine.wait(lambda: "event=directory " in engine.log()[seen:])
        if unseen:
            engine.wait(lambda: engine.db.info("commandstats")[
                "cmdstat_keys"]["calls"] > swept)
            engine.db.rename("unseen", key)
            assert engine.legs() == []
    return kill


def asked(peer, answer=200):
    """The question whether the other side is there, and its answer."""
    m = peer.request("OPTIONS")  # one, and no other test's
    assert m.tag("To")
    peer.answer(m, answer)
    return m


def test_their_bye(engine, inbound, die):
    call = inbound()
    call.answer(OURS, memo="contact=c1")
    die(call.leg)
    call.dialog.ask("BYE")
    call.dialog.reply(200, "BYE")
    e = engine.event("leg.restored", leg=call.leg)
    assert (e["node"], e["state"], e["memo"]) == ("acd-1", "up", "contact=c1")
    e = engine.event("leg.ended", leg=call.leg)
    assert (e["by"], e["cause"]) == ("remote", "bye")


def test_our_bye(engine, inbound, trunk, die):
    """By command; the CSeq is above everything that may have been sent."""
    call = inbound()
    call.answer(OURS)
    engine.command("leg.reoffer", call.leg, sdp=NEW)
    m = trunk.request("INVITE")
    last = m.cseq[0]
    trunk.answer(m, 200, "OK", sdp("127.0.0.2"))
    trunk.request("ACK")
    engine.event("leg.reaccepted", leg=call.leg)
    die(call.leg)
    engine.command("leg.restore", call.leg, contact="c00000000000000ab")
    engine.event("leg.restored", leg=call.leg)
    m = asked(trunk)
    assert m.cseq[0] > last and m["Call-ID"] == call.dialog.call
    assert "c00000000000000ab" in engine.kamcmd("acd.legs")
    assert engine.record(call.leg)["boot"] == engine.boot
    engine.command("leg.end", call.leg)
    m = trunk.request("BYE")
    assert m.cseq[0] > last
    trunk.answer(m, 200)
    assert engine.event("leg.ended", leg=call.leg)["by"] == "local"


def test_callee_hangs_up(engine, invite, agent, die):
    leg, callee = up(engine, agent, invite)
    die()
    callee.ask("BYE")
    agent.reply(200, "BYE")
    engine.event("leg.restored", leg=leg)
    assert engine.event("leg.ended", leg=leg)["by"] == "remote"


def test_reinvite_waits_for_its_leg(engine, inbound, die):
    call = inbound()
    call.answer(OURS)
    die(call.leg)
    call.dialog.ask("INVITE", sdp("127.0.0.2", 20000, "sendonly", 2))
    e = engine.event("leg.reoffered", leg=call.leg)
    assert e["direction"] == "sendonly"
    body = sdp("127.0.0.1", 30000, "recvonly", 2)
    engine.command("leg.reanswer", call.leg, tid=e["tid"], code=200, sdp=body)
    assert call.dialog.reply(200).body == body
    call.dialog.ack()
    engine.event("leg.confirmed", leg=call.leg)
    call.bye()
    assert engine.stats()["restored"] == 1


def test_info_waits_for_its_leg(engine, inbound, die):
    call = inbound()
    call.answer(OURS)
    die(call.leg)
    call.dialog.ask("INFO", "Signal=5", content="application/dtmf-relay")
    e = engine.event("leg.info", leg=call.leg)
    engine.command("leg.respond", call.leg, tid=e["tid"], code=200)
    call.dialog.reply(200, "INFO")
    call.bye()


def test_acknowledged_after_the_death(engine, inbound, die):
    """The 200 left, the ACK comes to the next life."""
    call = inbound()
    engine.command("leg.answer", call.leg, sdp=OURS)
    call.dialog.answered(ack=False)
    die(call.leg)
    call.dialog.ack()
    assert engine.event("leg.restored", leg=call.leg)["state"] == "offered"
    engine.event("leg.confirmed", leg=call.leg)
    assert engine.record(call.leg)["state"] == "up"
    call.bye()


def test_acknowledgement_died_with_the_node(engine, inbound, trunk, die):
    call = inbound()
    engine.command("leg.answer", call.leg, sdp=OURS)
    call.dialog.answered(ack=False)
    die()
    engine.command("leg.restore", call.leg)
    asked(trunk)
    engine.event("leg.confirmed", leg=call.leg)
    call.bye()


def test_next_boot_has_them_at_once(engine, inbound, invite, agent, trunk,
                                    die):
    """Nobody has to ask for what this node's earlier boot had."""
    call = inbound()
    call.answer(OURS)
    leg, callee = up(engine, agent, invite)
    die()
    for name, peer in ((call.leg, trunk), (leg, agent)):
        engine.event("leg.restored", leg=name)
        asked(peer)
    assert sorted(engine.legs()) == sorted([call.leg, leg])
    callee.ask("BYE")
    agent.reply(200, "BYE")
    call.bye()


def test_phone_comes_by_another_way(engine, invite, agent, peer, die):
    """Its NAT, or its connection, is another one since: we follow."""
    leg, callee = up(engine, agent, invite, route="agent",
                     dst="sip:%s:%d" % (agent.addr, agent.port))
    die()
    engine.event("leg.restored", leg=leg)
    asked(agent)
    elsewhere = peer(agent.addr, 5072)
    callee.peer = elsewhere
    callee.ask("INFO", "x", content="text/plain")
    e = engine.event("leg.info", leg=leg)
    engine.command("leg.respond", leg, tid=e["tid"], code=200)
    elsewhere.reply(200, "INFO")
    hang_up(engine, elsewhere, leg)


def test_nobody_there_any_more(engine, inbound, trunk, die):
    call = inbound()
    call.answer(OURS)
    die()
    engine.command("leg.restore", call.leg)
    engine.event("leg.restored", leg=call.leg)
    asked(trunk, 481)
    e = engine.event("leg.ended", leg=call.leg)
    assert (e["by"], e["cause"], e["code"]) == ("remote", "error", "481")
    trunk.answer(trunk.request("BYE"), 481)


def test_no_record(engine, inbound, die):
    call = inbound()
    call.answer(OURS)
    die()
    engine.db.delete("{p1}:leg:" + call.leg)
    engine.command("leg.restore", call.leg)
    assert engine.event("leg.gone", leg=call.leg)["reason"] == "no record"
    call.dialog.ask("INFO", "Signal=5", content="application/dtmf-relay")
    call.dialog.reply(481, "INFO")
    call.dialog.ask("BYE")
    call.dialog.reply(200, "BYE")


def test_forged_tag_asks_nobody(engine, inbound, die):
    call = inbound()
    call.answer(OURS)
    die()
    right = call.dialog.to
    call.dialog.to = right[:-1] + ("0" if right[-1] != "0" else "1")
    gets = engine.db.info("commandstats").get("cmdstat_get", {})
    call.dialog.ask("INFO", "x", content="text/plain")
    call.dialog.reply(481, "INFO")
    assert engine.stats()["forged"] == 1 and engine.stats()["restored"] == 0
    assert gets  # the directory's version is read; legs are not
    call.dialog.to = right
    call.bye()


def test_redis_is_away(engine, inbound, die):
    """A request waits for the record; what cannot wait is refused."""
    call = inbound()
    call.answer(OURS)
    die(call.leg)
    engine.db.execute_command("CLIENT", "PAUSE", "1200", "ALL")
    call.dialog.ask("INFO", "Signal=5", content="application/dtmf-relay")
    e = engine.event("leg.info", timeout=10, leg=call.leg)
    engine.command("leg.respond", call.leg, tid=e["tid"], code=200)
    call.dialog.reply(200, "INFO")
    call.bye()


def test_two_hundred(engine, inbound, trunk, die):
    """All are back three seconds after the kill, and each can hang up."""
    calls = []
    for _ in range(200):
        calls.append(inbound())
        calls[-1].answer(OURS)
    killed = time.monotonic()
    die()
    legs = {call.leg for call in calls}
    engine.wait(lambda: engine.stats()["legs"] == 200)
    seconds = time.monotonic() - killed
    assert set(engine.legs()) == legs
    print("200 legs restored %.1f s after the kill" % seconds)
    assert seconds < 3
    for _ in calls:
        asked(trunk)
    for call in calls:
        call.bye()


def test_redis_lost_the_records(engine, inbound, die):
    """They are written again; a call that is over meanwhile is not."""
    call, over = inbound(), inbound()
    for c in (call, over):
        c.answer(OURS)
    engine.db.delete("{p1}:leg:" + call.leg, "{p1}:leg:" + over.leg)
    engine.db.client_kill_filter(_type="normal", skipme=True)
    engine.wait(lambda: engine.record(call.leg))
    over.bye()
    die()
    engine.event("leg.restored", leg=call.leg)
    call.bye()
