# SPDX-License-Identifier: GPL-2.0-or-later
"""Agents who register, go ready and answer until they are told to stop.

    python3 -m jf.sim.agents --proxy 127.0.0.1:15060 --port 15100 \\
        --domain demo.example alice bob carol

Each agent speaks with a tone of its own; their phones are at 127.0.0.11 and
up. Ends with SIGTERM or SIGINT.
"""

import argparse
import signal
import sys
import threading

from .people import Manner, World


def main():
    p = argparse.ArgumentParser(prog="jf.sim.agents")
    p.add_argument("--proxy", default="127.0.0.1:15060")
    p.add_argument("--port", type=int, default=15100)
    p.add_argument("--domain", default="demo.example")
    p.add_argument("--answer-ms", type=int, default=2000)
    p.add_argument("--talk-ms", type=int, help="hang up after that")
    p.add_argument("--code", default="*70", help="dialled once registered")
    p.add_argument("users", nargs="+")
    a = p.parse_args()
    host, _, port = a.proxy.rpartition(":")
    world = World((host, int(port)), a.port)
    stop = threading.Event()
    for s in (signal.SIGTERM, signal.SIGINT):
        signal.signal(s, lambda *_: stop.set())
    for user in a.users:
        agent = world.agent(user, a.domain, user + "-secret")
        agent.manner = Manner(answer_ms=a.answer_ms, talk_ms=a.talk_ms)
        threading.Thread(target=begin, args=(agent, a.code, stop),
                         daemon=True).start()
    stop.wait()
    world.close()


def begin(agent, code, stop):
    """Until it is registered and ready: the stack may still be starting."""
    while not agent.register():
        say("%s: not registered (%s), again in 2 s" % (
            agent.user, agent.phone.refused or "no reply"))
        if stop.wait(2):
            return
    say("%s: registered at %s, speaks with %d Hz" % (
        agent.user, agent.phone.contact(), agent.hz))
    while code and (result := agent.dial(code)) != 200:
        say("%s: %s was answered with %s, again in 2 s" % (
            agent.user, code, result))
        if stop.wait(2):
            return
    say("%s: ready" % agent.user)


def say(text):
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
