# SPDX-License-Identifier: GPL-2.0-or-later
"""What needs more than one session: announcements, crashes, rivals."""

import json
import select
import threading
import time

import pytest

DAY = 1767225600000  # 2026-01-01 00:00 UTC


def contact(partition, n, tenant=1, at=DAY):
    return {"id": "%d.g.%d.1" % (partition, n), "t": "journal.contact",
            "contact": "c%016x" % (partition << 48 | n),
            "tenant": str(tenant), "channel": "voice", "begin": str(at),
            "end": str(at + 1), "outcome": "abandoned", "phase": "queue",
            "by": "caller"}


def audit(partition, n):
    return {"id": "%d.g.%d.1" % (partition, n), "t": "journal.audit",
            "tenant": "1", "begin": str(DAY + n), "actor": "a", "verb": "v",
            "object": "o"}


def drain(conn, partition, entries):
    with conn.cursor() as c:
        c.execute("SELECT journal.drain(%s, %s)",
                  (partition, json.dumps(entries)))
        return c.fetchone()[0]


def notified(conn, seconds):
    """Tables named by the notifications that have come."""
    if not conn.notifies:
        select.select([conn], [], [], seconds)
    conn.poll()
    names = [n.payload for n in conn.notifies if n.channel == "conf"]
    conn.notifies.clear()
    return names


@pytest.mark.parametrize("statement,table", [
    ("UPDATE conf.queues SET ring_ms = 5000", "queues"),
    ("INSERT INTO conf.skills (tenant_id, skill) VALUES (1, 'x')", "skills"),
    ("DELETE FROM conf.numbers", "numbers"),
    ("UPDATE conf.agent_skills SET level = 1", "agent_skills"),
    ("UPDATE conf.agents SET name = 'A'", "agents"),
    ("UPDATE conf.tenants SET code_ready = '*80'", "tenants"),
    ("UPDATE conf.trunks SET max_cps = 1", "trunks"),
    ("TRUNCATE conf.trunks", "trunks"),
])
def test_every_change_of_conf_is_announced(db, statement, table):
    db.seed()
    engine = db.connect("jackfield_engine")
    engine.cursor().execute("LISTEN conf")
    db.psql("BEGIN; %s; ROLLBACK" % statement)
    db.psql(statement)
    assert table in notified(engine, 10)


def test_a_rolled_back_change_is_not_announced(db):
    db.seed()
    engine = db.connect("jackfield_engine")
    engine.cursor().execute("LISTEN conf")
    db.psql("BEGIN; UPDATE conf.queues SET ring_ms = 5000; ROLLBACK")
    db.psql("UPDATE conf.trunks SET max_cps = 1")
    assert notified(engine, 10) == ["trunks"]


def test_crash_between_insert_and_commit(db):
    """kill -9 of PostgreSQL before the commit: no row and the cursor of
    before; after it: both."""
    first = [contact(3, n) for n in range(1, 51)]
    second = [contact(3, n) for n in range(51, 101)]
    assert drain(db.connect("jackfield_engine"), 3, first) == 50
    open_one = db.connect("jackfield_engine")
    open_one.autocommit = False
    assert drain(open_one, 3, second) == 50
    db.server.kill()
    db.server.start()
    rows = "SELECT count(*), count(DISTINCT effect) FROM journal.contacts"
    assert db.psql(rows) == "50|50"
    assert db.psql("SELECT commit FROM journal.cursor") == "50"
    # the engine does not know, and sends everything again
    again = db.connect("jackfield_engine")
    assert drain(again, 3, first + second) == 50
    db.server.kill()
    db.server.start()
    assert db.psql(rows) == "100|100"
    assert drain(db.connect("jackfield_engine"), 3, first + second) == 0


def in_threads(jobs):
    faults = []

    def run(job):
        try:
            job()
        except Exception as e:  # told by the caller
            faults.append(e)
    threads = [threading.Thread(target=run, args=(j,)) for j in jobs]
    for t in threads:
        t.start()
    for t in threads:
        t.join(60)
    assert not faults


def waits_for_lock(db, conn, seconds=10):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if db.psql("SELECT wait_event_type FROM pg_stat_activity WHERE pid = "
                   + str(conn.get_backend_pid())) == "Lock":
            return True
        time.sleep(0.02)
    return False


def second_while_first_is_open(db, first, second):
    """Drains (partition, entries) of `second` while `first` has not committed
    yet; returns what both counted."""
    one = db.connect("jackfield_engine")
    two = db.connect("jackfield_engine")
    one.autocommit = False
    counts = [drain(one, *first)]
    thread = threading.Thread(
        target=lambda: counts.append(drain(two, *second)))
    thread.start()
    assert waits_for_lock(db, two)
    one.commit()
    thread.join(30)
    assert db.psql("SELECT count(*) FROM journal.rejected") == "0"
    return counts


def test_a_rival_waits_and_finds_everything_done(db):
    entries = [contact(3, n) for n in range(1, 11)]
    drain(db.connect("jackfield_engine"), 3, entries[:1])
    assert second_while_first_is_open(db, (3, entries), (3, entries)) == \
        [9, 0]


def test_a_new_day_is_made_once(db):
    at = DAY + 600 * 86400000
    assert second_while_first_is_open(
        db, (3, [contact(3, 1, at=at)]), (4, [contact(4, 1, at=at)])) == \
        [1, 1]


def test_rival_drainers_of_one_partition(db):
    """An old owner and a new one drain the same entries at once."""
    entries = [contact(3, n) for n in range(1, 201)]

    def job():
        conn = db.connect("jackfield_engine")
        for first in range(0, 200, 20):
            drain(conn, 3, entries[first:first + 20])
    in_threads([job] * 4)
    assert db.psql("SELECT count(*), count(DISTINCT effect) "
                   "FROM journal.contacts") == "200|200"
    assert db.psql("SELECT count(*) FROM journal.rejected") == "0"


def test_partitions_drained_at_once_on_a_new_day(db):
    """All of them find the day's partition missing at the same time."""
    def job(partition):
        drain(db.connect("jackfield_engine"), partition,
              [contact(partition, 1, at=DAY + 500 * 86400000)])
    in_threads([lambda p=p: job(p) for p in range(8)])
    assert db.psql("SELECT count(*) FROM journal.contacts") == "8"
    assert db.psql("SELECT count(*) FROM journal.rejected") == "0"


def test_one_tenants_audit_from_many_sessions_has_no_gap(db):
    def job(partition):
        conn = db.connect("jackfield_engine")
        for n in range(1, 26):
            drain(conn, partition, [audit(partition, n)])
    in_threads([lambda p=p: job(p) for p in range(4)])
    assert db.psql("SELECT count(*), min(seq), max(seq) "
                   "FROM audit.entries") == "100|1|100"
    assert db.psql("SELECT * FROM audit.verify(1)") == ""


def test_a_wrong_password_is_refused(db):
    from jf.postgres import PostgresError
    for user in ("postgres", "jackfield_engine", "jackfield_bi"):
        right = db.server.passwords[user]
        db.server.passwords[user] = "wrong"
        try:
            with pytest.raises(PostgresError, match="password authentication"):
                db.psql("SELECT 1", user)
        finally:
            db.server.passwords[user] = right
