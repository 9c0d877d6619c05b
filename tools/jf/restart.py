# SPDX-License-Identifier: GPL-2.0-or-later
"""./jackfield restart [NAME ...]: one process after the other, with whatever
configuration cfg/ and the binaries have now; calls go on.

Of two workers or rtpengines one is drained first, so that nobody hears its
end; what has no like of its own is back within a second or two, and calls
stand it as they stand its death. Engines hand their partitions over.
"""

import json
import time

from . import Trouble, box
from .say import Step, line

EMPTY_S = 15  # for a drained one to be left by all
KINDS = ("rtpengine", "worker", "kamailio", "engine")
STORES = ("redis", "redis-media", "postgres")


def run(args):
    s = box.running(args)
    if not s.supervised():
        raise Trouble("this box is systemd's: say systemctl restart "
                      "jackfield-NAME, and drain NAME before it where there "
                      "are two")
    names = chosen(s, args.names)
    with box.alone(s):
        s.configure()
        s.rpc().supervisor.reloadConfig()
        roll(s, names)
    line("Restarted: %s." % " ".join(names))
    return 0


def chosen(s, wanted):
    """Program names in the order of their restart; wanted: names or kinds,
    nothing: all of ours but the stores."""
    known = [n for k in KINDS for n in s.parts if kind(n) == k]
    if not wanted:
        return known
    for w in wanted:
        if w not in s.parts and w not in KINDS:
            raise Trouble("there is no %s to restart; there are: %s" % (
                w, " ".join(list(KINDS) + list(s.parts))))
    return [n for n in list(STORES) + known
            if n in wanted or kind(n) in wanted]


def kind(name):
    """Of a program: worker-1 is a worker, redis-media is no redis."""
    head = name.partition("-")[0]
    return head if head in KINDS else name


def roll(s, names):
    for name in names:
        with Step("Restarting %s" % name) as step:
            one(s, name)
            step.note = "%s is back" % name


def one(s, name):
    drains = [n for n in s.parts if kind(n) == kind(name)] != [name] and \
        kind(name) in ("worker", "rtpengine")
    node = node_name(s, name)
    if drains:
        drain(s, node)
    try:
        s.restart_program(name)
        wait(lambda: up(s, node), 30, "%s is not known again" % name)
        s.wait_ready(30)
    finally:
        if drains:
            s.ctl("undrain", node)


def node_name(s, name):
    """What the engines call it; None: they do not."""
    if kind(name) == "rtpengine":
        return "rtp-%d" % (s.layout.rtpengines.index(name) + 1)
    return {"worker": name, "kamailio": s.layout.node}.get(kind(name))


def row(s, node):
    return next((r for r in json.loads(s.ctl("--json", "nodes"))
                 if r["node"] == node), None)


def up(s, node):
    """Every partition has seen it come back."""
    r = node is None or row(s, node)
    return r is True or r and r["partitions"] == s.layout.partitions and \
        "down" not in r["state"]


def drain(s, node):
    """A phone that rings may keep it for a while."""
    until = time.monotonic() + EMPTY_S
    while True:
        s.ctl("drain", node, "now")
        if not row(s, node)["legs"] or time.monotonic() > until:
            return
        time.sleep(0.3)


def wait(test, seconds, what):
    until = time.monotonic() + seconds
    while not test():
        if time.monotonic() > until:
            raise Trouble(what)
        time.sleep(0.05)
