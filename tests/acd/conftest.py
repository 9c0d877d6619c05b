# SPDX-License-Identifier: GPL-2.0-or-later
"""A real Kamailio with the module and a real Redis; the test is the engine."""

import hashlib
import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(os.path.dirname(HERE)),
                                   "tools")]

from jf.entry import fields as entry_fields  # noqa: E402
from wire import Caller, Peer  # noqa: E402  (after the path is set)

PARTITION = 1
NUMBER = "+12025550100"
TRUNK, LIMITED, STRANGER = "127.0.0.2", "127.0.0.4", "127.0.0.9"
ESCAPE = ("127.0.0.8", 5070)
LIMIT = 2
# Shorter than in use, so that a missing ACK is a matter of a second.
SETTINGS = {"offer_100rel": 1, "min_se_s": 2, "age_s": 8, "confirm_ms": 400,
            "ack_ms": 3000, "end_ms": 4000,
            "credential": '"carrier:trunk1:secret"'}


def ha1(user, domain, password):
    return hashlib.md5(("%s:%s:%s" % (user, domain, password)).encode()
                       ).hexdigest()


class Engine:
    """Reads {pN}:in, writes commands: what an owner of a partition does."""

    def __init__(self, stack):
        import redis
        self.stack = stack
        self.layout = stack.layout
        self.proxy = (self.layout.addr, self.layout.ports["sip"])
        self.db = redis.Redis(self.layout.addr, self.layout.ports["redis"],
                              decode_responses=True,
                              encoding_errors="replace", socket_timeout=30)
        self.cursor, self.box = "0", []
        self.boot, self.names = None, itertools.count(1)
        self.directory()

    def directory(self, **more):
        p = self.db.pipeline()
        p.delete("numbers", "trunks", "credentials")
        p.hset("numbers", mapping={NUMBER: "1:%d" % PARTITION})
        p.hset("trunks", mapping={TRUNK: "demo-carrier:0:0",
                                  "::1": "six:0:0",
                                  LIMITED: "small:%d:0" % LIMIT,
                                  "127.0.0.6": "slow:0:3"})
        p.hset("credentials", mapping={
            "%s@demo.example" % u: "%s:1:%d" % (
                ha1(u, "demo.example", u + "-secret"), PARTITION)
            for u in ("alice", "bob")})
        for name, rows in more.items():
            p.delete(name)
            if rows:
                p.hset(name, mapping=rows)
        p.set("directory", "v%d" % next(self.names) + str(time.time()))
        p.execute()

    # ---- events and commands -----------------------------------------------

    def _read(self, timeout):
        key = "{p%d}:in" % PARTITION
        got = self.db.xread({key: self.cursor}, count=500,
                            block=max(1, int(timeout * 1000)))
        for _, entries in got or []:
            for self.cursor, entry in entries:
                fields = entry_fields(entry)
                if fields.get("t") == "node.up":
                    self.boot = fields["boot"]
                self.box.append(fields)

    def event(self, type, timeout=5, **fields):
        """The next event of this type (and fields); others stay."""
        end = time.monotonic() + timeout
        while True:
            for i, e in enumerate(self.box):
                if e.get("t") == type and all(e.get(k) == str(v)
                                              for k, v in fields.items()):
                    return self.box.pop(i)
            left = end - time.monotonic()
            if left <= 0:
                raise AssertionError("no %s; there is %s" % (
                    type, [(e["t"], e.get("leg")) for e in self.box]))
            self._read(left)

    def none(self, type, seconds, **fields):
        try:
            e = self.event(type, seconds, **fields)
        except AssertionError:
            return
        raise AssertionError("%s came" % e)

    def command(self, type, leg=None, not_after=None, **fields):
        if not self.boot:
            self.event("node.up")
        pairs = {"t": type, "id": "%d.g.%d.0" % (PARTITION,
                                                 next(self.names))}
        if leg:
            pairs["leg"] = leg
        if not_after:
            pairs["not_after"] = not_after
        pairs.update({k: str(v) for k, v in fields.items() if v is not None})
        self.db.xadd("{p%d}:out:%s:%s" % (PARTITION, self.layout.node,
                                          self.boot), pairs)

    # ---- what there is ------------------------------------------------------------

    def record(self, leg):
        text = self.db.get("{p%d}:leg:%s" % (PARTITION, leg))
        return dict(f.split("=", 1) for f in text.split()) if text else None

    def kamcmd(self, *words):
        r = subprocess.run(["kamcmd", "-s", "unix:" + self.layout.path(
            "run/kamailio_ctl"), *words], capture_output=True, text=True,
            errors="replace", timeout=10)
        return r.stdout + r.stderr

    def stats(self):
        return {k: int(v) if v.isdigit() else v for k, v in re.findall(
            r"(\w+): (\S+)", self.kamcmd("acd.stats"))}

    def legs(self):
        return re.findall(r"\bl[0-9a-f]{16}\b", self.kamcmd("acd.legs"))

    def log(self):
        with open(self.layout.log("kamailio"), errors="replace") as f:
            return f.read()

    def wait(self, condition, timeout=10, what="it did not happen"):
        end = time.monotonic() + timeout
        while True:
            value = condition()
            if value:
                return value
            assert time.monotonic() < end, what() if callable(what) else what
            time.sleep(0.02)

    def clean(self, timeout=8):
        def left():
            return self.legs() + list(self.db.scan_iter("{p*}:leg:*"))
        self.wait(lambda: not left(), timeout, lambda: "left: %s" % left())
        assert self.stats()["legs"] == 0


