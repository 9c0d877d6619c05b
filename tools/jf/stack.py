# SPDX-License-Identifier: GPL-2.0-or-later
"""A whole box of Jackfield below one directory, under its own supervisord.

    from jf.stack import Stack

    with Stack(var="/tmp/t1", build="build/debug") as s:  # start() and stop()
        s.redis().xlen("{p1}:in")
        s.pg.connect()                  # psycopg2, as the superuser
        s.ctl("status")                 # jackfieldctl -> its output
        s.layout.ports["sip"]           # 15060
        s.kill("engine-1")              # kill -9; it is started again
        s.pid("kamailio"), s.log_text("worker-1")
        s.stop_program("postgres"); s.start_program("postgres")
        s.owner(1)                      # "engine-2": who owns partition 1

Programs: redis redis-media postgres rtpengine kamailio engine-1 engine-2
worker-1, and people (the demo's agents), which only `up` starts. parts= takes
fewer; pairs=True adds rtpengine-2 and worker-2. The binaries are those of build (default: $JF_BUILD, or build/release).
start() also brings the database's schema up to date and seeds the demo
tenant, and returns when every program answers and every partition has an
owner. Everything listens on 127.0.0.1, on ports from port_base.
"""

import os
import shutil
import signal
import subprocess
import sys
import time

from . import (Trouble, certificate, database, deaths, procs, render,
               systemd)
from .layout import LISTEN, Layout
from .postgres import Postgres
from .programs import programs

CORE = ("redis", "redis-media", "postgres", "rtpengine", "kamailio",
        "engine-1", "engine-2", "worker-1")
PAIRS = ("rtpengine-2", "worker-2")
EVERYTHING = CORE + ("people",)
STORES = ("redis", "redis-media", "postgres")


