# SPDX-License-Identifier: GPL-2.0-or-later
"""The whole box under calls for long: what it holds must not grow.

    ./jackfield bench soak [--minutes 30] [--rate N] [--asan]

Calls come at 70 % of the sustained rate that figures.json keeps (or at N a
second), queued, talked, recorded and journaled, signalling only. After a
warm-up of a fifth of the time it looks 60 times at memory and descriptors of
each process and at Kamailio's allocators; _flat.py says what is flat. The
time from INVITE to the answer is compared in ten slices. Then the calls end,
and Kamailio's qm allocator must have in every line of code what it had before
them. --asan: the programs with AddressSanitizer; their memory is not judged,
and what LeakSanitizer says when they end is.
"""

import argparse
import glob
import json
import os
import shutil
import sys
import tempfile
import threading
import time

import call_bench as call  # sets the path
from _box import (backends, descriptors, fragments, memory, private,
                  shared, transactions)
from _cost import out as tell
from _flat import growth
from crowd import add_agents
from harness import Site
from jf.sim.people import wait_for
from jf.stack import CORE, Stack

SAMPLES = 60
SLICES = 10
NOISE = 4096  # bytes that qm may have more
HOLD_MS = 1000
KEEP_S = 30  # recordings
# kB, or a share of what there is: what may be grown within the time
LEAST_KB, SHARE = 1024, 0.02
P99 = 1.5  # the later half's p99, over that of the earlier half


def out(figure, value, unit):
    tell(figure, value, unit, bench="soak")


def sustained():
    with open(os.path.join(call.HERE, "figures.json"), encoding="utf-8") as f:
        return json.load(f).get("rate", {}).get("sustained", [50])[0]


class Sweeper(threading.Thread):
    """Nobody listens to the recordings: the disk shall not be full."""

    def __init__(self, directory):
        super().__init__(daemon=True)
        self.directory, self.over = directory, threading.Event()

    def run(self):
        while not self.over.wait(5):
            before = time.time() - KEEP_S
            for path in glob.glob(self.directory + "/**/*.wav",
                                  recursive=True):
                try:
                    if os.stat(path).st_mtime < before:
                        os.unlink(path)
                except OSError:
                    continue


