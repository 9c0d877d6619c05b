# SPDX-License-Identifier: GPL-2.0-or-later
"""5,000 calls under Kamailio's checking allocator (-x qm): nothing is kept.

About a minute: with --long (JF_LONG=1).
"""

import os
import re
import threading

import pytest
from conftest import PARTITION, TRUNK
from wire import sdp

pytestmark = pytest.mark.skipif(not os.environ.get("JF_LONG"),
                                reason="long: JF_LONG=1")
OURS = sdp("127.0.0.1", 30000)
AGENT = ("127.0.0.3", 5090)
NOISE = 4096  # bytes, over 5,000 calls: less than one byte a call


class Switch(threading.Thread):
    """Answers each call and calls an agent for it; ends both together."""

    def __init__(self, engine):
        super().__init__(daemon=True)
        self.engine, self.over = engine, False
        self.other, self.n, self.ended = {}, 0, 0

    def begin(self, a):
        self.n += 1
        b = "l%016x" % (PARTITION << 48 | 1 << 40 | self.n)
        self.other[a], self.other[b] = b, a
        self.engine.command("leg.progress", a, code=180)
        self.engine.command(
            "leg.invite", b, route="trunk", sdp=OURS, memo="m" * 100,
            ruri="sip:agent@%s:%d" % AGENT, dst="sip:%s:%d" % AGENT,
            **{"from": "<sip:a@demo.example>", "to": "<sip:b@demo.example>"})

    def step(self, e):
        leg, type = e.get("leg"), e["t"]
        if type == "leg.offered":
            self.begin(leg)
        elif type == "leg.answered" and leg in self.other:
            self.engine.command("leg.answer", self.other[leg], sdp=OURS)
        elif type == "leg.ended":
            self.ended += 1
            peer = self.other.pop(leg, None)
            if peer and self.other.pop(peer, None):
                self.engine.command("leg.end", peer)

    def run(self):
        while not self.over:
            self.engine._read(0.1)
            box, self.engine.box = self.engine.box, []
            for e in box:
                self.step(e)


def used(engine):
    """Shared memory that somebody has, when tm has forgotten every call."""
    def idle():
        return re.search(r"current: 0\b", engine.kamcmd("tm.stats"))
    engine.wait(idle, 75, lambda: engine.kamcmd("tm.stats")
                + engine.kamcmd("tm.list")[:3000])
    engine.clean()
    return int(re.search(r"\bused: (\d+)", engine.kamcmd("core.shmmem"))[1])


def run(engine, scenario, calls, port, **k):
    from jf.sim.sipp import Sipp
    s = Sipp(scenario, remote=engine.proxy, local=(TRUNK, port), calls=calls,
             rate=100, timeout=110, media_port=20000, **k).start()
    return s


def test_nothing_is_kept(engine):
    from jf.sim.sipp import Sipp
    switch = Switch(engine)
    agents = Sipp("uas", remote=None, local=AGENT, calls=1000000,
                  timeout=300, media_port=20002, answer_ms=5, talk_ms=0,
                  extra=["-aa"]).start()
    switch.start()
    try:
        rounds, results, port = [], [], 5100
        for calls in (500, 5000):
            ok = run(engine, "uac_basic", calls * 7 // 10, port, hold_ms=300)
            gone = run(engine, "uac_cancel", calls * 3 // 10, port + 1)
            results += [ok.wait(), gone.wait()]
            port += 2
            rounds.append(used(engine))
    finally:
        switch.over = True
        switch.join()
        agents.stop()
    print("shared memory used:", rounds)
    assert rounds[1] - rounds[0] < NOISE, rounds
    assert switch.n >= 5000, "\n".join(map(str, results))