class Stack:
    def __init__(self, var=None, build=None, port_base=15000, parts=CORE,
                 partitions=4, seed=True, durable=True, settings=None,
                 say=None, pairs=False):
        """settings: more variables for the templates (tests). say: told of
        each long step."""
        self.layout = Layout(var, build or os.environ.get("JF_BUILD"),
                             port_base, partitions=partitions,
                             pairs=pairs)
        self.layout.check()
        self.parts = tuple(parts) + (PAIRS if pairs else ())
        self.seed = seed
        self.durable = durable
        self.settings = settings or {}
        self.say = say or (lambda text: None)
        self.programs = {}
        self.context = {}
        self.pg = None
        self.changed = []
        self._redis = None
        self._prepared = False

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    # ---- before anything runs ---------------------------------------------

    def prepare(self):
        """Directories, secrets and the table of programs; starts nothing."""
        if self._prepared:
            return
        self.layout.make_directories()
        self.context = {**self.layout.context(), **self.settings}
        self.pg = Postgres(
            self.layout.path("pg"), self.layout.ports["postgres"],
            self.layout.passwords(), log=self.layout.log("postgres"),
            template=os.path.join(self.layout.source,
                                  "cfg/postgres/postgresql.conf.j2"),
            context=self.context, durable=self.durable)
        self.programs = programs(self)
        self._prepared = True

    def configure(self):
        """Renders every template below cfg/ to var/etc."""
        self.prepare()
        self.changed = []
        for role in ("redis", "rtpengine", "kamailio"):
            self.changed += render.role(self.layout, role, self.context)
        certificate.make(self.layout)
        self._configure("engine.yaml", self.layout.engines)
        self._configure("worker.yaml", self.layout.workers)
        for name in self.layout.rtpengines[1:]:
            self._rtpengine(name)
        lines = render.text(self.layout.source, "supervisor/supervisord.conf"
                            ".j2", {**self.context, "mark": procs.MARK,
                                    "programs": self.programs.values()})
        render.write(self.layout.path("etc/supervisord.conf"), lines)

    def _configure(self, template, names):
        for name in names:
            body = render.text(
                self.layout.source, "jackfield/%s.j2" % template,
                {**self.context, "name": name,
                 "ports": self.layout.ports_of(name),
                 "rtpengines": [("rtp-%d" % (i + 1), "%s:%d" % (
                     self.layout.addr, self.layout.ports_of(r)["ng"]))
                     for i, r in enumerate(self.layout.rtpengines)],
                 "control": self.layout.control(name),
                 "metrics": self.layout.metrics(name),
                 "postgres": self.pg.conninfo("jackfield_engine")})
            path = self.layout.path("etc/jackfield/%s.yaml" % name)
            if render.write(path, body):
                self.changed.append(path)

    def _rtpengine(self, name):
        body = render.text(
            self.layout.source, "rtpengine/rtpengine.conf.j2",
            {**self.context, "ports": self.layout.ports_of(name),
             "keyspace": 2})
        path = self.layout.path("etc/rtpengine/%s.conf" % name)
        if render.write(path, body):
            self.changed.append(path)

    def check_ports(self):
        """Raises Trouble when somebody else has one of our ports."""
        mine = set(procs.of_stack(self.layout.var))
        for name, (protocols, program) in LISTEN.items():
            port = self.layout.ports[name]
            if program not in self.parts:
                continue
            for protocol in protocols.split():
                if procs.port_free(protocol, self.layout.addr, port):
                    continue
                owner = procs.port_owner(protocol, port) or (None, None)
                if owner[0] in mine:
                    continue
                who = "%s (pid %d)" % (owner[1], owner[0]) if owner[0] \
                    else "another process"
                raise Trouble(
                    "port %d/%s (%s) is in use by %s: end it, or take other "
                    "ports with --port-base N" % (port, protocol, name, who))

    # ---- start -------------------------------------------------------------

    def start(self, timeout=60):
        """Starts what is not running; returns when all of it works."""
        self.prepare()
        if not self.supervised():
            procs.end(procs.of_stack(self.layout.var))
            self.check_ports()
        self.check_disk()
        self.check_built()
        self.configure()
        if "postgres" in self.parts:
            self.pg.init()
            self.pg.configure()
        self._supervisord()
        for group in (STORES, None):
            names = [p for p in self.parts
                     if (p in STORES) == (group is STORES)]
            self._begin(names, timeout)
            if group is STORES and "postgres" in names:
                database.migrate(self)
        self.wait_ready(timeout)

    def _begin(self, names, timeout):
        for name in names:
            if self.outdated(name):
                self.say("%s is older than its files: again" % name)
                self.stop_program(name)
            self.start_program(name)
        for name in names:
            self.wait_program(name, timeout)

    def check_built(self):
        missing = [p.binary for n, p in self.programs.items()
                   if n in self.parts and p.binary
                   and not os.path.exists(p.binary)]
        if missing:
            raise Trouble("%s is not built: ./jackfield build" % missing[0])

    def check_disk(self, need_mb=300):
        free = shutil.disk_usage(self.layout.var).free >> 20
        if free < need_mb:
            raise Trouble("only %d MB are free below %s: make room for %d MB "
                          "at least" % (free, self.layout.var, need_mb))

    def _supervisord(self):
        conf = self.layout.path("etc/supervisord.conf")
        if self.supervised():
            rpc = self.rpc()
            rpc.supervisor.reloadConfig()
            return
        env = {k: v for k, v in os.environ.items()
               if not k.startswith(("PG", "SUPERVISOR_"))}
        env.update({procs.MARK: self.layout.var, "PYTHONDONTWRITEBYTECODE":
                    "1"})
        with open(self.layout.log("supervisord"), "ab") as log:
            child = subprocess.Popen(
                [sys.executable, os.path.join(os.path.dirname(__file__),
                                              "supervise.py"), "-c", conf],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
                env=env, start_new_session=True)
        until = time.monotonic() + 15
        while not self.supervised():
            if child.poll() is not None or time.monotonic() > until:
                raise Trouble("supervisord did not start:\n%s"
                              % self.log_text("supervisord", 8))
            time.sleep(0.03)

    # ---- the supervisor ----------------------------------------------------

    def rpc(self):
        from xmlrpc.client import ServerProxy
        from supervisor.xmlrpc import SupervisorTransport
        return ServerProxy("http://127.0.0.1", transport=SupervisorTransport(
            None, None, "unix://" + self.layout.path("run/supervisor.sock")))

    def supervised(self):
        """Whether this stack's supervisord runs."""
        try:
            return self.rpc().supervisor.getState()["statecode"] == 1
        except Exception:  # no socket, nobody behind it, or on its way out
            return False

    def serves(self):
        """Whether an engine answers, whoever supervises it."""
        return any(self.programs[e].ready() is None
                   for e in self.layout.engines)

    def status(self):
        """name -> {"state", "pid", "since", "restarts"} of our parts."""
        if not self.supervised():
            return systemd.status(self) if self.serves() else {}
        rows = {r["name"]: r for r in self.rpc().supervisor
                .getAllProcessInfo()}
        log = self.log_text("supervisord")
        return {n: {"state": r["statename"].lower(), "pid": r["pid"],
                    "since": r["start"], "why": r["spawnerr"],
                    "restarts": self.restarts(n),
                    "death": deaths.last(log, n)}
                for n, r in rows.items()
                if n in self.parts or r["pid"]}

    def restarts(self, name):
        """How often it was started again since supervisord runs."""
        needle = "spawned: '%s'" % name
        started = self.log_text("supervisord").rpartition(
            "supervisord started")[2]
        return max(0, started.count(needle) - 1)

    def pid(self, name):
        """Its process id, or None."""
        try:
            row = self.rpc().supervisor.getProcessInfo(name)
        except Exception:
            return None
        return row["pid"] or None

    def start_program(self, name):
        """Begins to start it; wait_program() says when it serves."""
        from xmlrpc.client import Fault
        try:
            self.rpc().supervisor.startProcess(name, False)
        except Fault as e:
            if e.faultCode != 60:  # already started
                raise Trouble("%s does not start: %s" % (
                    name, e.faultString)) from None

    def stop_program(self, name):
        from xmlrpc.client import Fault
        try:
            self.rpc().supervisor.stopProcess(name, True)
        except Fault as e:
            if e.faultCode != 70:  # not running
                raise

    def restart_program(self, name, timeout=30):
        self.stop_program(name)
        self.start_program(name)
        self.wait_program(name, timeout)

    def kill(self, name, sig=signal.SIGKILL):
        """A crash: the signal to the process and all its children. Returns
        the pid it had. The supervisor starts it again."""
        pid = self.pid(name)
        if not pid:
            raise Trouble("%s is not running" % name)
        if name == "postgres" and sig == signal.SIGKILL:
            self.pg.kill()
        else:
            os.killpg(pid, sig)
        return pid

    def outdated(self, name):
        """It runs, but its binary or configuration is newer."""
        p = self.programs[name]
        pid = self.pid(name)
        if not pid:
            return False
        if any("/%s/" % p.role in c and (
                p.role != "jackfield" or name in os.path.basename(c))
               for c in self.changed):
            return p.role != ""
        try:
            since = os.stat("/proc/%d" % pid).st_mtime
            return bool(p.binary) and os.stat(p.binary).st_mtime > since
        except OSError:
            return False

    # ---- readiness ---------------------------------------------------------

    def wait_program(self, name, timeout=60):
        """Until it answers; Trouble with its last lines when it does not."""
        until = time.monotonic() + timeout
        before = self.restarts(name)
        while (why := self.programs[name].ready()) is not None:
            row = self.status().get(name, {})
            if row.get("state") == "fatal" or time.monotonic() > until \
                    or row.get("restarts", 0) >= before + 4:
                raise Trouble("%s is %s (%s). The end of %s:\n%s" % (
                    name, row.get("state", "not there"), why,
                    self.layout.log(name), self.log_text(name, 12)))
            time.sleep(0.05)

    def wait_ready(self, timeout=60):
        """Until every part answers and every partition has an owner."""
        until = time.monotonic() + timeout
        for name in self.parts:
            self.wait_program(name, max(1, until - time.monotonic()))
        if not any(p.startswith("engine") for p in self.parts):
            return
        while missing := [n for n in range(self.layout.partitions)
                          if not self.owner(n)]:
            if time.monotonic() > until:
                raise Trouble("no engine owns partition %s. The end of %s:\n"
                              "%s" % (missing[0], self.layout.log("engine-1"),
                                      self.log_text("engine-1", 12)))
            time.sleep(0.05)
        while missing := self.unknown():
            if time.monotonic() > until:
                raise Trouble("not known yet: %s; see %s" % (
                    missing, self.layout.log(self.owner(1) or "engine-1")))
            time.sleep(0.05)

    def unknown(self):
        """What of our parts the engines have not met yet, or None."""
        r = self.redis()
        if self.seed and not r.exists("numbers"):
            return "numbers (no hash `numbers` in Redis)"
        if self.seed and "kamailio" in self.parts and \
                (r.get("directory") or "none") not in self.kamcmd("acd.stats"):
            return "what Kamailio knows (it has not read the directory)"
        wanted = {"rtpengine": ("rtpengine", ""),
                  "kamailio": ("node", " kind=acd "),
                  "worker-1": ("node", " kind=worker ")}
        for part, (kind, words) in wanted.items():
            for n in range(self.layout.partitions):
                lines = r.hvals("{p%d}:state:%s" % (n, kind))
                if part in self.parts and not any(
                        words in x and " up=1" in x + " " for x in lines):
                    return "%s (partition %d)" % (part, n)
        return None

    def kamcmd(self, *words):
        """What Kamailio says to an RPC command, or why it does not."""
        r = subprocess.run(["kamcmd", "-s", "unix:" + self.layout.path(
            "run/kamailio_ctl"), *words], capture_output=True, text=True,
            check=False, timeout=10)
        return r.stdout + r.stderr

    def owner(self, partition):
        """Name of the engine that holds the partition, or None."""
        return lease_owner(self.redis(), partition)

    # ---- end ---------------------------------------------------------------

    def stop(self, timeout=30):
        """Stops everything, also what an earlier crash left behind."""
        if self.supervised():
            pid = self.rpc().supervisor.getPID()
            self._stop_all()
            os.kill(pid, signal.SIGTERM)
            until = time.monotonic() + timeout
            while procs.alive(pid) and time.monotonic() < until:
                _reap(pid)
                time.sleep(0.02)
        procs.end(procs.of_stack(self.layout.var))
        for name in ("supervisor.sock", "supervisord.pid", "kamailio.pid"):
            try:
                os.unlink(self.layout.path("run", name))
            except OSError:
                pass

    def _stop_all(self):
        """In the order opposite to the start, stores last."""
        for name in reversed(EVERYTHING):
            if self.pid(name):
                self.stop_program(name)

    # ---- what tests and verbs ask ------------------------------------------

    def redis(self):
        import redis
        if not self._redis:
            self._redis = redis.Redis(
                self.layout.addr, self.layout.ports["redis"],
                decode_responses=True, socket_timeout=5)
        return self._redis

    def ctl(self, *argv, check=True):
        """Runs jackfieldctl; returns what it printed."""
        r = subprocess.run(
            [self.layout.program("jackfieldctl"), "--socket",
             self.layout.path("run"), *map(str, argv)], text=True,
            capture_output=True, check=False, timeout=30)
        if check and r.returncode:
            raise Trouble("jackfieldctl %s: %s" % (
                " ".join(map(str, argv)), (r.stderr or r.stdout).strip()))
        return r.stdout

    def log_text(self, name, lines=None):
        try:
            with open(self.layout.log(name), encoding="utf-8",
                      errors="replace") as f:
                return "".join(f.readlines()[-lines:] if lines
                               else f.readlines()).rstrip()
        except OSError:
            return "(no %s)" % self.layout.log(name)


def lease_owner(r, partition):
    """Name of the engine that holds the partition by this Redis, or None."""
    held = r.hgetall("{p%d}:lease" % partition)
    if not held.get("owner"):
        return None
    seconds, micros = r.time()
    now = seconds * 1000 + micros // 1000
    return held["owner"] if int(held.get("until", 0)) > now else None


def _reap(pid):
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass
