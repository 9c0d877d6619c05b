# SPDX-License-Identifier: GPL-2.0-or-later
"""What `status` tells of programs that die, by a real supervisor."""

import os
import signal
import subprocess
import sys
import time

import pytest

from jf import deaths
from jf.layout import SOURCE
from jf.sim.people import wait_for

CONF = """\
[unix_http_server]
file = {top}/s.sock
[supervisord]
nodaemon = true
silent = true
pidfile = {top}/s.pid
logfile = {top}/s.log
childlogdir = {top}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = \
supervisor.rpcinterface:make_main_rpcinterface
[program:flapping]
command = /bin/false
startretries = 1000
[program:steady]
command = /bin/sh -c "echo $$ > {top}/steady; exec sleep 600"
autorestart = true
[program:steady-2]
command = /bin/sleep 600
"""


@pytest.fixture
def log(tmp_path):
    """-> what the supervisor of these programs has written so far."""
    (tmp_path / "s.conf").write_text(CONF.format(top=tmp_path))
    child = subprocess.Popen(
        [sys.executable, "-B", os.path.join(SOURCE, "tools/jf/supervise.py"),
         "-c", str(tmp_path / "s.conf")], cwd=tmp_path)
    try:
        wait_for((tmp_path / "s.log").exists, 15)
        yield (tmp_path / "s.log").read_text
    finally:
        child.terminate()
        child.wait(30)


def test_a_flapping_program_is_tried_later_each_time(log):
    wait_for(lambda: (deaths.last(log(), "flapping") or {"count": 0})
             ["count"] >= 2, 20)
    seen = deaths.last(log(), "flapping")
    assert seen["how"] == "exit status 1"
    assert abs(time.time() - seen["at"]) < 20
    assert round(seen["next_try"] - seen["at"]) == seen["count"]
    text = deaths.words(seen, "backoff", seen["at"])
    assert text == "exit status 1 0 s ago, %d times; next try in %d s" % (
        seen["count"], seen["count"])


def test_one_that_was_killed_is_told_and_not_put_off(log, tmp_path):
    wait_for(lambda: "success: steady entered" in log(), 20)
    assert deaths.last(log(), "steady") is None
    os.kill(int((tmp_path / "steady").read_text()), signal.SIGKILL)
    wait_for(lambda: deaths.last(log(), "steady"), 20)
    seen = deaths.last(log(), "steady")
    assert (seen["count"], seen["how"]) == (1, "terminated by SIGKILL")
    assert seen["next_try"] is None
    assert deaths.words(seen, "running", seen["at"]) == "SIGKILL 0 s ago"
    assert deaths.last(log(), "steady-2") is None
