# SPDX-License-Identifier: GPL-2.0-or-later
"""What is done to the cluster: killed, frozen, cut off, wiped.

A Fault names its victim when it strikes (the owner, the primary, whoever has
the service address), and is undone by heal(). `back_s` is how soon the service
must be there again; `sound_s` how long those may hear nothing whose media go
through the victim, None: nobody's do.
"""

import signal
from dataclasses import dataclass

from .cluster import RELAYS, WORKERS

PARTITION = 1  # the demo tenant's
FROZEN_S, CUT_S, DEAD_S, AWAY_S = 30, 15, 8, 60


@dataclass
class Fault:
    kind: str  # engine node relay worker redis postgres
    how: str  # killed frozen cut wiped "wiped; owner killed"
    back_s: float
    sound_s: float = None
    victim: str = None

    @property
    def name(self):
        return "%s %s" % (self.kind, self.how)

    @property
    def lasts_s(self):
        return {"frozen": FROZEN_S, "cut": CUT_S, "frozen long": AWAY_S,
                "cut long": AWAY_S}.get(self.how, DEAD_S)

    @property
    def wakes(self):
        """It was away, and comes back as it was."""
        return self.how.startswith(("frozen", "cut"))


ALL = [
    Fault("engine", "killed", 1), Fault("engine", "frozen", 3),
    Fault("engine", "cut", 3),
    Fault("node", "killed", 3), Fault("node", "frozen", 3),
    Fault("node", "cut", 3),
    Fault("relay", "killed", 1, 1), Fault("relay", "frozen", 3, 3),
    Fault("relay", "cut", 3, 3),
    Fault("worker", "killed", 1, 0.5), Fault("worker", "frozen", 3, 3),
    Fault("worker", "cut", 3, 3),
    Fault("redis", "killed", 6), Fault("redis", "frozen", 6),
    Fault("redis", "cut", 6), Fault("redis", "wiped", 3),
    Fault("redis", "wiped; owner killed", 6),
    Fault("postgres", "killed", 1), Fault("postgres", "frozen", 1),
    Fault("postgres", "cut", 1),
    Fault("redis", "disk full", 6), Fault("postgres", "disk full", 1),
    Fault("worker", "disk full", 1),
]


# What wakes up after a minute changes nothing.
ALL += [Fault(f.kind, f.how + " long", f.back_s, f.sound_s)
        for f in ALL if f.wakes]


def named(*names):
    by_name = {f.name: f for f in ALL}
    return [Fault(**vars(by_name[n])) for n in names]


def victim(cluster, site, kind):
    if kind == "engine":
        return cluster.owner(PARTITION)
    if kind == "node":
        return cluster.holder
    if kind == "redis":
        return cluster.primary()
    if kind == "postgres":
        return cluster.truth.primary
    return busiest(site, {"relay": ("rtpengine", RELAYS),
                          "worker": ("worker", WORKERS)}[kind])


def busiest(site, what):
    """The relay or worker that most legs have."""
    field, names = what
    count = dict.fromkeys(names, 0)
    for line in site.state("leg").values():
        for part in line.split(" "):
            key, _, value = part.partition("=")
            if key == field and value in count:
                count[value] += 1
    return max(count, key=count.get)


def strike(fault, cluster, site, watch):
    fault.victim = victim(cluster, site, fault.kind)
    service = cluster.services[fault.victim]
    if fault.how == "killed":
        service.signal(signal.SIGKILL)
    elif fault.how.startswith("frozen"):
        service.signal(signal.SIGSTOP)
    elif fault.how.startswith("cut"):
        watch.cut.add(fault.victim)
        service.host.cut()
    elif fault.how == "disk full":
        cluster.machines[fault.victim].disk.fill()
    else:
        if fault.how == "wiped; owner killed":
            cluster.services[cluster.owner(PARTITION)].signal(signal.SIGKILL)
        cluster.redis(fault.victim).flushall()


def heal(fault, cluster, watch):
    service = cluster.services[fault.victim]
    if fault.how.startswith("frozen"):
        service.signal(signal.SIGCONT)
    elif fault.how.startswith("cut"):
        service.host.heal()
        watch.back(fault.victim)
    elif fault.how == "disk full":
        cluster.machines[fault.victim].disk.empty()
