# SPDX-License-Identifier: GPL-2.0-or-later
"""The SIP edge as the internet sees it.

`edge` is a real installation without media: what guards it needs no calls.
The trunk tests play the engine themselves, as the tests of the module do.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path[:0] = [HERE, os.path.join(TESTS, "acd"),
                os.path.join(os.path.dirname(TESTS), "tools")]

from wire import Peer, authorization  # noqa: E402  (after the path is set)

DOMAIN = "demo.example"


class Edge:
    """The installation, and who speaks to it from which address."""

    def __init__(self, stack):
        self.stack, self.layout = stack, stack.layout
        self.ports = stack.layout.ports
        self.proxy = (self.layout.addr, self.ports["sip"])

    def log(self):
        return self.stack.log_text("kamailio")

    def wait(self, condition, timeout=10, what="it did not happen"):
        end = time.monotonic() + timeout
        while True:
            value = condition()
            if value:
                return value
            assert time.monotonic() < end, what
            time.sleep(0.02)

    def bans(self):
        """address -> rows, as jackfieldctl shows them."""
        import json
        rows = json.loads(self.stack.ctl("--json", "bans"))
        out = {}
        for r in rows:
            out.setdefault(r["address"], []).append(r)
        return out

    def kamcmd(self, *words):
        r = subprocess.run(["kamcmd", "-s", "unix:" + self.layout.path(
            "run/kamailio_ctl"), *words], capture_output=True, text=True,
            timeout=10)
        return r.stdout + r.stderr

    def alive(self):
        from jf.programs import sip_ready
        return sip_ready(self.stack) is None


class Phone:
    """Registers with what password it is told, and counts."""

    def __init__(self, peer, user="alice", domain=DOMAIN):
        self.peer, self.user, self.domain = peer, user, domain
        self.aor = "<sip:%s@%s>" % (user, domain)
        self.call = "reg-%s-%d-%d" % (user, peer.port, time.monotonic_ns())
        self.cseq = 0

    def ask(self, extra=(), expires=60):
        self.cseq += 1
        self.peer.send(self.peer.write(
            "REGISTER", "sip:" + self.domain, self.aor + ";tag=r1", self.aor,
            self.call, self.cseq, extra=["Expires: %d" % expires, *extra],
            contact=self.peer.contact(self.user)))

    def reply(self, timeout=5):
        return self.peer.take(lambda m: m.is_reply and m["Call-ID"]
                              == self.call and m.cseq[0] == self.cseq,
                              timeout)

    def credentials(self, challenge, password):
        return ["Authorization: " + authorization(
            challenge, "REGISTER", "sip:" + self.domain, self.user,
            password)]

    def register(self, password=None, timeout=5):
        """The final answer's code; None: silence."""
        try:
            self.ask()
            m = self.reply(timeout)
            if m.code != 401:
                return m.code
            self.ask(self.credentials(m["WWW-Authenticate"],
                                      password or self.user + "-secret"))
            return self.reply(timeout).code
        except AssertionError:
            return None


@pytest.fixture(scope="session")
def _edge(request):
    from jf.stack import Stack
    var = tempfile.mkdtemp(prefix="jf-edge-")
    os.chmod(var, 0o755)
    s = Stack(var=var, durable=False,
              parts=("redis", "postgres", "kamailio", "engine-1"))
    try:
        s.start()
        e = Edge(s)
        e.wait(lambda: "carol@" in e.kamcmd("htable.dump", "credential"))
        yield e
    finally:
        s.stop()
        if request.session.testsfailed or os.environ.get("JF_KEEP"):
            print("\nlogs and data: " + var)
        else:
            shutil.rmtree(var, ignore_errors=True)


@pytest.fixture
def edge(_edge):
    """Afterwards nobody is banned, and nothing has crashed."""
    seen = len(_edge.log())
    for user in ("alice", "bob", "carol"):  # only so many phones each
        _edge.kamcmd("ul.rm", "location", "%s@%s" % (user, DOMAIN))
    yield _edge
    for address in _edge.bans():
        _edge.stack.ctl("unban", address)
    assert _edge.alive()
    bad = [line for line in _edge.log()[seen:].split("\n")
           if "CRITICAL" in line or " BUG" in line or "signal 11" in line
           or "ERROR: acd" in line]
    assert not bad, "\n".join(bad[:10])


@pytest.fixture
def peer(edge):
    """peer(addr, port): closed after the test."""
    made = []

    def make(addr, port=5060, kind=Peer, proxy=None, **k):
        made.append(kind(addr, port, proxy or edge.proxy, **k))
        return made[-1]
    yield make
    for p in made:
        p.close()


# ---- the module alone: the test is the engine -------------------------------

def _module_tests():
    """tests/acd/conftest.py, whose name this file has taken."""
    import importlib.util
    spec = importlib.util.spec_from_file_location(
        "acd_conftest", os.path.join(TESTS, "acd", "conftest.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


acd = _module_tests()
sys.modules["acd_conftest"] = acd


@pytest.fixture(scope="session")
def _engine():
    from jf.stack import Stack
    var = tempfile.mkdtemp(prefix="jf-trunk-")
    os.chmod(var, 0o755)
    s = Stack(var=var, parts=("redis", "kamailio"), partitions=2, seed=False,
              durable=False, port_base=25000,
              settings={"acd_params": {**acd.SETTINGS, "ping_ms": 1000}})
    try:
        s.start()
        e = acd.Engine(s)
        e.event("node.up", 10)
        e.wait(lambda: "event=directory " in e.log(), 10)
        yield e
    finally:
        s.stop()
        if os.environ.get("JF_KEEP"):
            print("\nlogs and data: " + var)
        else:
            shutil.rmtree(var, ignore_errors=True)


@pytest.fixture
def engine(_engine):
    _engine._read(0.001)
    _engine.box.clear()
    _engine.directory()
    yield _engine
    _engine.clean()


@pytest.fixture
def sip(engine):
    """sip(addr, port): somebody at the other end; closed after the test."""
    made = []

    def make(addr, port=5060, **k):
        made.append(Peer(addr, port, engine.proxy, **k))
        return made[-1]
    yield make
    for p in made:
        p.close()
