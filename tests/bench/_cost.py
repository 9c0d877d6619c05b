# SPDX-License-Identifier: GPL-2.0-or-later
"""What calls cost: CPU of process trees, and what the servers count."""

import json
import os

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
TABLES = ("contacts", "segments", "legs", "decisions", "agent_states",
          "recordings")


def out(figure, value, unit, baseline=None, bench="call"):
    print(json.dumps({"bench": bench, "figure": figure,
                      "value": round(value, 4), "unit": unit,
                      "baseline": None if baseline is None
                      else round(baseline, 4)}), flush=True)


def _stat(pid):
    """(parent, utime + stime of it and of its reaped children), or None."""
    try:
        with open("/proc/%d/stat" % pid) as f:
            v = f.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(v[1]), sum(map(int, v[11:15]))


def cpu(pids):
    """name -> CPU seconds so far of each tree; pids: name -> pid."""
    table = {int(p): s for p in os.listdir("/proc") if p.isdigit()
             if (s := _stat(int(p)))}
    children = {}
    for pid, (parent, _) in table.items():
        children.setdefault(parent, []).append(pid)

    def tree(pid):
        own = table[pid][1] if pid in table else 0
        return own + sum(tree(c) for c in children.get(pid, []))
    return {name: tree(pid) * TICK_S for name, pid in pids.items()}


def counts(site):
    """name -> number so far: what Redis, the engines and PostgreSQL count."""
    v = {}
    for name, row in site.redis.info("commandstats").items():
        v[name.replace("cmdstat_", "redis.")] = row["calls"]
        v[name.replace("cmdstat_", "redis_us.")] = row["usec"]
    info = site.redis.info("stats")
    v["redis.bytes_in"] = info["total_net_input_bytes"]
    v["redis.bytes_out"] = info["total_net_output_bytes"]
    for engine in json.loads(site.stack.ctl("--json", "stats")):
        for name, value in engine.items():
            if isinstance(value, int) and not name.endswith("_us"):
                v["engine." + name] = v.get("engine." + name, 0) + value
    for table in TABLES:
        v["rows." + table] = site.one(
            "SELECT count(*) AS n FROM journal." + table)["n"]
    v["postgres.commits"] = site.one(
        "SELECT xact_commit AS n FROM pg_stat_database "
        "WHERE datname = 'jackfield'")["n"]
    return v
