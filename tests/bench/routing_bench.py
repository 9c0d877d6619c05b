# SPDX-License-Identifier: GPL-2.0-or-later
"""What single events cost the router with skills, steps and lines: CPU time
with 100, 1,000 and 10,000 agents and as many contacts in line."""

import json
import os
import subprocess

SIZES = (100, 1000, 10000)


def figure(name, value, unit):
    print(json.dumps({"bench": "routing", "figure": name, "value": value,
                      "unit": unit}), flush=True)


def main():
    program = os.path.join(os.environ["JF_BUILD"], "tests", "bench-programs",
                           "core_scale")
    first = {}
    for size in SIZES:
        out = subprocess.run([program, str(size), str(size)], check=True,
                             capture_output=True, text=True).stdout
        for line in out.splitlines():
            event, count, *values = line.split("|")
            name = "%s, %d agents, %d contacts" % (event, size, size)
            if len(values) == 1:
                figure(name, int(values[0]), "B")
                continue
            for what, value in zip(("p50", "p99", "max"), values):
                if what != "p99" or int(count) >= 100:
                    figure("%s, %s" % (name, what), float(value), "us")
            first.setdefault(event, float(values[0]))
            if size == SIZES[-1]:
                figure("growth of p50, %s, %d to %d" % (event, SIZES[0], size),
                       round(float(values[0]) / first[event], 1), "times")


if __name__ == "__main__":
    main()
