# SPDX-License-Identifier: GPL-2.0-or-later
"""A nemesis over three Redis, three Sentinels, two owners and two producers.
Who takes part writes a history; checker.py, which knows nothing of lib/bus,
judges it.

A seed gives the same troubles in the same order; JF_SEED=N for one of them.
JF_LONG=1: 50 seeds of 60 s instead of 5 of a few seconds."""

import json
import os
import random
import signal
import threading
import time

import pytest
import redis as redis_client
from checker import History
from conftest import LEASE_MS, House, wait_for
from sentinel import Cluster

from jf.entry import fields as entry_fields

LONG = bool(os.environ.get("JF_LONG"))
SECONDS = 60 if LONG else 2
SEEDS = [int(os.environ["JF_SEED"])] if os.environ.get("JF_SEED") else list(
    range(1, 51 if LONG else 6))
FIRST = {"node-1": 1, "node-2": 50001}  # of the agents that each tells of
GONE = (redis_client.exceptions.RedisError, OSError, ValueError)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    c = Cluster(tmp_path_factory.mktemp("history"))
    try:
        yield c
    finally:
        c.stop()


class Drain(threading.Thread):
    """PostgreSQL's part: reads the journal, and trims what it has."""

    def __init__(self, cluster, write):
        super().__init__(daemon=True)
        self.cluster, self.write = cluster, write
        self.over = False

    def run(self):
        while not self.over:
            try:
                self.batch()
            except GONE:
                pass
            time.sleep(0.03)

    def batch(self):
        db = self.cluster.db
        entries = db.xrange("{p0}:journal", count=2000)
        for _, entry in entries:
            f = entry_fields(entry)
            self.write({"who": "journal", "row": f["id"],
                        "agent": int(f["object"])})
        if entries:
            ms, n = entries[-1][0].split("-")
            db.xtrim("{p0}:journal", minid="%s-%d" % (ms, int(n) + 1),
                     approximate=False)


