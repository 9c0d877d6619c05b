# SPDX-License-Identifier: GPL-2.0-or-later
"""SIPp runs, bounded in calls and time.

    run = Sipp("uac_basic", remote=("127.0.0.1", 15060),
               local=("127.0.0.2", 15101), media_port=20000, hold_ms=2000)
    run.start(); result = run.wait(); assert result.ok, result

A scenario is a Jinja2 template of scenarios/, filled with the keywords;
SIPp's own keywords stay in brackets. Media ports belong to whoever calls
(rtp.py): SIPp itself binds none.
"""

import csv
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field

import jinja2

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "scenarios")
DEFAULTS = dict(number="+12025550100", calling="+12025559999", codecs="8",
                hold_ms=1000, talk_ms=1000, domain="demo.example",
                user="alice", password="alice-secret", expires=3600,
                code=200, refuse=0, answer_ms=300, media_port=None, text="",
                cancel_ms=1, agent_hold_ms=0, hold="sendonly",
                expect="recvonly", linger_ms=0)

# SIPp logs every timeout that a scenario provides for as an error.
EXPECTED = re.compile(r"\d{4}-\d\d-\d\d\t[\d:.]+\t[\d.]+: Call-Id: [^,]+, "
                      r"receive timeout on message [^\n]*?, jumping to label "
                      r"\d{1,2}(?=\d{4}-|\n|$)")


@dataclass(repr=False)
class Result:
    rc: int
    wanted: int
    good: int = 0
    failed: int = 0
    errors: str = ""
    log: list = field(default_factory=list)  # (epoch s, call id, what)
    output: str = ""

    @property
    def ok(self):
        return self.rc == 0 and self.failed == 0 and self.good >= self.wanted

    @property
    def aborted(self):
        """Calls that SIPp gave up over a message it did not look for then,
        for instance one that came twice or late."""
        return self.errors.count("Aborting call on unexpected message")

    @property
    def crossed(self):
        """Calls whose BYE met one from the other side before SIPp looked for
        it: SIPp answers it and counts the call as failed."""
        return self.errors.count("Aborting call on an unexpected BYE")

    def __str__(self):
        return "sipp: rc %s, %d good, %d failed of %d\n%s%s" % (
            self.rc, self.good, self.failed, self.wanted,
            self.errors[-4000:], "" if self.errors else self.output[-1500:])

    __repr__ = __str__

    def times(self, what):
        return [t for t, _, w in self.log if w.startswith(what)]


class Sipp:
    def __init__(self, scenario, remote, local, calls=1, rate=10,
                 timeout=60, inject=None, keep=None, trace=False,
                 concurrent=None, extra=(), folder=HERE, **keywords):
        self.remote, self.local = remote, local
        self.calls, self.rate, self.timeout = calls, rate, timeout
        self.concurrent = concurrent
        self.trace = trace
        self.extra = list(extra)  # more of SIPp's options
        self.dir = keep or tempfile.mkdtemp(prefix="jf-sipp-")
        self.keep = bool(keep)
        self.folder = folder  # of the scenario; macros.xml is of all
        self.server = remote is None
        os.makedirs(self.dir, exist_ok=True)
        self.file = self._render(scenario, {**DEFAULTS, **keywords})
        self.inject = self._inject(inject) if inject else None
        self.process = None

    def _render(self, scenario, keywords):
        env = jinja2.Environment(loader=jinja2.FileSystemLoader(
            [self.folder, HERE]),
                                 undefined=jinja2.StrictUndefined,
                                 trim_blocks=False)
        text = env.get_template(scenario + ".xml").render(keywords)
        path = os.path.join(self.dir, scenario + ".xml")
        with open(path, "w") as f:
            f.write('<?xml version="1.0" encoding="UTF-8"?>\n')
            f.write(_tidy(text))
        return path

    def _inject(self, rows):
        path = os.path.join(self.dir, "inject.csv")
        with open(path, "w") as f:
            f.write("SEQUENTIAL\n")
            csv.writer(f, delimiter=";", lineterminator="\n").writerows(rows)
        return path

    def _path(self, name):
        return os.path.join(self.dir, name)

    def argv(self):
        v = ["sipp", "-sf", self.file, "-i", self.local[0], "-p",
             str(self.local[1]), "-mi", self.local[0], "-m",
             str(self.calls), "-nostdin", "-timeout", "%ds" % self.timeout,
             "-timeout_error", "-default_behaviors", "all",
             "-trace_err", "-error_file", self._path("errors"),
             "-trace_logs", "-log_file", self._path("log"),
             "-trace_stat", "-stf", self._path("stat"), "-fd", "1"]
        if self.trace:
            v += ["-trace_msg", "-message_file", self._path("messages")]
        v += self.extra
        if self.inject:
            v += ["-inf", self.inject]
        if self.concurrent:
            v += ["-l", str(self.concurrent)]
        if not self.server:
            v += ["-r", str(self.rate), "%s:%d" % self.remote]
        return v

    def start(self):
        self.out = open(self._path("out"), "wb")
        self.process = subprocess.Popen(
            self.argv(), cwd=self.dir, stdin=subprocess.DEVNULL,
            stdout=self.out, stderr=subprocess.STDOUT,
            env={**os.environ, "TERM": "dumb"})
        return self

    def wait(self):
        try:
            rc = self.process.wait(self.timeout + 10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            rc = self.process.wait()
        return self._result(rc)

    def run(self):
        return self.start().wait()

    def stop(self):
        """Ends a server: its result so far."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(2)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self._result(0)

    def _read(self, name):
        try:
            with open(self._path(name), errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def _result(self, rc):
        self.out.close()
        r = Result(rc, self.calls, errors=EXPECTED.sub(
            "", self._read("errors")),
                   output=self._read("out"))
        rows = list(csv.DictReader(self._read("stat").splitlines(),
                                   delimiter=";"))
        if rows:
            r.good = int(rows[-1].get("SuccessfulCall(C)") or 0)
            r.failed = int(rows[-1].get("FailedCall(C)") or 0)
        for line in self._read("log").splitlines():
            v = line.split(None, 4)  # date, time, epoch, call id, what
            if len(v) == 5:
                r.log.append((float(v[2]), v[3], v[4]))
        if not self.keep and r.rc == 0 and not r.failed:
            shutil.rmtree(self.dir, ignore_errors=True)
        return r


def _tidy(text):
    """Templates leave blank lines; in a message one would end the header."""
    out = []
    for part in text.split("<![CDATA["):
        message, close, rest = part.partition("]]>")
        if close:
            part = "\n" + _message(message) + close + _squeeze(rest)
        else:
            part = _squeeze(part)
        out.append(part)
    return "<![CDATA[".join(out)


def _squeeze(text):
    return "\n".join(l for l in text.split("\n") if l.strip()) + "\n"


def _message(text):
    """Start line and headers, one empty line, body."""
    lines = [l.rstrip() for l in text.strip().split("\n")]
    end = next((i for i, l in enumerate(lines)
                if l.startswith("Content-Length:")), len(lines) - 1)
    head = [l for l in lines[:end + 1] if l]
    body = [l for l in lines[end + 1:] if l]
    return "\n".join(head) + "\n\n" + ("\n".join(body) + "\n" if body else "")
