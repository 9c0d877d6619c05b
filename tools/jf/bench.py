# SPDX-License-Identifier: GPL-2.0-or-later
"""./jackfield bench: programs and scripts that print figures.

A benchmark is a C program in build/release/tests/bench or a Python file in
tests/bench. It prints one JSON object a line: {"bench", "figure", "value",
"unit"} and, where there is something to compare with, "baseline".

tests/bench/figures.json keeps what the figures were: {bench: {figure: [value,
percent]}}. One that is larger than that by more than so many percent fails.
"""

import glob
import json
import os
import sys

from . import Trouble, build, suites
from .say import Step, line, table
from .testrun import quiet

LONG = ("soak",)  # run when they are named


def run(args):
    with quiet(args.json):
        suites.check_namespaces()
        if not os.environ.get("JF_BUILD"):
            build.build("release")
    found = benchmarks()
    failed = 0
    rows = []
    names, rest = asked(args, found)
    for name in names:
        with quiet(args.json):
            status, figures, words = measure(name, found[name] + rest)
        if args.json:
            for f in figures:
                print(json.dumps(f), flush=True)
        rows += figures
        worse = compare(name, figures)
        for words_ in worse:
            with quiet(args.json):
                line(words_)
        if status != 0 or not figures or worse:
            failed += 1
        if status != 0 or not figures:
            with quiet(args.json):
                line("%s ended with %s:\n%s" % (
                    name, suites.how(status), "".join(words[-40:]).rstrip()))
    if not args.json and rows:
        line()
        show(rows)
    return 1 if failed else 0


def asked(args, found):
    """(names, options). A value of an option of the bench's own may stand
    among the names: options are for one bench."""
    names = [n for n in args.names if n in found]
    rest = [w for w in sys.argv[1:] if w in args.rest
            or w in args.names and w not in found]
    if rest and (len(names) != 1 or not args.rest):
        raise Trouble("there is no benchmark %s; there are: %s" % (
            rest[0], " ".join(found) or "none"))
    return names or [n for n in found if n not in LONG], rest


def benchmarks():
    """name -> how it is started."""
    top = os.environ.get("JF_BUILD") or build.directory("release")
    found = {}
    for path in sorted(glob.glob(top + "/tests/bench/*")):
        if os.path.isfile(path) and os.access(path, os.X_OK):
            name = os.path.basename(path).removesuffix("_bench")
            found[name.removeprefix("bench_")] = [path]
    for path in sorted(glob.glob(suites.SOURCE + "/tests/bench/*.py")):
        name = os.path.basename(path).removesuffix(".py")
        if not name.startswith("_") and name != "conftest":
            found[name.removeprefix("bench_").removesuffix("_bench")] = [
                sys.executable, "-B", path]
    return found


def measure(name, argv):
    figures, words = [], []
    with Step(name) as step:
        run_ = suites.Run("bench", "release", False, step.at)

        def each(text):
            words.append(text)
            try:
                one = json.loads(text)
            except ValueError:
                step.at(text.strip())
                return
            if isinstance(one, dict) and "figure" in one:
                figures.append(one)

        run_.limit = suites.time.monotonic() + 4 * 3600
        status = run_.execute(argv, each)
        step.note = "%s: %d figures" % (name, len(figures))
    suites.shutil.rmtree(run_.scratch, ignore_errors=True)
    return status, figures, words


def compare(name, figures):
    """Writes beside each figure what is kept of it; words about those that
    are worse. All of them are better when they are small."""
    with open(suites.SOURCE + "/tests/bench/figures.json",
              encoding="utf-8") as f:
        kept = json.load(f).get(name, {})
    worse = []
    for row in figures:
        if row["figure"] not in kept:
            continue
        value, percent = kept[row["figure"]]
        row["kept"] = value
        if row["value"] > value * (1 + percent / 100):
            worse.append("%s: %s is %s %s; kept is %s, and %d %% more at "
                         "most" % (name, row["figure"], number(row["value"]),
                                   row.get("unit", ""), number(value),
                                   percent))
    return worse


def show(rows):
    table(("benchmark", "figure", "value", "unit", "kept", "baseline"),
          [(r["bench"], r["figure"], number(r["value"]), r.get("unit", ""),
            number(r["kept"]) if "kept" in r else "",
            number(r["baseline"]) if r.get("baseline") is not None else "")
           for r in rows])


def number(value):
    if isinstance(value, (int, float)):
        return "%.4g" % value if abs(value) < 1000 else "%d" % round(value)
    return str(value)
