# SPDX-License-Identifier: GPL-2.0-or-later
"""Suites of tests: what is in one, and how one is run.

A suite is a folder of tests/. It holds C programs that print TAP (built to
build/<preset>/tests/<suite>), pytest files, or both. Each runs in a network
and process namespace of its own: ports never clash, nothing is left behind.
"""

import glob
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from . import Trouble, build
from .layout import SOURCE

ORDER = ("unit", "sim", "fuzz", "bus", "db", "acd", "edge", "engine", "media",
         "command", "sip", "load", "survival")
ASAN = ("unit", "sim", "bus", "engine", "media", "sip")
APART = ("bench", "install")  # run only when they are named
TAP = ("unit", "sim")  # every program of theirs is a test
LIMIT_S = 1200
# Each file in a namespace of its own, so many at once: tests that wait for
# servers most of the time, and those that need a whole box.
TOGETHER = {"bus": 3, "edge": 2, "load": 1}
# Tests of these live in real time, on a machine that may stand still for half
# a second. So many that fail run once more, alone; whoever passes then is
# counted and named as unsteady. A fault of ours fails twice.
UNSTEADY_MAX = 3
REAL_TIME = ("bus", "acd", "edge", "engine", "media", "command", "sip", "load",
             "survival")
FUZZ_S = 5

NAMESPACE = ["unshare", "-n", "-p", "-f", "--kill-child", "--mount-proc",
             "sh", "-c", "ip link set lo up; "
             "ip addr add 127.0.0.5/8 dev lo; exec \"$@\"", "sh"]
# The install suite fetches Debian: it keeps the machine's network.
WITH_NETWORK = ["unshare", "-m", "-p", "-f", "--kill-child", "--mount-proc"]
TAP_LINE = re.compile(r"^(not ok|ok)\b(.*)")


@dataclass
class Result:
    suite: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    unsteady: int = 0  # of those that passed: only when run again
    seconds: float = 0
    words: list = field(default_factory=list)  # shown when it failed

    def fail(self, text):
        self.failed += 1
        self.words.append(text)


def all_suites():
    """Names of the folders with tests in them, from fast to slow."""
    top = os.path.join(SOURCE, "tests")
    names = [d for d in os.listdir(top)
             if d not in APART and not d.startswith(("_", "."))
             and has_tests(os.path.join(top, d))]
    return sorted(names, key=lambda n: (ORDER.index(n) if n in ORDER
                                        else len(ORDER), n))


def has_tests(directory):
    return os.path.isdir(directory) and bool(
        glob.glob(directory + "/**/test_*.py", recursive=True)
        or glob.glob(directory + "/**/*.c", recursive=True))


def check_namespaces():
    if os.geteuid() != 0:
        raise Trouble("the suites run in network namespaces, which need "
                      "root: say sudo ./jackfield test")
    r = subprocess.run(NAMESPACE + ["true"], capture_output=True, text=True,
                       check=False)
    if r.returncode:
        raise Trouble("this machine permits no network namespaces (%s): in "
                      "a container, allow CAP_SYS_ADMIN and CAP_NET_ADMIN"
                      % r.stderr.strip().splitlines()[-1])


