# SPDX-License-Identifier: GPL-2.0-or-later
"""Talks that nobody listens to by ear: their telephones' sound is made and
heard by far_ends, which knows the longest time that each heard none."""

import signal
import subprocess

from crowd import add_agents
from harness import SUPPORT
from jf.sim.people import Manner, wait_for

from . import net

FIRST_PORT = 41000


class FarEar:
    """The place of a telephone's media, as Party and its kin use one."""

    def __init__(self, addr, port):
        self.addr, self.port, self.packets = addr, port, []

    def talk(self, dest=None, codec=None):
        """It sends to whoever sends to it."""

    def say(self, sound):
        """Its own noise."""

    def hush(self):
        """It may go on: nobody is there."""

    close = hush


class Quiet:
    def __init__(self, site, n, others):
        """n talks, with agents beyond the first `others`."""
        self.site = site
        self.customers, self.parties = [], []  # who talks to whom: unknown
        self._free = list(range(FIRST_PORT, FIRST_PORT + 4 * n, 2))
        control = FIRST_PORT + 4 * n
        self._controls = (control, control + 2)
        self._begin()
        if n:
            self._talk(add_agents(site, others + n)[others:])
        self.longest_s()

    def _begin(self):
        lines = ["%d\n" % p for p in self._free]
        for a, b in (self._controls, self._controls[::-1]):
            lines.append("%d %s %d\n" % (a, net.TRUNK, b))
        self.process = subprocess.Popen(
            [self.site.stack.layout.build + "/tests/bench-programs/far_ends",
             net.TRUNK], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True)
        self.process.stdin.write("".join(lines))
        self.process.stdin.close()
        wait_for(self._listens, 10, 0.02, "far_ends does not begin")

    def _listens(self):
        """Until then SIGUSR1 would be its end."""
        with open("/proc/%d/status" % self.process.pid,
                  encoding="ascii") as f:
            caught = next(line for line in f if line.startswith("SigCgt"))
        return int(caught.split()[1], 16) >> (signal.SIGUSR1 - 1) & 1

    def _ear(self, addr, codec):
        return FarEar(net.TRUNK, self._free.pop(0))

    def _talk(self, users):
        world = self.site.world
        agents = [self.site.agent(u) for u in users]
        for a in agents:
            a.manner = Manner(answer_ms=20)
        self.site.ready(*users)
        ordinary, world.endpoint = world.endpoint, self._ear
        try:
            customers = [self._call() for _ in users]
            parties = [a.wait_call(1, 30) for a in agents]
            for p in parties:
                p.wait("acked")
        finally:
            world.endpoint = ordinary
        self.used = {e.ear.port for e in customers + parties}
        self.customers, self.parties = customers, parties

    def _call(self):
        c = self.site.world.carrier().call(SUPPORT)
        c.wait("answered", 15)
        return c

    def _ask(self):
        self.process.send_signal(signal.SIGUSR1)
        out = {}
        for line in iter(self.process.stdout.readline, "end\n"):
            port, ms = line.split()
            out[int(port)] = int(ms) / 1000
        return out

    def longest_s(self):
        """(of all talks, of two who talk past everything): the longest time
        without sound since this was asked last."""
        said = self._ask()
        return (max((said[p] for p in said if self.parties and p in self.used),
                    default=0.0),
                max(said[p] for p in self._controls))

    def ends(self):
        return self.customers + self.parties

    def hang_up(self, ended):
        """Half of the callers, then the agents of the others. Who is still
        there, by ended(party)."""
        for c in self.customers[::2]:
            c.bye()
        left = [c for c in self.customers[::2] if not ended(c)]
        for p in self.parties:
            if p.call.state == "answered":
                p.bye()
        return left + [e for e in self.ends() if not ended(e)]

    def close(self):
        self.process.terminate()
        self.process.stdout.read()
        self.process.wait(10)
