# SPDX-License-Identifier: GPL-2.0-or-later
"""RTP from those who are not in the call.

rtpengine 10.5 reads a port no more once more than 50 packets waited in it: the
flood is no faster than a busy machine reads.
"""

import os
import socket
import struct
import time

import numpy as np
import pytest
from house import HOST
from jf.sim.people import wait_for
from test_record import begin, check, end

SPOOFED = 10000 if os.environ.get("JF_LONG") else 1500
RATE = 600  # packets a second
LOUD = 16000  # own tones have half of it, what is spoofed twice
LEARNING_S = 4  # rtpengine's window is 3


def flood(port, n=SPOOFED, tag=b"", sock=None):
    """n packets at the rate, from an address that nobody was told or from
    that of the socket; tag: what stands where SRTP has its own."""
    s = sock or socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    if not sock:
        s.bind((HOST, 0))
    begin = time.monotonic()
    for i in range(n):
        s.sendto(struct.pack("!BBHII", 0x80, 8, i & 0xffff, i * 160, 666)
                 + b"\x2a" * 160 + tag, (HOST, port))
        wait = begin + i / RATE - time.monotonic()
        if wait > 0:
            time.sleep(wait)
    if not sock:
        s.close()


def measured(house, leg):
    """Packets of the leg that the worker got, and those it sent."""
    house.legs.pop(leg.id)
    got, sent = int(leg.remove()["packets"]), leg.endpoint.sent
    house.ng("delete", leg.id)
    leg.endpoint.close()
    print("spoofed %d, own %d, passed %d" % (SPOOFED, sent, got))
    return got, sent


def test_after_learning(house):
    """Nothing of it passes, and those who talk notice nothing."""
    a, b = house.leg(500), house.leg(1000)
    a.hear(b)
    b.hear(a)
    b.hears([500], [1000])
    learned = time.monotonic() + LEARNING_S
    wait_for(lambda: time.monotonic() > learned, 10)
    flood(a.outer)
    a.hears([1000], [500])
    b.hears([500], [1000])
    got, sent = measured(house, a)
    assert sent - 50 < got <= sent


@pytest.mark.parametrize("when", ["before", "during", "after"])
@pytest.mark.parametrize("source", ["stranger", "own address"])
def test_srtp(house, when, source):
    """Whoever has no key is not heard at any time, not even from the right
    address and port; and nothing of it is recorded."""
    a = house.leg(500, secure=True)
    spoofed_at(house, a, when, a.endpoint.sock if source == "own address"
               else None)


@pytest.mark.parametrize("when", ["before", "during", "after"])
def test_pinned(house, when):
    """Of a trunk that sends from its SDP's address, nobody else is heard from
    the first packet on, and nothing of it is recorded."""
    spoofed_at(house, house.leg(500, pinned=True), when)


def spoofed_at(house, a, when, sock=None):
    """Before a says anything, at once, or when it was heard for a while."""
    b = house.leg(1000)
    if when == "before":
        a.endpoint.hush()
    a.hear(b)
    b.hear(a)
    if when == "after":
        b.hears([500], [1000])
        learned = time.monotonic() + LEARNING_S
        wait_for(lambda: time.monotonic() > learned, 10)
    recording = begin(house, int(a.id[1:], 16), a, b, "spoofed.wav")
    flood(a.outer, SPOOFED // 2, sock=sock)
    flood(a.outer, SPOOFED // 2, tag=os.urandom(10), sock=sock)
    if when == "before":
        a.endpoint.talk((HOST, a.outer))
    a.hears([1000], [500], LEARNING_S)
    b.hears([500], [1000], LEARNING_S)
    for track in check(house, end(house, recording)):
        assert np.abs(track).max() < LOUD
    got, sent = measured(house, a)
    assert sent - 50 < got <= sent
