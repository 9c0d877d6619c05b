# SPDX-License-Identifier: GPL-2.0-or-later
"""What dies is not noticed: an engine, the media worker, PostgreSQL."""

import os
import signal
import time

from crowd import Crowd
from harness import (CUSTOMER_HZ, GREETING_HZ, MUSIC_HZ, SUPPORT, check_chain,
                     first_heard, loud)
from jf.sim.people import Manner, wait_for

TENANT_PARTITION = 1
PG_AWAY_S = float(os.environ.get("JF_PG_AWAY", "60"))


def until(t):
    wait_for(lambda: time.time() >= t, 120)


def owner(site):
    return site.stack.owner(TENANT_PARTITION)


def generation(site):
    """Changes with every acquisition, also by the same engine."""
    return site.redis.hget("{p%d}:meta" % TENANT_PARTITION, "generation")


def complete(site, calls):
    """Every call has one row, and its chain of segments."""
    for c in calls:
        contact = site.contact(c.call.call_id, 30)
        rows = site.rows("SELECT * FROM journal.contacts WHERE call_id = %s",
                         c.call.call_id)
        assert len(rows) == 1, rows
        check_chain(site.segments(contact["contact"]), contact)
        for table in ("legs", "decisions", "recordings"):
            key = {"legs": "leg", "decisions": "decision",
                   "recordings": "recording || part::text"}[table]
            doubled = site.rows(
                "SELECT %s, count(*) FROM journal.%s WHERE contact = %%s "
                "GROUP BY 1 HAVING count(*) > 1" % (key, table),
                contact["contact"])
            assert not doubled, doubled
    assert not site.rows("SELECT * FROM journal.rejected")


def test_engine_dies(site):
    """kill -9 of the owner during 20 talks and 10 callers in line."""
    crowd = Crowd(site, 20, 10)
    voices = {p.hz: p for p in crowd.parties}
    order = sorted((line_fields(site, c)["enqueued"], c.call.call_id)
                   for c in crowd.waiters)
    free = crowd.parties[0]
    for a in crowd.agents:
        a.manner = Manner(answer_ms=200)
    before = time.time()
    victim, reign = owner(site), generation(site)
    killed = time.time()
    site.stack.kill(victim)
    free.bye()  # an agent becomes free while nobody owns the partition
    again = wait_for(lambda: next((
        p.call.when("offered") for p in crowd.agents[0].calls[1:]), None), 10,
        0.01, "no offer after the engine died")
    taken = again - killed
    print("matching again after %.0f ms" % (taken * 1000))
    until(killed + 4)
    assert taken < 1.0, "matching again after %.2f s" % taken
    assert owner(site) and generation(site) != reign
    for c in crowd.talkers:  # nobody else's talk stopped
        if c.call.state == "ended":
            assert c.call.bye_by == "them"
    up = [c for c in crowd.talkers if c.call.state == "answered"]
    assert len(up) == 19
    for c in up:
        gap = min(c.ear.tone_gap(hz, before, killed + 3) for hz in voices)
        assert gap < 0.25, "a caller heard nobody for %.2f s" % gap
    for p in crowd.parties[1:]:
        assert not p.ear.gaps(before, killed + 3, 0.25)
    for c in crowd.waiters:
        assert c.call.state == "answered"
    # The line is served in its order.
    wait_for(lambda: crowd.queued() == 9, 5)
    for n, p in enumerate(crowd.parties[1:10]):
        p.bye()
        wait_for(lambda: crowd.queued() == 8 - n, 5)
    wait_for(lambda: sum("state=talking" in v for v in site.state(
        "contact").values()) == 20, 10)
    crowd.hang_up()
    complete(site, crowd.all())
    rows = site.rows(
        "SELECT c.call_id FROM journal.decisions d "
        "JOIN journal.contacts c USING (contact) WHERE c.call_id = ANY(%s) "
        "AND d.agent IS NOT NULL ORDER BY d.begin_at, d.decision",
        [call_id for _, call_id in order])
    assert [r["call_id"] for r in rows] == [c for _, c in order]


