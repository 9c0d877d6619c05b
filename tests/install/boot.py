#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""boot.py COMMAND...: a machine's units without systemd, then the command.

Inside a root where no systemd runs: starts what jackfield.target wants, each
unit's ExecStart as its User in the order of After, with the log, directory and
environment that the unit names; then runs the command and ends everything.
For a test; it watches over nothing.
"""

import glob
import os
import pwd
import re
import shlex
import signal
import subprocess
import sys

WANTED = "/etc/systemd/system/jackfield.target.wants/*.service"


def read(path):
    """key -> list of values."""
    out = {}
    with open(path, encoding="utf-8") as f:
        for key, value in re.findall(r"^(\w+)=(.*)$", f.read(), re.M):
            out.setdefault(key, []).append(value)
    return out


def words(line):
    return [w.replace("%%", "%").replace("$$", "$")
            for w in shlex.split(line)]


def in_order(units):
    left, out = dict(units), []
    while left:
        for name, u in left.items():
            after = " ".join(u.get("After", [])).split()
            if not any(a in left for a in after):
                break
        else:
            raise SystemExit("units wait for each other: %s" % list(left))
        out.append((name, left.pop(name)))
    return out


def start(u):
    user = pwd.getpwnam(u["User"][0])
    log = u["StandardOutput"][0].removeprefix("append:")
    env = {"PATH": os.environ["PATH"]}
    for line in u.get("Environment", []):
        env.update([words(line)[0].split("=", 1)])
    with open(log, "ab") as f:
        return subprocess.Popen(
            ["setpriv", "--reuid=%d" % user.pw_uid, "--regid=%d" %
             user.pw_gid, "--init-groups", "--no-new-privs",
             "--bounding-set=-all", *words(u["ExecStart"][0])], env=env,
            cwd=u["WorkingDirectory"][0], stdout=f, stderr=f,
            stdin=subprocess.DEVNULL, start_new_session=True)


def main(command):
    running = []
    try:
        for name, u in in_order({os.path.basename(p): read(p)
                                 for p in glob.glob(WANTED)}):
            process = start(u)
            if u.get("Type") == ["oneshot"]:
                if process.wait():
                    raise SystemExit("%s failed" % name)
            else:
                running.append(process)
        return subprocess.run(command, check=False).returncode
    finally:
        for process in reversed(running):
            try:
                os.killpg(process.pid, signal.SIGTERM)
            except ProcessLookupError:
                pass


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
