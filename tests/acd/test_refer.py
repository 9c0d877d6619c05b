# SPDX-License-Identifier: GPL-2.0-or-later
"""REFER inside a dialog, its NOTIFYs, and the leg that a Replaces names."""

import urllib.parse

from wire import sdp

OURS = sdp("127.0.0.1", 30000)


def refer(call, value):
    call.dialog.ask("REFER", extra=["Refer-To: " + value])


def refused(engine, call, value, code):
    refer(call, value)
    call.dialog.reply(code, "REFER")
    engine.none("leg.referred", 0.2)


def notified(trunk, code, state):
    m = trunk.request("NOTIFY")
    trunk.answer(m, 200)
    assert m.body.startswith("SIP/2.0 %d " % code), m.body
    assert m["Content-Type"] == "message/sipfrag;version=2.0"
    assert (m["Event"], m["Subscription-State"].split(";")[0]) == (
        "refer", state)


def test_refer(engine, inbound, trunk):
    call = inbound()
    call.answer(OURS)
    refer(call, "Bob <sip:bob@demo.example>")
    e = engine.event("leg.referred", leg=call.leg)
    assert (e["refer_to"], e["number"], e["domain"]) == (
        "Bob <sip:bob@demo.example>", "bob", "demo.example")
    assert "replaces" not in e
    engine.command("leg.respond", call.leg, tid=e["tid"], code=202)
    assert call.dialog.reply(202, "REFER")["Contact"]
    for code, state in ((100, "active"), (180, "active"),
                        (486, "terminated")):
        engine.command("leg.notify", call.leg, code=code)
        notified(trunk, code, state)
    call.bye()


def test_refused_at_once(engine, inbound):
    call = inbound()
    call.answer(OURS)
    refused(engine, call, "<sip:bob@demo.example;method=SUBSCRIBE>", 501)
    refused(engine, call, "<nonsense", 400)
    refused(engine, call, "<sip:bob@demo.example?Replaces=nonsense>", 400)
    refused(engine, call, "<sip:bob@demo.example?Replaces=%zz>", 400)
    refused(engine, call, "<sip:bob@demo.example?Replaces="
            "a%3Bto-tag%3Db%3Bfrom-tag%3Dc>", 481)
    call.dialog.ask("REFER")
    call.dialog.reply(400, "REFER")
    call.bye()


def test_replaces_in_it(engine, inbound):
    call, other = inbound(), inbound()
    call.answer(OURS)
    other.answer(OURS)
    d = other.dialog
    tags = [h.split("tag=")[1] for h in (d.to, d.from_)]
    refer(call, "<sip:bob@demo.example?X=1&Replaces=%s>" % urllib.parse.quote(
        "%s;to-tag=%s;from-tag=%s" % (d.call, *tags), safe=""))
    e = engine.event("leg.referred", leg=call.leg)
    assert e["replaces"] == other.leg
    engine.command("leg.respond", call.leg, tid=e["tid"], code=603)
    call.dialog.reply(603, "REFER")
    call.bye()
    other.bye()
