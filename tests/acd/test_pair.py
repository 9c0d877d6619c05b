# SPDX-License-Identifier: GPL-2.0-or-later
"""Two nodes and one service address that moves from one to the other."""

import itertools
import os
import shutil
import signal
import tempfile
import time

import pair
import pytest
from conftest import NUMBER, PARTITION, SETTINGS, Engine, Inbound
from wire import Peer, sdp

OURS = sdp(pair.HERE, 30000)
NAMES = itertools.count(1)  # a command is carried out once
FROZEN_S = 60 if os.environ.get("JF_LONG") else 4


class PairEngine(Engine):
    """The engine of both; `node` is whose commands are meant."""

    def __init__(self, stack, nodes):
        import redis
        self.stack, self.nodes, self.node = stack, nodes, nodes[0].name
        self.layout = stack.layout
        self.proxy = (pair.SERVICE, self.layout.ports["sip"])
        self.db = redis.Redis(self.layout.addr, self.layout.ports["redis"],
                              decode_responses=True, socket_timeout=30)
        self.cursor, self.box, self.boots = "0", [], {}
        self.standby = {}  # node -> True: it knows that it has no address
        self.names = NAMES
        self.directory(trunks={pair.TRUNK: "demo-carrier:0:0"})

    @property
    def boot(self):
        return self.boots.get(self.node)

    def _read(self, timeout):
        n = len(self.box)
        super()._read(timeout)
        for e in self.box[n:]:
            if e["t"] == "node.up":
                self.boots[e["node"]] = e["boot"]
                self.standby[e["node"]] = e.get("standby") == "1"

    @boot.setter
    def boot(self, value):
        pass

    def command(self, type, leg=None, node=None, **fields):
        self.node = node or self.node
        self.layout.node = self.node
        super().command(type, leg, **fields)


@pytest.fixture(scope="module")
def world():
    from jf.stack import Stack
    var = tempfile.mkdtemp(prefix="jf-pair-")
    os.chmod(var, 0o755)
    pair.bridge()
    s = Stack(var=var, parts=("redis",), partitions=2, seed=False,
              durable=False, port_base=25000)  # beside the other tests
    s.start()
    nodes = [pair.Node(n, s, SETTINGS) for n in (1, 2)]
    for n in nodes:
        n.start()
    yield s, nodes
    for n in nodes:
        n.close()
    s.stop()
    pair.no_bridge()
    if os.environ.get("JF_KEEP"):
        print("\nlogs and data: " + var)
    else:
        shutil.rmtree(var, ignore_errors=True)


@pytest.fixture
def both(world):
    """Both run, the first holds the address; afterwards so again."""
    s, (a, b) = world
    a.hold()
    e = PairEngine(s, (a, b))
    # Who has not seen yet that the address left would not see it come again.
    e.wait(lambda: e._read(0.05) or e.standby == {
        a.name: False, b.name: True}, 20)
    e.wait(lambda: a.ready() and b.ready(), 20)
    yield e, a, b
    for n in (a, b):
        try:
            n.let_go()
        except Exception:
            pass
        if n.kamailio.poll() is not None:
            n.start()
    e.db.delete(*(list(e.db.scan_iter("{p*}:leg:*")) or ["none"]))


@pytest.fixture
def carrier(both):
    p = Peer(pair.TRUNK, 5060, both[0].proxy)
    yield p
    p.close()


def moved(a, b):
    a.let_go()
    b.hold()


def test_address_moves_and_they_hang_up(both, carrier):
    e, a, b = both
    call = Inbound(e, carrier)
    call.answer(OURS)
    a.kill()
    moved(a, b)
    call.dialog.ask("BYE")  # at once: before the address is seen, or after
    call.dialog.reply(200, "BYE")
    assert e.event("leg.restored", leg=call.leg)["node"] == "acd-2"
    assert e.event("leg.ended", leg=call.leg)["src"] == "acd-2"
    e.wait(lambda: not e.record(call.leg))


