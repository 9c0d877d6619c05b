# SPDX-License-Identifier: GPL-2.0-or-later
"""200 calls at 5 a second over 20 agents who refuse, sleep and hang up, and
callers who give up; then the journal must add up to the millisecond."""

import os
import random
import threading
import time

import pytest

from crowd import add_agents
from harness import SUPPORT, read_wav
from jf.sim.people import Manner, wait_for
from jf.sim.rtp import tone
from jf.sim.sipp import Sipp

CALLS = int(os.environ.get("JF_LOAD_CALLS", "200"))
RATE = 5
AGENTS = 20


@pytest.fixture(scope="module")
def journal(_site, tmp_path_factory):
    """Runs the load once; (site, when it began, SIPp's result)."""
    site = _site
    site.queue_defaults()
    site.configure("queues", 1, ring_ms=2000, wrapup_limit_ms=1000,
                   refusal_ms=1500)
    users = add_agents(site, AGENTS)
    rand = random.Random(20261123)
    for user in users:
        site.agent(user).manners = [manner(rand) for _ in range(200)]
    site.ready(*users)
    begin = site.rows("SELECT now() AS t")[0]["t"]
    stop = threading.Event()
    waker = threading.Thread(target=wake, args=(site, users, stop))
    waker.start()
    try:
        result = call_all(site, rand, tmp_path_factory.mktemp("load"))
        wait_for(lambda: not site.state("contact"), 30, 0.2,
                 "contacts that do not end")
    finally:
        stop.set()
        waker.join()
    for user in users:
        site.ask(user, "logout")
    site.clean()
    assert result.good + result.crossed == CALLS, result
    assert result.crossed < CALLS / 20, result
    wait_for(lambda: site.one(
        "SELECT count(*) AS n FROM journal.contacts WHERE begin_at >= %s",
        begin)["n"] == CALLS, 20, 0.2, "not every call is in the journal")
    return site, begin


def manner(rand):
    answer = rand.randrange(100, 1200)
    dice = rand.random()
    if dice < 0.10:
        return Manner(answer_ms=answer, refuse=603)
    if dice < 0.15:
        return Manner(answer_ms=answer, refuse=486, ring=False)
    if dice < 0.19:
        return Manner(answer_ms=None)
    talk = rand.randrange(1500, 7000) if dice < 0.6 else None
    return Manner(answer_ms=answer, talk_ms=talk)


def wake(site, users, stop):
    """Agents who did not respond are sent back to work."""
    while not stop.wait(0.5):
        for user in users:
            if site.agent_state(user) == "not_responding":
                site.ctl("agent", "ready", user)


def call_all(site, rand, directory):
    rows, ears = [], []
    for i in range(CALLS):
        port = 40000 + 2 * i
        ear = site.world.clock.endpoint("127.0.0.2", port)
        ear.say(tone(500))
        ear.talk()
        ears.append(ear)
        rows.append((port, rand.randrange(800, 25000)))
    run = Sipp("uac_mix", site.proxy, ("127.0.0.2", next(site.sipp_ports)),
               calls=CALLS, rate=RATE, timeout=CALLS // RATE + 60,
               concurrent=CALLS, inject=rows, number=SUPPORT,
               keep=str(directory))
    try:
        return run.run()
    finally:
        for ear in ears:
            ear.close()


def test_mix(journal):
    """The load is what it should be: everything happened."""
    site, begin = journal
    row = site.one("""
        SELECT count(*) FILTER (WHERE outcome = 'answered') AS answered,
               count(*) FILTER (WHERE outcome = 'abandoned') AS abandoned,
               count(*) FILTER (WHERE outcome NOT IN ('answered',
                                'abandoned')) AS others,
               count(DISTINCT agent) AS agents
        FROM journal.contacts WHERE begin_at >= %s""", begin)
    assert row["answered"] > CALLS / 4 and row["abandoned"] > 0
    assert row["others"] == 0 and row["agents"] >= 15
    causes = {r["cause"]: r["n"] for r in site.rows(
        "SELECT cause, count(*) AS n FROM journal.segments "
        "WHERE kind = 'offer' AND begin_at >= %s GROUP BY 1", begin)}
    assert {"accepted", "declined", "busy", "no_answer"} <= set(causes)


def test_segments_have_no_gap(journal):
    site, begin = journal
    bad = site.rows("""
        WITH s AS (
            SELECT contact, ordinal, kind, begin_at, end_at,
                   lag(end_at) OVER w AS before,
                   row_number() OVER w AS n,
                   first_value(begin_at) OVER w AS first,
                   last_value(end_at) OVER w AS last
            FROM journal.segments WHERE begin_at >= %s
            WINDOW w AS (PARTITION BY contact ORDER BY ordinal
                         ROWS BETWEEN UNBOUNDED PRECEDING
                                  AND UNBOUNDED FOLLOWING))
        SELECT s.*, c.begin_at AS contact_begin, c.end_at AS contact_end
        FROM s FULL JOIN (SELECT * FROM journal.contacts
                          WHERE begin_at >= %s) c USING (contact)
        WHERE s.n IS NULL OR c.contact IS NULL OR ordinal <> n
           OR before IS NOT NULL AND before <> s.begin_at
           OR first <> c.begin_at OR last <> c.end_at""", begin, begin)
    assert not bad, bad[:5]


