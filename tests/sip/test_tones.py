# SPDX-License-Identifier: GPL-2.0-or-later
"""Audio is proven by tones: every party speaks with one of its own, and what
each of the others hears is measured."""

import glob
import os
import time

import numpy as np
import pytest

from harness import (ABSENT, AMPLITUDE, CUSTOMER_HZ, GREETING_HZ, HOLD_HZ, MUSIC_HZ,
                     SUPPORT, check_chain, first_heard, kinds, loud, read_wav)
from jf.sim.people import wait_for
from jf.sim.rtp import amplitude

HOUSE = (GREETING_HZ, MUSIC_HZ, HOLD_HZ)


def later(t):
    wait_for(lambda: time.time() > t + 0.05, 60)


def spoken(site, ear, t0, t1):
    """Which rendered prompt is heard: best normalised cross-correlation."""
    heard = max(ear.pcm(t0, t1), key=len).astype(float)
    best = (0, None)
    for path in glob.glob(site.layout.path("speech", "**", "*.wav"),
                          recursive=True):
        rate, data = read_wav(path)
        said = resample(data[:, 0], rate, 8000)
        if not 800 < len(said) <= len(heard):
            continue
        n = 1 << (len(heard) + len(said)).bit_length()
        cross = np.fft.irfft(np.fft.rfft(heard, n)
                             * np.conj(np.fft.rfft(said, n)), n)
        at = int(np.argmax(cross[:len(heard) - len(said) + 1]))
        part = heard[at:at + len(said)]
        score = cross[at] / (np.linalg.norm(part) * np.linalg.norm(said) + 1)
        best = max(best, (float(score), os.path.basename(path)))
    return best


