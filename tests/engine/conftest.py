# SPDX-License-Identifier: GPL-2.0-or-later
"""Two engines, Redis, PostgreSQL and rtpengine, all real; the nodes are those
of nodes.py."""

import os
import shutil
import tempfile
import time

import pytest

from nodes import Nodes, PREFIX

PARTS = ("redis", "postgres", "rtpengine", "engine-1", "engine-2")
QUIET_S = 20


def wait_for(test, timeout=10, what="it"):
    """Polls until test() is true; returns its value."""
    end = time.monotonic() + timeout
    while not (value := test()):
        assert time.monotonic() < end, "%s: not within %g s" % (what, timeout)
        time.sleep(0.01)
    return value


@pytest.fixture(scope="session")
def stack():
    from jf.stack import Stack
    var = tempfile.mkdtemp(prefix="jf-")
    os.chmod(var, 0o755)
    s = Stack(var=var, durable=False, parts=PARTS)
    try:
        s.start()
        record(s)
        yield s
    finally:
        s.stop()
        if os.environ.get("JF_KEEP"):
            print("\nlogs and data: " + var)
        else:
            shutil.rmtree(var, ignore_errors=True)


def record(s):
    """Both engines write a replay log."""
    for name in s.layout.engines:
        with open(s.layout.path("etc/jackfield/%s.yaml" % name), "a",
                  encoding="utf-8") as f:
            f.write("\nrecord: %s\n" % s.layout.path("log", name + ".replay"))
        s.restart_program(name)
    wait_for(lambda: all(s.owner(n) for n in range(s.layout.partitions)), 10,
             "an owner of every partition")


class Box:
    """What the tests ask of the box."""

    def __init__(self, stack):
        self.stack = stack
        self.redis = stack.redis()
        self.nodes = Nodes(self.redis, stack.layout.ports["liveness"],
                           stack.layout.ports["worker_min"])
        self.sql = stack.pg.connect()
        wait_for(self.nodes_known, 10, "the nodes in the core's records")

    def nodes_known(self):
        nodes = self.records("node")
        return all(boot in nodes.get(name, {}).get("boot", "")
                   and nodes[name].get("up") == "1" for name, boot in (
                       ("acd-1", self.nodes.acd.boot),
                       ("worker-1", self.nodes.worker.boot)))

    def records(self, kind):
        """id -> fields, as stored (values stay encoded)."""
        return {k: dict(p.split("=", 1) for p in v.split(" "))
                for k, v in self.redis.hgetall(
                    PREFIX + ":state:" + kind).items()}

    def agent(self, user):
        return next(a for a in self.records("agent").values()
                    if a["user"] == user)

    def ctl(self, *words, check=True):
        return self.stack.ctl(*words, check=check)

    def ready(self, *users):
        for user in users:
            self.nodes.register(user)
            self.ctl("agent", "ready", user)
            wait_for(lambda u=user: self.agent(u)["state"] in (
                "ready", "reserved", "talking") and
                self.agent(u).get("registered") == "1", 5, user + " ready")

    def contact_of(self, leg, timeout=5):
        """The id of a caller's contact."""
        found = wait_for(lambda: [
            k for k, c in self.records("contact").items()
            if c.get("caller_leg") == leg], timeout, "contact of " + leg)
        return found[0]

    def state(self, contact):
        c = self.records("contact").get(contact)
        return c and c["state"]

    def wait_state(self, contact, state, timeout=10):
        wait_for(lambda: self.state(contact) == state, timeout,
                 "%s %s (it is %s)" % (contact, state, self.state(contact)))

    def wait_gone(self, contact, timeout=10):
        wait_for(lambda: self.state(contact) is None, timeout,
                 contact + " over")

    def query(self, text, *args):
        with self.sql.cursor() as c:
            c.execute(text, args)
            return c.fetchall()

    def reconnect_sql(self):
        wait_for(self.stack.pg.ready, 30, "PostgreSQL")
        self.sql = self.stack.pg.connect()

    def owner(self, partition=1):
        return self.stack.owner(partition)

    def generation(self):
        """New with each acquisition, also by the same engine."""
        return self.redis.hget(PREFIX + ":meta", "generation")

    def wait_successor(self, generation, timeout=3):
        wait_for(lambda: self.generation() != generation and self.owner(),
                 timeout, "a successor")

    def journal_empty(self):
        return self.redis.xlen(PREFIX + ":journal") == 0

    def quiet(self):
        """Ends what is under way; nothing may be left afterwards."""
        for contact in self.records("contact"):
            self.ctl("contact", "end", contact, check=False)
        for user in ("alice", "bob", "carol"):
            if self.agent(user)["state"] != "offline":
                self.ctl("agent", "ready", user, check=False)
                self.ctl("agent", "logout", user, check=False)
        for kind in ("contact", "leg", "offer"):
            wait_for(lambda k=kind: not self.records(k), QUIET_S,
                     "no %s left: %s" % (kind, self.records(kind)))
        wait_for(lambda: all(a["state"] == "offline" for a in
                             self.records("agent").values()), 5,
                 "agents offline")
        wait_for(self.journal_empty, QUIET_S, "the journal drained")


@pytest.fixture(scope="session")
def _box(stack):
    box = Box(stack)
    yield box
    box.nodes.end()


@pytest.fixture
def box(_box):
    _box.nodes.answer = True
    yield _box
    _box.nodes.answer = True
    wait_for(lambda: all(_box.stack.pid(e) for e in
                         _box.stack.layout.engines), 10, "both engines")
    _box.quiet()
