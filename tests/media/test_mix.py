# SPDX-License-Identifier: GPL-2.0-or-later
"""Who hears whom, through rtpengine and the worker, proven by tones."""

import signal
import time

import pytest

from house import spoof
from jf.sim.people import wait_for

A, B, C = 500, 1000, 1500
ALL = (A, B, C)


def hears(leg, *tones, timeout=3, seconds=0.4):
    leg.hears(tones, [f for f in ALL if f not in tones], timeout, seconds)


def three(house):
    return house.leg(A), house.leg(B, "PCMU"), house.leg(C)


def test_nobody_hears_anybody_without_a_row(house):
    for leg in three(house):
        leg.endpoint.packets = []
        wait_for(lambda e=leg.endpoint: len(e.packets) > 25)
        hears(leg)
        # silence is sent: the far end must not think that we are gone
        now = time.time()
        assert not leg.endpoint.gaps(now - 0.4, now)


def test_every_combination_of_three(house):
    legs = three(house)
    for mask in range(64):
        rows = []
        for i, leg in enumerate(legs):
            others = [o for o in legs if o is not leg]
            row = [o for k, o in enumerate(others) if mask >> (2 * i + k) & 1]
            leg.hear(*row)
            rows.append((leg, [o.hz for o in row]))
        for leg, row in rows:
            hears(leg, *row, seconds=0.2)


def test_gain(house):
    a, b, _ = three(house)
    for percent in (100, 25, 50):
        a.hear(**{b.id: percent})
        wait_for(lambda: abs(a.tones([B])[B] / 80 - percent) < percent / 10,
                 3, 0.05, "%d %%" % percent)


def test_codecs_of_both_sides(house):
    a, b = house.leg(A, "G722"), house.leg(B, "PCMU")
    a.hear(b)
    b.hear(a)
    hears(a, B)
    hears(b, A)
    now = time.time()
    assert a.endpoint.codecs(now - 0.4, now) == {"G722"}
    assert b.endpoint.codecs(now - 0.4, now) == {"PCMU"}


def test_strangers_are_not_heard(house):
    a, b, _ = three(house)
    a.hear(b)
    hears(a, B)
    spoof(b.port)
    hears(a, B)
    before = a.endpoint.level(time.time() - 0.9, time.time())
    assert before < 7000  # the stranger was louder by far
    removed = b.remove()
    assert int(removed["lost"]) == 0  # and is not in the figures


def test_what_was_measured(house):
    a, b, _ = three(house)
    a.hear(b)
    hears(a, B)
    sent = b.endpoint.sent
    removed = b.remove()
    assert abs(int(removed["packets"]) - sent) < 25
    assert int(removed["lost"]) == 0
    assert int(removed["jitter_us"]) < 20000
    assert 400 < int(removed["mos100"]) <= 441


def test_a_leg_that_is_not_known(house):
    at = house.last_id()
    house.command("media.remove", leg="l00000000000000ff")
    assert house.wait("media.removed", at,
                      leg="l00000000000000ff")["packets"] == "0"
    house.command("media.play", leg="l00000000000000ff", play=1,
                  prompts="file:x")
    done = house.wait("media.done", at, leg="l00000000000000ff")
    assert done["cause"] == "error"
    house.command("media.hear", leg="l00000000000000ff", hears="")
    house.command("media.add", leg="l00000000000000fe", port=1,
                  point="127.0.0.1:5")  # not of this partition's block
    house.command("media.remove", leg="l00000000000000fe")
    house.wait("media.removed", at, leg="l00000000000000fe")


def test_a_partition_has_its_own_ports(house):
    leg = house.leg(A, partition=1)
    assert leg.port >= 20500
    leg.endpoint.packets = []
    wait_for(lambda: len(leg.endpoint.packets) > 10)


def test_the_outer_port_stays_when_the_inner_side_moves(house):
    a, b, c = three(house)
    a.hear(b)
    hears(a, B)
    outer = a.outer
    a.port += 400
    a.point = "127.0.0.1:%d" % a.port
    a.negotiate(a.point)
    assert a.outer == outer
    a.add()  # the port is another: a leg as new
    a.hear(b, c)
    hears(a, B, C)


def test_worker_dies_and_two_talk_on(house):
    a, b = house.leg(A, "PCMU"), house.leg(B)
    a.hear(b)
    b.hear(a)
    hears(a, B)
    hears(b, A)
    house.end("worker", signal.SIGKILL)
    died = time.time()
    a.negotiate(b.inner)
    b.negotiate(a.inner)
    hears(a, B, timeout=2)
    hears(b, A, timeout=2)
    for leg in (a, b):
        gaps = leg.endpoint.gaps(died - 0.1, time.time() - 0.05, 0.1)
        assert sum(length for _, length in gaps) < 0.5, gaps
    # and back: the same commands at a new boot
    house.start_worker()
    for leg in (a, b):
        leg.add()
        leg.negotiate(leg.point)
    a.hear(b)
    b.hear(a)
    hears(a, B)
    hears(b, A)


def test_worker_comes_back_and_goes_on(house):
    a, b, c = three(house)

    def again():
        for leg in (a, b, c):
            leg.add()
        a.hear(b)
        b.hear(a, c)

    again()
    hears(a, B)
    house.end("worker", signal.SIGKILL)
    house.start_worker()
    again()
    hears(a, B)
    hears(b, A, C)
    hears(c)


def test_sigstop_is_no_burst(house):
    """One that stood still sends nothing of what it had: it begins anew."""
    a, b, _ = three(house)
    a.hear(b)
    hears(a, B)
    at, proc = house.last_id(), house.procs["worker"]
    proc.send_signal(signal.SIGSTOP)
    stood = time.time()
    wait_for(lambda: time.time() > stood + 1)
    woke = time.time()
    proc.send_signal(signal.SIGCONT)
    house.boot = wait_for(lambda: next((
        e["boot"] for e in house.events("node.up", at)
        if e["boot"] != house.boot), None), 5, 0.02, "no new boot")
    assert not a.endpoint.heard(woke, time.time())
    a.add()
    b.add()
    a.hear(b)
    hears(a, B)


@pytest.mark.parametrize("codec", ["PCMA", "PCMU"])
def test_mouth_to_ear(house, codec):
    """A click through both rtpengine sides and the mixer."""
    import numpy as np
    from jf.sim.rtp import Sound
    a, b = house.leg(0 or A, codec), house.leg(B)
    b.hear(a)
    b.hears([A], [C])
    a.endpoint.say(Sound(np.zeros(160)))
    b.hears([], [A])
    b.endpoint.packets = []
    a.endpoint.say(Sound(np.tile([8000, -8000], 80)))
    said = time.time()
    from jf.sim import codec as g
    wait_for(lambda: b.endpoint.level(said, time.time()) > 2000)
    loud = next(p.time for p in b.endpoint.packets if p.pt == 8 and
                np.abs(g.decode("PCMA", p.payload)).max() > 4000)
    assert loud - said < 0.15, loud - said
