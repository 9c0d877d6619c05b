# SPDX-License-Identifier: GPL-2.0-or-later
"""A media worker stands still and wakes up; a worker dies while one party
holds."""

import os
import signal
import time

import pytest
from harness import (CUSTOMER_HZ, HOLD_HZ, MUSIC_HZ, SUPPORT, first_heard,
                     loud)
from jf.sim.people import wait_for

WAIT_HZ = 560


def until(t):
    wait_for(lambda: time.time() >= t, 120)


def worker_of(site, party):
    """The program whose worker has this caller's leg."""
    for line in site.state("leg").values():
        fields = dict(p.split("=", 1) for p in line.split(" ") if "=" in p)
        if fields.get("call_id") == party.call.call_id:
            return fields.get("worker")
    return None


def talk(site):
    """(customer, agent's party, the agent's tone), who hear each other."""
    site.ready("alice")
    alice = site.agent("alice")
    customer = site.world.carrier().call(SUPPORT, CUSTOMER_HZ)
    customer.wait("answered", 15)
    agent = alice.wait_call()
    agent.wait("acked")
    begin = time.time() - 0.3
    first_heard(customer.ear, alice.hz, begin, 10)
    first_heard(agent.ear, CUSTOMER_HZ, begin, 10)
    return customer, agent, alice.hz


def end(site, *parties):
    for p in parties:
        assert p.call.state == "answered"
        p.bye()
    for p in parties:
        p.wait("ended")
        site.contact(p.call.call_id, 30)


def parts(site, customer):
    contact = site.contact(customer.call.call_id)
    rows = site.rows("SELECT * FROM journal.recordings WHERE contact = %s "
                     "ORDER BY part", contact["contact"])
    return rows if len(rows) >= 2 else None


def test_worker_stands_still(site):
    """SIGSTOP: the talk goes on at the other worker within 0.5 s; the old one
    sends nothing into it when it wakes up, and its part has a cause."""
    customer, agent, voice = talk(site)
    waiter = site.world.carrier().call(SUPPORT, WAIT_HZ)
    first_heard(waiter.ear, MUSIC_HZ, waiter.wait("answered", 15), 15)
    victim = worker_of(site, customer)
    pid = site.stack.pid(victim)
    os.killpg(pid, signal.SIGSTOP)
    frozen = time.time()
    try:
        wait_for(lambda: worker_of(site, customer) not in (None, "", victim),
                 5, 0.02, "the talk has not moved")
        until(frozen + 4)
    finally:
        os.killpg(pid, signal.SIGCONT)
    woken = time.time()
    until(woken + 3)
    for who, ear, hz in (("caller", customer.ear, voice),
                         ("agent", agent.ear, CUSTOMER_HZ)):
        gap = ear.tone_gap(hz, frozen - 0.2, woken)
        after = ear.tone_gap(hz, woken, woken + 3)
        print("%s: %.0f ms without, %.0f ms after it woke up"
              % (who, gap * 1000, after * 1000))
        # 0.5 s after it is noticed, which takes 0.3 s
        assert gap <= 0.9, "%s heard nothing for %.2f s" % (who, gap)
        assert after <= 0.25, "the old one disturbs for %.2f s" % after
        assert len(ear.ssrcs(woken, woken + 3)) == 1, "two streams"
        loud(ear, woken, woken + 3, hz,
             absent=(MUSIC_HZ, HOLD_HZ, WAIT_HZ))
    assert len(waiter.ear.ssrcs(woken, woken + 3)) == 1, "two streams"
    assert worker_of(site, customer) != victim
    assert site.stack.pid(victim) == pid
    end(site, customer, waiter)
    rows = wait_for(lambda: parts(site, customer), 15, 0.1,
                    "the recording is not in two parts")
    assert rows[0]["cause"] == "worker_lost" and rows[-1]["cause"] is None


@pytest.mark.parametrize("program", ["worker", "rtpengine", "engine"])
def test_hold_stays_a_hold(site, program):
    """Whatever is killed while the caller holds: neither hears the other
    before it is resumed, and both do after."""
    customer, agent, voice = talk(site)
    held = customer.hold()
    first_heard(agent.ear, HOLD_HZ, held, 5)
    silent = time.time() + 0.2
    until(silent + 0.5)
    site.stack.kill({"worker": worker_of(site, customer),
                     "engine": site.stack.owner(1)}.get(program, program))
    until(silent + 5)
    loud(agent.ear, silent, silent + 5, absent=(CUSTOMER_HZ,))
    loud(customer.ear, silent, silent + 5, absent=(voice,))
    resumed = customer.resume()
    first_heard(customer.ear, voice, resumed, 10)
    first_heard(agent.ear, CUSTOMER_HZ, resumed, 10)
    end(site, customer)
