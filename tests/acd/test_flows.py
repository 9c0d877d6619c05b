# SPDX-License-Identifier: GPL-2.0-or-later
"""Every flow with a stranger's stack: SIPp calls us and is called, over UDP,
TCP and IPv6, all flows at once. Debian's SIPp has no TLS."""

import os
import sys
import time

import pytest

import conftest

sys.modules.setdefault("acd_conftest", conftest)

from jf.sim.sipp import Sipp  # noqa: E402
from robot import NUMBERS, Robot  # noqa: E402

LONG = os.environ.get("JF_LONG") == "1"
CALLS = 100 if LONG else 8
RATE = 4
HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "flows")
CALLERS = {"identity": "answer", "prack": "answer", "update": "answer",
           "hold": "answer", "timers": "answer", "refresh": "answer",
           "glare_with_theirs": "reoffer", "glare_with_ours": "reoffer",
           "merged": "slowly", "cancel": "ring", "hung_up": "end"}
CALLEES = ("plain", "prack", "forked", "too_small", "cancelled", "crossed",
           "timers")


@pytest.fixture
def robot(engine):
    engine.directory(
        numbers={n: "1:1" for n in NUMBERS.values()},
        trunks={"127.0.0.2": "good:0:0:trusted", "::1": "six:0:0:trusted"})
    engine.wait(lambda: NUMBERS["ring"] in engine.kamcmd("htable.dump",
                                                         "number")
                and "trusted" in engine.kamcmd("htable.dump", "trunk"))
    r = Robot(engine)
    yield r
    r.stop()
    engine.directory()
    engine.wait(lambda: "demo-carrier" in engine.kamcmd("htable.dump",
                                                        "trunk")
                and NUMBERS["ring"] not in engine.kamcmd("htable.dump",
                                                         "number"))


def caller(engine, tmp_path, flow, n, addr, transport):
    remote = ("[::1]" if ":" in addr else engine.proxy[0], engine.proxy[1])
    return Sipp("caller", remote, (addr, 16000 + n), calls=CALLS, rate=RATE,
                timeout=120 if LONG else 40, folder=HERE, flow=flow,
                tcp=transport == "t1", number=NUMBERS[CALLERS[flow]],
                keep=str(tmp_path / flow), trace=not LONG,
                extra=["-t", transport, "-recv_timeout", "10000"]).start()


def callee(tmp_path, flow, n, addr, transport):
    return Sipp("callee", None, (addr, 17000 + n), calls=CALLS,
                timeout=120 if LONG else 40, folder=HERE, flow=flow,
                tcp=transport == "t1", keep=str(tmp_path / ("by_" + flow)),
                trace=not LONG,
                extra=["-t", transport, "-recv_timeout", "10000"]).start()


@pytest.mark.parametrize("transport, mine, theirs", [
    ("u1", "127.0.0.2", "127.0.0.3"), ("t1", "127.0.0.2", "127.0.0.3"),
    ("u1", "::1", None)], ids=["udp", "tcp", "udp6"])
def test_flows(engine, robot, tmp_path, transport, mine, theirs):
    runs = {"by " + f: callee(tmp_path, f, n, theirs, transport)
            for n, f in enumerate(CALLEES if theirs else ())}
    for n, f in enumerate(CALLERS):
        runs[f] = caller(engine, tmp_path, f, n, mine, transport)
    for _ in range(CALLS if theirs else 0):
        for n, f in enumerate(CALLEES):
            robot.invite(f, "%s:%d%s" % (
                theirs, 17000 + n, ";transport=tcp" if transport == "t1"
                else ""))
        time.sleep(1 / RATE)
    results = {f: r.wait() for f, r in runs.items()}
    bad = {f: r for f, r in results.items() if not r.ok}
    assert not bad, "\n".join("%s: %s" % (f, str(r)[:1500])
                              for f, r in bad.items())
    offered = [e for e in robot.of("leg.offered")
               if e.get("diverted_from") == "+12025552222"]
    assert len(offered) == CALLS
    assert {e["caller"] for e in offered} == {"+12025551111"}
    ended = [e for e in robot.of("leg.ended") if e["leg"] in {
        e["leg"] for e in offered}]
    assert {(e["by"], e["cause"], e["q850"]) for e in ended} == {
        ("remote", "bye", "31")}
