# SPDX-License-Identifier: GPL-2.0-or-later
"""./jackfield test: builds, runs suites, prints a table and one last line."""

import contextlib
import json
import os
import sys

from . import Trouble, build, suites
from .say import Step, line, table


def run(args):
    plan = planned(args)
    with quiet(args.json):
        suites.check_namespaces()
        prepare({preset for _, preset in plan}, plan)
    results = []
    for suite, preset in plan:
        with quiet(args.json):
            results.append(one(suite, preset, args.long))
        if args.json:
            figures(results[-1])
    return close(results, args.json)


def planned(args):
    """(suite, preset) in the order they run. Without names: everything, and
    once more with sanitizers what works with hostile or shared memory."""
    known = suites.all_suites()
    for name in args.suites:
        if name not in known and not (name in suites.APART and os.path.isdir(
                os.path.join(suites.SOURCE, "tests", name))):
            raise Trouble("there is no suite %s; there are: %s" % (
                name, " ".join(known + list(suites.APART))))
    names = args.suites or known
    if args.asan:
        return [(n, "asan") for n in args.suites or
                [n for n in known if n in suites.ASAN]]
    plan = [(n, "fuzz" if n == "fuzz" else "release") for n in names]
    if not args.suites:
        plan += [(n, "asan") for n in known if n in suites.ASAN]
    return plan


def prepare(presets, plan):
    if os.environ.get("JF_BUILD"):
        return
    if {"asan", "release"} & presets:
        build.build("release")  # the module always is release's
    if "asan" in presets:
        build.build("asan")
    if "fuzz" in presets:
        build.build("fuzz", ["fuzzers"])


def one(suite, preset, long):
    with Step("%s%s" % (suite, " (asan)" if preset == "asan" else "")) as s:
        result = suites.Run(suite, preset, long, s.at).run()
        s.note = "%-16s %s" % (result.suite, counts(result))
    for text in result.words:
        line(text.rstrip())
    return result


def counts(r):
    text = "%d passed, %d failed" % (r.passed, r.failed)
    if r.skipped:
        text += ", %d skipped" % r.skipped
    if r.unsteady:
        text += ", %d passed only when run again" % r.unsteady
    return text


@contextlib.contextmanager
def quiet(json_wanted):
    """With --json the figures alone go to standard output."""
    if not json_wanted:
        yield
        return
    with contextlib.redirect_stdout(sys.stderr):
        yield


def figures(r):
    for figure, unit in (("passed", "cases"), ("failed", "cases"),
                         ("skipped", "cases"), ("unsteady", "cases"),
                         ("seconds", "s")):
        print(json.dumps({"suite": r.suite, "figure": figure,
                          "value": round(getattr(r, figure), 2),
                          "unit": unit}), flush=True)


def close(results, json_wanted):
    total = suites.Result("all")
    for r in results:
        total.passed += r.passed
        total.failed += r.failed
        total.skipped += r.skipped
        total.unsteady += r.unsteady
        total.seconds += r.seconds
    if json_wanted:
        figures(total)
    else:
        line()
        table(("suite", "passed", "failed", "skipped", "seconds"),
              [(r.suite, r.passed, r.failed, r.skipped,
                "%.1f" % r.seconds) for r in results + [total]])
        line()
        line(counts(total))
    return 1 if total.failed or not total.passed else 0
