# SPDX-License-Identifier: GPL-2.0-or-later
"""CPU of one call: Jackfield's, and a bare Kamailio with rtpengine beside it.

    ./jackfield bench call [--calls 1000] [--rate 50] [--hold-ms 2000]

Both get the same callers, agents and hold time, one after the other on the
same machine, without RTP from either end: signalling only. The worker sends
a leg that hears nobody one packet a second (silence_ms) and not fifty; they
count. Jackfield's calls go the whole way: answered, anchored, queued, matched,
offered, talked, recorded, journaled. One JSON object a line:
{"bench": "call", "figure", "value", "unit", "baseline"}.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(ROOT, "tools"),
                os.path.join(ROOT, "tests")]

import jinja2  # noqa: E402

from _bare import BareRtpengine  # noqa: E402
from _cost import counts, cpu, out  # noqa: E402
from _probe import median_ms  # noqa: E402
from crowd import add_agents  # noqa: E402
from harness import DOMAIN, SUPPORT, Site  # noqa: E402
from jf.layout import EDGE  # noqa: E402
from jf.sim.people import wait_for  # noqa: E402
from jf.sim.sipp import Sipp  # noqa: E402
from jf.sim.ua import Phone  # noqa: E402
from jf.stack import CORE, Stack  # noqa: E402

WARM_UP = 50  # calls that are not measured
PROBES = 60  # calls that are timed, one after the other
# Nobody speaks: the worker says so once a second and not fifty times. All
# agents are one address, which is no flood.
SETTINGS = {"silence_ms": 1000, "edge": {**EDGE, "source_requests": 1000000}}


def measure(pids, calls, place, settle, counter=None):
    """(CPU ms of each process, what was counted), of one call each."""
    began = counter() if counter else {}
    before = cpu(pids)
    result = place(calls)
    settle()
    after = cpu(pids)
    ended = counter() if counter else {}
    assert result.good >= calls * 0.99, result
    return ({n: (after[n] - before[n]) * 1000 / calls for n in pids},
            {n: (v - began.get(n, 0)) / calls for n, v in ended.items()})


def under_load(place, a, local, proxy):
    """(p50, p99) ms from INVITE to 200 while calls come at the rate."""
    load = threading.Thread(target=place, args=(a.rate * (PROBES // 8 + 2),))
    load.start()
    try:
        time.sleep(1)
        return median_ms(local, proxy, SUPPORT, PROBES)
    finally:
        load.join()


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


def ready(site):
    """A queue without greeting, announcement and wrap-up; a wide trunk."""
    site.configure("queues", 1, greeting=[], wrapup_limit_ms=0,
                   announce_ms=0)
    site.configure("trunks", 101, max_calls=5000, max_cps=1000)
    wait_for(lambda: "5000" in (site.redis.hget("trunks", "127.0.0.2") or ""),
             5)


def jackfield(site, a, directory):
    ready(site)
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
        costs, counted = measure(pids, a.calls, place, settle,
                                 lambda: counts(site))
        times = under_load(place, a, ("127.0.0.2", site.ports["people"] + 99),
                           site.proxy)
        settle()
    finally:
        phones = agents.stop()
    return costs, counted, times, invites(site, phones)


def invites(site, phones):
    """Sorted ms from the choice of an agent to the INVITE at the phone."""
    begun = {r["call_id"]: r["ms"] for r in site.rows(
        "SELECT call_id, (extract(epoch FROM begin_at) * 1000)::float8 AS ms "
        "FROM journal.legs WHERE role = 'agent'")}
    return sorted(at * 1000 - begun[call_id] for at, call_id, what
                  in phones.log if what == "offered" and call_id in begun)


# ---- the baseline ------------------------------------------------------------

def baseline(site, a, directory):
    port = site.ports["people"] + 90
    target = ("127.0.0.11", port + 1)
    bare = BareRtpengine(site, directory)
    with open(os.path.join(HERE, "proxy.cfg.j2")) as f:
        text = jinja2.Template(f.read()).render(
            addr=site.layout.addr, port=port, ng=bare.port,
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
    pids = {"kamailio": proxy.pid, "rtpengine": bare.pid}

    def settle():
        wait_for(lambda: not bare.calls(), 30, 0.2)
    try:
        place(WARM_UP)
        settle()
        costs, _ = measure(pids, a.calls, place, settle)
        return costs, under_load(place, a, ("127.0.0.2", port + 9),
                                 (site.layout.addr, port))
    finally:
        proxy.terminate()
        proxy.wait(10)
        bare.stop()
        agents.stop()
        log.close()


def report(ours, base):
    costs, counted, times, to_phone = ours
    plain, plain_times = base
    out("cpu_per_call", sum(costs.values()), "ms", sum(plain.values()))
    for name, value in sorted(costs.items(), key=lambda v: -v[1]):
        out("cpu_per_call." + name, value, "ms", plain.get(name))
    out("cpu_per_call.times_baseline",
        sum(costs.values()) / sum(plain.values()), "x", 1)
    out("invite_to_200.p50", times[0], "ms", plain_times[0])
    out("invite_to_200.p99", times[1], "ms", plain_times[1])
    for name, part in ("p50", 0.5), ("p99", 0.99):
        out("choice_to_invite." + name, to_phone[int(len(to_phone) * part)],
            "ms")
    for name, value in counted.items():
        if value >= 0.05:
            out("count." + name, value, "per call")


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
    stack = Stack(var=directory + "/var", durable=True, settings=SETTINGS)
    try:
        stack.start()
        site = Site(stack)
        ours = jackfield(site, a, directory)
        report(ours, baseline(site, a, directory))
        engine_figures(site)
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
