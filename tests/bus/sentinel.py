# SPDX-License-Identifier: GPL-2.0-or-later
"""A Redis with two replicas and three Sentinels, from our templates."""

import os
import subprocess

import jinja2
import redis as redis_client

from conftest import ROOT, Redis, free_port, wait_for

NAME = "jackfield"


def render(template, **context):
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ROOT + "/cfg/redis"),
        undefined=jinja2.StrictUndefined, trim_blocks=True,
        lstrip_blocks=True)
    return env.get_template(template).render(addr="127.0.0.1", **context)


class Server:
    def __init__(self, var, template, sentinel=False, **context):
        self.var = str(var)
        os.makedirs(self.var + "/redis")
        os.makedirs(self.var + "/run")
        self.port = free_port()
        self.sentinel = sentinel
        self.conf = self.var + "/server.conf"
        with open(self.conf, "w", encoding="utf-8") as f:
            f.write(render(template, var=self.var, ports={
                "redis": self.port, "sentinel": self.port}, **context))
        self.process = None
        self.db = redis_client.Redis(
            port=self.port, decode_responses=True,
            encoding_errors="surrogateescape", socket_timeout=2)
        self.start()

    def start(self):
        with open(self.var + "/log", "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                ["redis-server", self.conf] +
                ["--sentinel"] * self.sentinel, stdout=log)

    def kill9(self):
        self.process.kill()
        self.process.wait()

    def role(self):
        """As the server itself says; None: it does not answer."""
        try:
            return self.db.execute_command("ROLE")[0]
        except (redis_client.exceptions.RedisError, OSError):
            return None


class Cluster(Redis):
    """What a test knows as Redis, at whichever of three is the primary."""

    def __init__(self, directory):
        self.dir = str(directory)
        self.servers = [Server(directory / "redis-1", "redis.conf.j2",
                               sentinels=True, replica_of=None)]
        first = {"addr": "127.0.0.1", "port": self.servers[0].port}
        for i in (2, 3):
            self.servers.append(Server(
                directory / ("redis-%d" % i), "redis.conf.j2",
                sentinels=True, replica_of=first))
        wait_for(lambda: self.replicas(self.servers[0]) == 2, 20,
                 "the replicas do not come")
        self.sentinels = [
            Server(directory / ("sentinel-%d" % i), "sentinel.conf.j2",
                   sentinel=True, primary=first) for i in (1, 2, 3)]
        wait_for(self.settled, 20, "the Sentinels do not find each other")
        # what a test calls its port: the Sentinels
        self.port = ",".join("127.0.0.1:%d" % s.port for s in self.sentinels)

    @staticmethod
    def replicas(server):
        try:
            return len(server.db.execute_command("ROLE")[2])
        except (redis_client.exceptions.RedisError, OSError, IndexError):
            return 0

    def masters(self):
        """Each Sentinel's word: (epoch, port, flags, replicas, others). In
        the middle of a failover the port is the new one already."""
        out = []
        for s in self.sentinels:
            try:
                port = s.db.sentinel_get_master_addr_by_name(NAME)[1]
                m = s.db.sentinel_master(NAME)
            except (redis_client.exceptions.RedisError, OSError):
                continue
            out.append((m["config-epoch"], port, m["flags"], m["num-slaves"],
                        m["num-other-sentinels"]))
        return out

    def settled(self):
        """All agree, nothing is under way, both replicas follow."""
        said = self.masters()
        return len(said) == 3 and len(set(said)) == 1 and \
            said[0][2:] == ("master", 2, 2) and \
            self.replicas(self.primary()) == 2

    def primary(self):
        port = max(self.masters())[1]
        return next(s for s in self.servers if s.port == port)

    @property
    def db(self):
        return self.primary().db

    def stop(self):
        for s in self.servers + self.sentinels:
            s.process.kill()
            s.process.wait()
