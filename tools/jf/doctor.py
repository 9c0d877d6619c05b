# SPDX-License-Identifier: GPL-2.0-or-later
"""./jackfield doctor: what is wrong, and how to mend it.

A check is a generator: it yields (level, what it found, how to mend it),
level being ok, warn or bad. A new check is a function with @check.
"""

import glob
import os
import platform
import re
import resource
import shutil
import subprocess
import time

from . import Trouble, box, procs
from .layout import LISTEN
from .say import line, paint

CHECKS = []
COLOUR = {"ok": "green", "warn": "yellow", "bad": "red"}


def check(function):
    CHECKS.append(function)
    return function


def run(args):
    s = box.stack(args)
    count = {"ok": 0, "warn": 0, "bad": 0}
    for function in CHECKS:
        try:
            findings = list(function(s))
        except Trouble as e:
            findings = [("bad", str(e), None)]
        except Exception as e:  # a check that breaks is a finding itself
            findings = [("warn", "%s could not be checked: %s" % (
                function.__name__.replace("_", " "), e), None)]
        for level, found, cure in findings:
            count[level] += 1
            line("%s  %s" % (paint("%-4s" % level, COLOUR[level]), found))
            if cure:
                line("      %s" % cure)
    line()
    line("%d ok, %d to look at, %d wrong" % (count["ok"], count["warn"],
                                             count["bad"]))
    return 1 if count["bad"] else 0


def up(s):
    """The stack runs and may be asked."""
    if not os.path.isdir(s.layout.path("etc")):
        return False
    s.prepare()
    return s.supervised()


# ---- the machine -------------------------------------------------------------

@check
def operating_system(_):
    with open("/etc/os-release", encoding="utf-8") as f:
        text = dict(p.strip().split("=", 1) for p in f if "=" in p)
    name = text.get("PRETTY_NAME", "?").strip('"')
    if text.get("ID") == "debian" and text.get("VERSION_ID") == '"12"':
        yield "ok", name, None
    else:
        yield ("warn", "%s: built and tested on Debian 12" % name,
               "other systems may have other versions of Kamailio")


@check
def root(_):
    if os.geteuid() == 0:
        yield "ok", "root", None
    else:
        yield ("warn", "not root: packages cannot be installed, tests need "
               "namespaces", "say sudo ./jackfield")


def codename():
    """bookworm, trixie."""
    try:
        return platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    except OSError:
        return ""


@check
def packages(s):
    top = os.path.join(s.layout.source, "tools", "packages")
    wanted = []
    for path in (top + ".txt", "%s-%s.txt" % (top, codename())):
        if os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                wanted += f.read().split()
    r = subprocess.run(["dpkg-query", "-Wf", "${Package} ${db:Status-Status}"
                        "\n", *wanted], capture_output=True, text=True,
                       check=False)
    have = {x.split()[0] for x in r.stdout.splitlines()
            if x.endswith(" installed")}
    if shutil.which("npm"):  # another Node.js than Debian's brings it along
        have.add("npm")
    missing = [w for w in wanted if w not in have]
    if missing:
        yield ("bad", "Debian packages are missing: %s" % " ".join(missing),
               "sudo ./jackfield up installs them")
    else:
        yield "ok", "%d Debian packages" % len(wanted), None


@check
def space(s):
    place = s.layout.var if os.path.isdir(s.layout.var) else s.layout.source
    for path, need_mb in ((place, 2000), ("/dev/shm", 64), ("/tmp", 200)):
        free = shutil.disk_usage(path).free >> 20
        if free < need_mb:
            yield ("bad" if free < need_mb / 4 else "warn",
                   "%d MB are free at %s" % (free, path),
                   "make room for %d MB; recordings are below %s" % (
                       need_mb, s.layout.path("recordings")))
        else:
            yield "ok", "%d MB are free at %s" % (free, path), None


