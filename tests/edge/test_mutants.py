# SPDX-License-Identifier: GPL-2.0-or-later
"""Mutated messages beside established calls: 10,000, with --long 10^6."""

import glob
import os
import random
import re
import socket
import time

from acd_conftest import TRUNK, Inbound
from conftest import HERE
from wire import sdp

LONG = os.environ.get("JF_LONG") == "1"
MUTANTS = int(os.environ.get("JF_MUTANTS", 1000000 if LONG else 10000))
CALLS = 50
BURST = 100
TOKENS = (b"\r\n", b"\r\n ", b";", b",", b"<", b">", b"\"", b"%00", b"\0",
          b"SIP/2.0", b"Content-Length: 4294967296", b":::", b"@", b"=",
          b"sip:", b";tag=", b";lr", b"\xff\xfe", b"Digest ", b"boundary=",
          b"m=audio 0 RTP/AVP 0\r\n" * 40, b"a" * 3000)


def mutate(rng, data, n):
    """The nth; not a repetition of one before, which tm would answer."""
    data = bytearray(re.sub(rb"z9hG4bK[-.\w]*|mutant",
                            lambda m: m[0] + b"%d" % n, data))
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        at = rng.randrange(len(data) + 1)
        span = rng.choice((1, 2, 8, 40, 200))
        what = rng.randrange(6)
        if what == 0 and at < len(data):
            data[at] = rng.randrange(256)
        elif what == 1:
            del data[at:at + span]
        elif what == 2:
            data[at:at] = data[at:at + span]
        elif what == 3:
            data[at:at] = rng.choice(TOKENS)
        elif what == 4:
            data[at:at + span] = rng.choice(TOKENS)
        else:
            digits = list(re.finditer(rb"\d+", bytes(data)))
            if digits:
                m = rng.choice(digits)
                data[m.start():m.end()] = b"%d" % rng.choice(
                    (0, -1, 65536, 2 ** 31, 2 ** 32, 2 ** 64, 10 ** 40))
        if not data:
            data = bytearray(b"\0")
    return bytes(data[:60000])


def seeds(trunk, c):
    """The torture messages, and good ones: the dialogs' own among them."""
    out = []
    for path in sorted(glob.glob(HERE + "/torture/*.sip")):
        with open(path, "rb") as f:
            out.append(f.read())
    uri = "sip:+12025550100@edge"
    good = []
    for method, to, body in (
            ("INVITE", "<%s>" % uri, sdp("127.0.0.1")),
            ("INVITE", c.to, sdp("127.0.0.1")), ("INFO", c.to, "Signal=1\r\n"),
            ("REFER", c.to, ""), ("UPDATE", c.to, sdp("127.0.0.1")),
            ("CANCEL", "<%s>" % uri, ""), ("ACK", c.to, ""),
            ("PRACK", c.to, ""), ("REGISTER", "<sip:alice@demo.example>", "")):
        good.append(trunk.write(
            method, uri, c.from_ + "x", to, "mutant", 7, body, extra=[
                "Reason: Q.850;cause=16", "RAck: 1 1 INVITE",
                "Diversion: <sip:1@x>", "History-Info: <sip:1@x>;index=1",
                "P-Asserted-Identity: <sip:1@x>", "Privacy: id",
                'Authorization: Digest username="a", realm="b", nonce="c", '
                'uri="sip:d", response="0123456789abcdef0123456789abcdef"',
                "Session-Expires: 1800;refresher=uac"]).encode())
    return out + good * 8


def shm_used(engine):
    text = engine.kamcmd("core.shmmem")
    return int(re.search(r"real_used: (\d+)", text)[1])


def ping(engine, probe, n):
    call = "alive-%d" % n
    probe.send(probe.write("OPTIONS", "sip:edge", "<sip:x@y>;tag=1",
                           "<sip:x@y>", call, 1))
    try:
        probe.take(lambda m: m.is_reply and m["Call-ID"] == call, 2)
    except AssertionError:
        # a full socket buffer loses a datagram: once more
        probe.send(probe.write("OPTIONS", "sip:edge", "<sip:x@y>;tag=1",
                               "<sip:x@y>", call, 2))
        probe.take(lambda m: m.is_reply and m["Call-ID"] == call, 5)
    probe.box.clear()


def present(trunk):
    """Those who are quiet for long are asked, and say that they are there."""
    trunk._read(0)
    asked = [m for m in trunk.box
             if not m.is_reply and m.method == "OPTIONS"]
    for m in asked:
        trunk.answer(m, 200, "OK")
    trunk.box.clear()
    return len(asked)


def strangers():
    """Sockets of many addresses; a third of all is a trunk's."""
    addrs = ["127.0.4.%d" % i for i in range(1, 200)] + ["127.0.0.73"] * 100
    socks = []
    for a in addrs:
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind((a, 0))
        socks.append(s)
    return socks


def test_mutants(engine, sip):
    seed = int(os.environ.get("JF_SEED", "1"))
    rng = random.Random(seed)
    engine.directory(trunks={TRUNK: "good:0:0:", "127.0.0.73": "bad:0:0:",
                             "127.0.0.74": "probe:0:0:"})
    engine.wait(lambda: "bad:0:0" in engine.kamcmd("htable.dump", "trunk"))
    trunk, probe = sip(TRUNK), sip("127.0.0.74")
    calls = [Inbound(engine, trunk) for _ in range(CALLS)]
    for c in calls:
        c.answer(sdp("127.0.0.1", 30000))
    legs = {c.leg for c in calls}
    # one more dialog is known to the mutants, and may come to harm
    known = Inbound(engine, trunk)
    known.answer(sdp("127.0.0.1", 30000))
    bodies, socks = seeds(trunk, known.dialog), strangers()
    before, begin = shm_used(engine), time.monotonic()
    asked = 0
    for n in range(0, MUTANTS, BURST):
        for k in range(n, n + BURST):
            rng.choice(socks).sendto(mutate(rng, rng.choice(bodies), k),
                                     engine.proxy)
        ping(engine, probe, n)
        asked += present(trunk)
    took = time.monotonic() - begin
    for s in socks:
        s.close()
    # with the mutants' own calls under way the list may be too long to tell
    engine.wait(lambda: legs <= set(engine.legs()), 20, lambda:
                "%d calls were lost; %d there; %s" % (
                    len(legs - set(engine.legs())), len(engine.legs()),
                    engine.kamcmd("acd.legs")[:300]))
    engine.command("leg.end", known.leg)
    for c in calls:
        c.dialog.ask("BYE")
        c.dialog.reply(200, "BYE")
    engine.wait(lambda: not engine.legs(), 30, "legs are left")
    engine.wait(lambda: shm_used(engine) < before + (1 << 20), 60,
                "shared memory has grown")
    offered = engine.stats()["offered"] - CALLS - 1
    print("\n%d mutants (seed %d) in %.0f s, %.0f/s, %d of them offered, %d "
          "refused for lack of memory; %d calls kept, asked %d times; shared "
          "memory %d -> %d kB" % (
              MUTANTS, seed, took, MUTANTS / took, offered,
              engine.stats()["scarce"], CALLS, asked, before // 1024,
              shm_used(engine) // 1024))
    assert offered > MUTANTS // 1000
    assert engine.stack.restarts("kamailio") == 0
    bad = [x for x in engine.log().split("\n")
           if "CRITICAL" in x or " BUG" in x or "signal 11" in x]
    assert not bad, "\n".join(bad[:10])
