# SPDX-License-Identifier: GPL-2.0-or-later
"""Prompts, music and speech."""

import os
import time
from urllib.parse import quote

import pytest

from jf.sim.people import wait_for

TALK, ONE, TWO = 500, 700, 1900


@pytest.fixture
def leg(house):
    a = house.leg(TALK)
    wait_for(lambda: len(a.endpoint.packets) > 5)
    a.at = house.last_id()
    return a


def done(house, leg, number, timeout=10):
    return house.wait("media.done", leg.at, timeout, leg=leg.id, play=number)


def test_music_loops_without_a_gap(house, leg):
    house.sound("loop.wav", (ONE, 0.5))  # whole periods: no phase jump
    leg.play(1, "file:loop.wav", loop=1)
    leg.hears([ONE], [TALK, TWO])
    begin = time.time()
    wait_for(lambda: time.time() > begin + 3)
    assert leg.endpoint.tone_gap(ONE, begin, time.time()) < 0.07
    assert not house.events("media.done", leg.at, leg=leg.id)
    leg.command("media.stop", play=1)
    assert done(house, leg, 1)["cause"] == "stopped"
    leg.hears([], [ONE, TALK])


def test_a_prompt_ends_when_it_ends(house, leg):
    house.sound("long.wav", (ONE, 1.23))
    leg.play(1, "file:long")
    got = done(house, leg, 1)
    heard = leg.endpoint.tone_times(ONE, 0, time.time())
    assert got["cause"] == "end" and got["ms"] == "1230"
    assert abs(heard[-1] - heard[0] + 0.02 - 1.23) < 0.05
    # and it is told when it is over, not before, not much later
    assert -0.02 < time.time() - heard[-1] < 0.1


def test_prompts_follow_each_other(house, leg):
    house.sound("one.wav", (ONE, 0.4))
    house.sound("two.wav", (TWO, 0.4), rate=44100)
    leg.play(1, "file:one.wav", "file:two.wav", "file:one.wav")
    got = done(house, leg, 1)
    assert abs(int(got["ms"]) - 1200) <= 1
    first = leg.endpoint.tone_times(ONE, 0, time.time())
    second = leg.endpoint.tone_times(TWO, 0, time.time())
    assert first[0] < second[0] < second[-1] < first[-1]
    assert abs(len(first) - 40) <= 3 and abs(len(second) - 20) <= 3
    assert not leg.endpoint.gaps(first[0], first[-1])


def test_a_newer_playback_replaces_an_older(house, leg):
    house.sound("one.wav", (ONE, 5))
    house.sound("two.wav", (TWO, 5))
    leg.play(1, "file:one.wav")
    leg.hears([ONE], [TWO])
    leg.play(2, "file:two.wav")
    leg.hears([TWO], [ONE])
    assert done(house, leg, 1)["cause"] == "stopped"
    leg.play(1, "file:one.wav")  # comes again, late: not obeyed
    leg.play(2, "file:two.wav")  # comes again: goes on, not begun anew
    leg.command("media.stop", play=1)
    leg.hears([TWO], [ONE])
    assert not house.events("media.done", leg.at, leg=leg.id, play=2)


def test_it_is_mixed_over_what_is_heard(house, leg):
    other = house.leg(1100)
    house.sound("loop.wav", (ONE, 0.5))
    leg.hear(other)
    leg.play(1, "file:loop.wav", loop=1)
    leg.hears([ONE, 1100], [TALK])
    other.hears([], [ONE, TALK])


@pytest.mark.parametrize("prompt,why", [
    ("file:missing.wav", "No such file"),
    ("file:../worker.yaml", "leaves the prompts' directory"),
    ("file:/etc/hostname", "leaves the prompts' directory"),
    ("shout:hello", "neither file:NAME nor say:LANG:TEXT"),
])
def test_what_cannot_be_played_says_why(house, leg, prompt, why):
    leg.play(1, prompt)
    got = done(house, leg, 1)
    assert got["cause"] == "error" and why in got["reason"]


def test_a_file_that_is_no_sound(house, leg):
    with open(house.var + "/prompts/text.wav", "w") as f:
        f.write("hello")
    leg.play(1, "file:text.wav")
    got = done(house, leg, 1)
    assert got["cause"] == "error" and "not a sound file" in got["reason"]


@pytest.mark.parametrize("language,text", [
    ("en", "You are number 2 in the queue: please wait, thank you."),
    ("zh", "您现在排在第二位，请稍候。")])
def test_positions_are_spoken_and_kept(house, leg, language, text):
    item = "say:%s:%s" % (language, quote(text))
    speech = house.var + "/speech"
    before = set(os.listdir(speech))
    leg.play(1, item)
    got = done(house, leg, 1, 20)
    assert got["cause"] == "end" and 1000 < int(got["ms"]) < 10000
    now = time.time()
    assert leg.endpoint.level(now - int(got["ms"]) / 1000, now) > 300
    new = set(os.listdir(speech)) - before
    assert len(new) == 1 and list(new)[0].startswith(language + "-")
    path = "%s/%s" % (speech, new.pop())
    written = os.stat(path).st_mtime_ns
    # from the disk, by a worker that never spoke it
    house.restart_worker()
    leg.add()
    leg.play(1, item)
    again = house.wait("media.done", leg.at, 20, leg=leg.id, play=1,
                       boot=house.boot)
    assert again["ms"] == got["ms"]
    assert os.stat(path).st_mtime_ns == written
    assert len(os.listdir(speech)) == len(before) + 1


def test_speaking_does_not_hold_up_the_mixer(house, leg):
    other = house.leg(1100)
    other.hear(leg)
    other.hears([TALK], [ONE])
    begin = time.time()
    for i in range(1, 6):
        leg.play(i, "say:en:" + quote("A long sentence, number %d, that "
                                      "nobody has said before at %f." % (
                                          i, begin)))
    wait_for(lambda: leg.endpoint.level(time.time() - 0.3, time.time()) > 300)
    assert not other.endpoint.gaps(begin, time.time(), 0.1)


def test_the_position_is_kept_while_a_prompt_is_changed(house, leg):
    house.sound("moh.wav", (ONE, 0.5))
    leg.play(1, "file:moh.wav", loop=1)
    leg.hears([ONE], [TWO])
    house.sound("moh.wav", (TWO, 0.5))
    leg.play(2, "file:moh.wav", loop=1)  # the new file, without a restart
    leg.hears([TWO], [ONE])
