# SPDX-License-Identifier: GPL-2.0-or-later
"""./jackfield status: processes, who owns what, agents, calls."""

import json
import time

from . import Trouble, box, deaths
from .say import line, paint, span, table


def run(args):
    s = box.running(args)
    status = {"processes": processes(s), "partitions": partitions(s),
              "nodes": asked(s, "nodes"),
              "agents": asked(s, "agents"), "contacts": asked(s, "contacts")}
    if args.json:
        print(json.dumps(status, indent=1))
    else:
        show(s, status)
    # the first second of a process is called starting
    return 0 if all(p["state"] in ("running", "starting")
                    for p in status["processes"]) else 1


def processes(s):
    now = time.time()
    rows = s.status()
    return [{"process": n, "state": r["state"], "pid": r["pid"] or None,
             "uptime_s": round(now - r["since"]) if r["pid"] else None,
             "restarts": r["restarts"], "last_exit": r.get("death")}
            for n, r in rows.items()]


def partitions(s):
    try:
        return {str(n): s.owner(n) for n in range(s.layout.partitions)}
    except Exception:  # Redis is away: status says so by its process
        return {}


def asked(s, what):
    try:
        return json.loads(s.ctl("--json", what))
    except (Trouble, ValueError, OSError):
        return None


def show(s, status):
    now = time.time()
    table(("process", "state", "pid", "uptime", "restarts", "last exit"),
          [(p["process"], p["state"], p["pid"] or "",
            span(p["uptime_s"]) if p["pid"] else "", p["restarts"],
            deaths.words(p["last_exit"], p["state"], now))
           for p in status["processes"]])
    line()
    owners = {}
    for n, owner in status["partitions"].items():
        owners.setdefault(owner or "nobody", []).append(n)
    line("Partitions: " + "; ".join("%s owns %s" % (o, ", ".join(ns))
                                    for o, ns in sorted(owners.items())))
    for n in status["nodes"] or ():
        if "draining" in n["state"]:
            line("%s drains: %d legs are left there; jackfieldctl undrain %s"
                 % (n["node"], n["legs"], n["node"]))
    for what in ("agents", "contacts"):
        line()
        rows = status[what]
        if rows is None:
            line("%s: no engine answered" % what)
        elif not rows:
            line("No %s." % what)
        else:
            names = list(rows[0])
            line(paint(what.capitalize(), "bold"))
            table([n.removesuffix("_ms") for n in names],
                  [[cell(n, r.get(n)) for n in names] for r in rows])
    line()
    line("Ports from %d, files below %s." % (s.layout.port_base,
                                             s.layout.var))


def cell(name, value):
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name.endswith("_ms"):
        return span(int(value) / 1000)
    return value