class Watch:
    """Rows of samples: name -> [value], at self.times."""

    def __init__(self, site):
        self.site, self.stack = site, site.stack
        self.times, self.rows = [], {}

    def look(self):
        self.times.append(time.monotonic())
        for name in CORE:
            pid = self.stack.pid(name)
            rss, pss = memory(pid)
            self.put(name + ".rss", rss, "kB")
            self.put(name + ".pss", pss, "kB")
            self.put(name + ".descriptors", descriptors(pid), "")
        n, kb = backends(self.stack.pid("postgres"))
        self.put("backends", n, "")
        self.put("backends.pss", kb, "kB")
        self.put("kamailio.shared", shared(self.stack) / 1024, "kB")
        self.put("kamailio.private", private(self.stack) / 1024, "kB")
        self.put("redis.used", self.redis_kb(), "kB")
        self.put("journal.backlog", backlog(self.site), "rows")

    def put(self, name, value, unit):
        self.rows.setdefault((name, unit), []).append(value)

    def redis_kb(self):
        """Without what people see, which is trimmed at a length that a short
        run does not reach."""
        r = self.site.redis
        pushes = sum(r.memory_usage(k, samples=0) or 0
                     for k in r.scan_iter("{p*}:push"))
        return (r.info("memory")["used_memory"] - pushes) / 1024

    def verdict(self, judged):
        """Names of what is not flat."""
        bad = []
        for (name, unit), row in self.rows.items():
            middle = sorted(row)[len(row) // 2]
            tolerance = max(LEAST_KB, SHARE * middle) if unit else 1
            by, flat = growth(self.times, row, tolerance)
            out(name, middle, unit)
            out(name + ".growth", by, unit)
            if not flat and judged(name):
                bad.append("%s grew by %.0f %s" % (name, by, unit))
        return bad


def judged(name):
    """PostgreSQL has caches, which fill: its backends are judged. All of
    Redis's memory is in redis.used."""
    return (not name.startswith(("postgres.", "redis.", "redis-media."))
            or name in ("redis.descriptors", "redis-media.descriptors",
                        "redis.used"))


# ---- the calls ---------------------------------------------------------------

def backlog(site):
    """Rows that PostgreSQL does not have yet."""
    return sum(site.redis.xlen(k) for k in site.redis.scan_iter(
        "{p*}:journal"))


def settle(site):
    wait_for(lambda: not site.state("contact"), 60, 0.5)
    wait_for(lambda: not transactions(site.stack), 90, 0.5,
             "transactions that stay")
    wait_for(lambda: not backlog(site), 60, 0.5,
             "%d rows wait for PostgreSQL" % backlog(site))


def held(stack):
    """qm's count when it stands still: what is cached goes by and by."""
    return shared(stack), fragments(stack)


def percentiles(site, begin, end):
    """[(n, p50, p99)] ms from INVITE to the answer, of each slice."""
    step = (end - begin) / SLICES
    return [tuple(site.rows("""
        SELECT count(*)::int AS n,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS p50,
               percentile_cont(0.99) WITHIN GROUP (ORDER BY ms) AS p99
        FROM (SELECT extract(epoch FROM answered_at - begin_at) * 1000 AS ms
              FROM journal.contacts
              WHERE begin_at >= to_timestamp(%s)
                AND begin_at < to_timestamp(%s)
                AND outcome = 'answered') v""",
        begin + i * step, begin + (i + 1) * step)[0].values())
        for i in range(SLICES)]


def slices(site, begin, end):
    """Words about times that get worse."""
    v = [(n, float(a or 0), float(b or 0))
         for n, a, b in percentiles(site, begin, end)]
    for i, (n, p50, p99) in enumerate(v):
        out("slice_%d.p50" % (i + 1), p50, "ms")
        out("slice_%d.p99" % (i + 1), p99, "ms")
    half = SLICES // 2
    early, late = (sorted(s[2] for s in part)[half // 2]
                   for part in (v[:half], v[half:]))
    out("p99.early", early, "ms")
    out("p99.late", late, "ms")
    if late > early * P99 + 1:
        return ["p99 went from %.1f to %.1f ms" % (early, late)]
    return [] if all(n for n, _, _ in v) else ["a slice without calls"]


def soak(site, a, directory):
    bad = []
    call.ready(site)
    users = add_agents(site, int(a.rate * (HOLD_MS / 1000 + 1)) + 20)
    a.calls, a.hold_ms = int(a.rate * a.minutes * 60), HOLD_MS
    agents = call.agents_by_sipp(site, users, a, directory)
    place = call.place_calls(site.proxy, a, directory,
                             site.ports["people"] + 70)
    place(max(50, a.rate * 5))
    settle(site)
    before = held(site.stack)
    results = []
    load = threading.Thread(target=lambda: results.append(place(a.calls)))
    load.start()
    seconds = a.minutes * 60
    time.sleep(seconds / 5)
    watch, begin = Watch(site), time.time()
    try:
        for i in range(SAMPLES):
            watch.look()
            print("%d of %d samples" % (i + 1, SAMPLES), file=sys.stderr,
                  flush=True)
            left = begin + (i + 1) * seconds * 0.75 / SAMPLES - time.time()
            time.sleep(max(0, left))
        end = time.time()
        load.join()
        settle(site)
        bad += leaked(site, before)
    finally:
        agents.stop()
    bad += watch.verdict(judged if not a.asan else lambda name: False)
    bad += slices(site, begin, end)
    good = results[0].good if results else 0
    out("calls", a.calls, "")
    out("good", 100 * good / a.calls, "%")
    if good < a.calls * 0.995:
        bad.append("%d of %d calls were good: %s" % (good, a.calls, results))
    return bad


def leaked(site, before):
    """Words about lines of Kamailio's code that have more than before."""
    until = time.monotonic() + 60
    while True:
        used, lines = held(site.stack)
        more = used - before[0]
        if more < NOISE or time.monotonic() > until:
            break
        time.sleep(2)  # timers free by and by
    out("kamailio.shared_after", more, "B")
    for name, n in lines.items():
        if n - before[1].get(name, 0) > NOISE // 4:
            print("%s: %d B more" % (name, n - before[1].get(name, 0)),
                  file=sys.stderr)
    return [] if more < NOISE else ["Kamailio has %d B more" % more]


# ---- sanitizers ---------------------------------------------------------------

def asan_environment(directory):
    log = "log_path=%s/sanitizer:" % directory
    os.environ["ASAN_OPTIONS"] = log + "detect_leaks=1:exitcode=99"
    os.environ["UBSAN_OPTIONS"] = log + "print_stacktrace=1"


def sanitizer(directory):
    """What the programs said when they ended."""
    words = []
    for path in sorted(glob.glob(directory + "/sanitizer*")):
        with open(path, encoding="utf-8", errors="replace") as f:
            words.append(f.read(4000))
    out("sanitizer.reports", len(words), "")
    return words


def main():
    p = argparse.ArgumentParser(prog="soak_bench")
    p.add_argument("--minutes", type=float, default=30)
    p.add_argument("--rate", type=int, default=0)
    p.add_argument("--asan", action="store_true")
    p.add_argument("--json", action="store_true", help="as always")
    a = p.parse_args()
    a.rate = a.rate or max(1, int(0.7 * sustained()))
    directory = tempfile.mkdtemp(prefix="jf-soak-")
    os.chmod(directory, 0o777)
    if a.asan:
        asan_environment(directory)
    stack = Stack(var=directory + "/var", durable=True,
                  settings=call.SETTINGS)
    bad = []
    try:
        stack.start()
        site = Site(stack)
        sweeper = Sweeper(stack.layout.path("recordings"))
        sweeper.start()
        bad += soak(site, a, directory)
        sweeper.over.set()
        site.close()
    finally:
        stack.stop()
        if a.asan:
            bad += sanitizer(directory)
        shutil.rmtree(directory, ignore_errors=True)
    for words in bad:
        print("NOT FLAT: " + words, file=sys.stderr)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
