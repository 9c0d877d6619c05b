# SPDX-License-Identifier: GPL-2.0-or-later
"""What the processes of a box hold: memory, descriptors, allocators."""

import os
import re


def _parents():
    out = {}
    for name in os.listdir("/proc"):
        try:
            with open("/proc/%d/stat" % int(name)) as f:
                out[int(name)] = int(f.read().rpartition(")")[2].split()[1])
        except (ValueError, OSError):
            continue
    return out


def tree(pid, parents=None):
    """pid and all below it."""
    parents = parents or _parents()
    return [pid] + [p for child, parent in parents.items() if parent == pid
                    for p in tree(child, parents)]


def _rollup(pid):
    with open("/proc/%d/smaps_rollup" % pid) as f:
        text = f.read()
    rss, anon, shm = (
        int(re.search(r"^%s:\s+(\d+) kB" % name, text, re.M)[1])
        for name in ("Rss", "Pss_Anon", "Pss_Shmem"))
    return rss, anon + shm


def memory(pid):
    """(RSS of the largest, PSS of all together) of a tree, kB. PSS is of what
    the processes write: a library's pages count by who else has it open."""
    rss = pss = 0
    for p in tree(pid):
        try:
            one = _rollup(p)
        except (OSError, TypeError):
            continue
        rss, pss = max(rss, one[0]), pss + one[1]
    return rss, pss


def backends(pid):
    """PostgreSQL's, of our clients: (how many, their own memory, kB). Shared
    buffers and open files of tables are caches that fill."""
    n = kb = 0
    for p in tree(pid):
        try:
            with open("/proc/%d/cmdline" % p, "rb") as f:
                if not f.read().startswith(b"postgres: jackfield"):
                    continue
            with open("/proc/%d/smaps_rollup" % p) as f:
                kb += int(re.search(r"^Pss_Anon:\s+(\d+) kB", f.read(),
                                    re.M)[1])
        except (OSError, TypeError):
            continue
        n += 1
    return n, kb


def descriptors(pid):
    n = 0
    for p in tree(pid):
        try:
            n += len(os.listdir("/proc/%d/fd" % p))
        except OSError:
            continue
    return n


def shared(stack):
    """Kamailio's shared memory in use, bytes asked for."""
    return int(re.search(r"\bused: (\d+)", stack.kamcmd("core.shmmem"))[1])


def private(stack):
    """The private memory in use of all of Kamailio's processes, bytes."""
    return sum(map(int, re.findall(r"\bused: (\d+)",
                                   stack.kamcmd("pkg.stats"))))


def transactions(stack):
    return int(re.search(r"current: (\d+)", stack.kamcmd("tm.stats"))[1])


def fragments(stack):
    """Who has how many bytes, by module: {"acd: function": bytes}, in shared
    memory, as the allocator (qm) counts."""
    text = stack.kamcmd("mod.stats", "all", "shm")
    out, module = {}, ""
    for line in text.splitlines():
        name = re.match(r"\s*Module: (\S+)", line)
        one = re.match(r"\s*(\S.*?): (\d+)\s*$", line)
        if name:
            module = name[1]
        elif one and not one[1].startswith("Total"):
            out["%s: %s" % (module, one[1])] = int(one[2])
    return out
