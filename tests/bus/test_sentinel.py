# SPDX-License-Identifier: GPL-2.0-or-later
"""The primary dies, or stands still and wakes up: everybody goes on at the new
one, nothing is lost or doubled.

JF_LONG=1: 20 turns instead of one."""

import os
import signal
import statistics
import subprocess
import time

import pytest
from conftest import opened, wait_for
from sentinel import Cluster
from test_rules import target, wait_counted

TURNS = 20 if os.environ.get("JF_LONG") else 1


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with opened(Cluster(tmp_path_factory.mktemp("sentinel"))) as h:
        yield h


class Flow:
    """Events all the time, ten every 50 ms."""

    def __init__(self, house):
        self.house = house
        self.engine, self.node = house.owner(), house.node()
        self.standby = house.engine("engine-2")
        target(self.engine, self.node)
        self.agents = 0
        self.feed_once()
        self.node.expect("sent 1 0")

    def feed_once(self):
        self.node.send(self.agents + 1, 10, 200)
        self.agents += 10

    def back(self, seconds=15):
        """Until an event sent from now on has come back as a command."""
        begin = time.monotonic()
        while time.monotonic() < begin + seconds:
            self.feed_once()
            time.sleep(0.05)
            done = self.node.all(r"command 0 \S+ l(\S+) 1")
            if done and int(done[-1][1], 16) > self.mark:
                return time.monotonic() - begin
        raise AssertionError(self.node.told())

    def trouble(self, do):
        """Seconds from the trouble to events that were sent after it being
        done."""
        do()
        self.mark = self.agents
        return self.back()

    def counted(self):
        wait_counted(self.house.redis, range(1, self.agents + 1), 20)
        commands = [m[1] for m in self.node.all(r"command 0 (\S+) .*")]
        wait_for(lambda: len(self.node.all("command .*")) == self.agents)
        assert len(commands) == len(set(commands))
        assert not self.engine.all("lost .*") or self.standby.all("acq.*")
        for p in self.house.peers:
            assert not p.all("confirmed twice .*")
            assert not p.all("hole .*")
            assert not p.all("wiped .*")


def told(capsys, what, times):
    with capsys.disabled():
        print(" %s: %s s, p95 %.2f" % (
            what, " ".join("%.2f" % t for t in times),
            statistics.quantiles(times, n=20)[-1] if len(times) > 9
            else max(times)), end="")


def killed(cluster, flow, capsys):
    times = []
    for _ in range(TURNS):
        wait_for(cluster.redis.settled, 30, lambda: str(
            cluster.redis.masters()))
        old = cluster.redis.primary()
        times.append(flow.trouble(old.kill9))
        old.start()
    flow.counted()
    told(capsys, "primary killed", times)
    assert max(times) < 6
    assert len(times) < 20 or sorted(times)[18] < 3


def stood_still(cluster, flow, capsys):
    """It believes that it is the primary, and is told otherwise."""
    wait_for(cluster.redis.settled, 30, lambda: str(cluster.redis.masters()))
    old = cluster.redis.primary()
    took = flow.trouble(lambda: old.process.send_signal(signal.SIGSTOP))
    end = time.monotonic() + (15 if os.environ.get("JF_LONG") else 3)
    while time.monotonic() < end:
        flow.feed_once()
        time.sleep(0.05)
    old.process.send_signal(signal.SIGCONT)
    for _ in range(20):
        flow.feed_once()
        time.sleep(0.05)
    wait_for(lambda: old.role() == "slave", 20)
    flow.counted()
    assert cluster.redis.primary() is not old
    told(capsys, "primary stands still", [took])
    assert took < 6


def refuses(cluster, flow, capsys):
    """Its disk takes nothing more, by its last attempt to save; its Sentinels
    find nothing wrong with it."""
    wait_for(cluster.redis.settled, 30, lambda: str(cluster.redis.masters()))
    old = cluster.redis.primary()
    in_the_way = old.var + "/redis/dump.rdb"

    def refuse():
        if os.path.exists(in_the_way):  # from a replica's first copy
            os.unlink(in_the_way)
        os.mkdir(in_the_way)
        old.db.config_set("save", "3600 1000000")
        old.db.bgsave()
        wait_for(lambda: old.db.info("persistence")[
            "rdb_last_bgsave_status"] == "err", 10)

    took = flow.trouble(refuse)
    os.rmdir(in_the_way)
    old.db.config_set("save", "")
    wait_for(lambda: old.role() == "slave", 20)
    flow.counted()
    told(capsys, "primary refuses", [took])
    assert took < 6


def test_everybody_goes_on_at_the_new_primary(cluster, capsys):
    flow = Flow(cluster)
    killed(cluster, flow, capsys)
    stood_still(cluster, flow, capsys)
    refuses(cluster, flow, capsys)


ENGINE = """
name: engine-9
redis: {sentinels: [%s], name: jackfield}
partitions: 2
postgres: "host=127.0.0.1 port=1"
control: %s/control
rtpengines: [{name: rtp-1, ng: "127.0.0.1:1"}]
"""


def test_the_engine_finds_it(cluster, tmp_path):
    """By its own configuration. The first partition is the others'."""
    conf = tmp_path / "engine.yaml"
    conf.write_text(ENGINE % (cluster.redis.port.replace(",", ", "), tmp_path))
    engine = subprocess.Popen(
        [os.environ["JF_BUILD"] + "/bin/router-engine", "--config",
         str(conf)],
        stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        db = cluster.redis.db
        wait_for(lambda: db.hget("{p1}:lease", "owner") == "engine-9")
        wait_for(lambda: int(db.hget("{p1}:meta", "commit") or 0) > 0)
    finally:
        engine.terminate()
        assert engine.wait(10) == 0
    assert db.hget("{p1}:lease", "token") == ""  # released
