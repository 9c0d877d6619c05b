# SPDX-License-Identifier: GPL-2.0-or-later
"""The command as a person runs it, on a data directory of its own."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

import pytest

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
        return subprocess.Popen(
            [self.path, *argv], env=self.env, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True)

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


@pytest.fixture
def jackfield(tmp_path):
    command = Command(tmp_path / "v")
    yield command
    command.end()


@pytest.fixture
def open_path():
    """A directory that everybody may read; tmp_path is its owner's."""
    path = tempfile.mkdtemp()
    os.chmod(path, 0o755)
    yield pathlib.Path(path)
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    """A box that is up, with its demo call's timeline in box.shown."""
    command = Command(tmp_path_factory.mktemp("box") / "v")
    try:
        command.shown = command.ok("up")
        yield command
    finally:
        command.end()
