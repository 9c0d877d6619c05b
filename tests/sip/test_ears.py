# SPDX-License-Identifier: GPL-2.0-or-later
"""The instruments themselves: an ear that hears everything or nothing would
make every other test worthless. Needs no installation."""

import time

import pytest

from harness import loud
from jf.sim.people import Manner, World, wait_for
from jf.sim.rtp import RtpClock, silence, tone


@pytest.fixture
def pair():
    clock = RtpClock()
    clock.start()
    made = []

    def make(codec="PCMA"):
        a = clock.endpoint("127.0.0.1", 12000 + 4 * len(made), codec)
        b = clock.endpoint("127.0.0.1", 12002 + 4 * len(made), codec)
        made.extend((a, b))
        b.talk((a.addr, a.port))
        a.talk()
        return a, b
    yield make
    for ep in made:
        ep.close()
    clock.stop()


def listen(ear, seconds=0.6):
    begin = time.time() + 0.06
    wait_for(lambda: time.time() > begin + seconds + 0.05, 5)
    return begin, begin + seconds


@pytest.mark.parametrize("codec", ["PCMA", "PCMU", "G722"])
def test_a_tone_is_heard_and_no_other(pair, codec):
    a, b = pair(codec)
    b.say(tone(620))
    t0, t1 = listen(a)
    loud(a, t0, t1, 620, absent=(440, 500, 840, 1000))
    with pytest.raises(AssertionError):
        loud(a, t0, t1, 440)
    with pytest.raises(AssertionError):
        loud(a, t0, t1, 620, absent=(620,))


def test_silence_is_not_sound(pair):
    a, b = pair()
    b.say(silence())
    t0, t1 = listen(a)
    assert a.level(t0, t1) < 20
    assert not a.tone_times(620, t0, t1)


def test_two_speakers_at_once_are_seen(pair):
    """Two streams to one ear, as when an old peer was not cut off."""
    a, b = pair()
    c, d = pair()
    d.talk((a.addr, a.port))
    b.say(tone(620))
    d.say(tone(1000))
    t0, t1 = listen(a)
    assert len(a.ssrcs(t0, t1)) == 2
    loud(a, t0, t1, 620, 1000)


def test_a_hole_is_measured(pair):
    a, b = pair()
    b.say(tone(620))
    t0, t1 = listen(a)
    assert a.tone_gap(620, t0, t1) < 0.1 and not a.gaps(t0, t1, 0.1)
    b.hush()
    hole = time.time()
    wait_for(lambda: time.time() > hole + 0.3, 5)
    b.talk((a.addr, a.port))
    listen(a, 0.2)
    assert 0.25 < a.tone_gap(620, t0, hole + 0.4) < 0.45
    assert a.gaps(t0, hole + 0.4, 0.2)


def test_digits(pair):
    a, b = pair()
    for digit in "15#":
        b.digit(digit)
    t0, t1 = listen(a, 0.8)
    assert a.digits(t0, t1) == "15#"


def test_telephones_talk_to_each_other():
    world = World(("127.0.0.11", 12500), 12500)
    try:
        alice = world.agent("alice", "demo.example", "x")
        alice.phone.proxy = ("127.0.0.2", 12500)
        alice.manner = Manner(answer_ms=50)
        c = world.carrier().call("alice")
        c.wait("answered")
        agent = alice.wait_call()
        agent.wait("acked")
        t0, t1 = listen(c.ear)
        loud(c.ear, t0, t1, alice.hz, absent=(500,))
        loud(agent.ear, t0, t1, 500, absent=(alice.hz,))
        c.hold()
        agent.bye()
        c.wait("ended")
        assert c.call.bye_by == "them" and agent.call.bye_by == "us"
        alice.manner = Manner(refuse=603)
        c = world.carrier().call("alice")
        c.wait("ended")
        assert c.call.code == 603
        alice.manner = Manner(answer_ms=None)
        c = world.carrier().call("alice")
        c.wait("180")
        c.call.cancel()
        c.wait("ended")
        assert c.call.code == 487
        alice.calls[-1].wait("cancel")
    finally:
        world.close()
