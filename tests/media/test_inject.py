# SPDX-License-Identifier: GPL-2.0-or-later
"""RTP from a third socket."""

import socket
import struct
import time

from house import HOST
from jf.sim.people import wait_for

SPOOFED = 10000
LEARNING_S = 4  # rtpengine's window is 3


def flood(port, n=SPOOFED):
    """n packets from an address that nobody was told, in about 2 s."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((HOST, 0))
    begin = time.monotonic()
    for i in range(n):
        s.sendto(struct.pack("!BBHII", 0x80, 8, i & 0xffff, i * 160, 666)
                 + b"\x2a" * 160, (HOST, port))
        if i % 50 == 49:
            wait = begin + i * 2.0 / n - time.monotonic()
            if wait > 0:
                time.sleep(wait)
    s.close()


def test_after_learning(house):
    """Nothing of it passes, and those who talk notice nothing."""
    a, b = house.leg(500), house.leg(1000)
    a.hear(b)
    b.hear(a)
    b.hears([500], [1000])
    begin = time.monotonic()
    wait_for(lambda: time.monotonic() > begin + LEARNING_S, 10)
    flood(a.outer)
    a.hears([1000], [500])
    b.hears([500], [1000])
    house.legs.pop(a.id)
    got = int(a.remove()["packets"])
    sent = a.endpoint.sent
    house.ng("delete", a.id)
    a.endpoint.close()
    print("spoofed %d, own %d, passed %d" % (SPOOFED, sent, got))
    assert sent - 50 < got <= sent