def resample(pcm, rate, to):
    """By the spectrum: what the new rate cannot hold is cut off."""
    n = len(pcm) * to // rate
    return np.fft.irfft(np.fft.rfft(pcm)[:n // 2 + 1], n) * n / len(pcm)


@pytest.mark.parametrize("codec", ["PCMA", "PCMU"])
def test_everything_heard(site, codec):
    alice = site.agent("alice")
    alice.codecs = (codec,)
    others = tuple(hz for hz in site.world.voices() if hz != alice.hz)
    customer = site.world.carrier().call(SUPPORT, CUSTOMER_HZ, (codec,))
    answered = customer.wait("answered")

    greeting = first_heard(customer.ear, GREETING_HZ, answered)
    later(greeting + 1)
    loud(customer.ear, greeting + 0.2, greeting + 0.8, GREETING_HZ,
         absent=(MUSIC_HZ, HOLD_HZ, alice.hz))

    music = first_heard(customer.ear, MUSIC_HZ, greeting + 1.2, 15)
    score, name = spoken(site, customer.ear, greeting + 0.9, music + 0.2)
    assert score > 0.8, "the position was not heard: %s %s" % (score, name)
    later(music + 1.5)
    loud(customer.ear, music + 0.2, music + 1.5, MUSIC_HZ,
         absent=(GREETING_HZ, HOLD_HZ, alice.hz, CUSTOMER_HZ))

    site.ready("alice")
    agent = site.talking("alice")
    talk = first_heard(customer.ear, alice.hz, time.time() - 0.2)
    hear_each_other(customer, agent, alice.hz, others, talk)

    held = customer.hold()
    later(held + 1.2)
    loud(agent.ear, held + 0.2, held + 1.2, HOLD_HZ, absent=(CUSTOMER_HZ,))
    loud(customer.ear, held + 0.2, held + 1.2,
         absent=HOUSE + (alice.hz, CUSTOMER_HZ))
    resumed = customer.resume()
    hear_each_other(customer, agent, alice.hz, others, resumed)

    held = agent.hold()
    later(held + 1.2)
    loud(customer.ear, held + 0.2, held + 1.2, HOLD_HZ, absent=(alice.hz,))
    loud(agent.ear, held + 0.2, held + 1.2, absent=HOUSE + (CUSTOMER_HZ,))
    resumed = agent.resume()
    hear_each_other(customer, agent, alice.hz, others, resumed)

    end = time.time()
    customer.bye()
    agent.wait("ended")
    assert agent.call.bye_by == "them"
    assert not customer.ear.gaps(answered + 0.5, end, 0.2)
    assert customer.ear.codecs(answered, end) == {codec}
    check_journal(site, customer, codec, alice.hz)


def hear_each_other(customer, agent, voice, others, t):
    """Both hear the other, from at most 0.3 s after t, and nobody else."""
    later(t + 1.3)
    loud(customer.ear, t + 0.3, t + 1.3, voice,
         absent=HOUSE + others + (CUSTOMER_HZ,))
    loud(agent.ear, t + 0.3, t + 1.3, CUSTOMER_HZ,
         absent=HOUSE + others + (voice,))


def check_journal(site, customer, codec, voice):
    contact = site.contact(customer.call.call_id)
    segments = site.segments(contact["contact"])
    check_chain(segments, contact)
    assert kinds(segments) == ["ivr", "queue", "offer", "talk", "hold",
                               "talk", "hold", "talk"]
    assert [s["cause"] for s in segments] == [
        "done", "offered", "accepted", "hold", "resumed", "hold", "resumed",
        "caller"]
    assert contact["outcome"] == "answered" and contact["by"] == "caller"
    wait_for(lambda: len(site.legs(contact["contact"])) == 2, 10, 0.1)
    for leg in site.legs(contact["contact"]):
        assert leg["codec"] == codec, leg
        assert leg["packets"] > 100 and leg["lost"] == 0, leg
        assert 4.0 < leg["mos100"] / 100 < 4.5, leg
    check_recordings(site, contact, segments, voice)


def check_recordings(site, contact, segments, voice):
    talks = [s for s in segments if s["kind"] == "talk"]
    rows = wait_for(lambda: _recordings(site, contact, len(talks)), 10, 0.1)
    for talk, row in zip(talks, rows):
        assert row["segment"] == talk["segment"] and row["cause"] is None
        rate, pcm = read_wav(site.layout.path("recordings", row["file"]))
        ms = (talk["end_at"] - talk["begin_at"]).total_seconds() * 1000
        assert abs(len(pcm) * 1000 / rate - ms) <= max(60, ms / 100)
        left, right = pcm[:, 0][4000:], pcm[:, 1][4000:]
        for track, there, absent in ((left, CUSTOMER_HZ, voice),
                                     (right, voice, CUSTOMER_HZ)):
            assert amplitude(track, there) > 0.5 * AMPLITUDE
            assert amplitude(track, absent) < ABSENT


def _recordings(site, contact, n):
    rows = site.rows("SELECT * FROM journal.recordings WHERE contact = %s "
                     "ORDER BY begin_at", contact["contact"])
    return rows if len(rows) == n else None


def test_wideband_caller(site):
    """G.722 outside, PCMA inside: rtpengine transcodes both ways."""
    site.ready("alice")
    alice = site.agent("alice")
    customer = site.world.carrier().call(SUPPORT, CUSTOMER_HZ, ("G722",))
    answered = customer.wait("answered")
    agent = site.talking("alice")
    talk = first_heard(customer.ear, alice.hz, answered, level=4000)
    later(talk + 1.3)
    assert customer.ear.codecs(answered, talk + 1.3) == {"G722"}
    loud(customer.ear, talk + 0.3, talk + 1.3, alice.hz)
    loud(agent.ear, talk + 0.3, talk + 1.3, CUSTOMER_HZ)
    customer.bye()
    agent.wait("ended")
    contact = site.contact(customer.call.call_id)
    codecs = wait_for(lambda: {
        leg["role"]: leg["codec"] for leg in site.legs(contact["contact"])
    } if len(site.legs(contact["contact"])) == 2 else None, 10, 0.1)
    assert codecs == {"caller": "G722", "agent": "PCMA"}


def test_nobody_else_is_heard(site):
    """Three conversations at once: everybody hears one voice."""
    users = ("alice", "bob", "carol")
    site.ready(*users)
    customers = [site.world.carrier().call(SUPPORT, hz)
                 for hz in (500, 560, 680)]
    agents = [site.agent(u) for u in users]
    parties = [a.wait_call() for a in agents]
    for p in parties:
        p.wait("acked")
    start = max(first_heard_any(c, [a.hz for a in agents])
                for c in customers)
    later(start + 1.5)
    pairs = set()
    for c in customers:
        heard = [a for a in agents if c.ear.tones(
            start + 0.3, start + 1.5, (a.hz,))[a.hz] > ABSENT]
        assert len(heard) == 1, "customer %d Hz hears %s" % (
            c.hz, [a.user for a in heard])
        pairs.add((c.hz, heard[0].user))
    for a, p in zip(agents, parties):
        heard = [c for c in customers if p.ear.tones(
            start + 0.3, start + 1.5, (c.hz,))[c.hz] > ABSENT]
        assert len(heard) == 1
        assert (heard[0].hz, a.user) in pairs
    assert len({u for _, u in pairs}) == 3
    for c in customers:
        c.bye()
    for p in parties:
        p.wait("ended")


def first_heard_any(customer, voices):
    answered = customer.wait("answered")
    return wait_for(lambda: next((
        t for t in np.arange(answered, time.time() - 0.2, 0.1)
        if max(customer.ear.tones(t, t + 0.1, voices).values())
        > 0.5 * AMPLITUDE), None), 15, 0.1, "no agent is heard")
