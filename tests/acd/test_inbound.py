# SPDX-License-Identifier: GPL-2.0-or-later
"""Legs that the other side begins."""

import re

from conftest import NUMBER, TRUNK
from wire import Caller, sdp

OURS = sdp("127.0.0.1", 30000)


def test_answer_and_bye_by_them(engine, inbound):
    call = inbound()
    o = call.offered
    assert (o["kind"], o["trunk"], o["tenant"], o["number"]) == (
        "trunk", "demo-carrier", "1", NUMBER)
    assert o["node"] == engine.layout.node
    assert (o["caller"], o["caller_name"]) == ("caller", "A Caller")
    assert o["source"] == "%s:5060" % TRUNK
    assert "m=audio 20000" in o["sdp"] and o["direction"] == "sendrecv"
    m = call.answer(OURS, memo="role=caller")
    assert m.body == OURS and m["Content-Type"] == "application/sdp"
    assert re.match(r"<sip:%s@127.0.0.1:15060>$" % engine.layout.node,
                    m["Contact"])
    assert m.tag("To").startswith("1.%s.%s." % (engine.layout.node, call.leg))
    assert not m["Server"]
    r = engine.record(call.leg)
    assert (r["memo"], r["state"], r["side"]) == ("role%3Dcaller", "up",
                                                  "uas")
    call.dialog.ask("BYE", extra=["Reason: Q.850;cause=31"])
    call.dialog.reply(200, "BYE")
    e = engine.event("leg.ended", leg=call.leg)
    assert (e["by"], e["cause"], e["q850"]) == ("remote", "bye", "31")


def test_100_is_for_who_waits(engine, inbound, trunk):
    """Who is answered at once hears no 100: without one the INVITE comes
    again when its node dies."""
    slow = inbound()
    assert slow.dialog.reply(100).code == 100
    quick = inbound()
    quick.answer(OURS)
    trunk.none(lambda m: m.code == 100, 0.4)
    for call in slow, quick:
        if call is slow:
            call.answer(OURS)
        call.bye()


def test_bye_by_us(engine, inbound, trunk):
    call = inbound()
    call.answer(OURS)
    engine.command("leg.end", call.leg, q850=16)
    bye = trunk.request("BYE")
    assert bye["Reason"] == "Q.850;cause=16"
    assert bye.cseq[0] >= 1 and bye["Max-Forwards"]
    trunk.answer(bye, 200)
    e = engine.event("leg.ended", leg=call.leg)
    assert (e["by"], e["cause"], e["q850"]) == ("local", "ended", "16")


def test_the_record_is_there_before_the_200(engine, inbound):
    call = inbound()
    engine.command("leg.answer", call.leg, sdp=OURS, memo="m")
    call.dialog.answered(ack=False)
    assert engine.record(call.leg)["memo"] == "m"
    call.dialog.ack()
    engine.event("leg.confirmed", leg=call.leg)
    call.bye()


def test_reject(engine, inbound):
    call = inbound()
    engine.command("leg.reject", call.leg, code=486, q850=17)
    m = call.dialog.failed(486)
    assert m["Reason"] == "Q.850;cause=17"
    e = engine.event("leg.ended", leg=call.leg)
    assert (e["by"], e["cause"], e["code"]) == ("local", "ended", "486")


def test_ringing_then_early_media(engine, inbound):
    call = inbound()
    engine.command("leg.progress", call.leg, code=180)
    assert call.dialog.reply(180).body == ""
    engine.command("leg.progress", call.leg, code=183, sdp=OURS)
    assert call.dialog.reply(183).body == OURS
    call.answer(OURS)
    call.bye()


def test_cancel_before_any_command(engine, inbound):
    call = inbound()
    call.dialog.cancel(extra=["Reason: Q.850;cause=16"])
    call.dialog.reply(200, "CANCEL")
    call.dialog.failed(487)
    e = engine.event("leg.ended", leg=call.leg)
    assert (e["by"], e["cause"], e["q850"]) == ("remote", "cancel", "16")


