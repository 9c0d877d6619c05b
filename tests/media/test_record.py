# SPDX-License-Identifier: GPL-2.0-or-later
"""Recordings: two tracks, exactly what two legs said, and when."""

import glob
import hashlib
import os
import signal
import subprocess
import time
import wave

import numpy as np
import pytest

from jf.sim.people import wait_for
from jf.sim.rtp import amplitude, silence, tone

A, B, C = 500, 1000, 1500


def tracks(path):
    with wave.open(path) as w:
        assert (w.getnchannels(), w.getframerate(), w.getsampwidth()) == (
            2, 8000, 2)
        pcm = np.frombuffer(w.readframes(w.getnframes()), "<i2")
    return pcm[0::2], pcm[1::2]


def begin(house, number, left, right, name):
    ident = "r%016x" % number
    house.command("media.record", recording=ident, left=left.id,
                  right=right.id, file=name, part=1)
    return ident


def end(house, ident):
    at = house.last_id()
    house.command("media.record_end", recording=ident)
    return house.wait("media.recorded", at, recording=ident)


def check(house, got):
    """The file is what the event says."""
    path = house.recordings + "/" + got["file"]
    data = open(path, "rb").read()
    assert len(data) == int(got["bytes"])
    assert hashlib.sha256(data).hexdigest() == got["sha256"]
    left, right = tracks(path)
    assert len(left) * 1000 // 8000 == int(got["ms"])
    return left, right


def running(house, ident, ms, timeout=10):
    """Waits until so much was recorded, by media.progress."""
    def enough():
        for e in house.events("media.progress"):
            for item in e["progress"].split(","):
                name, _, at = item.partition(":")
                if name == ident and int(at) >= ms:
                    return True
        return False
    wait_for(enough, timeout, 0.05, "%s at %d ms" % (ident, ms))


def pair(house):
    a, b = house.leg(A, "PCMU"), house.leg(B)
    a.hear(b)
    b.hear(a)
    a.hears([B], [A])
    b.hears([A], [B])
    return a, b


def test_two_tracks_as_long_as_the_talk(house):
    a, b = pair(house)
    house.sound("music.wav", (C, 0.5))
    a.play(1, "file:music.wav", loop=1)  # heard by a, said by nobody
    start = time.time()
    ident = begin(house, 1, a, b, "1/day/one.wav")
    running(house, ident, 2000)
    stop = time.time()
    got = end(house, ident)
    assert "cause" not in got
    assert abs(int(got["ms"]) - 1000 * (stop - start)) < 60
    assert abs(int(got["begin"]) - 1000 * start) < 60
    left, right = check(house, got)
    for track, mine, others in ((left, A, (B, C)), (right, B, (A, C))):
        assert amplitude(track, mine) > 7000
        assert all(amplitude(track, hz) < 100 for hz in others)
        rms = np.sqrt(np.mean(track.astype(float) ** 2))
        assert abs(rms - 8000 / 2 ** 0.5) < 300  # the tone and no more
    assert not glob.glob(house.recordings + "/**/*.unfinished",
                         recursive=True)


def test_tracks_are_aligned(house):
    """Both fall silent at once: on both tracks at the same place."""
    a, b = pair(house)
    ident = begin(house, 2, a, b, "aligned.wav")
    running(house, ident, 1000)
    a.endpoint.say(silence())
    b.endpoint.say(silence())
    running(house, ident, 2000)
    left, right = check(house, end(house, ident))

    def last_loud(track):
        return np.nonzero(np.abs(track.astype(int)) > 1000)[0][-1]

    assert abs(int(last_loud(left)) - int(last_loud(right))) <= 480


def test_a_leg_that_comes_late_and_goes_early(house):
    a = house.leg(A)
    b = house.leg(B)
    wait_for(lambda: len(b.endpoint.packets) > 5)
    b.remove()
    ident = begin(house, 3, a, b, "late.wav")
    running(house, ident, 1000)
    b.add()
    running(house, ident, 3000)
    b.remove()
    running(house, ident, 4000)
    left, right = check(house, end(house, ident))
    loud = np.abs(right.astype(int)) > 1000
    first, last = np.nonzero(loud)[0][[0, -1]]
    assert first > 8000 and last < len(right) - 4000
    assert amplitude(right[first:last], B) > 7000
    assert amplitude(left, A) > 7000


def test_both_legs_removed_is_its_end(house):
    a, b = pair(house)
    at = house.last_id()
    ident = begin(house, 4, a, b, "gone.wav")
    running(house, ident, 1000)
    a.remove()
    b.remove()
    got = house.wait("media.recorded", at, recording=ident)
    check(house, got)
    house.command("media.record_end", recording=ident)  # too late: nothing
    a.add()
    a.remove()
    assert len(house.events("media.recorded", at, recording=ident)) == 1