def line_fields(site, customer):
    for line in site.state("contact").values():
        fields = dict(p.split("=", 1) for p in line.split(" ") if "=" in p)
        if fields.get("call_id") == customer.call.call_id:
            return {**fields, "enqueued": int(fields["enqueued"])}
    raise AssertionError("no record of " + customer.call.call_id)


def rebuilt(site, contact):
    """From its rebuilding on, its segments are a chain without a hole."""
    rows = [s for s in site.segments(contact["contact"])
            if s["ordinal"] > 100]
    assert [s["ordinal"] for s in rows] == list(
        range(101, 101 + len(rows))), rows
    for a, b in zip(rows, rows[1:]):
        assert a["end_at"] == b["begin_at"], (a, b)
    assert rows[-1]["end_at"] == contact["end_at"]
    assert contact["outcome"] == "answered"


def test_redis_and_its_owner_are_lost(site):
    """Redis is empty and nobody knows what was in it: the calls go on, places
    are kept, a hold stays a hold, and no agent must log in again."""
    crowd = Crowd(site, 5, 3)
    for a in crowd.agents:
        a.manner = Manner(answer_ms=200)
    order = [c.call.call_id for c in crowd.waiters]
    holder, other = crowd.parties[0], crowd.customer_of(crowd.parties[0])
    holder.hold()
    wait_for(lambda: any("state=held" in v
                         for v in site.state("contact").values()), 5)
    time.sleep(0.2)
    lost, victim = time.time(), owner(site)
    site.stack.kill(victim)
    site.redis.flushall()
    wait_for(lambda: sum("state=queued" in v or "state=talking" in v
                         or "state=held" in v
                         for v in site.state("contact").values()) == 8, 15,
             0.05, "the contacts are not rebuilt")
    print("rebuilt after %.0f ms" % ((time.time() - lost) * 1000))
    until(lost + 6)
    for c in crowd.all():
        assert c.call.state == "answered"
    assert other.ear.tone_gap(holder.hz, lost, lost + 5) > 4.8, \
        "the held party heard the holder"
    for p in crowd.parties[1:]:
        c = crowd.customer_of(p)
        assert c.ear.tone_gap(p.hz, lost, lost + 5) < 0.25
    for n, p in enumerate(crowd.parties[1:4]):
        p.bye()
        wait_for(lambda: crowd.queued() == 2 - n, 10, 0.02,
                 "who waits is not served")
    wait_for(lambda: sum("state=talking" in v for v in site.state(
        "contact").values()) == 4, 10)
    crowd.hang_up()
    for c in crowd.all():
        rebuilt(site, site.contact(c.call.call_id, 30))
    rows = site.rows(
        "SELECT c.call_id FROM journal.decisions d "
        "JOIN journal.contacts c USING (contact) WHERE c.call_id = ANY(%s) "
        "AND d.agent IS NOT NULL ORDER BY d.begin_at, d.decision", order)
    assert [r["call_id"] for r in rows] == order


def test_engine_stands_still(site):
    """A frozen owner is replaced; when it wakes it changes nothing."""
    site.ready("alice", "bob")
    talker = site.world.carrier().call(SUPPORT, CUSTOMER_HZ)
    talker.wait("answered")
    agent = wait_for(lambda: next((p for u in ("alice", "bob")
                                   for p in site.agent(u).calls), None), 10)
    agent.wait("acked")
    victim, reign = owner(site), generation(site)
    pid = site.stack.pid(victim)
    os.kill(pid, signal.SIGSTOP)
    try:
        frozen = time.time()
        wait_for(lambda: generation(site) != reign and owner(site), 3, 0.02,
                 "nobody took over")
        print("taken over after %.0f ms" % ((time.time() - frozen) * 1000))
        assert owner(site) != victim
        second = site.world.carrier().call(SUPPORT, 560)
        second.wait("answered")
        other = wait_for(lambda: next((
            p for u in ("alice", "bob") for p in site.agent(u).calls
            if p is not agent), None), 10)
        other.wait("acked")
    finally:
        os.kill(pid, signal.SIGCONT)
    woken = time.time()
    until(woken + 1)
    assert owner(site) != victim
    for c, p in ((talker, agent), (second, other)):
        assert c.ear.tone_gap(p.hz, woken, woken + 1) < 0.2
    talker.bye()
    other.bye()
    for c in (talker, second):
        c.wait("ended")
    complete(site, [talker, second])


