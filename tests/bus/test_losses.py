# SPDX-License-Identifier: GPL-2.0-or-later
"""What Redis forgets its owner and its producers tell it again, and what it
refuses they keep."""

import os
import subprocess
import time

import pytest
from conftest import LEASE_MS, Redis, opened, wait_for
from test_rules import counted, target, wait_counted


def waits(engine):
    return engine.stats()["waiting"]


def test_flushed_beside_a_standby(house):
    """The standby finds a partition that nobody holds, and knows nothing."""
    engine, node = house.owner(), house.node()
    standby = house.engine("engine-2")
    agents = 0
    for turn in range(5):
        node.send(agents + 1, 10)
        agents += 10
        wait_for(lambda: len(house.redis.counts()) == agents)
        house.redis.db.flushall()
        wait_for(lambda: len(house.redis.counts()) == agents, 10,
                 lambda: "turn %d: %d" % (turn, len(house.redis.counts())))
    assert house.redis.counts() == {a: 1 for a in range(1, agents + 1)}
    assert engine.stats()["lost"] == 0
    assert not standby.all("acquired .*")


def test_nobody_holds_an_empty_one(house):
    """A lease later whoever is there begins with nothing."""
    house.redis.db.flushall()
    begin = time.monotonic()
    house.engine().expect(r"acquired 0 \S+ 0 .*", 5)
    took = time.monotonic() - begin
    assert LEASE_MS / 1000 <= took < LEASE_MS / 1000 + 1, took


@pytest.mark.parametrize("late", [0, 5])
def test_rolled_back_to_before_the_acquisition(house, late):
    """Its predecessor's lease is in the copy, and its token."""
    first, node = house.owner("engine-1"), house.node()
    node.send(1, 10)
    wait_counted(house.redis, range(1, 11))
    house.redis.save()
    have = 10 + late
    node.send(11, late)  # the copy has less than the predecessor committed
    wait_counted(house.redis, range(1, have + 1))
    first.kill9()
    second = house.engine("engine-2")
    second.expect("acquired 0 .*")
    node.send(have + 1, 10)
    wait_counted(house.redis, range(1, have + 11))
    house.redis.kill9()
    house.redis.start()
    node.send(have + 11, 10)
    wait_for(lambda: len(house.redis.counts()) == have + 20)
    assert house.redis.counts() == {a: 1 for a in range(1, have + 21)}
    if not late:
        counted(house.redis, range(1, have + 21))
    assert second.stats()["lost"] == 0
    assert house.redis.db.hget("{p0}:lease", "owner") == "engine-2"


def test_who_is_older_does_not_come_back_with_the_copy(house):
    """The copy says that the partition is the first one's: it stood still
    when it was rolled back, and has not been told otherwise."""
    first, node = house.owner("engine-1"), house.node()
    node.send(1, 10)
    wait_counted(house.redis, range(1, 11))
    house.redis.save()
    first.stop()
    second = house.engine("engine-2")
    second.expect("acquired 0 .*")
    node.send(11, 10)
    wait_counted(house.redis, range(1, 21))
    house.redis.kill9()
    house.redis.start()
    wait_counted(house.redis, range(1, 21))
    first.go_on()
    node.send(21, 10)
    wait_counted(house.redis, range(1, 31))
    wait_for(lambda: first.all("lost 0 .*"))
    assert second.stats()["lost"] == 0


def test_generations_rise_when_the_clock_does_not(house):
    """An empty Redis whose clock is behind the one that was lost."""
    hour = 3600 * 1000
    ahead = int(time.time() * 1000) + hour
    house.redis.db.hset("{p0}:meta", "born", ahead)
    first = house.owner("engine-1")
    second = house.engine("engine-2")
    old = first.expect(r"acquired 0 (\S+) .*")[1]
    assert int(old[:12], 16) > ahead
    house.node().send(1)
    wait_counted(house.redis, [1])
    time.sleep(2 * LEASE_MS / 1000)  # the standby asks meanwhile
    house.redis.db.flushall()
    wait_counted(house.redis, [1])
    first.quit()
    new = second.expect(r"acquired 0 (\S+) .*")[1]
    assert new > old


