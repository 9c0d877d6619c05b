# SPDX-License-Identifier: GPL-2.0-or-later
"""A Kamailio node dies: calls go on, places are kept, phones are reached."""

import os
import signal
import time

from crowd import Crowd
from harness import CUSTOMER_HZ, SUPPORT
from jf.sim.people import Manner, wait_for
from test_survival import complete, line_fields

FROZEN_S = 30 if os.environ.get("JF_LONG") else 3


def is_back(site, since):
    """Seconds until Kamailio answered again."""
    def ready():
        return site.stack.programs["kamailio"].ready() is None
    wait_for(ready, 20, 0.02, "Kamailio did not come back")
    return time.time() - since


def all_restored(site, legs):
    def restored():
        lines = site.state("leg").values()
        return len(site.acd_legs()) == legs and not any(
            " stranded=1" in line for line in lines)
    wait_for(restored, 15, 0.05, "not all of %d legs are restored" % legs)


def test_kamailio_dies(site):
    """kill -9 during 4 talks and 3 callers in line; its next boot has them
    all, and rings phones that registered before."""
    crowd = Crowd(site, 4, 3)
    order = sorted((line_fields(site, c)["enqueued"], c.call.call_id)
                   for c in crowd.waiters)
    killed = time.time()
    site.stack.kill("kamailio")
    print("Kamailio back after %.1f s" % is_back(site, killed))
    all_restored(site, 11)
    print("all legs restored after %.1f s" % (time.time() - killed))
    for p in crowd.parties:
        assert not p.ear.gaps(killed - 1, time.time(), 0.25)
    for c in crowd.talkers + crowd.waiters:
        assert c.call.state == "answered"
    assert crowd.queued() == 3
    # Both sides can hang up, and who is free is rung by the contact that
    # the phone registered at the earlier boot.
    crowd.parties[0].bye()
    first = wait_for(lambda: next((p for p in crowd.agents[0].calls[1:]),
                                  None), 10)
    first.wait("acked")
    wait_for(lambda: crowd.queued() == 2, 5)
    assert {line_fields(site, c)["enqueued"] for c in crowd.waiters
            if "state=queued" in record(site, c)} == {e for e, _ in order[1:]}
    crowd.customer_of(crowd.parties[1]).bye()
    crowd.hang_up()
    complete(site, crowd.all())


def record(site, customer):
    return next(line for line in site.state("contact").values()
                if customer.call.call_id in line)


def test_kamailio_stands_still(site):
    """Nobody else has its address: what it had is its own when it wakes."""
    crowd = Crowd(site, 3, 1)
    pid = site.stack.pid("kamailio")
    os.killpg(pid, signal.SIGSTOP)
    try:
        frozen = time.time()
        wait_for(lambda: all(" stranded=1" in line for line in site.state(
            "leg").values()), 10, 0.05, "nobody saw it")
        wait_for(lambda: time.time() > frozen + FROZEN_S, FROZEN_S + 5)
    finally:
        os.killpg(pid, signal.SIGCONT)
    woke = time.time()
    all_restored(site, 7)
    print("its legs are its own after %.1f s" % (time.time() - woke))
    assert site.stack.pid("kamailio") == pid
    for c in crowd.talkers + crowd.waiters:
        assert c.call.state == "answered"
    for p in crowd.parties:
        assert not p.ear.gaps(frozen, time.time(), 0.25)
    crowd.parties[0].bye()
    next_one = wait_for(lambda: next((p for p in crowd.agents[0].calls[1:]),
                                     None), 15)
    next_one.wait("acked")
    crowd.customer_of(crowd.parties[1]).bye()
    crowd.hang_up()
    complete(site, crowd.all())


def test_kamailio_dies_while_a_phone_rings(site):
    """The offer ends, the contact keeps its place and is offered again."""
    alice = site.agent("alice")
    alice.manner = Manner(answer_ms=60000)
    site.ready("alice")
    customer = site.world.carrier().call(SUPPORT, CUSTOMER_HZ)
    customer.wait("answered")
    ringing = alice.wait_call(1, 10)
    enqueued = line_fields(site, customer)["enqueued"]
    alice.manner = Manner(answer_ms=100)
    site.stack.kill("kamailio")
    is_back(site, time.time())
    second = alice.wait_call(2, 20)
    second.wait("acked")
    assert line_fields(site, customer)["enqueued"] == enqueued
    assert ringing is not second
    customer.bye()
