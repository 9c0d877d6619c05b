# SPDX-License-Identifier: GPL-2.0-or-later
"""A box that systemd supervises: its units, and how its programs fare.

The programs and their configuration are those of ./jackfield up; only who
starts them again differs. ansible/ installs such a box.
"""

import os
import subprocess
import sys
import time

from . import render
from .programs import Program

STORES = ("redis", "redis-media", "postgres")
STATES = {"active": "running", "activating": "starting",
          "deactivating": "stopping", "inactive": "stopped",
          "failed": "fatal"}


def unit(name):
    return "jackfield-%s.service" % name


def schema(stack):
    """The program that brings the database up to date before engines run."""
    return Program(
        "schema", [sys.executable, "-B", "-m", "jf", "schema"], "",
        lambda: None, env={
            "PYTHONPATH": os.path.join(stack.layout.source, "tools"),
            "JACKFIELD_VAR": stack.layout.var,
            "JF_BUILD": stack.layout.build})


def after(name):
    """Units that are started before this program's."""
    if name in STORES or name.startswith("rtpengine"):
        return ["network-online.target"]
    if name == "schema":
        return [unit("postgres")]
    return [unit("schema"), unit("redis")]


def units(stack, user):
    """file name -> text."""
    with open(os.path.join(stack.layout.source, "cfg/systemd",
                           "jackfield.target"), encoding="utf-8") as f:
        out = {"jackfield.target": f.read()}
    programs = [stack.programs[n] for n in stack.parts] + [schema(stack)]
    for p in programs:
        out[unit(p.name)] = render.text(
            stack.layout.source, "systemd/program.service.j2",
            {**stack.context, "p": p, "user": user, "after": after(p.name),
             "once": p.name == "schema"})
    return out


def write(stack, user):
    """To var/etc/systemd; the files that changed, or are no more."""
    top = stack.layout.path("etc/systemd")
    wanted = units(stack, user)
    changed = [path for name, body in wanted.items()
               if render.write(path := os.path.join(top, name), body)]
    for name in os.listdir(top):
        if name not in wanted:
            os.unlink(os.path.join(top, name))
            changed.append(os.path.join(top, name))
    return changed


# ---- how they fare ---------------------------------------------------------

def status(stack):
    """As Stack.status(), by what systemctl says."""
    return {n: _status(n) for n in stack.parts}


def _status(name):
    r = subprocess.run(
        ["systemctl", "show", unit(name), "--property", "ActiveState,MainPID,"
         "NRestarts,ExecMainStartTimestampMonotonic,StatusText"],
        capture_output=True, text=True, check=False)
    row = dict(l.split("=", 1) for l in r.stdout.splitlines() if "=" in l)
    up_s = time.monotonic() - int(
        row.get("ExecMainStartTimestampMonotonic") or 0) / 1e6
    return {"state": STATES.get(row.get("ActiveState"), "unknown"),
            "pid": int(row.get("MainPID") or 0),
            "since": int(time.time() - up_s),
            "why": row.get("StatusText", ""),
            "restarts": int(row.get("NRestarts") or 0)}
