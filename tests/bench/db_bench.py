# SPDX-License-Identifier: GPL-2.0-or-later
"""What the database takes: rows of the journal a second, and what people ask.

    ./jackfield bench db [--calls 3000]

A call is 14 journal rows (5 segments, 4 agent states, 2 legs, a decision, a
recording, the contact). The cluster is durable: each batch waits for the
disk. One JSON object a line: {"bench": "db", "figure", "value", "unit"}.
"""

import argparse
import json
import os
import secrets
import statistics
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools"))

from jf.postgres import Postgres  # noqa: E402

PORT = 25433
DAY = 1767225600000  # 2026-01-01 00:00 UTC
KINDS = ("ivr", "queue", "offer", "talk", "wrap_up")
STATES = ("ready", "reserved", "talking", "wrap_up")


def out(figure, value, unit):
    print(json.dumps({"bench": "db", "figure": figure,
                      "value": round(value, 3), "unit": unit}), flush=True)


def call_rows(n):
    """The journal entries of call n, without their names."""
    at, tenant = DAY + n * 200, "1"
    contact, agent = "c%016x" % n, str(n % 3 + 1)
    common = {"tenant": tenant, "contact": contact}
    for i, kind in enumerate(KINDS):
        yield dict(common, t="journal.segment", segment="s%016x" % (n * 8 + i),
                   ordinal=str(i + 1), kind=kind, begin=str(at + i * 2000),
                   end=str(at + i * 2000 + 2000), cause="accepted",
                   queue="1", agent=agent, offer="o%016x" % n)
    for i, state in enumerate(STATES):
        yield dict(common, t="journal.agent_state", agent=agent, state=state,
                   begin=str(at + i * 2000), end=str(at + i * 2000 + 2000),
                   cause="offered")
    for i, role in enumerate(("caller", "agent")):
        yield dict(common, t="journal.leg", leg="l%016x" % (n * 2 + i),
                   role=role, node="acd-1", begin=str(at), by="remote",
                   end=str(at + 8000), cause="bye", q850="16", codec="PCMA",
                   call_id="%x@carrier" % n, answered=str(at + 100),
                   packets="400", lost="1", jitter_us="1200", mos100="438")
    yield dict(common, t="journal.decision", decision="d%016x" % n, queue="1",
               begin=str(at + 4000), wait_ms="2000", position="1",
               policy="longest_idle", reason="idle the longest of 3 eligible",
               considered="3", agent=agent, offer="o%016x" % n,
               candidates="1:1200:chosen,2:400:eligible,3:0:talking")
    yield dict(common, t="journal.recording", recording="r%016x" % n,
               segment="s%016x" % (n * 8 + 3), part="1", begin=str(at + 6000),
               file="1/%s.wav" % contact, ms="2000", bytes="64044",
               sha256="0" * 64)
    yield dict(common, t="journal.contact", channel="voice", begin=str(at),
               end=str(at + 10000), outcome="answered", phase="talk",
               by="caller", number="+12025550100", queue="1", agent=agent,
               caller="+12025550199", trunk="demo-carrier",
               call_id="%x@carrier" % n, enqueued=str(at + 2000),
               answered=str(at + 6000), q850="16", wait_ms="4000",
               talk_ms="2000", hold_ms="0", wrapup_ms="2000")


def named(rows, partition, generation):
    for n, row in enumerate(rows, 1):
        yield dict(row, id="%d.%s.%d.1" % (partition, generation, n))


def timed(conn, sql, args=()):
    with conn.cursor() as c:
        t0 = time.perf_counter()
        c.execute(sql, args)
        c.fetchall()
        return time.perf_counter() - t0


def drain(conn, partition, rows, size):
    """Seconds of each batch."""
    return [timed(conn, "SELECT journal.drain(%s, %s)",
                  (partition, json.dumps(rows[i:i + size])))
            for i in range(0, len(rows), size)]


def bench_drain(conn, calls):
    parts = ((1, 256, 0, calls), (2, 14, calls, calls + calls // 10))
    for partition, size, first, last in parts:
        rows = list(named((r for n in range(first, last)
                           for r in call_rows(n)), partition, "g"))
        took = drain(conn, partition, rows, size)
        out("drain_rows_per_s_batch_%d" % size, len(rows) / sum(took),
            "rows/s")
        out("drain_p99_ms_batch_%d" % size,
            statistics.quantiles(took, n=100)[98] * 1000, "ms")
    again = drain(conn, 1, list(named((r for n in range(calls)
                                       for r in call_rows(n)), 1, "g")), 256)
    out("drain_again_rows_per_s", calls * 14 / sum(again), "rows/s")


def bench_audit(conn, owner):
    rows = list(named(({"t": "journal.audit", "tenant": "1",
                        "begin": str(DAY + n), "actor": "jackfieldctl",
                        "verb": "agent.ready", "object": "agent %d" % n}
                       for n in range(20000)), 3, "g"))
    took = drain(conn, 3, rows, 256)
    out("audit_rows_per_s", len(rows) / sum(took), "rows/s")
    took = timed(owner, "SELECT * FROM audit.verify(1)")
    out("audit_verify_rows_per_s", len(rows) / took, "rows/s")


def bench_questions(conn, owner, calls):
    owner.cursor().execute("ANALYZE; SET jackfield.tenant = '1'")
    for figure, asker, sql in (
            ("explain_ms", conn, "SELECT journal.explain('c%016x')" % 7),
            ("snapshot_ms", conn, "SELECT * FROM conf.snapshot(1)"),
            ("bi_calls_ms", owner, "SELECT * FROM bi.calls"),
            ("bi_queue_half_hour_ms", owner,
             "SELECT * FROM bi.queue_half_hour"),
            ("bi_agent_day_ms", owner, "SELECT * FROM bi.agent_day")):
        took = [timed(asker, sql) for _ in range(5)]
        out(figure, statistics.median(took) * 1000, "ms")
    out("calls_in_tables", calls + calls // 10, "calls")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--calls", type=int, default=3000)
    p.add_argument("--json", action="store_true")
    args = p.parse_args()
    with tempfile.TemporaryDirectory(prefix="jf-db-") as directory:
        os.chmod(directory, 0o755)
        pg = Postgres(directory, PORT, {
            r: secrets.token_hex(8) for r in ("postgres", "jackfield_engine")})
        pg.start()
        try:
            pg.deploy(os.path.join(ROOT, "db"))
            pg.set_password("jackfield_engine")
            pg.psql_file(os.path.join(ROOT, "db/seed/demo.sql"))
            engine, owner = pg.connect("jackfield_engine"), pg.connect()
            bench_drain(engine, args.calls)
            bench_audit(engine, owner)
            bench_questions(engine, owner, args.calls)
        finally:
            pg.stop()


if __name__ == "__main__":
    main()