@check
def limits(_):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 16384 and hard != resource.RLIM_INFINITY:
        yield ("warn", "at most %d open files: rtpengine needs four a leg"
               % hard, "raise nofile in /etc/security/limits.conf")
    else:
        yield "ok", "%s open files" % soft, None


@check
def clock(s):
    if not up(s) or not s.pid("redis"):
        return
    seconds, micros = s.redis().time()
    apart = abs(time.time() - seconds - micros / 1e6)
    if apart > 0.5:
        yield ("bad", "Redis' clock is %.1f s away from this machine's"
               % apart, "let chrony or systemd-timesyncd keep the time")
    else:
        yield "ok", "clocks agree", None


# ---- the installation ----------------------------------------------------------

@check
def built(s):
    want = [s.layout.program(p) for p in ("router-engine", "media-worker",
                                          "jackfieldctl")]
    want.append(os.path.join(s.layout.build, "modules/acd.so"))
    missing = [w for w in want if not os.path.exists(w)]
    if missing:
        yield ("bad", "not built: %s" % " ".join(
            os.path.relpath(m, s.layout.source) for m in missing),
            "./jackfield up builds everything")
    else:
        yield "ok", "all programs are built", None


@check
def kamailio_version(s):
    """The loader refuses a module that was built for another Kamailio."""
    r = subprocess.run(["kamailio", "-v"], capture_output=True, text=True,
                       check=False)
    found = re.search(r"kamailio (\S+)", r.stdout)
    module = os.path.join(s.layout.build, "modules/acd.so")
    if not found or not os.path.exists(module):
        return
    with open(module, "rb") as f:
        if found[1].encode() in f.read():
            yield "ok", "acd.so is for Kamailio %s" % found[1], None
        else:
            yield ("bad", "acd.so is not for Kamailio %s" % found[1],
                   "rm -r %s; ./jackfield up" % s.layout.build)


@check
def stale(s):
    if not os.path.isdir(s.layout.path("run")) or up(s):
        return
    left = procs.of_stack(s.layout.var)
    if left:
        yield ("bad", "processes without their supervisor: %s" % ", ".join(
            "%s (pid %d)" % (procs.name(p), p) for p in left),
            "./jackfield down ends them")
    files = glob.glob(s.layout.path("run", "*.sock"))
    if files:
        yield ("warn", "sockets left by a crash: %s" % " ".join(
            map(os.path.basename, files)), "./jackfield up replaces them")


@check
def ports(s):
    mine = set(procs.of_stack(s.layout.var))
    free = 0
    for name, (protocols, program) in LISTEN.items():
        port = s.layout.ports[name]
        for protocol in protocols.split():
            if procs.port_free(protocol, s.layout.addr, port):
                free += 1
                continue
            pid, who = procs.port_owner(protocol, port) or (None, None)
            if pid not in mine:
                yield ("bad", "port %d/%s (%s, for %s) is used by %s" % (
                    port, protocol, name, program,
                    "%s (pid %d)" % (who, pid) if pid else "a process that "
                    "cannot be seen"),
                    "end it, or ./jackfield up --port-base N")
    if not up(s):
        yield "ok", "%d ports from %d are free" % (
            free, s.layout.port_base), None


# ---- what runs -----------------------------------------------------------------

@check
def services(s):
    if not up(s):
        yield "warn", "nothing is running", "./jackfield up"
        return
    rows = s.status()
    for name in s.parts:
        row = rows.get(name, {"state": "stopped", "restarts": 0})
        why = s.programs[name].ready()
        if row["state"] != "running" or why:
            yield ("bad", "%s is %s%s" % (name, row["state"],
                                          ": " + why if why else ""),
                   "see %s" % s.layout.log(name))
        elif row["restarts"]:
            yield ("warn", "%s was started again, %s" % (
                name, "once" if row["restarts"] == 1
                else "%d times" % row["restarts"]),
                "see %s" % s.layout.log(name))
        else:
            yield "ok", "%s answers" % name, None


