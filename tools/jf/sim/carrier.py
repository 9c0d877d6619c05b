# SPDX-License-Identifier: GPL-2.0-or-later
"""The carrier places one call and tells what the caller heard.

    python3 -m jf.sim.carrier --proxy 127.0.0.1:15060 --port 15100 \\
        --number +12025550100 --talk 5

Prints one JSON object a line: {"t": seconds since the INVITE, "event": ...},
then what was heard: {"t":, "until":, "heard": "silence" | "sound" | name}.
--voice HZ=NAME names a tone: {"1000": "alice"}.
"""

import argparse
import json
import sys
import time

from .people import AGENT_HZ, AGENT_STEP_HZ, World


def place(world, number, talk_s, patience_s, voices, out, hz=500):
    """One call: talks talk_s once an agent's voice is heard (gives up after
    patience_s). Returns 0 when they talked."""
    customer = world.carrier().call(number, hz=hz)
    begin = time.time()
    told = [0]

    def tell():
        log = list(customer.call.log)
        for when, event in log[told[0]:]:
            out({"t": round(when - begin, 3), "event": event,
                 "call_id": customer.call.call_id})
        told[0] = len(log)

    talking = None
    while customer.call.state != "ended":
        time.sleep(0.1)
        tell()
        now = time.time()
        if talking is None:
            heard = customer.ear.tones(now - 0.4, now, tuple(voices))
            if any(a > 2000 for a in heard.values()):
                talking = now
                out({"t": round(now - begin, 3), "event": "talking"})
        if now > (talking + talk_s if talking else begin + patience_s):
            customer.bye()
            customer.call.cancel()
            customer.wait("ended", 40)
    tell()
    for t0, t1, what in customer.report(voices):
        out({"t": round(t0 - begin, 1), "until": round(t1 - begin, 1),
             "heard": what})
    return 0 if talking else 1


def main():
    p = argparse.ArgumentParser(prog="jf.sim.carrier")
    p.add_argument("--proxy", default="127.0.0.1:15060")
    p.add_argument("--port", type=int, default=15100)
    p.add_argument("--number", default="+12025550100")
    p.add_argument("--talk", type=float, default=5)
    p.add_argument("--patience", type=float, default=60)
    p.add_argument("--voice", action="append", default=[],
                   help="HZ=NAME of an agent's tone")
    p.add_argument("--agents", nargs="*", default=["alice", "bob", "carol"])
    a = p.parse_args()
    host, _, port = a.proxy.rpartition(":")
    voices = {AGENT_HZ + AGENT_STEP_HZ * i: u for i, u in enumerate(a.agents)}
    voices.update((int(v.split("=")[0]), v.split("=")[1]) for v in a.voice)
    world = World((host, int(port)), a.port)
    try:
        return place(world, a.number, a.talk, a.patience, voices,
                     lambda o: print(json.dumps(o), flush=True))
    finally:
        world.close()


if __name__ == "__main__":
    sys.exit(main())