def test_agents_time_adds_up(journal):
    site, begin = journal
    bad = site.rows("""
        SELECT * FROM (
            SELECT *, lag(end_at) OVER (PARTITION BY agent
                                        ORDER BY begin_at, end_at) AS before
            FROM journal.agent_states) s
        WHERE before <> begin_at""")
    assert not bad, bad[:5]
    # Time in talk by states is time in talk and hold by segments.
    bad = site.rows("""
        WITH a AS (SELECT agent, contact, sum(end_at - begin_at) AS t
                   FROM journal.agent_states
                   WHERE state = 'talking' AND begin_at >= %s
                   GROUP BY 1, 2),
             b AS (SELECT agent, contact, sum(end_at - begin_at) AS t
                   FROM journal.segments
                   WHERE kind IN ('talk', 'hold') AND begin_at >= %s
                   GROUP BY 1, 2)
        SELECT * FROM a FULL JOIN b USING (agent, contact)
        WHERE a.t IS DISTINCT FROM b.t""", begin, begin)
    assert not bad, bad[:5]


def test_one_thing_at_a_time(journal):
    """No agent has two live offers, talks or wrap-ups."""
    site, begin = journal
    bad = site.rows("""
        SELECT a.agent, a.contact, a.kind, a.begin_at, a.end_at,
               b.contact AS other, b.kind AS other_kind,
               b.begin_at AS other_begin, b.end_at AS other_end
        FROM journal.segments a JOIN journal.segments b
          ON a.agent = b.agent AND a.segment < b.segment
         AND tstzrange(a.begin_at, a.end_at)
             && tstzrange(b.begin_at, b.end_at)
        WHERE a.kind IN ('offer', 'talk', 'hold', 'wrap_up')
          AND b.kind IN ('offer', 'talk', 'hold', 'wrap_up')
          AND a.begin_at >= %s AND b.begin_at >= %s""", begin, begin)
    assert not bad, bad[:5]


def test_places_never_go_back(journal):
    site, begin = journal
    last = {}
    seen = 0
    for p in site.pushes("push.contact", begin.timestamp() * 1000):
        if p["state"] not in ("queued", "offered") or "position" not in p:
            continue
        place = int(p["position"])
        assert place <= last.get(p["contact"], place), (p, last[p["contact"]])
        last[p["contact"]] = place
        seen += 1
    assert len(last) > CALLS / 2 and max(last.values()) >= 1 and seen > CALLS
    told = {}
    for p in site.pushes("push.heard", begin.timestamp() * 1000):
        if p["heard"].startswith("position "):
            place = int(p["heard"].split()[1])
            assert place <= told.get(p["contact"], place), p
            told[p["contact"]] = place


def test_order_of_the_queue(journal):
    """Whoever is offered is the first in line, unless those before are being
    offered at that moment."""
    site, begin = journal
    bad = site.rows("""
        SELECT d.contact, d.begin_at, e.contact AS skipped
        FROM journal.decisions d
        JOIN journal.contacts c ON c.contact = d.contact
        JOIN journal.contacts e ON e.enqueued_at < c.enqueued_at
         AND e.queue = c.queue
        WHERE d.agent IS NOT NULL AND d.begin_at >= %s
          AND EXISTS (SELECT FROM journal.segments s
                      WHERE s.contact = e.contact AND s.kind = 'queue'
                        AND s.begin_at < d.begin_at
                        AND s.end_at > d.begin_at)""", begin)
    assert not bad, bad[:5]


def test_recordings(journal):
    site, begin = journal
    rows = site.rows("""
        SELECT s.segment, s.end_at - s.begin_at AS length, r.file, r.ms,
               r.cause, r.part, r.bytes, r.sha256
        FROM journal.segments s LEFT JOIN journal.recordings r
          ON r.segment = s.segment
        WHERE s.kind = 'talk' AND s.begin_at >= %s""", begin)
    assert len(rows) > CALLS / 4
    for r in rows:
        assert r["file"] and r["part"] == 1 and r["cause"] is None, r
        path = site.layout.path("recordings", r["file"])
        assert os.path.getsize(path) == r["bytes"], r
        rate, pcm = read_wav(path)
        ms = len(pcm) * 1000 / rate
        want = r["length"].total_seconds() * 1000
        assert abs(ms - want) <= max(60, want / 100), (ms, r)


def test_nothing_is_rejected(journal):
    site, _ = journal
    assert not site.rows("SELECT * FROM journal.rejected")


def test_load_took_its_time(journal):
    """5 calls a second came in, not fewer."""
    site, begin = journal
    row = site.one("SELECT max(begin_at) - min(begin_at) AS t "
                   "FROM journal.contacts WHERE begin_at >= %s", begin)
    assert row["t"].total_seconds() < CALLS / RATE * 1.1 + 1
    assert time.time() > begin.timestamp()
