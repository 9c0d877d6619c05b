# SPDX-License-Identifier: GPL-2.0-or-later
"""The cluster as a test's site: carriers and telephones on the bridge."""

import subprocess

from harness import Site
from jf.sim.people import World, wait_for

from . import net
from .cluster import NODES


class LabSite(Site):
    def __init__(self, cluster):
        self.cluster = cluster
        super().__init__(cluster)
        self.world.close()
        self.proxy = (net.SERVICE, self.ports["sip"])
        self.world = World(self.proxy, self.ports["people"], net.TRUNK,
                           net.PHONES, first_agent=1)

    # Site sets it once; here the primary changes.
    @property
    def redis(self):
        return self.cluster.redis()

    @redis.setter
    def redis(self, _):
        pass

    def _conninfo(self):
        return self.cluster.pg.conninfo("postgres")

    def kamcmd(self, *words):
        """Of both; what is known, of whoever is asked by telephones."""
        nodes = [self.cluster.holder] if words[0] == "htable.get" else NODES
        return "".join(self.kamcmd_of(n, *words) for n in nodes)

    def kamcmd_of(self, node, *words):
        path = self.cluster.machines[node].layout.path("run", "kamailio_ctl")
        r = subprocess.run(["kamcmd", "-s", "unix:" + path, *words],
                           capture_output=True, text=True, timeout=10)
        return r.stdout + r.stderr

    def open_trunk(self):
        """The carrier calls from the bridge; no limit stands in the way."""
        self.rows("UPDATE conf.trunks SET address = %s, max_calls = 5000, "
                  "max_cps = 1000 WHERE name = 'demo-carrier'", net.TRUNK)
        wait_for(lambda: all(net.TRUNK in self.kamcmd_of(
            n, "htable.dump", "trunk") for n in NODES), 20, 0.1,
            "the nodes do not know the carrier")
