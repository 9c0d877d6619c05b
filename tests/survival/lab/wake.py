# SPDX-License-Identifier: GPL-2.0-or-later
"""Who was away and wakes up changes nothing: seen from the wire, from Redis,
and by those who talk."""

import socket

import redis

from .cluster import NODES, STORES
from .faults import PARTITION
from .net import SERVICE

SETTLED_S = 0.3  # what was under way at that moment


class Tap:
    """First lines of what a host sends as the service address."""

    def __init__(self, host):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                  socket.htons(3))
        self.sock.bind((host.wire, 3))  # of every protocol
        self.sock.setblocking(False)

    def sent(self):
        out = []
        while True:
            try:
                data, where = self.sock.recvfrom(65536)
            except BlockingIOError:
                return out
            if where[2] == socket.PACKET_OUTGOING or data[12:14] != b"\x08\0" \
                    or socket.inet_ntoa(data[26:30]) != SERVICE:
                continue
            at = 14 + (data[14] & 15) * 4 + 8
            out.append(data[at:].split(b"\r\n")[0][:60].decode("latin-1"))

    def close(self):
        self.sock.close()


class Wake:
    """Made just before the old one is let go; asked a few seconds after."""

    def __init__(self, cluster, victim):
        self.cluster, self.victim = cluster, victim
        self.reign = self._reign()
        self.tap = None
        if victim in NODES and cluster.holder != victim:
            self.tap = Tap(cluster.machines[victim].host)

    def _reign(self):
        """Who rules: the Redis, the engine, and since which acquisition."""
        primary = self.cluster.primary()
        meta = self.cluster.redis(primary).hgetall("{p%d}:meta" % PARTITION)
        return {"redis": primary, "engine": self.cluster.owner(PARTITION),
                "generation": meta.get("generation"),
                "postgres": self.cluster.truth.primary}

    def changed(self, pairs, healed, ended):
        """In words, what is not as it was."""
        out = []
        now = self._reign()
        if now != self.reign:
            out.append("it rules again: %s, then %s" % (self.reign, now))
        if self.tap:
            out += ["it said " + line for line in self.tap.sent()[:3]]
            self.tap.close()
        for pair in pairs:
            for ear in pair.ears():
                if len(ear.ssrcs(healed + SETTLED_S, ended)) > 1:
                    out.append("two streams to one party")
        if self.victim in STORES and self.victim != now["redis"] and \
                self._takes_writes():
            out.append("two Redis take writes")
        return out

    def _takes_writes(self):
        """READONLY, once its Sentinels have told it; before that NOREPLICAS:
        nobody follows it."""
        try:
            self.cluster.redis(self.victim).set("lab:probe", 1, ex=1)
            return True
        except redis.RedisError:
            return False
