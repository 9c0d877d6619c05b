# SPDX-License-Identifier: GPL-2.0-or-later
"""An rtpengine dies and comes back; an rtpengine stands still, and its calls
move to the other one."""

import os
import signal
import time

from crowd import Crowd
from harness import MUSIC_HZ
from jf.sim.people import Manner, wait_for

TENANT_PARTITION = 1


def until(t):
    wait_for(lambda: time.time() >= t, 120)


def relay_of(site, call_id):
    """rtpengine of the caller's leg: rtp-1 or rtp-2."""
    for line in site.state("leg").values():
        fields = dict(p.split("=", 1) for p in line.split(" ") if "=" in p)
        if fields.get("call_id") == call_id:
            return fields.get("rtpengine")
    return None


def relays(site):
    """name -> how many legs have it."""
    out = {"rtp-1": 0, "rtp-2": 0}
    for line in site.state("leg").values():
        for p in line.split(" "):
            if p.startswith("rtpengine="):
                out[p.removeprefix("rtpengine=")] += 1
    return out


def gaps(crowd, t0, t1):
    """The longest silence that anybody suffered: in talks of the other's
    voice, in line of the music (which prompts interrupt: any sound)."""
    worst = 0
    for p in crowd.parties:
        c = crowd.partner[p]
        worst = max(worst, c.ear.tone_gap(p.hz, t0, t1),
                    p.ear.tone_gap(c.hz, t0, t1))
    return worst


def settle(site, talking, waiting):
    crowd = Crowd(site, talking, waiting)
    time.sleep(0.5)
    crowd.partner = {p: crowd.customer_of(p) for p in crowd.parties}
    return crowd


def all_hang_up(site, crowd):
    for c in crowd.all():
        assert c.call.state == "answered"
    crowd.hang_up()
    for c in crowd.all():
        site.contact(c.call.call_id, 30)


def test_rtpengine_dies(site):
    """kill -9: its calls come back from its own Redis with their ports."""
    crowd = settle(site, 6, 2)
    both = relays(site)
    assert both["rtp-1"] and both["rtp-2"], both
    killed = time.time()
    site.stack.kill("rtpengine")
    until(killed + 4)
    worst = gaps(crowd, killed - 0.2, killed + 4)
    print("the longest silence: %.0f ms" % (worst * 1000))
    assert worst < 1.0
    assert relays(site) == both  # nobody had to move
    all_hang_up(site, crowd)


def test_rtpengine_stands_still(site):
    """SIGSTOP: calls go on at the other one; the old one changes nothing when
    it wakes up."""
    crowd = settle(site, 6, 2)
    pid = site.stack.pid("rtpengine")
    os.killpg(pid, signal.SIGSTOP)
    frozen = time.time()
    try:
        wait_for(lambda: relays(site)["rtp-1"] == 0, 6, 0.02,
                 "not every leg has moved")
        until(frozen + 8)
    finally:
        os.killpg(pid, signal.SIGCONT)
    woken = time.time()
    worst = gaps(crowd, frozen - 0.2, woken)
    print("the longest silence: %.0f ms" % (worst * 1000))
    until(woken + 3)
    after = gaps(crowd, woken, woken + 3)
    assert worst < 3.0
    assert after < 0.25, "the old one disturbs: %.2f s" % after
    assert relays(site)["rtp-1"] == 0
    for a in crowd.agents:
        a.manner = Manner(answer_ms=200)
    all_hang_up(site, crowd)
