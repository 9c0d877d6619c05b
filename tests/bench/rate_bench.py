# SPDX-License-Identifier: GPL-2.0-or-later
"""The rate that is sustained with real queueing, signalling only.

    ./jackfield bench rate [--agents 500] [--rates 50,100,150,200,300]

At each rate calls last as long as keeps 19 of 20 agents busy, so that callers
wait for somebody to hang up. A rate is sustained when at most 1 of 200 calls
fails and nobody is left waiting 5 s after the last call. Callers and phones
(SIPp) use the same cores: what they took is told, too.
"""

import argparse
import os
import shutil
import tempfile
import time

import call_bench as call  # sets the path
from _cost import cpu, out
from crowd import add_agents
from harness import Site
from jf.sim.people import wait_for
from jf.stack import CORE, Stack

SECONDS = 8  # of each rate


def at_rate(site, a, directory, rate, place):
    """(whether it was sustained, good calls, a second)."""
    a.rate, a.hold_ms = rate, int(a.agents * 0.95 / rate * 1000)
    begun = time.monotonic()
    result = place(rate * SECONDS + rate * a.hold_ms // 1000)
    took = time.monotonic() - begun - a.hold_ms / 1000
    try:
        wait_for(lambda: not site.state("contact"), 5, 0.2)
    except AssertionError:
        return False, result, took
    return result.good >= result.wanted * 0.995, result, took


def measure(site, a, directory):
    call.ready(site)
    users = add_agents(site, a.agents)
    a.calls = 100000
    agents = call.agents_by_sipp(site, users, a, directory)
    place = call.place_calls(site.proxy, a, directory,
                             site.ports["people"] + 70)
    pids = {n: site.stack.pid(n) for n in CORE}
    best = 0
    try:
        for rate in map(int, a.rates.split(",")):
            before = cpu(pids)
            good, result, took = at_rate(site, a, directory, rate, place)
            used = sum(cpu(pids).values()) - sum(before.values())
            out("at_%d.good" % rate, 100 * result.good / result.wanted, "%",
                bench="rate")
            out("at_%d.cpu_per_call" % rate, used * 1000 / result.wanted,
                "ms", bench="rate")
            if not good:
                break
            best = result.good / took
    finally:
        agents.stop()
    out("sustained", best, "calls a second", bench="rate")


def main():
    p = argparse.ArgumentParser(prog="rate_bench")
    p.add_argument("--agents", type=int, default=500)
    p.add_argument("--rates", default="50,100,150,200,250,300,350,400")
    p.add_argument("--json", action="store_true", help="as always")
    a = p.parse_args()
    directory = tempfile.mkdtemp(prefix="jf-bench-")
    os.chmod(directory, 0o755)
    stack = Stack(var=directory + "/var", durable=True,
                  settings=call.SETTINGS)
    try:
        stack.start()
        site = Site(stack)
        measure(site, a, directory)
        site.close()
    finally:
        stack.stop()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
