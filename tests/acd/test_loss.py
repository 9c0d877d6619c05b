# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls both ways over UDP that loses a tenth of its packets, or mixes them:
100 of each, with --long 1,000."""

import heapq
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

import pytest

import conftest

sys.modules.setdefault("acd_conftest", conftest)

from conftest import Engine, start  # noqa: E402
from jf.sim.sipp import Sipp  # noqa: E402
from robot import Robot  # noqa: E402
from test_flows import HERE, LONG  # noqa: E402

CALLS = 1000 if LONG else 100
RATE = 20
RULE = ["-i", "lo", "-p", "udp", "-m", "statistic", "--mode", "random",
        "--probability", "0.1", "-j", "DROP"]


@pytest.fixture(scope="module")
def usual():
    """The timers of real use: a 2xx is repeated for 32 s, not for 3."""
    var = tempfile.mkdtemp(prefix="jf-loss-")
    os.chmod(var, 0o755)
    s = start({"acd_params": {"confirm_ms": 400}}, var, port_base=35000)
    try:
        e = Engine(s)
        e.event("node.up", 10)
        e.wait(lambda: "event=directory " in e.log(), 10)
        yield e
    finally:
        s.stop()
        shutil.rmtree(var, ignore_errors=True)


@pytest.fixture
def lossy(usual):
    """A tenth of what goes to or comes from the proxy is lost."""
    with open("/proc/net/dev") as f:
        links = [x.split(":")[0].strip() for x in f if ":" in x]
    if os.geteuid() or [x for x in links if x != "lo"]:
        pytest.skip("this needs a network namespace with nothing but lo")
    rules = [["INPUT", side, str(usual.proxy[1]), *RULE]
             for side in ("--dport", "--sport")]
    rules = [[r[0], *r[3:7], r[1], r[2], *r[7:]] for r in rules]
    for r in rules:
        subprocess.run(["iptables", "-A", *r], check=True)
    yield usual
    for r in rules:
        subprocess.run(["iptables", "-D", *r], check=True)


class Mixer(threading.Thread):
    """127.0.0.2:port for a caller at another address: a third of the packets
    comes up to 50 ms late, so that others overtake them."""

    def __init__(self, port, caller, proxy, seed=1):
        super().__init__(daemon=True)
        self.port, self.caller, self.proxy = port, caller, proxy
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.2", port))
        self.rng, self.due, self.n, self.late = random.Random(seed), [], 0, 0
        self.running = True
        self.start()

    def run(self):
        while self.running:
            self.sock.settimeout(0.002 if self.due else 0.05)
            try:
                data, source = self.sock.recvfrom(65536)
            except TimeoutError:
                pass
            else:
                late = self.rng.random() < 1 / 3
                self.late += late
                self.n += 1
                heapq.heappush(self.due, (
                    time.monotonic() + late * self.rng.random() * 0.05,
                    self.n, data, self.proxy if source == self.caller
                    else self.caller))
            while self.due and self.due[0][0] <= time.monotonic():
                _, _, data, to = heapq.heappop(self.due)
                self.sock.sendto(data, to)

    def stop(self):
        self.running = False
        self.join(5)
        self.sock.close()


def sipp(scenario, remote, local, calls, tmp_path):
    return Sipp(scenario, remote, local, calls=calls, rate=RATE // 2,
                timeout=calls // 5 + 60, folder=HERE, flow="plain", tcp=False,
                linger_ms=5000, keep=str(tmp_path / scenario)).start()


def judge(robot, calls, results, what):
    """At least 99 % of the calls are completed."""
    good = sum(r.good for r in results)
    own = sum(r.aborted + r.crossed for r in results)
    print("\n%s: %d of %d calls completed, %d given up by SIPp itself" % (
        what, good, calls, own))
    assert good + own >= 0.99 * calls, "\n".join(map(str, results))
    assert good >= 0.95 * calls
    mine = {e["leg"] for e in robot.of("leg.offered")} | set(robot.flows)
    wrong = [(e["cause"], e.get("code")) for e in robot.of("leg.ended")
             if e["leg"] in mine and e["cause"] not in ("bye", "ended")]
    assert len(wrong) <= 0.01 * calls + own, wrong


def test_loss(lossy, tmp_path):
    robot, half = Robot(lossy), CALLS // 2
    try:
        runs = [sipp("callee", None, ("127.0.0.3", 17100), half, tmp_path),
                sipp("caller", lossy.proxy, ("127.0.0.2", 16100), half,
                     tmp_path)]
        for _ in range(half):
            robot.invite("patient", "127.0.0.3:17100")
            time.sleep(2 / RATE)
        judge(robot, CALLS, [r.wait() for r in runs], "a tenth lost")
        lossy.clean(40)
    finally:
        robot.stop()


def test_reordering(usual, tmp_path):
    robot = Robot(usual)
    mixer = Mixer(16200, ("127.0.0.22", 16200), usual.proxy)
    try:
        run = sipp("caller", ("127.0.0.2", 16200), ("127.0.0.22", 16200),
                   CALLS, tmp_path)
        judge(robot, CALLS, [run.wait()], "reordered")
        assert mixer.late > CALLS
        usual.clean(40)
    finally:
        mixer.stop()
        robot.stop()
