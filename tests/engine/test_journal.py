# SPDX-License-Identifier: GPL-2.0-or-later
"""The journal reaches PostgreSQL exactly once, whoever dies on the way."""

import json
import os
import signal
import time

from conftest import PREFIX, wait_for
from jf.entry import fields as entry_fields

TABLES = ("contacts", "segments", "legs", "decisions", "agent_states",
          "recordings")


def one_call(box, user="alice"):
    leg = box.nodes.call()
    contact = box.contact_of(leg)
    box.wait_state(contact, "talking")
    box.nodes.hang_up(leg)
    box.wait_state(contact, "wrap_up")
    box.ctl("agent", "ready", user)
    box.wait_gone(contact)
    return contact


def effects(box):
    """Names of all entries that PostgreSQL has, doubles included."""
    union = " UNION ALL ".join("SELECT effect FROM journal." + t
                               for t in TABLES)
    return [e for e, in box.query(union)]


def stream(box):
    found = [entry_fields(e) for _, e in
             box.redis.xrange(PREFIX + ":journal")]
    return [f["id"] for f in found if not f["t"] == "journal.audit"]


def chain_is_whole(box):
    assert not box.query("SELECT * FROM audit.faults(1)")


def test_killed_between_drain_and_trim(box):
    """The server is held back with a lock while a batch is on its way, the
    engine is stopped, the server commits, the engine is killed: PostgreSQL
    has the rows, and the stream has them still. The successor drains them
    again, and nothing is there twice."""
    box.ready("alice")
    one_call(box)
    wait_for(box.journal_empty, 10, "a quiet journal")
    before = effects(box)
    lock = box.stack.pg.connect()
    lock.autocommit = False
    with lock.cursor() as c:
        c.execute("SELECT 1 FROM journal.cursor WHERE partition = 1 "
                  "FOR UPDATE")
        contact = one_call(box)
        pending = set(stream(box))
        assert len(pending) > 5
        wait_for(lambda: box.query(
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
            "AND query LIKE '%%journal.drain%%'"), 5, "a drain that waits")
        owner, generation = box.owner(), box.generation()
        os.kill(box.stack.pid(owner), signal.SIGSTOP)
    lock.rollback()
    lock.close()
    wait_for(lambda: set(effects(box)) - set(before), 10,
             "rows of the batch in PostgreSQL")
    assert set(stream(box)) & set(effects(box)), "not trimmed yet"
    box.stack.kill(owner)
    box.wait_successor(generation)
    wait_for(box.journal_empty, 10, "the journal drained")
    now = effects(box)
    assert len(now) == len(set(now))
    assert pending <= set(now)
    assert box.query("SELECT count(*) FROM journal.contacts WHERE "
                     "contact = %s", contact) == [(1,)]
    chain_is_whole(box)
    assert box.query("SELECT count(*) FROM journal.rejected") == [(0,)]


def test_postgres_away(box):
    """Calls go on, a takeover too; the journal waits and drains in order;
    explain says what is the matter."""
    box.ready("alice")
    wait_for(box.journal_empty, 10, "a quiet journal")
    box.stack.stop_program("postgres")
    try:
        contacts = [one_call(box) for _ in range(3)]
        r = box.ctl("explain", contacts[0], check=False)
        assert r == ""
        generation = box.generation()
        box.stack.kill(box.owner())
        box.wait_successor(generation)
        contacts.append(one_call(box))
        pending = stream(box)
        assert len(pending) > 20
        r = box.ctl("--json", "explain", contacts[0], check=False)
        assert "PostgreSQL is away" in r and r.count("\n") == 1
        r = box.ctl("--json", "conf", "reload", check=False)
        assert "PostgreSQL is away" in r
    finally:
        box.stack.start_program("postgres")
        box.reconnect_sql()
    begin = time.monotonic()
    wait_for(box.journal_empty, 15, "the journal drained")
    print("drained %d entries %.1f s after PostgreSQL was back" % (
        len(pending), time.monotonic() - begin))
    now = effects(box)
    assert len(now) == len(set(now))
    assert set(pending) <= set(now)
    for contact in contacts:
        assert contact in box.ctl("explain", contact)
    chain_is_whole(box)


def test_postgres_frozen(box):
    """A server that does not answer at all is a server that is away."""
    box.ready("alice")
    pid = box.stack.pg.pid()
    children = box.stack.pg._children(pid)
    for p in (pid, *children):
        os.kill(p, signal.SIGSTOP)
    try:
        contact = one_call(box)
        r = wait_for(lambda: "PostgreSQL is away" in box.ctl(
            "--json", "explain", contact, check=False), 12,
            "explain that gives up")
        assert r
    finally:
        for p in (pid, *children):
            os.kill(p, signal.SIGCONT)
    wait_for(box.journal_empty, 15, "the journal drained")
    assert box.query("SELECT count(*) FROM journal.contacts WHERE "
                     "contact = %s", contact) == [(1,)]


def test_bad_entry_blocks_nobody(box):
    """An entry that no table takes goes to journal.rejected."""
    box.redis.xadd(PREFIX + ":journal", {
        "t": "journal.contact", "id": "1.~.1.1", "contact": "nonsense",
        "tenant": 1, "channel": "voice", "begin": 1, "end": 0,
        "outcome": "answered", "phase": "talk", "by": "caller"})
    box.redis.xadd(PREFIX + ":journal", {"t": "no.such.type", "id": "x"})
    box.ready("alice")
    contact = one_call(box)
    wait_for(box.journal_empty, 15, "the journal drained")
    try:
        assert box.query("SELECT count(*) FROM journal.rejected") != [(0,)]
    finally:
        box.sql.cursor().execute("DELETE FROM journal.rejected")
        # the made-up name sorts behind every real one: take it back
        box.sql.cursor().execute("UPDATE journal.cursor SET generation = '0'"
                                 ", commit = 0, ordinal = 0 "
                                 "WHERE partition = 1")
    assert contact


def waiting_for_standby(box):
    """Backends whose commit waits for a synchronous standby."""
    return [pid for pid, in box.query(
        "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'")]


def retries(box):
    return sum(s["journal_retries"]
               for s in json.loads(box.ctl("--json", "stats")))


def test_unconfirmed_by_the_standby(box):
    """A commit that no standby confirmed is not taken for one: its entries
    stay in the stream until it is."""
    box.ready("alice")
    wait_for(box.journal_empty, 10, "a quiet journal")
    before = retries(box)
    admin = box.sql.cursor()
    admin.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    admin.execute("SELECT pg_reload_conf()")
    try:
        contact = one_call(box)
        pid = wait_for(lambda: waiting_for_standby(box), 5, "the wait")[0]
        admin.execute("SET synchronous_commit = local")
        admin.execute("SELECT pg_cancel_backend(%s)", (pid,))
        wait_for(lambda: retries(box) > before, 3, "the drain tried again")
        assert not box.journal_empty()
    finally:
        admin.execute("ALTER SYSTEM RESET synchronous_standby_names")
        admin.execute("SELECT pg_reload_conf()")
        admin.execute("SET synchronous_commit = on")
    wait_for(box.journal_empty, 15, "the journal drained")
    assert box.query("SELECT count(*) FROM journal.contacts WHERE "
                     "contact = %s", contact) == [(1,)]
    chain_is_whole(box)
