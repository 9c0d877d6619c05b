# SPDX-License-Identifier: GPL-2.0-or-later
"""What a call costs the core, in instructions (callgrind: no noise), and how
that grows with agents and with contacts who wait for somebody else; memory
of an agent, of a waiting contact, of an established call."""

import json
import os
import re
import subprocess
import sys
import tempfile

CALLS = 200
SMALL = (50, 0)
CASES = (SMALL, (500, 0), (5000, 0), (5000, 5000))


def figure(name, value, unit, baseline=None):
    row = {"bench": "core", "figure": name, "value": value, "unit": unit}
    if baseline is not None:
        row["baseline"] = baseline
    print(json.dumps(row), flush=True)


def program():
    return os.path.join(os.environ["JF_BUILD"], "tests", "bench-programs",
                        "core_calls")


def instructions(agents, waiting, calls):
    """Within core_step(), of everything that the program does."""
    with tempfile.TemporaryDirectory() as d:
        r = subprocess.run(
            ["valgrind", "--tool=callgrind", "--toggle-collect=core_step",
             "--callgrind-out-file=%s/out" % d, program(), str(agents),
             str(waiting), str(calls)], capture_output=True, text=True,
            check=False)
    counted = re.search(r"Collected : (\d+)", r.stderr)
    if r.returncode or not counted:
        sys.exit("callgrind: " + r.stderr[-2000:])
    return int(counted[1])


def per_call(agents, waiting):
    """The difference that CALLS more calls make."""
    print("%d agents, %d waiting" % (agents, waiting), file=sys.stderr,
          flush=True)
    return (instructions(agents, waiting, CALLS + 1)
            - instructions(agents, waiting, 1)) / CALLS


def memory():
    out = subprocess.run([program(), "5000", "5000", "10"],
                         capture_output=True, text=True, check=True).stdout
    return dict(line.split() for line in out.splitlines())


def main():
    base = None
    for agents, waiting in CASES:
        value = per_call(agents, waiting)
        name = "instructions per call, %d agents, %d waiting" % (agents,
                                                                waiting)
        figure(name, round(value), "instructions", base and round(base))
        if base:
            figure("growth, %d agents, %d waiting" % (agents, waiting),
                   round(100 * (value / base - 1), 1), "%")
        base = base or value
    for name, value in memory().items():
        figure(name.replace("_", " "), int(value), "B")


if __name__ == "__main__":
    main()
