# SPDX-License-Identifier: GPL-2.0-or-later
"""CPU of one call: Jackfield's, and a bare Kamailio with rtpengine beside it.

    ./jackfield bench call [--calls 1000] [--rate 50] [--hold-ms 2000]

Both get the same callers, agents and hold time, one after the other on the
same machine, without RTP from either end. Jackfield's calls go the whole way:
answered, queued, matched, offered, talked, journaled. One JSON object a line:
{"bench": "call", "figure", "value", "unit", "baseline"}.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(ROOT, "tools"), os.path.join(ROOT, "tests")]

import jinja2  # noqa: E402

from crowd import add_agents  # noqa: E402
from harness import DOMAIN, SUPPORT, Site  # noqa: E402
from jf.sim.people import wait_for  # noqa: E402
from jf.sim.sipp import Sipp  # noqa: E402
from jf.sim.ua import Phone  # noqa: E402
from jf.stack import CORE, Stack  # noqa: E402

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
WARM_UP = 50  # calls that are not measured


def out(figure, value, unit, baseline=None):
    print(json.dumps({"bench": "call", "figure": figure,
                      "value": round(value, 4), "unit": unit,
                      "baseline": None if baseline is None
                      else round(baseline, 4)}), flush=True)


# ---- CPU of process trees ----------------------------------------------------

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


def measure(pids, calls, place, settle):
    """CPU ms per call of each process over place(calls)."""
    before = cpu(pids)
    result = place(calls)
    settle()
    after = cpu(pids)
    assert result.good >= calls * 0.99, result
    return ({n: (after[n] - before[n]) * 1000 / calls for n in pids},
            result)


# ---- Jackfield ---------------------------------------------------------------

def agents_by_sipp(site, users, a, directory):
    """All agents are one SIPp, whose port each of them registers."""
    local = ("127.0.0.11", site.ports["people"] + 60)
    for user in users:
        phone = Phone(site.world.sip, *local, user, site.proxy, DOMAIN,
                      user + "-secret")
        assert phone.register(), "%s: %s" % (user, phone.refused)
        phone.close()
    for user in users:
        site.ask(user, "ready")
    return Sipp("uas", None, local, calls=a.calls * 2 + 1000, timeout=3600,
                user="agent", answer_ms=1, talk_ms=0, media_port=30000,
                keep=directory + "/agents").start()


def place_calls(proxy, a, directory, port):
    def place(calls):
        n = next(place.run)
        return Sipp("uac_basic", proxy, ("127.0.0.2", port + n), calls=calls,
                    rate=a.rate, timeout=calls // a.rate + 120,
                    concurrent=calls, hold_ms=a.hold_ms, number=SUPPORT,
                    media_port=32000, keep="%s/calls%d" % (directory, n)
                    ).run()
    place.run = iter(range(100))
    return place


def jackfield(site, a, directory):
    site.configure("queues", 1, greeting=[], wrapup_limit_ms=0,
                   announce_ms=0)
    site.configure("trunks", 101, max_calls=5000, max_cps=1000)
    wait_for(lambda: "5000" in (site.redis.hget("trunks", "127.0.0.2") or ""),
             5)
    users = add_agents(site, int(a.rate * (a.hold_ms / 1000 + 1)) + 20)
    agents = agents_by_sipp(site, users, a, directory)
    place = place_calls(site.proxy, a, directory, site.ports["people"] + 70)
    pids = {n: site.stack.pid(n) for n in CORE}

    def settle():
        wait_for(lambda: not site.state("contact"), 30, 0.2)
        wait_for(lambda: not any(site.redis.xlen(k) for k in
                                 site.redis.scan_iter("{p*}:journal")), 30,
                 0.2)
    try:
        place(WARM_UP)
        settle()
        return measure(pids, a.calls, place, settle)
    finally:
        agents.stop()


# ---- the baseline ------------------------------------------------------------

def baseline(site, a, directory):
    port = site.ports["people"] + 90
    target = ("127.0.0.11", port + 1)
    with open(os.path.join(HERE, "proxy.cfg.j2")) as f:
        text = jinja2.Template(f.read()).render(
            addr=site.layout.addr, port=port, ng=site.ports["ng"],
            target="%s:%d" % target)
    cfg = os.path.join(directory, "proxy.cfg")
    with open(cfg, "w") as f:
        f.write(text)
    log = open(os.path.join(directory, "proxy.log"), "wb")
    proxy = subprocess.Popen(
        ["kamailio", "-DD", "-E", "-f", cfg, "-m", "256", "-Y", directory,
         "-w", directory, "-P", os.path.join(directory, "proxy.pid")],
        stdout=log, stderr=log)
    agents = Sipp("uas", None, target, calls=a.calls * 2 + 1000,
                  timeout=3600, user="agent", answer_ms=1, talk_ms=0,
                  media_port=30000, keep=directory + "/proxied").start()
    place = place_calls((site.layout.addr, port), a, directory + "/b",
                        site.ports["people"] + 80)
    pids = {"kamailio": proxy.pid,
            "rtpengine": site.stack.pid("rtpengine")}

    def settle():
        wait_for(lambda: not site.media_sessions(), 30, 0.2)
    try:
        place(WARM_UP)
        settle()
        return measure(pids, a.calls, place, settle)
    finally:
        proxy.terminate()
        proxy.wait(10)
        agents.stop()
        log.close()


def report(ours, base, site, begin):
    total, plain = sum(ours.values()), sum(base.values())
    out("cpu_per_call", total, "ms", plain)
    for name, value in sorted(ours.items(), key=lambda v: -v[1]):
        out("cpu_per_call." + name, value, "ms", base.get(name))
    out("cpu_per_call.times_baseline", total / plain, "x", 1)
    row = site.one("""
        SELECT count(*) AS n,
               percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY
                   extract(epoch FROM answered_at - begin_at) * 1000) AS ms
        FROM journal.contacts WHERE begin_at >= %s AND outcome = 'answered'
        """, begin)
    out("calls_answered", row["n"], "calls")
    out("invite_to_talk.p50", float(row["ms"][0]), "ms")
    out("invite_to_talk.p99", float(row["ms"][1]), "ms")
    engine_figures(site)


def engine_figures(site):
    """Times of decisions and commits, as the engine counts them."""
    for engine in json.loads(site.stack.ctl("--json", "stats")):
        if not engine["steps"]:
            continue  # standing by
        for name, value in engine.items():
            if "_us" in name:
                out("engine." + name, value, "us")


def main():
    p = argparse.ArgumentParser(prog="call_bench")
    p.add_argument("--calls", type=int, default=1000)
    p.add_argument("--rate", type=int, default=50)
    p.add_argument("--hold-ms", type=int, default=2000)
    p.add_argument("--json", action="store_true", help="as always")
    a = p.parse_args()
    directory = tempfile.mkdtemp(prefix="jf-bench-")
    os.chmod(directory, 0o755)
    os.mkdir(directory + "/b")
    stack = Stack(var=directory + "/var", durable=True)
    try:
        stack.start()
        site = Site(stack)
        begin = site.rows("SELECT now() AS t")[0]["t"]
        ours, _ = jackfield(site, a, directory)
        base, _ = baseline(site, a, directory)
        report(ours, base, site, begin)
        site.close()
    finally:
        stack.stop()
        if os.environ.get("JF_KEEP"):
            print("kept: " + directory, file=sys.stderr)
        else:
            shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    begun = time.time()
    main()
    print("%.0f s" % (time.time() - begun), file=sys.stderr)
