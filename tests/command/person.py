# SPDX-License-Identifier: GPL-2.0-or-later
"""The command as a person runs it, on a data directory of its own."""

import os
import re
import signal
import subprocess

from jf import procs
from jf.layout import SOURCE

COMMAND = os.path.join(SOURCE, "jackfield")


class Command:
    def __init__(self, var, path=COMMAND):
        self.var = str(var)
        self.path = path
        self.env = {**os.environ, "JACKFIELD_VAR": self.var}

    def __call__(self, *argv, timeout=240, prefix=(), **env):
        return subprocess.run(
            [*prefix, self.path, *argv], env={**self.env, **env}, text=True,
            capture_output=True, timeout=timeout, check=False,
            stdin=subprocess.DEVNULL)

    def ok(self, *argv, **kw):
        r = self(*argv, **kw)
        assert r.returncode == 0, "%s: %d\n%s\n%s" % (
            argv, r.returncode, r.stdout[-4000:], r.stderr[-4000:])
        return r.stdout

    def trouble(self, *argv, **kw):
        """It fails with one plain line; returns that line."""
        r = self(*argv, **kw)
        assert r.returncode != 0, r.stdout
        lines = r.stderr.strip().splitlines()
        assert len(lines) == 1 and lines[0].startswith("jackfield: "), \
            r.stderr + r.stdout
        return lines[0]

    def begin(self, *argv):
        # As from a terminal: a suite that runs in the background was given
        # an ignored SIGINT, and would pass it on.
        return subprocess.Popen(
            [self.path, *argv], env=self.env, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))

    def processes(self):
        return procs.of_stack(self.var)

    def pids(self):
        """name -> pid, as status prints them."""
        return dict(re.findall(r"^(\S+) +running +(\d+) ", self(
            "status").stdout, re.M))

    def end(self):
        self("down")
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
