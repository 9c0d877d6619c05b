# SPDX-License-Identifier: GPL-2.0-or-later
"""Jackfield on hosts of its own: two of each kind, three Redis.

    engine-1 engine-2          the routing engines
    acd-1 acd-2                Kamailio, behind one service address
    rtp-1 rtp-2                rtpengine, each with a Redis of its own
    worker-1 worker-2          media
    redis-1 redis-2 redis-3    each with a Sentinel
    pg-1 pg-2                  PostgreSQL and its synchronous standby

Configuration comes from the templates that `./jackfield up` uses.
"""

import os
import shutil
import subprocess

import redis as redis_client
from jf import certificate, database, render
from jf.layout import Layout
from jf.sim.people import wait_for
from jf.stack import lease_owner

from .disk import Disk
from .net import SERVICE, Host
from .service import Service
from .truth import NAMES as TRUTHS, Truth

ENGINES, NODES = ("engine-1", "engine-2"), ("acd-1", "acd-2")
RELAYS, WORKERS = ("rtp-1", "rtp-2"), ("worker-1", "worker-2")
STORES = ("redis-1", "redis-2", "redis-3")
HOSTS = ENGINES + NODES + RELAYS + WORKERS + STORES + TRUTHS
SENTINEL_PORT = 26379
DISKS = {**dict.fromkeys(WORKERS, "recordings"),
         **dict.fromkeys(STORES, "redis"), **dict.fromkeys(TRUTHS, "pg")}


class Machine:
    """A host with its directories and what its templates are told."""

    def __init__(self, name, number, cluster):
        self.name, self.host = name, Host(name, number)
        self.layout = Layout(os.path.join(cluster.var, name), cluster.build,
                             port_base=cluster.base.port_base,
                             partitions=cluster.base.partitions)
        self.layout.addr = self.host.addr
        self.layout.make_directories()
        self.disk = Disk(self.layout.path(DISKS[name])) \
            if name in DISKS else None
        self.context = {
            **self.layout.context(), "name": name, "addr": self.host.addr,
            "secrets": cluster.base.secrets(), "node": name,
            "sentinels": cluster.sentinels,
            "metrics": "%s:%d" % (self.host.addr, 9100),
            "control": cluster.base.path("run", name + ".sock")}

    def render(self, template, path, **more):
        body = render.text(self.layout.source, template,
                           {**self.context, **more})
        where = self.layout.path(path)
        render.write(where, body)
        return where

    def service(self, argv, cluster, name=None, **options):
        name = name or self.name
        return Service(name, self.host, argv, cluster.base.log(name),
                       **options)