class Nemesis:
    def __init__(self, cluster, path, seed):
        self.random, self.seed = random.Random(seed), seed
        self.cluster, self.path = cluster, path
        self.lock, self.lines = threading.Lock(), []
        self.house = House(cluster)
        self.next = dict(FIRST)
        self.did = []
        self.nodes = [self.house.node(name) for name in FIRST]
        for n in self.nodes:
            n.ask("inbox", answer="inbox 0")
        self.serial = 0
        self.engines = [self.engine(), self.engine()]
        self.drain = Drain(cluster, self.write)
        self.drain.start()

    def write(self, line):
        with self.lock:
            self.lines.append((time.monotonic(), line))

    def engine(self):
        self.serial += 1
        e = self.house.peer("engine", "engine-%d" % self.serial,
                            self.cluster.port, 1, LEASE_MS)
        e.say("target", "node-1", self.nodes[0].boot(), 0)
        return e

    # ---- the load ----------------------------------------------------------

    def feed(self, seconds):
        end = time.monotonic() + seconds
        while True:
            for n in self.nodes:
                first = self.next[n.name]
                self.write({"who": n.name, "sends": first, "count": 5})
                n.send(first, 5, 200)
                self.next[n.name] = first + 5
            if time.monotonic() > end:
                return
            time.sleep(0.03)

    def calm(self):
        """An event that is sent now is done."""
        n, begin = self.nodes[0], time.monotonic()
        mark = self.next[n.name]
        while time.monotonic() < begin + 20:
            self.feed(0.05)
            done = n.all(r"command 0 \S+ l(\S+) 1", max(0, len(n.lines) - 400))
            if any(mark <= int(m[1], 16) < FIRST["node-2"] for m in done):
                return
        raise AssertionError("nothing goes on after %s: %s" % (
            self.did, self.cluster.masters()))

    # ---- troubles ----------------------------------------------------------

    def others(self):
        primary = self.cluster.primary()
        return [s for s in self.cluster.servers if s is not primary]

    def moved(self, old):
        """Another one is the primary; the old one starts again."""
        for _ in range(200):
            self.feed(0.05)
            try:
                if self.cluster.primary() is not old:
                    break
            except GONE:
                pass
        if old.process.poll() is not None:
            old.start()
        else:
            old.process.send_signal(signal.SIGCONT)

    def primary_killed(self):
        old = self.cluster.primary()
        old.kill9()
        self.moved(old)

    def primary_stopped(self):
        old = self.cluster.primary()
        old.process.send_signal(signal.SIGSTOP)
        self.moved(old)
        wait_for(lambda: old.role() == "slave", 20)

    def primary_restarted(self):
        """With what its append-only file has."""
        old = self.cluster.primary()
        old.kill9()
        old.start()

    def acknowledged_and_lost(self):
        """What only the primary has when it dies is rolled back."""
        old, others = self.cluster.primary(), self.others()
        for s in others:
            s.process.send_signal(signal.SIGSTOP)
        self.feed(self.random.uniform(0.3, 1.0))
        old.kill9()
        for s in others:
            s.process.send_signal(signal.SIGCONT)
        self.moved(old)

    def replicas_stopped(self):
        """The primary refuses after two seconds."""
        others = self.others()
        for s in others:
            s.process.send_signal(signal.SIGSTOP)
        self.feed(self.random.uniform(2.5, 4))
        for s in others:
            s.process.send_signal(signal.SIGCONT)

    def wiped(self):
        def flushed():
            try:
                return self.cluster.db.flushall()
            except GONE:  # it takes no writes just now
                return False
        have = len(wait_for(self.counts, 20))
        wait_for(flushed)
        # an owner that dies before it has told everything is another story
        wait_for(lambda: self.feed(0.05) or len(self.counts()) >= have, 20,
                 lambda: "%d of %d came back" % (len(self.counts()), have))

    def cut(self):
        self.cluster.cut()

    def engine_stopped(self):
        e = self.random.choice(self.engines)
        e.stop()
        self.feed(self.random.choice((0.2, 0.9, 1.5)))
        e.go_on()

    def engine_killed(self):
        i = self.random.randrange(2)
        self.engines[i].kill9()
        self.feed(self.random.choice((0, 0.4)))
        self.engines[i] = self.engine()

    def producer_stopped(self):
        n = self.random.choice(self.nodes)
        n.stop()
        time.sleep(self.random.choice((0.2, 0.8)))
        n.go_on()

    def run(self, seconds):
        hard = [self.primary_restarted, self.replicas_stopped,
                self.acknowledged_and_lost, self.primary_stopped,
                self.primary_killed]
        soft = [self.wiped, self.cut, self.engine_stopped, self.engine_killed,
                self.producer_stopped]
        if not LONG:  # test_sentinel.py has the others
            hard = hard[:3]
        end, turn = time.monotonic() + seconds, 0
        self.calm()
        while time.monotonic() < end or turn < 3:
            trouble = self.random.choice(soft)
            if turn % 4 == 2:
                trouble = hard[(self.seed + turn // 4) % len(hard)]
            turn += 1
            self.did.append(trouble.__name__)
            self.write({"who": "nemesis", "does": trouble.__name__})
            if trouble in hard:
                wait_for(self.settled, 30, "the Redis do not settle")
            self.write({"who": "nemesis", "does": "begins"})
            trouble()
            self.calm()

    def settled(self):
        self.feed(0.05)
        try:
            return self.cluster.settled()
        except GONE:
            return False

    # ---- the end -----------------------------------------------------------

    def finish(self):
        """What is not there by now is lost: the checker says what."""
        sent = sum(self.next[n] - FIRST[n] for n in FIRST)
        end = time.monotonic() + 20
        while len(self.counts()) < sent and time.monotonic() < end:
            time.sleep(0.1)
        wait_for(lambda: not self.cluster.db.xlen("{p0}:journal"), 10)
        self.drain.over = True
        self.drain.join()
        self.write({"who": "redis", "counts": self.counts()})

    def write_down(self):
        for p in self.house.peers:
            self.lines += [(t, {"who": p.name, "told": text})
                           for t, text in p.lines]
        with open(self.path, "w", encoding="utf-8") as f:
            for _, line in sorted(self.lines, key=lambda x: x[0]):
                f.write(json.dumps(line) + "\n")

    def counts(self):
        try:
            return self.cluster.counts()
        except GONE:
            return {}

    def stop(self):
        self.drain.over = True
        for p in self.house.peers:
            if p.process.poll() is None:
                p.go_on()
                p.process.kill()
                p.process.wait()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_history_is_right(cluster, tmp_path, capsys, seed):
    wait_for(cluster.settled, 30, lambda: str(cluster.masters()))
    cluster.db.flushall()
    n = Nemesis(cluster, tmp_path / "history.jsonl", seed)
    try:
        n.run(SECONDS)
        n.finish()
    finally:
        n.write_down()
        n.stop()
    with open(n.path, encoding="utf-8") as f:
        h = History(map(json.loads, f))
    with capsys.disabled():
        print(" seed %d: %s; %s\n" % (seed, h.figures(), " ".join(n.did)),
              end="")
    wrong = h.verdict()
    assert not wrong, (n.did, wrong)


def test_the_checker_sees_what_is_wrong():
    def wrong(*lines):
        good = [{"who": "a", "sends": 1, "count": 3},
                {"who": "a", "told": "sent 1 0"},
                {"who": "a", "told": "sent 2 0"},
                {"who": "journal", "row": "0.g1.1.1", "agent": 1}]
        end = {"who": "redis", "counts": {"1": 1, "2": 1}}
        return [w.split(":")[0] for w in
                History(good + list(lines) + [end]).verdict()]
    two = {"who": "journal", "row": "0.g1.2.1", "agent": 2}
    assert wrong(two) == []
    assert wrong(two, two) == []  # read twice, taken once
    assert wrong() == ["lost"]
    assert wrong(two, {"who": "journal", "row": "0.g0.9.1", "agent": 3}) == [
        "lost"]  # an older owner writes
    assert wrong(two, {"who": "journal", "row": "0.g1.3.1", "agent": 1}) == [
        "doubled", "disorder"]
    assert wrong({"who": "journal", "row": "0.g1.2.1", "agent": 3},
                 {"who": "journal", "row": "0.g1.3.1", "agent": 2}) == [
        "disorder"]
