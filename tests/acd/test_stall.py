# SPDX-License-Identifier: GPL-2.0-or-later
"""A TCP connection that does not come about stalls nobody else."""

import select
import socket
import time

from conftest import PARTITION
from test_outbound import hang_up
from wire import Callee, sdp

BUCKETS = 4096  # leg.c


def bucket(n):
    return (n ^ n >> 17) % BUCKETS


def full_listener(addr):
    """Its queue is full: a SYN gets no answer. Its port, what to close."""
    door = socket.socket()
    door.bind((addr, 0))
    door.listen(0)
    kept = [door]
    for _ in range(8):
        s = socket.socket()
        s.setblocking(False)
        s.connect_ex(door.getsockname())
        kept.append(s)
    assert not select.select([], [s], [], 0.1)[1], "it is connected"
    return door.getsockname()[1], kept


def test_a_connection_that_hangs(engine, agent):
    """Two legs of one bucket, that is of one lock."""
    first = PARTITION << 48 | 1 << 44 | int(time.time()) << 12
    second = next(n for n in range(first + 1, first + (1 << 20))
                  if bucket(n) == bucket(first))
    port, kept = full_listener("127.0.0.12")
    fields = {"from": "<sip:a@demo.example>", "to": "<sip:b@demo.example>"}
    try:
        start = time.monotonic()
        to = "127.0.0.12:%d;transport=tcp" % port
        engine.command("leg.invite", "l%016x" % first, route="trunk",
                       ruri="sip:x@" + to, dst="sip:" + to, sdp=sdp("::1"),
                       **fields)
        engine.command("leg.invite", "l%016x" % second, route="trunk",
                       ruri="sip:agent@127.0.0.3:5060",
                       dst="sip:127.0.0.3:5060", sdp=sdp("::1"), **fields)
        callee = Callee(agent)
        assert time.monotonic() - start < 1
        callee.ok(sdp("127.0.0.3"))
        engine.event("leg.answered", leg="l%016x" % second, timeout=1)
        hang_up(engine, agent, "l%016x" % second)
        assert time.monotonic() - start < 2
        e = engine.event("leg.ended", leg="l%016x" % first, timeout=12)
        assert e["cause"] in ("timeout", "error", "refused")
    finally:
        for s in kept:
            s.close()