class Cluster:
    def __init__(self, var, build=None, seed=True):
        self.var, self.seed = var, seed
        self.base = self.layout = Layout(var, build or os.environ.get(
            "JF_BUILD"), partitions=4)
        self.build = self.layout.build
        self.layout.make_directories()
        addrs = {n: i + 11 for i, n in enumerate(HOSTS)}
        self.sentinels = ["10.78.0.%d:%d" % (addrs[s], SENTINEL_PORT)
                          for s in STORES]
        self.machines = {n: Machine(n, addrs[n], self) for n in HOSTS}
        self.services = {}
        self.holder = None
        self.truth = Truth(self)

    def say(self, text):
        """Nobody watches."""

    def start(self):
        certificate.make(self.base)
        self._postgres()
        self._redis()
        for name in RELAYS:
            self._relay(name)
        for name in WORKERS:
            self._worker(name)
        for name in ENGINES:
            self._engine(name)
        self.point(NODES[0])
        for name in NODES:
            self._node(name)
        wait_for(lambda: all(self.owner(n) for n in range(
            self.base.partitions)), 30, 0.1, "a partition has no owner")

    def stop(self):
        for service in reversed(list(self.services.values())):
            service.stop()
        self.truth.close()
        for machine in self.machines.values():
            machine.host.close()
            if machine.disk:
                machine.disk.close()

    # ---- the parts ----------------------------------------------------------

    def begin(self, name, argv):
        return self._begin(self.machines[name], argv)

    def _begin(self, machine, argv, name=None, **options):
        service = machine.service(argv, self, name, **options)
        self.services[service.name] = service
        service.start()
        return service

    def _postgres(self):
        self.truth.start()
        os.makedirs(self.base.path("pg"), exist_ok=True)
        database.migrate(self)
        self.truth.stand_by()
        self.truth.watch()

    @property
    def pg(self):
        return self.truth.now

    def _redis(self):
        first = self.machines["redis-1"]
        at = {"addr": first.host.addr, "port": first.layout.ports["redis"]}
        for name in STORES:
            m = self.machines[name]
            conf = m.render("redis/redis.conf.j2", "etc/redis.conf",
                            replica_of=None if m is first else at)
            self._begin(m, ["redis-server", conf])
        for name in STORES:
            m = self.machines[name]
            conf = m.render(
                "redis/sentinel.conf.j2", "etc/sentinel.conf", primary=at,
                ports={**m.layout.ports, "sentinel": SENTINEL_PORT})
            self._begin(m, ["redis-server", conf, "--sentinel"],
                        name.replace("redis", "sentinel"))
        wait_for(lambda: self._settled(), 30, 0.1,
                 "the Sentinels do not know each other")

    def _settled(self):
        try:
            state = self._sentinel(0).sentinel_master("jackfield")
        except redis_client.RedisError:
            return False
        return state["num-slaves"] == 2 and \
            state["num-other-sentinels"] == 2

    def _relay(self, name):
        m = self.machines[name]
        media = m.render("redis/media.conf.j2", "etc/media.conf")
        conf = m.render("rtpengine/rtpengine.conf.j2", "etc/rtpengine.conf")
        self._begin(m, ["redis-server", media], name + "-redis")
        self._begin(m, ["/usr/bin/rtpengine", "--foreground", "--log-stderr",
                        "--config-file", conf, "--config-section",
                        "rtpengine"])

    def _worker(self, name):
        m = self.machines[name]
        shutil.rmtree(m.layout.path("prompts"))
        os.symlink(self.base.path("prompts"), m.layout.path("prompts"))
        self._begin(m, [m.layout.program("media-worker"), "--config",
                        m.render("jackfield/worker.yaml.j2",
                                 "etc/worker.yaml")])

    def _engine(self, name):
        m = self.machines[name]
        relays = [(r, "%s:%d" % (self.machines[r].host.addr,
                                 m.layout.ports["ng"])) for r in RELAYS]
        self._begin(m, [m.layout.program("router-engine"), "--config",
                        m.render("jackfield/engine.yaml.j2",
                                 "etc/engine.yaml", rtpengines=relays,
                                 postgres=self.truth.conninfo(
                                     "jackfield_engine"))])

    def _node(self, name):
        m = self.machines[name]
        for f in ("tls.key", "tls.crt"):
            os.makedirs(m.layout.path("etc/kamailio"), exist_ok=True)
            shutil.copy(self.base.path("etc/kamailio", f),
                        m.layout.path("etc/kamailio", f))
        m.context.update(services=[SERVICE], inner=m.host.addr)
        render.role(m.layout, "kamailio", m.context)
        self._begin(m, [
            "/usr/sbin/kamailio", "-DD", "-E", "-f",
            m.layout.path("etc/kamailio/kamailio.cfg"), "-L",
            ":".join(m.context["kamailio_modules"]), "-Y",
            m.layout.path("run"), "-w", m.layout.path("run"), "-P",
            m.layout.path("run/kamailio.pid"), "-m", "64", "-M", "8", "-x",
            "qm"])

    # ---- who does what -------------------------------------------------------

    def point(self, node, keep=()):
        """The service address goes to this node, away from the other: but not
        from those who cannot know."""
        for name in NODES:
            if name != node and name not in keep:
                self.machines[name].host.let_go(SERVICE)
        self.machines[node].host.hold(SERVICE)
        self.holder = node

    def _sentinel(self, n):
        host, port = self.sentinels[n].split(":")
        return redis_client.Redis(host, int(port), decode_responses=True,
                                  socket_timeout=0.5,
                                  socket_connect_timeout=0.5)

    def primary(self):
        """Name of the Redis that the Sentinels call the primary."""
        votes = {}
        for n in range(3):
            try:
                addr, _ = self._sentinel(n).sentinel_get_master_addr_by_name(
                    "jackfield")
            except (redis_client.RedisError, TypeError):
                continue
            votes[addr] = votes.get(addr, 0) + 1
        if not votes:
            return None
        addr = max(votes, key=votes.get)
        return next(s for s in STORES if self.machines[s].host.addr == addr)

    def redis(self, name=None):
        m = self.machines[name or self.primary() or STORES[0]]
        return redis_client.Redis(
            m.host.addr, m.layout.ports["redis"], decode_responses=True,
            socket_timeout=2, socket_connect_timeout=2)

    def owner(self, partition):
        try:
            return lease_owner(self.redis(), partition)
        except redis_client.RedisError:
            return None

    def ctl(self, *argv):
        r = subprocess.run(
            [self.base.program("jackfieldctl"), "--socket",
             self.base.path("run"), *map(str, argv)], text=True,
            capture_output=True, check=False, timeout=30)
        assert r.returncode == 0, "jackfieldctl %s: %s" % (argv, r.stderr)
        return r.stdout
