# SPDX-License-Identifier: GPL-2.0-or-later
"""What keepalived does in an installation: the service address leaves a node
that does not answer."""

import threading
import time

from jf.programs import OPTIONS, ask_udp

from .cluster import NODES
from .net import SERVICE

EVERY_S, MISSES = 0.15, 3


class Watch:
    def __init__(self, cluster):
        self.cluster = cluster
        self.cut = set()  # nodes that hear nobody: they keep their address
        self.moved = []  # times
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self):
        self._stop.set()
        self._thread.join(5)

    def _run(self):
        missed = 0
        while not self._stop.wait(EVERY_S):
            missed = 0 if self._answers() else missed + 1
            if missed >= MISSES:
                self._move()
                missed = 0

    def _answers(self):
        port = self.cluster.base.ports["sip"]
        text = OPTIONS.format(me="10.78.0.1:5099", to="%s:%d" % (
            SERVICE, port), n="w%d" % int(time.time() * 1e6))
        return ask_udp(SERVICE, port, text.encode(), EVERY_S) is not None

    def _move(self):
        other = next(n for n in NODES if n != self.cluster.holder)
        if not self.cluster.services[other].running() or other in self.cut:
            return
        self.cluster.point(other, keep=self.cut)
        self.moved.append(time.time())

    def back(self, node):
        """A node hears the others again and finds that one of them has it."""
        self.cut.discard(node)
        if node in NODES and self.cluster.holder != node:
            self.cluster.machines[node].host.let_go(SERVICE)