def test_worker_dies(site):
    """Two who talk hear each other again within 0.5 s, who waits hears music
    within 2 s; the recording's hole is a row."""
    site.ready("alice")
    alice = site.agent("alice")
    talker = site.world.carrier().call(SUPPORT, CUSTOMER_HZ)
    talker.wait("answered")
    agent = alice.wait_call()
    agent.wait("acked")
    waiter = site.world.carrier().call(SUPPORT, 560)
    first_heard(talker.ear, alice.hz, time.time() - 0.3)
    music = first_heard(waiter.ear, MUSIC_HZ, waiter.wait("answered"), 15)
    until(music + 3)  # past the announcement
    wait_for(lambda: waiter.ear.tone_gap(
        MUSIC_HZ, time.time() - 1, time.time()) < 0.2, 15)
    killed = time.time()
    site.stack.kill("worker-1")
    until(killed + 5)
    for who, ear, hz, most in (("caller", talker.ear, alice.hz, 0.5),
                               ("agent", agent.ear, CUSTOMER_HZ, 0.5),
                               ("waiting", waiter.ear, MUSIC_HZ, 2.0)):
        gap = ear.tone_gap(hz, killed - 0.2, killed + 5)
        print("%s: %.0f ms without" % (who, gap * 1000))
        assert gap <= most, "%s heard nothing for %.2f s" % (who, gap)
    loud(waiter.ear, killed + 3, killed + 5, MUSIC_HZ,
         absent=(GREETING_HZ, alice.hz))
    loud(talker.ear, killed + 3, killed + 5, alice.hz, absent=(MUSIC_HZ,))
    talker.bye()
    waiter.bye()
    talker.wait("ended")
    waiter.wait("ended")
    agent.wait("ended")
    complete(site, [talker, waiter])
    contact = site.contact(talker.call.call_id)
    parts = wait_for(lambda: two_parts(site, contact), 10, 0.1,
                     "the recording is not in two parts")
    assert parts[0]["cause"] == "worker_lost" and parts[1]["cause"] is None


def two_parts(site, contact):
    rows = site.rows("SELECT * FROM journal.recordings WHERE contact = %s "
                     "ORDER BY part", contact["contact"])
    return rows if len(rows) >= 2 else None


def test_postgres_is_away(site):
    """Calls go on without it; when it is back, nothing is missing."""
    site.ready("alice", "bob")
    calls = []
    site.stack.stop_program("postgres")
    away = time.time()
    try:
        while time.time() < away + PG_AWAY_S:
            c = site.world.carrier().call(SUPPORT)
            c.wait("answered")
            party = wait_for(lambda: next((
                p for u in ("alice", "bob") for p in site.agent(u).calls
                if p.call.state == "answered"), None), 10)
            party.wait("acked")
            first_heard(c.ear, party.hz, time.time() - 0.5)
            c.bye()
            c.wait("ended")
            party.wait("ended")
            calls.append(c)
            until(min(away + PG_AWAY_S, time.time() + 3))
    finally:
        site.stack.start_program("postgres")
        site.stack.wait_program("postgres")
    assert len(calls) >= PG_AWAY_S / 12
    complete(site, calls)
    for c in calls:
        assert site.contact(c.call.call_id)["outcome"] == "answered"