@check
def partitions(s):
    if not up(s):
        return
    owners = {n: s.owner(n) for n in range(s.layout.partitions)}
    orphans = [str(n) for n, o in owners.items() if not o]
    if orphans:
        yield ("bad", "partition %s has no owner" % ", ".join(orphans),
               "do both engines run? see %s" % s.layout.log("engine-1"))
    else:
        yield "ok", "every partition has an owner: %s" % " ".join(
            sorted(set(owners.values()))), None


@check
def backlogs(s):
    if not up(s):
        return
    r = s.redis()
    memory = r.info("memory")
    part = memory["used_memory"] / max(1, memory["maxmemory"])
    yield ("bad" if part > 0.8 else "ok",
           "Redis uses %d MB, %d %% of what it may" % (
               memory["used_memory"] >> 20, part * 100),
           "raise maxmemory in cfg/redis/redis.conf.j2" if part > 0.8
           else None)
    for kind, most, cure in (
            ("journal", 1000, "is PostgreSQL up? the engines drain it"),
            ("in", 5000, "do the engines keep up? see their logs")):
        length = sum(r.xlen("{p%d}:%s" % (n, kind))
                     for n in range(s.layout.partitions))
        old = oldest_s(r, kind, s.layout.partitions)
        if length > most or (kind == "journal" and old > 30):
            yield ("bad", "%d entries wait in the %s streams, the oldest for "
                   "%d s" % (length, kind, old), cure)
        else:
            yield "ok", "%d entries in the %s streams" % (length, kind), None


def oldest_s(r, kind, partitions_):
    seconds, _ = r.time()
    first = [r.xrange("{p%d}:%s" % (n, kind), count=1)
             for n in range(partitions_)]
    times = [int(e[0][0].split("-")[0]) / 1000 for e in first if e]
    return seconds - min(times) if times else 0


@check
def database(s):
    if not up(s) or not s.pid("postgres"):
        return
    db = s.pg.connect()
    with db.cursor() as c:
        c.execute("SELECT count(*) FROM sqitch.changes")
        changes = c.fetchone()[0]
        c.execute("SELECT count(*) FROM conf.tenants")
        tenants = c.fetchone()[0]
    db.close()
    with open(os.path.join(s.layout.source, "db/sqitch.plan"),
              encoding="utf-8") as f:
        plan = [x for x in f if x.strip() and not x.startswith(("%", "#"))]
    if changes != len(plan):
        yield ("bad", "the database has %d of %d changes" % (changes,
                                                             len(plan)),
               "./jackfield up deploys them")
    else:
        yield "ok", "the schema is up to date, %d tenants" % tenants, None


@check
def prompts(s):
    """A file that is missing is silence to the caller."""
    if not up(s) or not s.pid("postgres"):
        return
    db = s.pg.connect()
    with db.cursor() as c:
        c.execute("""
            SELECT q.name, k.setting, substr(p.item, 6)
            FROM conf.queues q, LATERAL (VALUES ('greeting', q.greeting),
                ('music', q.music), ('hold_music', q.hold_music))
                AS k (setting, items), unnest(k.items) AS p (item)
            WHERE p.item LIKE 'file:%' ORDER BY q.queue_id, k.setting""")
        named = c.fetchall()
    db.close()
    missing = [n for n in named
               if not os.path.isfile(s.layout.path("prompts", n[2]))]
    for queue, setting, name in missing:
        yield ("bad", "%s of queue %s: there is no file %s" % (
            setting, queue, name),
            "put it below %s, or change conf.queues.%s" % (
                s.layout.path("prompts"), setting))
    if not missing:
        yield "ok", "every sound file that queues name is there", None


@check
def recordings(s):
    path = s.layout.path("recordings")
    if not os.path.isdir(path):
        return
    try:
        probe = os.path.join(path, ".doctor")
        with open(probe, "w", encoding="utf-8"):
            os.unlink(probe)
        yield "ok", "recordings can be written", None
    except OSError as e:
        yield ("bad", "recordings cannot be written: %s" % e.strerror,
               "chown or make room: %s" % path)