def test_commanded_before_the_address_came(both, carrier):
    """The node takes the leg when it holds its address, and not before."""
    e, a, b = both
    call = Inbound(e, carrier)
    call.answer(OURS)
    e.command("leg.restore", call.leg, node="acd-2")
    e.none("leg.restored", 0.5, leg=call.leg)
    assert call.leg in a.kamcmd("acd.legs")
    assert call.leg not in b.kamcmd("acd.legs")
    a.kill()
    moved(a, b)
    assert e.event("leg.restored", leg=call.leg)["node"] == "acd-2"
    m = carrier.request("OPTIONS")
    carrier.answer(m, 200)
    assert e.record(call.leg)["node"] == "acd-2"
    e.command("leg.end", call.leg, node="acd-2")
    carrier.answer(carrier.request("BYE"), 200)
    e.event("leg.ended", leg=call.leg)


def test_address_moves_between_living_nodes(both, carrier):
    """Who gets the address takes its legs without being asked; who had them
    forgets them without a word."""
    e, a, b = both
    call = Inbound(e, carrier)
    call.answer(OURS)
    moved(a, b)
    assert e.event("leg.restored", leg=call.leg)["node"] == "acd-2"
    carrier.answer(carrier.request("OPTIONS"), 200)
    e.command("leg.forget", call.leg, node="acd-2")  # it is its own: not
    e.command("leg.forget", call.leg, node="acd-1")
    e.wait(lambda: call.leg not in a.kamcmd("acd.legs"))
    assert call.leg in b.kamcmd("acd.legs")
    e.none("leg.ended", 0.3, leg=call.leg)
    call.bye()
    e.wait(lambda: not e.record(call.leg))


def test_calls_go_on_at_the_other(both, carrier):
    """New calls too; a node calls from an address that it holds."""
    e, a, b = both
    a.kill()
    moved(a, b)
    call = Inbound(e, carrier)
    assert call.offered["node"] == "acd-2"
    e.command("leg.answer", call.leg, node="acd-2", sdp=OURS)
    call.dialog.answered()
    e.event("leg.confirmed", leg=call.leg)
    call.bye()


def test_frozen_node_wakes_up(both, carrier):
    """Its address and its leg have moved. It still has the address, too, as a
    paused machine would: and says nothing, and changes nothing."""
    e, a, b = both
    call = Inbound(e, carrier)
    call.answer(OURS)
    tap = pair.Tap(a)
    e.command("leg.reoffer", call.leg, sdp=OURS)  # A repeats it for ever
    carrier.request("INVITE")
    e.wait(lambda: any(s.startswith("INVITE ") for s in tap.sent()), 5)
    a.signal(signal.SIGSTOP)
    frozen = time.monotonic()
    call.dialog.ask("OPTIONS")  # waits in the frozen one's socket
    b.hold()
    e.command("leg.restore", call.leg, node="acd-2")
    e.event("leg.restored", leg=call.leg)
    carrier.answer(carrier.request("OPTIONS"), 200)
    while (left := frozen + FROZEN_S - time.monotonic()) > 0:
        carrier._read(left)
        for m in [m for m in carrier.box if m.method == "OPTIONS"
                  and not m.is_reply]:  # a leg that is quiet for long
            carrier.box.remove(m)
            carrier.answer(m, 200)
    e.command("leg.end", call.leg, node="acd-1")
    tap.sent()
    a.signal(signal.SIGCONT)
    e.wait(lambda: "event=woke_up" in a.log(), 10)
    e.wait(lambda: call.leg not in a.kamcmd("acd.legs"), 10)
    e.wait(lambda: "event=awake" in a.log(), 10)
    e.event("leg.gone", leg=call.leg)
    sent = tap.sent()
    tap.close()
    assert not sent, sent
    assert e.record(call.leg)["node"] == "acd-2"
    assert call.leg in b.kamcmd("acd.legs")
    a.let_go()
    call.dialog.ask("BYE")
    call.dialog.reply(200, "BYE")
    assert e.event("leg.ended", leg=call.leg)["src"] == "acd-2"
