# SPDX-License-Identifier: GPL-2.0-or-later
"""Two Kamailio nodes: one dies, its address and its calls go to the other."""

import os
import re
import shutil
import signal
import sys
import tempfile
import time

import pair
import pytest
from crowd import Crowd
from harness import Site
from jf.sim.people import World, wait_for

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "acd"))
from wire import Caller, Peer  # noqa: E402  (after the path is set)

PARTS = ("redis", "postgres", "rtpengine", "engine-1", "engine-2", "worker-1")
AGENTS = 51  # last part of the first agent's address


class PairSite(Site):
    """Carriers and phones on the bridge; two nodes behind one address."""

    def __init__(self, stack, nodes):
        super().__init__(stack)
        self.nodes = nodes
        self.world.close()
        self.proxy = (pair.SERVICE, self.ports["sip"])
        self.world = World(self.proxy, self.ports["people"], pair.TRUNK,
                           pair.NET + "%d", AGENTS)

    def kamcmd(self, *words):
        return "".join(n.kamcmd(*words) for n in self.nodes)

    def legs_at(self, node):
        return re.findall(r"\bl[0-9a-f]{16}\b", node.kamcmd("acd.legs"))


@pytest.fixture(scope="module")
def two():
    from jf.stack import Stack
    var = tempfile.mkdtemp(prefix="jf-two-")
    os.chmod(var, 0o755)
    pair.bridge(range(AGENTS, AGENTS + 6))
    s = Stack(var=var, parts=PARTS, durable=False, port_base=25000)
    site = None
    nodes = []
    try:
        s.start()
        nodes += [pair.Node(n, s) for n in (1, 2)]
        for n in nodes:
            n.start()
        site = PairSite(s, nodes)
        site.tone_prompts()
        site.queue_defaults()
        site.rows("UPDATE conf.trunks SET address = %s "
                  "WHERE name = 'demo-carrier' RETURNING 1", pair.TRUNK)
        wait_for(lambda: all(n.ready() and pair.TRUNK in n.kamcmd(
            "htable.dump", "trunk") for n in nodes), 20, 0.1,
            "the nodes do not know the carrier")
        yield site
    finally:
        if site:
            site.close()
        for n in nodes:
            n.close()
        s.stop()
        pair.no_bridge()
        if os.environ.get("JF_KEEP"):
            print("\nlogs and data: " + var)
        else:
            shutil.rmtree(var, ignore_errors=True)


def test_node_dies(two):
    """kill -9 during 3 talks and 2 callers in line."""
    site, (a, b) = two, two.nodes
    a.hold()
    crowd = Crowd(site, 3, 2)
    legs = set(site.legs_at(a))
    assert len(legs) == 8 and not site.legs_at(b)
    killed = time.time()
    a.kill()
    a.let_go()
    b.hold()
    wait_for(lambda: set(site.legs_at(b)) == legs, 10, 0.02,
             "not all legs are at the other node")
    wait_for(lambda: all(" node=acd-2 " in line for line in site.state(
        "leg").values()), 5, 0.02, "the engine does not know where they are")
    print("all legs at the other node after %.1f s" % (time.time() - killed))
    assert time.time() - killed < 3
    for c in crowd.talkers + crowd.waiters:
        assert c.call.state == "answered"
    for p in crowd.parties:
        assert not p.ear.gaps(killed - 1, time.time(), 0.25)
    # Its phone registered at the dead node and is rung from the other.
    crowd.parties[0].bye()
    first = wait_for(lambda: next((p for p in crowd.agents[0].calls[1:]),
                                  None), 10, what="nobody rings")
    first.wait("acked")
    wait_for(lambda: crowd.queued() == 1, 5)
    # New calls come to the other node, and the rest goes on.
    new = crowd._call(3)
    new.wait("answered")
    wait_for(lambda: crowd.queued() == 2, 10)
    new.bye()
    crowd.customer_of(crowd.parties[1]).bye()
    crowd.hang_up()
    site.clean()
    # Whoever comes back gets nothing and does nothing.
    a.start()
    wait_for(a.ready, 20, 0.1)
    assert not site.legs_at(a)


def test_caller_comes_again(two):
    """A node dies with a call that nobody has answered; its caller sends the
    INVITE again, to the other node: it is one contact."""
    site, (a, b) = two, two.nodes
    peer = Peer(pair.TRUNK, 5070, site.proxy)
    relay = site.stack.pid("rtpengine")
    caller = Caller(peer)
    os.kill(relay, signal.SIGSTOP)
    try:
        caller.invite()
        wait_for(lambda: "state=arriving" in "".join(
            site.state("contact").values()), 2, 0.01, "no contact")
        old = set(site.legs_at(b))
        b.kill()
        b.let_go()
        a.hold()
        peer.send(caller.last)
    finally:
        os.kill(relay, signal.SIGCONT)
    try:
        caller.answered(timeout=10)
        assert len(old) == 1 and not old & set(site.legs_at(a))
        caller.ask("BYE")
        caller.reply(200, "BYE")
        contact = site.contact(caller.call)
        rows = wait_for(lambda: len(v := site.legs(contact["contact"])) == 2
                        and v, 10, 0.1, "no rows of two legs")
        assert sorted((r["by"], r["cause"]) for r in rows) == [
            ("node", "error"), ("remote", "bye")]
        assert len(site.rows("SELECT 1 FROM journal.contacts WHERE call_id "
                             "= %s", caller.call)) == 1
        assert contact["by"] == "caller"
    finally:
        peer.close()
    site.clean()