def test_the_same_command_again_changes_nothing(house):
    a, b = pair(house)
    ident = begin(house, 5, a, b, "again.wav")
    running(house, ident, 1000)
    begin(house, 5, a, b, "again.wav")
    running(house, ident, 2000)
    got = end(house, ident)
    assert int(got["ms"]) >= 2000
    check(house, got)


def test_a_new_recording_of_the_same_legs_ends_the_old(house):
    """An owner that took us for dead has lost sight of the first."""
    a, b = pair(house)
    at = house.last_id()
    one = begin(house, 20, a, b, "first.wav")
    running(house, one, 1000)
    two = begin(house, 21, a, b, "second.wav")
    check(house, house.wait("media.recorded", at, recording=one))
    running(house, two, 1000)
    check(house, end(house, two))


def test_a_file_is_never_written_over(house):
    a, b = pair(house)
    first = end(house, begin(house, 6, a, b, "twice.wav"))
    second = end(house, begin(house, 7, a, b, "twice.wav"))
    assert first["file"] == "twice.wav" and second["file"] != "twice.wav"
    check(house, first)
    check(house, second)


@pytest.mark.parametrize("name", ["../out.wav", "/tmp/out.wav", "a/../../b",
                                  ".hidden.wav"])
def test_names_are_confined(house, name):
    a, b = pair(house)
    at = house.last_id()
    ident = begin(house, 8, a, b, name)
    house.command("media.record_end", recording=ident)
    a.remove()  # everything before it has been done
    assert not house.events("media.recorded", at, recording=ident)
    assert not os.path.exists(house.var + "/out.wav")


def test_progress_names_what_is_recorded(house):
    a, b = pair(house)
    one, two = begin(house, 9, a, b, "p1.wav"), begin(house, 10, b, a,
                                                      "p2.wav")
    at = house.last_id()
    event = house.wait("media.progress", at)
    assert event["node"] == "worker-1"
    assert {i.split(":")[0] for i in event["progress"].split(",")} == {
        one, two}
    end(house, one)
    end(house, two)


def test_sigterm_closes_recordings(house):
    a, b = pair(house)
    at = house.last_id()
    ident = begin(house, 11, a, b, "term.wav")
    running(house, ident, 1000)
    assert house.end("worker", signal.SIGTERM) == 0
    got = house.wait("media.recorded", at, recording=ident)
    check(house, got)
    house.start_worker()


def test_kill_9_leaves_a_file_that_plays(house):
    a, b = pair(house)
    ident = begin(house, 12, a, b, "killed.wav")
    running(house, ident, 3000)
    house.end("worker", signal.SIGKILL)
    path = house.recordings + "/killed.wav"
    assert not os.path.exists(path)
    house.start_worker()  # gives it its name
    left, right = tracks(path)
    assert len(left) >= 8000
    assert amplitude(left, A) > 7000 and amplitude(right, B) > 7000


@pytest.fixture
def small_disk(house):
    path = house.var + "/small"
    os.makedirs(path, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96k", "none", path],
                   check=True)
    house.restart_worker(path)
    yield path
    house.restart_worker()
    subprocess.run(["umount", path], check=True)


def test_full_disk_ends_the_file_not_the_call(house, small_disk):
    a, b = pair(house)
    ident = begin(house, 13, a, b, "full.wav")
    running(house, ident, 5000)  # 160 kB
    a.hears([B], [A])
    now = time.time()
    assert not a.endpoint.gaps(now - 1, now, 0.1)
    got = end(house, ident)
    assert got["cause"] == "disk" and 0 < int(got["ms"]) < 4000
    left, _ = tracks(small_disk + "/full.wav")
    assert amplitude(left, A) > 7000


def test_a_directory_that_cannot_be_written(house):
    a, b = pair(house)
    open(house.recordings + "/file", "w").close()
    ident = begin(house, 14, a, b, "file/below.wav")
    got = end(house, ident)
    assert got["cause"] == "disk" and got["bytes"] == got["ms"] == "0"


def test_hold_music_is_not_what_a_party_says(house):
    a, b = pair(house)
    ident = begin(house, 15, a, b, "hold.wav")
    running(house, ident, 1000)
    a.hear()
    b.hear()
    a.endpoint.say(tone(C))
    running(house, ident, 2000)
    left, _ = check(house, end(house, ident))
    # what is said on hold is still that party's track
    assert amplitude(left[-6000:], C) > 5000
