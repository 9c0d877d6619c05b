# SPDX-License-Identifier: GPL-2.0-or-later
"""Everything that may happen to the bus, at random, while events flow. Redis
stores what it has every 400 ms and loses what came after, as with
appendfsync everysec. In the end every event counts exactly once.

A seed gives the same troubles in the same order (JF_SEED=N for one more);
JF_LONG=1 runs more of them."""

import os
import random
import threading
import time

import pytest
from test_rules import counted, target, wait_for

SECONDS = 9
SEEDS = [int(os.environ["JF_SEED"])] if os.environ.get("JF_SEED") else list(
    range(1, 21 if os.environ.get("JF_LONG") else 4))


class Chaos:
    def __init__(self, house, seed):
        self.house, self.random = house, random.Random(seed)
        self.node = house.node()
        self.engines = [house.owner("engine-1"), house.engine("engine-2")]
        self.serial = 2
        self.agents = 0
        self.saving = threading.Lock()
        self.over = False
        self.saver = threading.Thread(target=self.save, daemon=True)
        self.did = []

    def save(self):
        while not self.over:
            with self.saving:
                self.house.redis.save()
            time.sleep(0.4)

    def feed(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.node.send(self.agents + 1, 20, 200)
            self.agents += 20
            time.sleep(0.02)

    # ---- troubles ----------------------------------------------------------

    def cut(self):
        with self.saving:
            self.house.redis.cut()

    def freeze(self):
        with self.saving:
            self.house.redis.freeze()
            self.feed(self.random.choice((0.1, 0.5, 1.2)))
            self.house.redis.thaw()

    def roll_back(self):
        with self.saving:
            self.house.redis.kill9()
            self.feed(self.random.choice((0.01, 0.3, 0.8)))
            self.house.redis.start()

    def stop_an_engine(self):
        engine = self.random.choice(self.engines)
        engine.stop()
        self.feed(self.random.choice((0.1, 0.7, 1.0)))
        engine.go_on()

    def kill_an_engine(self):
        i = self.random.randrange(2)
        self.engines[i].kill9()
        self.serial += 1
        self.engines[i] = self.house.peer(
            "engine", "engine-%d" % self.serial, self.house.redis.port, 1,
            600)

    def stop_the_node(self):
        self.node.stop()
        time.sleep(self.random.choice((0.1, 0.5)))
        self.node.go_on()

    def run(self):
        troubles = [self.cut, self.freeze, self.roll_back,
                    self.stop_an_engine, self.kill_an_engine,
                    self.stop_the_node]
        self.saver.start()
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            self.feed(self.random.uniform(0.05, 0.6))
            trouble = self.random.choice(troubles)
            self.did.append(trouble.__name__)
            trouble()
        self.over = True
        self.saver.join()


@pytest.mark.parametrize("seed", SEEDS)
def test_every_event_counts_once(house, seed):
    c = Chaos(house, seed)
    target(c.engines[0], c.node)
    c.run()
    wait_for(lambda: len(house.redis.counts()) >= c.agents, 15,
             lambda: "%d of %d are counted after %s" % (
                 len(house.redis.counts()), c.agents, " ".join(c.did)))
    counted(house.redis, range(1, c.agents + 1))
    commands = [m[1] for m in c.node.all(r"command 0 (\S+) .*")]
    assert len(commands) == len(set(commands))
    for p in house.peers:
        assert not p.all("confirmed twice .*")
        # who lost it without knowing may find the stream trimmed
        assert not p.all("hole .*") or p.all("lost .*")
    assert not c.node.all("unsent .*")
