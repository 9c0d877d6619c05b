# SPDX-License-Identifier: GPL-2.0-or-later
"""A private PostgreSQL cluster: made, started, stopped, killed, migrated.

The server refuses to be root, and user postgres cannot pass a parent of mode
700. So root starts it as user postgres with one capability more, the right to
read and search everywhere; the directories it writes to belong to postgres.
An ordinary user runs it as itself.

    pg = Postgres("var/pg", port=15032, passwords={"postgres": "..."})
    pg.start()                          # makes the cluster when it is missing
    pg.deploy("db")                     # sqitch, database jackfield
    pg.set_password("jackfield_engine")
    pg.conninfo("jackfield_engine")     # for libpq and psycopg2

Nobody gets in without a password, over the socket or over loopback.
"""

import glob
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

DATABASE = "jackfield"
SOCKET_PATH_MAX = 107  # sun_path, without the NUL

HBA = """\
# Written at every start by tools/jf/postgres.py: passwords only, and only
# from this machine.
local all all scram-sha-256
host all all 127.0.0.0/8 scram-sha-256
host all all ::1/128 scram-sha-256
"""
NETWORK = "host {0} all {1} scram-sha-256\n"

DEFAULTS = """\
max_connections = 60
shared_buffers = 64MB
max_wal_size = 512MB
password_encryption = scram-sha-256
log_line_prefix = 'time=%t pid=%p user=%u '
log_min_duration_statement = 1000
timezone = 'UTC'
lc_messages = 'C'
"""


class PostgresError(Exception):
    """What went wrong, in one or a few plain lines."""


def bindir():
    """Directory of the newest installed server's programs."""
    found = glob.glob("/usr/lib/postgresql/*/bin/postgres")
    if not found:
        raise PostgresError("PostgreSQL is not installed: "
                            "apt-get install postgresql")
    return os.path.dirname(max(found, key=_major))


def _major(path):
    part = path.split("/")[4]
    return int(part) if part.isdigit() else 0


def _psql_quote(value):
    text = str(value).replace("\\", "\\\\").replace("'", "''")
    return "'%s'" % text.replace("\n", "\\n")