def test_cancel_while_ringing(engine, inbound):
    call = inbound()
    engine.command("leg.progress", call.leg, code=180)
    call.dialog.reply(180)
    call.dialog.cancel()
    call.dialog.reply(200, "CANCEL")
    call.dialog.failed(487)
    assert engine.event("leg.ended", leg=call.leg)["cause"] == "cancel"


def test_cancel_racing_the_200(engine, inbound):
    """Either wins, and both sides agree which."""
    for _ in range(20):
        call = inbound()
        engine.command("leg.answer", call.leg, sdp=OURS)
        call.dialog.cancel()
        m = call.dialog.peer.take(lambda m: m.is_reply and m.code >= 200
                                  and m.method == "INVITE"
                                  and m["Call-ID"] == call.dialog.call)
        if m.code == 200:
            call.dialog.to, call.dialog.remote = m["To"], m.contact_uri()
            call.dialog.ack()
            engine.event("leg.confirmed", leg=call.leg)
            call.bye()
        else:
            assert m.code == 487
            call.dialog.peer.send(call.dialog._same_transaction(
                "ACK", m["To"]))
            assert engine.event("leg.ended",
                                leg=call.leg)["cause"] == "cancel"
        engine.none("leg.ended", 0.01, leg=call.leg)


def test_end_before_the_answer(engine, inbound):
    call = inbound()
    engine.command("leg.end", call.leg, code=480)
    call.dialog.failed(480)
    assert engine.event("leg.ended", leg=call.leg)["by"] == "local"


def test_end_before_the_ack_waits_for_it(engine, inbound, trunk):
    call = inbound()
    engine.command("leg.answer", call.leg, sdp=OURS)
    call.dialog.answered(ack=False)
    engine.command("leg.end", call.leg)
    trunk.none(lambda m: m.method == "BYE", 0.4)
    call.dialog.ack()
    trunk.answer(trunk.request("BYE"), 200)
    assert engine.event("leg.ended", leg=call.leg)["cause"] == "ended"


def test_late_offer(engine, inbound):
    call = inbound(body="")
    assert "sdp" not in call.offered
    engine.command("leg.answer", call.leg, sdp=OURS)
    call.dialog.answered(body=sdp(TRUNK, 20002))
    e = engine.event("leg.confirmed", leg=call.leg)
    assert "m=audio 20002" in e["sdp"]
    call.bye()


def test_missing_ack(engine, inbound, trunk):
    call = inbound()
    engine.command("leg.answer", call.leg, sdp=OURS)
    call.dialog.answered(ack=False)
    again = [call.dialog.reply(200) for _ in range(2)]  # it is repeated
    assert again[0]["To"] == call.dialog.to
    trunk.answer(trunk.request("BYE", timeout=6), 200)
    e = engine.event("leg.ended", leg=call.leg)
    assert (e["by"], e["cause"]) == ("node", "no_ack")


def test_the_ack_ends_the_repetition(engine, inbound, trunk):
    call = inbound()
    call.answer(OURS)
    trunk.box.clear()
    trunk.none(lambda m: m.is_reply and m["Call-ID"] == call.dialog.call, 1.2)
    call.bye()


def test_invite_repeated(engine, inbound, trunk):
    call = inbound()
    trunk.send(call.dialog.last)
    engine.none("leg.offered", 0.3)
    engine.command("leg.reject", call.leg, code=486)
    call.dialog.failed(486)
    engine.event("leg.ended", leg=call.leg)


def test_bye_repeated_after_the_leg_is_gone(engine, inbound, trunk):
    call = inbound()
    call.answer(OURS)
    call.bye()
    trunk.send(call.dialog.last)
    call.dialog.reply(200, "BYE")
    engine.none("leg.ended", 0.2, leg=call.leg)


def test_two_byes_cross(engine, inbound, trunk):
    call = inbound()
    call.answer(OURS)
    engine.command("leg.end", call.leg)
    bye = trunk.request("BYE")
    call.dialog.ask("BYE")
    call.dialog.reply(200, "BYE")
    trunk.answer(bye, 200)
    engine.event("leg.ended", leg=call.leg)
    engine.none("leg.ended", 0.2, leg=call.leg)


