# SPDX-License-Identifier: GPL-2.0-or-later
"""The box that `up` starts and the other verbs ask: var/ and its settings."""

import contextlib
import fcntl
import json
import os
import time

from . import Trouble
from .layout import EDGE, PORT_BASE, SOURCE
from .stack import CORE, EVERYTHING, Stack

BEGINS_S = 10


def var():
    return os.path.abspath(os.environ.get("JACKFIELD_VAR")
                           or os.path.join(SOURCE, "var"))


def remembered():
    """What the last `up` was told, or whoever installed the box: {"port_base":
    N, "systemd": true, "demo": true, "services": [address], "edge": {}}."""
    try:
        with open(os.path.join(var(), "etc/box.json"), encoding="utf-8") as f:
            return json.load(f)
    except (OSError, ValueError):
        return {}


def stack(args, say=None):
    base = args.port_base
    if base is None:
        base = remembered().get("port_base", PORT_BASE)
    told = remembered()
    settings = {k: told[k] for k in ("services",) if told.get(k)}
    if told.get("edge"):
        settings["edge"] = {**EDGE, **told["edge"]}
    demo = told.get("demo", True)
    return Stack(var(), port_base=base, parts=EVERYTHING if demo else CORE,
                 seed=demo, settings=settings, say=say)


def running(args):
    """The stack, prepared; Trouble unless it is up."""
    if not os.path.isdir(os.path.join(var(), "etc")):
        raise Trouble("nothing is running: say ./jackfield up")
    s = stack(args)
    s.prepare()
    if not s.supervised() and not _serves(s):
        if os.geteuid() != 0 and os.stat(var()).st_uid == 0:
            raise Trouble("%s is root's: say sudo ./jackfield" % var())
        raise Trouble("nothing is running: say ./jackfield up")
    return s


def _serves(s):
    """A box of systemd's may have begun a moment ago."""
    until = time.monotonic() + BEGINS_S
    while not s.serves():
        if not remembered().get("systemd") or time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


def remember(s):
    with open(s.layout.path("etc/box.json"), "w", encoding="utf-8") as f:
        json.dump({"port_base": s.layout.port_base}, f)


@contextlib.contextmanager
def alone(s):
    """One up or down at a time."""
    s.layout.make_directories()
    with open(s.layout.path("run/jackfield.lock"), "a+",
              encoding="utf-8") as f:
        try:
            fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            f.seek(0)
            raise Trouble("another ./jackfield is at work (pid %s)"
                          % (f.read().strip() or "?")) from None
        f.truncate(0)
        f.write(str(os.getpid()))
        f.flush()
        yield
