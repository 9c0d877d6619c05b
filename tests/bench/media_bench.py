# SPDX-License-Identifier: GPL-2.0-or-later
"""CPU of a second of a conversation with RTP, and of a bare relay beside it.

    ./jackfield bench media [--calls 200] [--seconds 20]

Ours: calls that were queued and answered, each leg anchored, mixed by the
worker, recorded and measured. The baseline: an rtpengine that keeps nothing
in Redis relays as many conversations from end to end, once before and once
after. Telephones are far_ends, which send 50 packets a second each and count
what comes. CPU is of all of Jackfield's processes, a leg and second; lost is
what did not reach the other end of what should have.
"""

import argparse
import os
import re
import shutil
import subprocess
import tempfile
import time

import call_bench as call  # sets the path
from _bare import BareRtpengine
from _cost import cpu, out
from crowd import add_agents
from harness import Site
from jf.sim.people import wait_for
from jf.sim.sipp import Sipp
from jf.stack import CORE, Stack

CALLER, AGENT = "127.0.0.2", "127.0.0.11"
# SIPp binds its first media ports; far_ends are beyond them.
FIRST, BEYOND, STEP = 30000, 8, 4
PORT = "[auto_media_port+%d]" % BEYOND
SETTLE_S = 3  # until jitter buffers and recordings stand
PACKETS = 50  # a second, of 20 ms


class FarEnds:
    """Telephones of one address; lines: far_ends' input."""

    def __init__(self, site, ip, lines):
        self.process = subprocess.Popen(
            [site.layout.build + "/tests/bench-programs/far_ends", ip],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdin.write("".join(l + "\n" for l in lines))
        self.process.stdin.close()

    def stop(self):
        """(sent, received) of each."""
        self.process.terminate()
        rows = [l.split() for l in self.process.stdout]
        self.process.wait(10)
        return [(int(s), int(r)) for _, s, r in rows]


def ports(calls):
    return [FIRST + BEYOND + STEP * i for i in range(calls)]


def measure(pids, legs, seconds):
    """ms of CPU of each process, of a leg and second."""
    time.sleep(SETTLE_S)
    before, begun = cpu(pids), time.monotonic()
    time.sleep(seconds)
    after, took = cpu(pids), time.monotonic() - begun
    return {n: (after[n] - before[n]) * 1000 / legs / took for n in pids}


def lost(ends, counted_s):
    """% of the packets of counted_s seconds that did not come."""
    wanted = counted_s * PACKETS * len(ends)
    return max(0, 100 - 100 * sum(r for _, r in ends) / wanted)


# ---- Jackfield ---------------------------------------------------------------

def agents(site, users, directory, calls):
    for user in users:
        phone = call.Phone(site.world.sip, AGENT, site.ports["people"] + 60,
                           user, site.proxy, call.DOMAIN, user + "-secret")
        assert phone.register(), "%s: %s" % (user, phone.refused)
        phone.close()
    for user in users:
        site.ask(user, "ready")
    return Sipp("uas", None, (AGENT, site.ports["people"] + 60), calls=calls,
                timeout=600, user="agent", answer_ms=1, talk_ms=0,
                media_port=PORT, extra=["-mp", str(FIRST)],
                keep=directory + "/agents").start()


def talks(site):
    return sum("state=talking" in l.split(" ")
               for l in site.state("contact").values())


def ours(site, a, directory):
    call.ready(site)
    phones = agents(site, add_agents(site, a.calls), directory, a.calls)
    ends = [FarEnds(site, ip, map(str, ports(a.calls)))
            for ip in (CALLER, AGENT)]
    pids = {n: site.stack.pid(n) for n in CORE}
    carrier = Sipp(
        "uac_basic", site.proxy, (CALLER, site.ports["people"] + 70),
        calls=a.calls, rate=20, timeout=a.calls // 20 + a.seconds + 120,
        concurrent=a.calls, number=call.SUPPORT, media_port=PORT,
        hold_ms=(a.calls // 20 + a.seconds + 2 * SETTLE_S + 10) * 1000,
        extra=["-mp", str(FIRST)], keep=directory + "/calls").start()
    wait_for(lambda: talks(site) == a.calls, a.calls // 20 + 30, 0.5,
             "not all calls were answered")
    begun = time.monotonic()
    costs = measure(pids, 2 * a.calls, a.seconds)
    took = time.monotonic() - begun
    heard = [e for f in ends for e in f.stop()]
    result = carrier.wait()
    assert result.good == a.calls, result
    phones.stop()
    wait_for(lambda: not site.media_sessions(), 30, 0.2)
    return costs, lost(heard, took)


# ---- the baseline ------------------------------------------------------------

def sdp(ip, port):
    return ("v=0\r\no=bench 1 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\n"
            "m=audio {1} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
            ).format(ip, port)


def far_port(reply):
    return re.search(r"^m=audio (\d+)", reply["sdp"], re.M)[1]


def relay(bare, i, port):
    """(where the caller sends, where the callee sends) of conversation i."""
    tags = {"call-id": "relay%d" % i, "from-tag": "a", "replace": ["origin"],
            "ICE": "remove"}
    offer = bare.ng(command="offer", sdp=sdp(CALLER, port), **tags)
    answer = bare.ng(command="answer", sdp=sdp(AGENT, port), **tags,
                     **{"to-tag": "b"})
    return far_port(answer), far_port(offer)


def baseline(site, a, directory):
    bare = BareRtpengine(site, directory)
    try:
        sides = [relay(bare, i, p) for i, p in enumerate(ports(a.calls))]
        ends = [FarEnds(site, ip, ["%d %s %s" % (p, site.layout.addr, s[n])
                                   for p, s in zip(ports(a.calls), sides)])
                for n, ip in enumerate((CALLER, AGENT))]
        begun = time.monotonic()
        costs = measure({"rtpengine": bare.pid}, 2 * a.calls, a.seconds)
        took = time.monotonic() - begun
        heard = [e for f in ends for e in f.stop()]
    finally:
        bare.stop()
    return costs, lost(heard, took)


def report(mine, before, after):
    """The baseline is the mean of what it was before ours and after."""
    costs, gone = mine
    plain = {"rtpengine": (before[0]["rtpengine"]
                           + after[0]["rtpengine"]) / 2}

    def say(*figure):
        out(*figure, bench="media")
    say("cpu_per_leg_s", sum(costs.values()), "ms", sum(plain.values()))
    for name, value in sorted(costs.items(), key=lambda v: -v[1]):
        say("cpu_per_leg_s." + name, value, "ms", plain.get(name))
    say("cpu_per_leg_s.times_baseline",
        sum(costs.values()) / sum(plain.values()), "x", 1)
    say("lost", gone, "%", max(before[1], after[1]))


def main():
    p = argparse.ArgumentParser(prog="media_bench")
    p.add_argument("--calls", type=int, default=200)
    p.add_argument("--seconds", type=int, default=20)
    p.add_argument("--json", action="store_true", help="as always")
    a = p.parse_args()
    directory = tempfile.mkdtemp(prefix="jf-bench-")
    os.chmod(directory, 0o755)
    stack = Stack(var=directory + "/var", durable=True,
                  settings={"edge": call.SETTINGS["edge"]})
    try:
        stack.start()
        site = Site(stack)
        before = baseline(site, a, directory)
        mine = ours(site, a, directory)
        report(mine, before, baseline(site, a, directory))
        site.close()
    finally:
        stack.stop()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
