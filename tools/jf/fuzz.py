# SPDX-License-Identifier: GPL-2.0-or-later
"""./jackfield fuzz: every parser of ours under libFuzzer, so many executions
in all, and which of its lines they reached.

What libFuzzer finds on the way stays in build/fuzz/corpus, so the next run
begins where this one ended. An input that ends a target is left in
build/fuzz/found: mended, it goes to tests/fuzz/corpus/<target>.
"""

import glob
import json
import os
import re
import shutil
import subprocess

from . import Trouble, build, suites
from .layout import SOURCE
from .say import Step, line, table

LINES_PERCENT = 85
EXECUTED = re.compile(r"stat::number_of_executed_units:\s*(\d+)")


class Target:
    def __init__(self, program):
        self.name = os.path.basename(program).removesuffix("_fuzz")
        self.program = program
        with open(program + ".parses", encoding="utf-8") as f:
            self.parses = f.read().split()
        self.seeds = os.path.join(SOURCE, "tests/fuzz/corpus", self.name)
        self.grown = os.path.join(build.directory("fuzz"), "corpus",
                                  self.name)
        self.executions, self.findings, self.lines = 0, [], {}

    def percent(self):
        """Of all lines of the files that it is for."""
        count = sum(c for c, _ in self.lines.values())
        return 100 * sum(n for _, n in self.lines.values()) / (count or 1)


def run(args):
    suites.check_namespaces()
    build.build("fuzz", ["fuzzers"])
    build.build("cover", ["fuzzers"])
    targets = chosen(args.names)
    each = max(1, args.runs // len(targets))
    for t in targets:
        turn(t, each, args.seconds)
    # A whole engine's log takes a thousand times as long as a number: what
    # the slow ones did not get to is done by the others.
    fast = [t for t in targets if t.executions >= each]
    left = args.runs - sum(t.executions for t in targets)
    for t in fast if left > 0 else ():
        turn(t, left // len(fast) + 1, args.seconds)
    return close(targets)


def turn(t, runs, seconds):
    if t.findings:
        return
    with Step(t.name) as step:
        fuzz(t, runs, seconds, step)
        cover(t)
        step.note = "%s: %d executions, %.1f %% of its lines" % (
            t.name, t.executions, t.percent())


def chosen(names):
    found = [Target(p) for p in sorted(glob.glob(
        build.directory("fuzz") + "/tests/fuzz/*_fuzz"))]
    unknown = set(names) - {t.name for t in found}
    if unknown:
        raise Trouble("there is no target %s; there are: %s" % (
            unknown.pop(), " ".join(t.name for t in found)))
    return [t for t in found if not names or t.name in names]


def execute(argv, env, step, limit_s=6 * 3600):
    """In a namespace of its own. (exit status, what it printed)"""
    run_ = suites.Run("fuzz", "release", True, step.at)
    run_.limit = suites.time.monotonic() + limit_s
    words, own = [], run_.env()
    # what was freed is kept for long otherwise, and counts as memory
    own["ASAN_OPTIONS"] = "quarantine_size_mb=32:malloc_context_size=8"
    run_.env = lambda: {**own, **env}
    try:
        status = run_.execute(argv, words.append)
    finally:
        shutil.rmtree(run_.scratch, ignore_errors=True)
    return status, "".join(words)


def fuzz(t, runs, seconds, step):
    found = os.path.join(build.directory("fuzz"), "found", "")
    os.makedirs(found, exist_ok=True)
    os.makedirs(t.grown, exist_ok=True)
    before = set(os.listdir(found))
    argv = [t.program, "-runs=%d" % runs, "-timeout=10",
            "-max_total_time=%d" % seconds,
            "-rss_limit_mb=2048", "-close_fd_mask=3", "-print_final_stats=1",
            "-artifact_prefix=%s%s-" % (found, t.name), t.grown]
    if os.path.isdir(t.seeds):
        argv.append(t.seeds)
    status, words = execute(argv, {}, step)
    executed = EXECUTED.search(words)
    t.executions += int(executed[1]) if executed else 0
    news = sorted(set(os.listdir(found)) - before)
    if status != 0 or news:
        t.findings = [found + n for n in news] or ["(no input kept)"]
        t.words = "ended with %s:\n%s" % (suites.how(status), told(words))


def told(words):
    """What it says of a finding, without its progress and the bytes."""
    kept = [w for w in words.splitlines()
            if not re.match(r"#\d+\s+[A-Z]|0x|stat::|Base64", w)]
    return "\n".join(kept[-40:])


def cover(t):
    """Replays seeds and what was found on the way, with counted lines."""
    program = os.path.join(build.directory("cover"), "tests/fuzz",
                           t.name + "_fuzz")
    raw = program + ".profraw"
    corpora = [d for d in (t.seeds, t.grown) if os.path.isdir(d)]
    subprocess.run([program, *corpora], check=False, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   env={**os.environ, "LLVM_PROFILE_FILE": raw})
    if not os.path.exists(raw):
        return
    tool(["llvm-profdata", "merge", "-sparse", raw, "-o", program + ".prof"])
    told = json.loads(tool(["llvm-cov", "export", "-summary-only",
                            "-instr-profile=" + program + ".prof", program]))
    for f in told["data"][0]["files"]:
        name = os.path.relpath(f["filename"], SOURCE)
        if name in t.parses:
            lines = f["summary"]["lines"]
            t.lines[name] = lines["count"], lines["covered"]


def tool(argv):
    try:
        return subprocess.run(argv, check=True, capture_output=True,
                              text=True).stdout
    except FileNotFoundError:
        raise Trouble("%s is not installed; it comes with the package llvm"
                      % argv[0]) from None
    except subprocess.CalledProcessError as e:
        raise Trouble("%s: %s" % (argv[0], e.stderr.strip())) from None


def close(targets):
    bad = 0
    for t in targets:
        if t.findings:
            line("%s %s" % (t.name, t.words))
        low = t.percent() < LINES_PERCENT or len(t.lines) < len(t.parses)
        for name in t.parses if low else ():
            count, ran = t.lines.get(name, (0, 0))
            line("%s: %d of %d lines of %s" % (t.name, ran, count, name))
        bad += low or bool(t.findings)
    line()
    table(("target", "executions", "findings", "lines", "parser"),
          [(t.name, t.executions, len(t.findings), "%.1f %%" % t.percent(),
            " ".join(t.parses)) for t in targets])
    line()
    line("%d executions, %d findings, %d of %d targets with %d %% of their "
         "lines or more" % (
             sum(t.executions for t in targets),
             sum(len(t.findings) for t in targets),
             sum(t.percent() >= LINES_PERCENT for t in targets),
             len(targets), LINES_PERCENT))
    for t in targets:
        for path in t.findings:
            line("found: %s" % path)
    return 1 if bad else 0