class Postgres:
    """One cluster below `directory` (data/ and run/), on a port of loopback.

    passwords: role -> password; "postgres" is the superuser and required.
    template: a Jinja2 postgresql.conf, rendered with context; without one
    there are defaults. durable=False skips fsync: for tests only. networks: who
    else may connect, with a password, also as a standby.
    """

    def __init__(self, directory, port, passwords, addr="127.0.0.1",
                 socket_dir=None, log=None, template=None, context=None,
                 durable=True, networks=()):
        self.directory = os.path.abspath(directory)
        self.data = os.path.join(self.directory, "data")
        self.port = int(port)
        self.addr = addr
        self.passwords = passwords
        self.socket_dir = os.path.abspath(
            socket_dir or os.path.join(self.directory, "run"))
        self.log = os.path.abspath(
            log or os.path.join(self.directory, "postgres.log"))
        self.template = template
        self.context = context or {}
        self.durable = durable
        self.networks = networks
        self.process = None

    # ---- as whom ----------------------------------------------------------

    def _prefix(self):
        if os.geteuid() != 0:
            return []
        return ["setpriv", "--reuid=postgres", "--regid=postgres",
                "--init-groups", "--inh-caps=+dac_read_search",
                "--ambient-caps=+dac_read_search"]

    def _own(self, path):
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(path, user.pw_uid, user.pw_gid)

    def _directory(self, path, mode):
        os.makedirs(path, exist_ok=True)
        os.chmod(path, mode)
        self._own(path)

    def _run(self, argv, **kw):
        r = subprocess.run(self._prefix() + argv, cwd="/", text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           **kw)
        if r.returncode:
            raise PostgresError("%s: %s" % (os.path.basename(argv[0]),
                                            r.stdout.strip()))
        return r.stdout

    # ---- the cluster ------------------------------------------------------

    def exists(self):
        return os.path.exists(os.path.join(self.data, "PG_VERSION"))

    def init(self):
        """Makes the cluster unless it is there. An interrupted initdb leaves
        nothing that looks like one: the directory is renamed at the end."""
        if self.exists():
            return
        making = self.data + ".making"
        shutil.rmtree(making, ignore_errors=True)
        self._directory(self.directory, 0o755)
        self._directory(making, 0o700)
        with tempfile.NamedTemporaryFile("w", dir=self.directory) as pw:
            pw.write(self.passwords["postgres"] + "\n")
            pw.flush()
            self._run([bindir() + "/initdb", "-D", making, "-U", "postgres",
                       "-E", "UTF8", "--locale=C.UTF-8", "--data-checksums",
                       "--auth=scram-sha-256", "--pwfile=" + pw.name]
                      + ([] if self.durable else ["--no-sync"]))
        os.rename(making, self.data)

    def configure(self):
        """Writes postgresql.conf and pg_hba.conf, as at every start."""
        self._directory(self.socket_dir, 0o755)
        text = DEFAULTS
        if self.template and os.path.exists(self.template):
            import jinja2
            with open(self.template, encoding="utf-8") as f:
                text = jinja2.Template(
                    f.read(), undefined=jinja2.StrictUndefined,
                    keep_trailing_newline=True).render(**self.context)
        hba = HBA + "".join(NETWORK.format(what, net) for net in self.networks
                            for what in ("all", "replication"))
        for name, body in (("postgresql.conf", text), ("pg_hba.conf", hba)):
            path = os.path.join(self.data, name)
            with open(path, "w", encoding="utf-8") as f:
                f.write(body)
            os.chmod(path, 0o600)
            self._own(path)

    def socket(self):
        """Directory of the UNIX socket, or None: its path would be longer
        than the system takes, and TCP on loopback serves alone."""
        path = "%s/.s.PGSQL.%d" % (self.socket_dir, self.port)
        long = len(path.encode()) > SOCKET_PATH_MAX - len(".lock")
        return None if long else self.socket_dir

    def argv(self):
        """The server in the foreground, for a supervisor (stop it with INT).
        init() and configure() come first."""
        settings = {"listen_addresses": self.addr, "port": self.port,
                    "unix_socket_directories": self.socket() or "",
                    "hba_file": os.path.join(self.data, "pg_hba.conf"),
                    # compiling a view's query takes longer than running it
                    "jit": "off"}
        if not self.durable:
            settings.update(fsync="off", full_page_writes="off")
        argv = self._prefix() + [bindir() + "/postgres", "-D", self.data]
        for name, value in settings.items():
            argv += ["-c", "%s=%s" % (name, value)]
        return argv

    def start(self, timeout=60):
        """Makes, configures, starts and waits until it takes connections.
        Nothing happens when it is up."""
        if self.running():
            return self.wait_ready(timeout)
        self.init()
        self.configure()
        os.makedirs(os.path.dirname(self.log), exist_ok=True)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.argv(), cwd="/", stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, start_new_session=True)
        return self.wait_ready(timeout)

    def wait_ready(self, timeout=60):
        until = time.monotonic() + timeout
        while not self.ready():
            if self.process and self.process.poll() is not None:
                raise PostgresError("PostgreSQL did not start:\n"
                                    + self.last_log())
            if time.monotonic() > until:
                raise PostgresError("PostgreSQL does not answer on %s:%d "
                                    "after %d s:\n%s" % (
                                        self.addr, self.port, timeout,
                                        self.last_log()))
            time.sleep(0.05)

    def ready(self):
        """It takes connections: it, not another one on its port."""
        return self.pid() is not None and self._pid_line(7) == "ready" \
            and subprocess.run(
                [bindir() + "/pg_isready", "-q", "-h", self.addr, "-p",
                 str(self.port)], check=False).returncode == 0

    def last_log(self, lines=12):
        try:
            with open(self.log, encoding="utf-8", errors="replace") as f:
                return "".join(f.readlines()[-lines:]).strip()
        except OSError:
            return "(no log at %s)" % self.log

    # ---- its end ----------------------------------------------------------

    def pid(self):
        """The running server's process id, or None. The file stays behind
        after a crash, so the process is asked what it is."""
        try:
            pid = int(self._pid_line(0))
            with open("/proc/%d/cmdline" % pid, "rb") as f:
                return pid if self.data.encode() in f.read() else None
        except (OSError, ValueError):
            return None

    def _pid_line(self, n):
        """Line n of postmaster.pid, from 0: its process, ..., its status."""
        try:
            with open(os.path.join(self.data, "postmaster.pid")) as f:
                return f.read().splitlines()[n].strip()
        except (OSError, IndexError):
            return ""

    def running(self):
        return self.pid() is not None

    def stop(self, timeout=60):
        """Fast shutdown: running transactions are rolled back."""
        pid = self.pid()
        if pid:
            os.kill(pid, signal.SIGINT)
            self._wait_gone([pid], timeout)

    def kill(self):
        """What a power cut does: kill -9 of the server and its children."""
        pid = self.pid()
        if pid:
            pids = [pid] + self._children(pid)
            for p in pids:
                try:
                    os.kill(p, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self._wait_gone(pids, 10)

    def restart(self, timeout=60):
        self.stop(timeout)
        self.start(timeout)

    @staticmethod
    def _children(pid):
        found = []
        for path in glob.glob("/proc/%d/task/*/children" % pid):
            with open(path) as f:
                found += [int(p) for p in f.read().split()]
        return found

    def _wait_gone(self, pids, timeout):
        until = time.monotonic() + timeout
        while any(map(self._alive, pids)):
            if time.monotonic() > until:
                raise PostgresError("PostgreSQL (pid %s) does not end"
                                    % pids[0])
            time.sleep(0.02)

    def _alive(self, pid):
        if self.process and self.process.pid == pid:
            return self.process.poll() is None
        try:
            with open("/proc/%d/stat" % pid) as f:
                return f.read().rsplit(")", 1)[1].split()[0] not in "ZX"
        except OSError:
            return False

    # ---- what is in it ----------------------------------------------------

    def _env(self, user):
        env = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        env.update(PGHOST=self.addr, PGPORT=str(self.port), PGUSER=user,
                   PGCONNECT_TIMEOUT="10")
        if user in self.passwords:
            env["PGPASSWORD"] = self.passwords[user]
        return env

    def conninfo(self, user, database=DATABASE, unix=False):
        """For libpq. unix: over the socket, when there is one."""
        host = (unix and self.socket()) or self.addr
        pairs = {"host": host, "port": str(self.port), "dbname": database,
                 "user": user, "password": self.passwords.get(user, "")}
        return " ".join("%s='%s'" % (k, v.replace("\\", "\\\\")
                                     .replace("'", "\\'"))
                        for k, v in pairs.items())

    def connect(self, user="postgres", database=DATABASE):
        """A psycopg2 connection that commits each statement."""
        import psycopg2
        conn = psycopg2.connect(self.conninfo(user, database))
        conn.autocommit = True
        return conn

    def psql(self, sql, user="postgres", database=DATABASE, **variables):
        """Runs SQL and returns what it prints: no headings, columns divided
        by |. Variables are written :'name' in the SQL; they travel on
        standard input, so that `ps` shows no password."""
        argv = [bindir() + "/psql", "-XqAt", "-v", "ON_ERROR_STOP=1",
                "-d", database]
        sets = "".join("\\set %s %s\n" % (name, _psql_quote(value))
                       for name, value in variables.items())
        r = subprocess.run(argv, input=sets + sql, text=True,
                           env=self._env(user),
                           capture_output=True, check=False)
        if r.returncode:
            raise PostgresError("psql: " + r.stderr.strip())
        return r.stdout.rstrip("\n")

    def psql_file(self, path, user="postgres", database=DATABASE):
        with open(path, encoding="utf-8") as f:
            return self.psql(f.read(), user, database)

    def create_database(self, database=DATABASE):
        sql = "SELECT 1 FROM pg_database WHERE datname = :'name'"
        if not self.psql(sql, database="postgres", name=database):
            self.psql('CREATE DATABASE :"name"', database="postgres",
                      name=database)

    def set_password(self, role):
        """The role may log in, with its entry of passwords."""
        self.psql("SET log_statement = 'none';"
                  "ALTER ROLE :\"role\" LOGIN PASSWORD :'password'",
                  database="postgres", role=role,
                  password=self.passwords[role])

    def sqitch(self, project, *argv, database=DATABASE):
        """Runs sqitch in the project's directory, free of anybody's own
        configuration, and returns what it printed."""
        env = self._env("postgres")
        env.update(SQITCH_SYSTEM_CONFIG="/dev/null",
                   SQITCH_USER_CONFIG="/dev/null",
                   SQITCH_FULLNAME="Jackfield",
                   SQITCH_EMAIL="jackfield@localhost", TZ="UTC",
                   PATH=bindir() + ":" + env.get("PATH", "/usr/bin:/bin"))
        target = "db:pg://postgres@%s:%d/%s" % (self.addr, self.port,
                                                database)
        r = subprocess.run(["sqitch", argv[0], "--target", target,
                            *argv[1:]], cwd=project, env=env, text=True,
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, check=False)
        if r.returncode:
            raise PostgresError("sqitch %s: %s" % (argv[0],
                                                   r.stdout.strip()))
        return r.stdout

    def deploy(self, project, database=DATABASE):
        """Brings the schema up to date; each change is verified."""
        self.create_database(database)
        return self.sqitch(project, "deploy", "--verify", database=database)