def start(settings, var, **more):
    from jf.stack import Stack
    s = Stack(var=var, parts=("redis", "kamailio"), partitions=2, seed=False,
              durable=False, settings=settings, **more)
    s.start()
    return s


@pytest.fixture(scope="session")
def stack():
    var = tempfile.mkdtemp(prefix="jf-acd-")
    os.chmod(var, 0o755)
    s = start({"acd_params": SETTINGS, "services": ["127.0.0.1", "[::1]"],
               "escapes": ["sip:%s:%d" % ESCAPE]}, var)
    yield s
    s.stop()
    if os.environ.get("JF_KEEP"):
        print("\nlogs and data: " + var)
    else:
        shutil.rmtree(var, ignore_errors=True)


@pytest.fixture(scope="session")
def _engine(stack):
    e = Engine(stack)
    e.event("node.up", 10)
    e.wait(lambda: "event=directory " in e.log(), 10)
    return e


@pytest.fixture
def engine(_engine):
    """Afterwards no leg, no key and no complaint is left."""
    _engine._read(0.001)
    _engine.box.clear()
    seen = len(_engine.log())
    yield _engine
    _engine.clean()
    bad = [line for line in _engine.log()[seen:].split("\n") if re.search(
        r"CRITICAL|ALERT|\bBUG\b|Segmentation|ERROR: acd", line)]
    assert not bad, "\n".join(bad[:10])


@pytest.fixture
def peer(engine):
    """peer(addr, port): closed after the test."""
    made = []

    def make(addr, port=5060, **k):
        proxy = (addr if addr == "::1" else engine.proxy[0],
                 engine.proxy[1])
        made.append(Peer(addr, port, proxy, **k))
        return made[-1]
    yield make
    for p in made:
        p.close()


@pytest.fixture
def trunk(peer):
    return peer(TRUNK)


@pytest.fixture
def agent(peer):
    """Where the module's INVITEs go."""
    return peer("127.0.0.3")


class Inbound:
    """A call of the carrier, and its leg."""

    def __init__(self, engine, peer, body=None, **k):
        self.engine = engine
        self.dialog = Caller(peer, **k).invite(body)
        self.offered = engine.event("leg.offered",
                                    call_id=self.dialog.call)
        self.leg = self.offered["leg"]

    def answer(self, sdp, ack_body="", memo=None):
        self.engine.command("leg.answer", self.leg, sdp=sdp, memo=memo)
        m = self.dialog.answered(body=ack_body)
        self.engine.event("leg.confirmed", leg=self.leg)
        return m

    def bye(self):
        self.dialog.ask("BYE")
        self.dialog.reply(200, "BYE")
        return self.engine.event("leg.ended", leg=self.leg)


@pytest.fixture
def inbound(engine, trunk):
    return lambda body=None, **k: Inbound(engine, k.pop("peer", trunk), body,
                                          **k)


@pytest.fixture
def invite(engine, agent):
    """Has the module send an INVITE to `agent`: the leg's id."""
    numbers = itertools.count(int(time.time() * 64 * 1000))

    def make(body="sdp", route="trunk", **k):
        from wire import sdp
        leg = "l%016x" % (PARTITION << 48 | next(numbers) & 0xffffffffffff)
        engine.command(
            "leg.invite", leg, route=route,
            ruri=k.pop("ruri", "sip:agent@%s:%d" % (agent.addr, agent.port)),
            dst=k.pop("dst", "sip:%s:%d" % (agent.addr, agent.port)
                      if route == "trunk" else None),
            **{"from": "<sip:caller@demo.example>",
               "to": "<sip:agent@demo.example>"},
            sdp=sdp("127.0.0.1", 30000) if body == "sdp" else body,
            contact="c0001000000000abc", **k)
        return leg
    return make