def test_much_waits_for_redis_and_is_not_lost(house):
    engine, node = house.owner(), house.node()
    node.send(1, 10)
    wait_counted(house.redis, range(1, 11))
    house.redis.freeze()
    for _ in range(20100):
        engine.say("commit 0")
    wait_for(lambda: waits(engine) >= 20000)
    node.send(11, 500)
    house.redis.thaw()
    wait_counted(house.redis, range(1, 511))
    wait_for(lambda: waits(engine) == 0)
    assert engine.stats()["lost"] == 0


# ---- it refuses -------------------------------------------------------------


class SmallDisk(Redis):
    """Its append-only file on 4 MB."""

    def command(self):
        mount = "mount -t tmpfs -o size=4m tmpfs %s && exec \"$@\"" % self.dir
        return ["unshare", "-m", "sh", "-c", mount, "sh",
                "redis-server", "--port", str(self.port), "--bind",
                "127.0.0.1", "--save", "", "--appendonly", "yes",
                "--auto-aof-rewrite-percentage", "0", "--dir", self.dir]

    def inside(self, name):
        return "/proc/%d/root%s/%s" % (self.process.pid, self.dir, name)

    def fill(self):
        with open(self.inside("fill"), "wb", buffering=0) as f:
            try:
                while True:
                    f.write(b"x" * 4096)
            except OSError:
                pass

    def free(self):
        os.unlink(self.inside("fill"))


@pytest.fixture
def small(tmp_path):
    if os.geteuid() or subprocess.call(["unshare", "-m", "true"]):
        pytest.skip("mounting needs root")
    with opened(SmallDisk(tmp_path)) as h:
        yield h


def test_the_disk_is_full(small):
    house = small
    engine, node = house.owner(), house.node()
    target(engine, node)
    standby = house.engine("engine-2")
    node.send(1, 50)
    wait_counted(house.redis, range(1, 51))
    house.redis.fill()
    first = 51
    while not node.all("trouble MISCONF.*"):
        assert first < 20000
        node.send(first, 50, 100)
        first += 50
        time.sleep(0.02)
    engine.expect("trouble MISCONF.*")
    since = len(node.lines)
    node.send(first, 50, 100)
    first += 50
    node.expect("sent %d 110" % (first - 1), since=since)  # ETIMEDOUT
    time.sleep(2 * LEASE_MS / 1000)  # nobody can renew, nobody can take
    assert not engine.all("lost .*") and not standby.all("acquired .*")
    house.redis.free()
    wait_counted(house.redis, range(1, first))
    node.expect(r"command 0 \S+ l%016x 1" % (first - 1))
    assert len(node.all("command .*")) == first - 1
    for p in (node, engine):
        p.expect("trouble is over")
    assert not engine.all("lost .*") and not standby.all("acquired .*")


def test_the_memory_is_full(house):
    """New events are refused; what was taken goes on, and leaves."""
    engine, node = house.owner(), house.node()
    target(engine, node)
    node.send(1, 50)
    wait_counted(house.redis, range(1, 51))
    engine.stop()
    node.send(51, 50)
    node.expect("sent 100 0")
    house.redis.db.config_set("maxmemory", 1)
    engine.go_on()
    wait_counted(house.redis, range(1, 101))  # in spite of it
    node.send(101, 50, 100)
    node.expect("sent 150 110")
    node.expect("trouble OOM.*")
    time.sleep(2 * LEASE_MS / 1000)
    assert engine.ask("leave 0", answer="left|held")[0] == "left"
    house.redis.db.config_set("maxmemory", 0)
    wait_counted(house.redis, range(1, 151))
    node.expect("trouble is over")
    assert engine.stats()["lost"] == 0