def test_two_calls_have_their_own_tags(engine, inbound):
    a, b = inbound(), inbound()
    tags = [c.answer(OURS).tag("To") for c in (a, b)]
    assert tags[0] != tags[1]
    # b's tag in a's dialog is refused: the MAC is good, the dialog is not
    wrong = a.dialog
    to, wrong.to = wrong.to, b.dialog.to
    wrong.ask("INFO", "x", content="text/plain")
    wrong.reply(481, "INFO")
    wrong.to = to
    a.bye()
    b.bye()


def test_a_forged_tag_is_refused(engine, inbound):
    call = inbound()
    call.answer(OURS)
    good = call.dialog.to
    last = good[-1]
    call.dialog.to = good[:-1] + ("0" if last != "0" else "1")
    before = engine.stats()["forged"]
    call.dialog.ask("BYE")
    call.dialog.reply(481, "BYE")
    assert engine.stats()["forged"] == before + 1
    call.dialog.to = good
    call.bye()


def test_over_tcp(engine, peer):
    from conftest import Inbound
    phone = peer(TRUNK, 5066, tcp=True)
    call = Inbound(engine, phone)
    m = call.answer(OURS)
    assert ";transport=tcp" in m["Contact"]
    engine.command("leg.end", call.leg)
    phone.answer(phone.request("BYE"), 200)
    engine.event("leg.ended", leg=call.leg)


def test_text_that_is_no_utf8_still_arrives(engine, trunk):
    call = Caller(trunk)
    call.from_ = call.from_.replace("A Caller", "A\udcffB")
    call.invite()
    e = engine.event("leg.offered", call_id=call.call)
    assert e["caller_name"] == "A?B"
    engine.command("leg.reject", e["leg"], code=404)
    call.failed(404)
    engine.event("leg.ended", leg=e["leg"])


def test_commands_for_a_leg_that_is_gone(engine):
    leg = "l8123000000000001"
    engine.command("leg.answer", leg, sdp=OURS)
    assert engine.event("leg.gone", leg=leg)["reason"]


def test_a_merged_invite(engine, inbound, peer):
    """The same INVITE once more, by another way: RFC 3261 8.2.2.2."""
    call = inbound()
    d = call.dialog
    first = d.branch
    d.branch = first + "-fork"
    d.invite()
    d.failed(482)
    engine.none("leg.offered", 0.2)
    d.branch = first
    call.answer(OURS)
    call.bye()
    d.cseq, d.to = 1, "<sip:%s@%s>" % (d.number, d.peer.proxy[0])
    d.branch = first + "-later"
    d.invite()  # the first one is over: a call of its own
    e = engine.event("leg.offered", call_id=d.call)
    engine.command("leg.reject", e["leg"], code=486)
    d.failed(486)
    engine.event("leg.ended", leg=e["leg"])


def replacing(replaced, **k):
    d = replaced.dialog
    names = {"call": d.call, "ours": d.to.split("tag=")[1],
             "theirs": d.from_.split("tag=")[1], **k}
    return ["Replaces: %(call)s;to-tag=%(ours)s;from-tag=%(theirs)s" % names]


def test_an_invite_that_replaces(engine, inbound, trunk):
    """Only a confirmed dialog, named by all of its tags: RFC 3891."""
    call = inbound()
    call.answer(OURS)
    for code, headers in (
            (481, replacing(call, call="another@127.0.0.2")),
            (481, replacing(call, ours="none")),
            (481, replacing(call, theirs="none")),
            (400, ["Replaces: " + call.dialog.call]),
            (400, replacing(call) * 2)):
        Caller(trunk, headers=headers).invite().failed(code)
    second = inbound(headers=replacing(call))
    assert second.offered["replaces"] == call.leg
    engine.command("leg.reject", second.leg, code=603)
    second.dialog.failed(603)
    engine.event("leg.ended", leg=second.leg)
    call.bye()
