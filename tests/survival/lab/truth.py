# SPDX-License-Identifier: GPL-2.0-or-later
"""PostgreSQL twice: a primary, and a standby that confirms each commit.

What a cluster manager does in an installation is done here: the standby is
promoted when the primary does not answer, and who was the primary begins
again as the standby of the new one, from a copy.
"""

import os
import shutil
import subprocess
import threading
import time

from jf.postgres import Postgres, bindir
from jf.sim.people import wait_for

NAMES = ("pg-1", "pg-2")
EVERY_S, PATIENCE_S = 0.3, 2


class Truth:
    def __init__(self, cluster):
        self.cluster = cluster
        self.primary, self.standby = NAMES
        self.servers = {n: self._server(n) for n in NAMES}
        self._stop = threading.Event()
        self._thread = None

    def _server(self, name):
        m = self.cluster.machines[name]
        return Postgres(
            m.layout.path("pg"), m.layout.ports["postgres"],
            self.cluster.base.passwords(), addr=m.host.addr,
            log=self.cluster.base.log(name), template=os.path.join(
                m.layout.source, "cfg/postgres/postgresql.conf.j2"),
            context=m.context, durable=False, networks=("10.78.0.0/16",))

    @property
    def now(self):
        return self.servers[self.primary]

    def start(self):
        """The primary alone; stand_by() when its schema is there."""
        self.now.init()
        self.now.configure()
        self.cluster.begin(self.primary, self.now.argv())
        self.now.wait_ready()

    def stand_by(self):
        """A fresh copy of the primary follows it."""
        server = self.servers[self.standby]
        shutil.rmtree(server.data, ignore_errors=True)
        server._directory(server.directory, 0o755)
        server._directory(server.data, 0o700)
        server._run([bindir() + "/pg_basebackup", "-D", server.data, "-d",
                     "%s application_name=%s" % (self.now.conninfo(
                         "postgres", "postgres"), self.standby),
                     "-R", "-X", "stream", "--checkpoint=fast", "--no-sync"])
        server.configure()
        self.cluster.begin(self.standby, server.argv())
        self.now.psql("ALTER SYSTEM SET synchronous_standby_names = '\"%s\"'"
                      % self.standby)
        self.now.psql("SELECT pg_reload_conf()")
        wait_for(lambda: self.now.psql(
            "SELECT sync_state FROM pg_stat_replication") == "sync", 30, 0.1,
            "the standby does not follow")

    def conninfo(self, user):
        """Of whichever is the primary."""
        ports = {str(s.port) for s in self.servers.values()}
        assert len(ports) == 1
        return "%s host='%s' target_session_attrs='read-write'" % (
            self.now.conninfo(user), ",".join(
                self.servers[n].addr for n in NAMES))

    # ---- the manager ---------------------------------------------------------

    def watch(self):
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        heard = time.monotonic()
        while not self._stop.wait(EVERY_S):
            if self._answers():
                heard = time.monotonic()
            elif time.monotonic() > heard + PATIENCE_S:
                self._promote()
                heard = time.monotonic()

    def _answers(self):
        return subprocess.run(
            [bindir() + "/pg_isready", "-q", "-t", "1", "-h", self.now.addr,
             "-p", str(self.now.port)], check=False).returncode == 0

    def _promote(self):
        server = self.servers[self.standby]
        server.psql("SELECT pg_promote(true, 10)", database="postgres")
        server.psql("ALTER SYSTEM RESET synchronous_standby_names",
                    database="postgres")
        server.psql("SELECT pg_reload_conf()", database="postgres")
        self.primary, self.standby = self.standby, self.primary

    def rejoin(self):
        """Who was the primary stands by again."""
        if self.now.psql("SELECT count(*) FROM pg_stat_replication",
                         database="postgres") != "0":
            return
        self.cluster.services[self.standby].stop()
        self.stand_by()

    def close(self):
        self._stop.set()
        if self._thread:
            self._thread.join(15)
        for server in self.servers.values():
            server.kill()
