# SPDX-License-Identifier: GPL-2.0-or-later
"""Shared memory of the SIP node: of an established call, and of calls a
second.

    ./jackfield bench memory [--calls 1000] [--rate 25]

A call is two legs: one that comes in, one that the module begins for it. The
first figure is taken when tm has forgotten the transactions of all the calls
that stand; the second while calls come and go: what is used beyond the calls
that stand, over calls a second.
"""

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(ROOT, "tests", "acd"),
                os.path.join(ROOT, "tools")]

from conftest import TRUNK, Engine, start  # noqa: E402
from jf.sim.sipp import Sipp  # noqa: E402
from test_leak import AGENT, Switch  # noqa: E402

SECONDS = 40  # longer than anything tm keeps


def out(figure, value, unit):
    print(json.dumps({"bench": "memory", "figure": figure,
                      "value": round(value, 1), "unit": unit}), flush=True)


def shared(engine):
    """(bytes asked for, bytes taken with the allocator's own)."""
    text = engine.kamcmd("core.shmmem")
    return (int(re.search(r"\bused: (\d+)", text)[1]),
            int(re.search(r"\breal_used: (\d+)", text)[1]))


def transactions(engine):
    return int(re.search(r"current: (\d+)", engine.kamcmd("tm.stats"))[1])


def idle(engine):
    engine.wait(lambda: transactions(engine) == 0, 90,
                lambda: engine.kamcmd("tm.stats"))


def caller(engine, calls, rate, port, hold_ms):
    return Sipp("uac_basic", remote=engine.proxy, local=(TRUNK, port),
                calls=calls, rate=rate, timeout=300, concurrent=calls,
                media_port=20000, hold_ms=hold_ms).start()


def standing(engine, a):
    """Calls that stand and have no transaction."""
    idle(engine)
    before = shared(engine)
    calls = caller(engine, a.calls, a.rate, 5100,
                   (a.calls // a.rate + 45) * 1000)
    most = 0
    while engine.stats()["legs"] < 2 * a.calls:
        most = max(most, transactions(engine))
        time.sleep(0.5)
    out("transactions per call a second, calls that stand", most / a.rate, "")
    t = time.monotonic()
    idle(engine)
    out("transactions gone after the last call", time.monotonic() - t, "s")
    after = shared(engine)
    for name, one, two in zip(("", ", with the allocator's"), before, after):
        out("established call" + name, (two - one) / a.calls, "B")
    result = calls.wait()
    assert result.ok, result


def passing(engine, a):
    """Calls of one second, as many each second, until it is level."""
    idle(engine)
    before = shared(engine)
    calls = caller(engine, a.rate * SECONDS, a.rate, 5101, 1000)
    most = (0, 0, 0)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end - 1:
        most = max(most, shared(engine) + (transactions(engine),))
        time.sleep(0.5)
    out("per call a second", (most[0] - before[0]) / a.rate, "B")
    out("per call a second, with the allocator's",
        (most[1] - before[1]) / a.rate, "B")
    out("transactions per call a second, short calls", most[2] / a.rate, "")
    result = calls.wait()
    assert result.ok, result


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--calls", type=int, default=1000)
    p.add_argument("--rate", type=int, default=25)
    a = p.parse_args()
    var = tempfile.mkdtemp(prefix="jf-memory-")
    os.chmod(var, 0o755)
    stack = start({}, var)
    engine = Engine(stack)
    engine.event("node.up", 10)
    engine.wait(lambda: "event=directory " in engine.log(), 10)
    switch = Switch(engine)
    agents = Sipp("uas", remote=None, local=AGENT, calls=1000000,
                  timeout=600, media_port=20002, answer_ms=5, talk_ms=0,
                  extra=["-aa"]).start()
    switch.start()
    try:
        standing(engine, a)
        passing(engine, a)
    finally:
        switch.over = True
        switch.join()
        agents.stop()
        stack.stop()
        shutil.rmtree(var, ignore_errors=True)


if __name__ == "__main__":
    main()