class Run:
    """One suite with one build."""

    def __init__(self, suite, preset, long, at):
        self.suite, self.preset, self.long, self.at = suite, preset, long, at
        self.build = os.environ.get("JF_BUILD") or build.directory(preset)
        self.lock, self.children = threading.Lock(), set()
        self.result = Result(suite if preset != "asan"
                             else suite + " (asan)")
        self.scratch = tempfile.mkdtemp(prefix="jft-")
        os.chmod(self.scratch, 0o755)

    def run(self):
        begin = time.monotonic()
        self.limit = begin + (LIMIT_S if not self.long else 6 * 3600)
        try:
            self.c_programs()
            if glob.glob("%s/tests/%s/**/test_*.py" % (SOURCE, self.suite),
                         recursive=True):
                self.pytest()
            self.sanitizer()
            if not (self.result.passed or self.result.failed
                    or self.result.skipped):
                self.result.fail("no test in it ran")
        finally:
            self.result.seconds = time.monotonic() - begin
            if self.result.failed:
                self.result.words.append("(files of this run: %s)"
                                         % self.scratch)
            else:
                shutil.rmtree(self.scratch, ignore_errors=True)
        return self.result

    # ---- how a program runs ------------------------------------------------

    def env(self):
        tools = os.path.join(SOURCE, "tools")
        env = {k: v for k, v in os.environ.items()
               if not k.startswith(("PG", "PYTEST", "JACKFIELD"))}
        env.update(PYTHONPATH=tools, JF_BUILD=self.build,
                   CMOCKA_MESSAGE_OUTPUT="TAP", PYTHONDONTWRITEBYTECODE="1",
                   TMPDIR=self.scratch, LC_ALL="C.UTF-8",
                   JF_LONG="1" if self.long else "")
        if self.preset == "asan":
            common = "log_path=%s/sanitizer:abort_on_error=0:" % self.scratch
            env["ASAN_OPTIONS"] = (common + "detect_leaks=1:exitcode=99:"
                                   "detect_stack_use_after_return=1:"
                                   "strict_string_checks=1")
            env["UBSAN_OPTIONS"] = (common + "print_stacktrace=1:"
                                    "halt_on_error=1:exitcode=99")
            env["LSAN_OPTIONS"] = "exitcode=99"
        return env

    def execute(self, argv, each_line):
        """Runs it in its namespace; each_line gets what it prints. Returns
        the exit status, or None when it took too long."""
        space = WITH_NETWORK if self.suite == "install" else NAMESPACE
        child = subprocess.Popen(
            space + argv, cwd=SOURCE, env=self.env(), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, errors="replace",
            start_new_session=True)
        self.children.add(child)
        late = threading.Event()
        timer = threading.Timer(max(1, self.limit - time.monotonic()),
                                lambda: (late.set(), child.kill()))
        timer.start()
        try:
            for text in child.stdout:
                each_line(text)
            child.wait()
        finally:
            timer.cancel()
            self.children.discard(child)
            if child.poll() is None:
                child.kill()
                child.wait()
        return None if late.is_set() else child.returncode

    # ---- C -----------------------------------------------------------------

    def c_programs(self):
        found = sorted(p for p in glob.glob("%s/tests/%s/*" % (self.build,
                                                               self.suite))
                       if os.path.isfile(p) and os.access(p, os.X_OK))
        for path in found:
            name = os.path.basename(path)
            if self.suite == "fuzz":
                self.fuzz(path, name)
            elif self.suite in TAP or name.endswith("_test"):
                self.tap(path, name)

    def tap(self, path, name):
        self.at(name)
        words, bad = [], []
        counted = [0]

        def each(text):
            words.append(text)
            case = TAP_LINE.match(text)
            if not case:
                return
            counted[0] += 1
            if "# SKIP" in case[2]:
                self.result.skipped += 1
            elif case[1] == "ok":
                self.result.passed += 1
            else:
                self.result.failed += 1
                bad.append(text)

        status = self.execute([path], each)
        if status != 0 and not bad:
            bad.append("ended with %s" % how(status))
            self.result.failed += 1
        elif not counted[0]:
            bad.append("counted no cases")
            self.result.failed += 1
        if bad:
            self.result.words += ["%s:" % name, *[w.rstrip() for w in words
                                                  if not w.startswith("ok")]]

    def fuzz(self, path, name):
        """Replays the corpus, then looks for news for a few seconds."""
        self.at(name)
        if self.preset != "fuzz" or "JF_BUILD" in os.environ:
            self.replay(path, name)
            return
        corpus = os.path.join(SOURCE, "tests/fuzz/corpus",
                              name.removesuffix("_fuzz"))
        news = os.path.join(self.scratch, "news-" + name)
        os.makedirs(news)
        words = []
        status = self.execute(
            [path, "-max_total_time=%d" % (300 if self.long else FUZZ_S),
             "-timeout=10", "-rss_limit_mb=2048", "-close_fd_mask=3",
             "-artifact_prefix=%s/" % self.scratch, news]
            + ([corpus] if os.path.isdir(corpus) else []), words.append)
        if status == 0:
            self.result.passed += 1
        else:
            self.result.fail("%s ended with %s:\n%s" % (
                name, how(status), "".join(words[-60:])))

    def replay(self, path, name):
        """What an ordinary build has in libFuzzer's place."""
        words = []
        status = self.execute([path], words.append)
        said = re.search(r"(\d+) passed, (\d+) failed", "".join(words))
        self.result.passed += int(said[1]) if said else 0
        if status != 0 or not said:
            self.result.fail("%s ended with %s:\n%s" % (
                name, how(status), "".join(words[-60:])))

    # ---- Python ------------------------------------------------------------

    def pytest(self):
        files = sorted(glob.glob("%s/tests/%s/**/test_*.py" % (
            SOURCE, self.suite), recursive=True))
        together = TOGETHER.get(self.suite)
        if not together:
            self.pytest_of(os.path.join("tests", self.suite), "")
            return
        pool = ThreadPoolExecutor(together)
        each = [pool.submit(self.pytest_of, f, "-%d" % i)
                for i, f in enumerate(files)]
        try:
            for one in each:
                one.result()
        finally:  # also when somebody interrupts it
            pool.shutdown(wait=False, cancel_futures=True)
            for child in list(self.children):
                child.kill()

    def pytest_of(self, what, tail):
        """One pytest; tail: of the names of its files."""
        status, count, words = self.pytest_once(what, tail)
        again = count and self.suite in REAL_TIME and (
            0 < count["bad"] <= UNSTEADY_MAX) and self.pytest_once(
                what, tail, "--last-failed")
        with self.lock:
            if not again or not again[1] or again[1]["bad"]:
                self.count(count, status, words)
                return
            self.result.unsteady += count["bad"]
            self.result.words.append("".join(interesting(words)))
            count["bad"] = 0
            self.count(count, again[0], again[2])

    def pytest_once(self, what, tail, *options):
        """Returns the exit status, its counts (None: no report), its words."""
        tail += "-again" if options else ""
        report = os.path.join(self.scratch, "report%s.xml" % tail)
        words = []

        def each(text):
            words.append(text)
            if "::" in text:
                self.at(text.split("::", 1)[1].strip())

        status = self.execute(
            [sys.executable, "-B", "-m", "pytest", *options,
             "-o", "cache_dir=%s/cache%s" % (self.scratch,
                                             tail.removesuffix("-again")),
             "-v", "--tb=short", "-rs", "--color=no",
             "--basetemp=%s/t%s" % (self.scratch, tail),
             "--junitxml=" + report, what], each)
        try:
            suite = ET.parse(report).getroot().find("testsuite")
            count = {k: int(suite.get(k)) for k in ("tests", "failures",
                                                    "errors", "skipped")}
            count["bad"] = count["failures"] + count["errors"]
        except (OSError, ET.ParseError, AttributeError):
            count = None
        return status, count, words

    def count(self, count, status, words):
        if not count:
            self.result.fail("pytest ended with %s:\n%s" % (
                how(status), "".join(words[-80:])))
            return
        bad = count["bad"]
        self.result.failed += bad
        self.result.skipped += count["skipped"]
        self.result.passed += count["tests"] - bad - count["skipped"]
        if bad or status not in (0, 5):
            self.result.failed += not bad
            self.result.words.append("".join(interesting(words)))

    # ---- sanitizers --------------------------------------------------------

    def sanitizer(self):
        """A server may die of a report and be started again: so the reports
        themselves count."""
        for path in sorted(glob.glob(self.scratch + "/sanitizer*")):
            with open(path, encoding="utf-8", errors="replace") as f:
                self.result.fail("sanitizer: %s" % f.read(6000))


def how(status):
    if status is None:
        return "nothing: it took too long"
    if status < 0 or status > 128:
        number = -status if status < 0 else status - 128
        try:
            return signal.Signals(number).name
        except ValueError:
            pass
    return "status %d" % status


def interesting(words):
    """pytest's words from the failures on."""
    for i, text in enumerate(words):
        if re.match(r"=+ (FAILURES|ERRORS) =+", text):
            return words[i:][-300:]
    return words[-60:]
