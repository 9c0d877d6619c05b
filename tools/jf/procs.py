# SPDX-License-Identifier: GPL-2.0-or-later
"""Processes and ports, as /proc tells them."""

import glob
import os
import signal
import socket
import time

MARK = "JACKFIELD_STACK"  # in the environment of every process of a stack


def alive(pid):
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def name(pid):
    try:
        with open("/proc/%d/comm" % pid) as f:
            return f.read().strip()
    except OSError:
        return "?"


def of_stack(var):
    """Pids of all processes that were started for the stack in var, also
    those whose supervisor is gone."""
    wanted = ("%s=%s" % (MARK, var)).encode()
    found = []
    for path in glob.glob("/proc/[0-9]*/environ"):
        try:
            with open(path, "rb") as f:
                if wanted in f.read().split(b"\0"):
                    found.append(int(path.split("/")[2]))
        except OSError:
            continue
    return [p for p in found if p != os.getpid() and alive(p)]


def end(pids, timeout=10):
    """TERM, and KILL for what is left after the timeout."""
    for sig, seconds in ((signal.SIGTERM, timeout), (signal.SIGKILL, 5)):
        for pid in pids:
            try:
                os.kill(pid, sig)
            except ProcessLookupError:
                pass
        until = time.monotonic() + seconds
        while any(map(alive, pids)) and time.monotonic() < until:
            time.sleep(0.02)
        pids = [p for p in pids if alive(p)]
        if not pids:
            return


def _inodes(protocol, port):
    """Sockets bound (UDP) or listening (TCP) on a port of this machine."""
    listening = "0A" if protocol == "tcp" else "07"
    for family in ("", "6"):
        try:
            with open("/proc/net/%s%s" % (protocol, family)) as f:
                lines = f.readlines()[1:]
        except OSError:
            continue
        for line in lines:
            part = line.split()
            if (part[3] == listening
                    and int(part[1].rsplit(":", 1)[1], 16) == port):
                yield part[9]


def port_owner(protocol, port):
    """(pid, name) of who has the port, (None, None) when it cannot be
    seen, or None when the port is free."""
    inodes = {"socket:[%s]" % i for i in _inodes(protocol, port)}
    if not inodes:
        return None
    for path in glob.glob("/proc/[0-9]*/fd/*"):
        try:
            if os.readlink(path) in inodes:
                pid = int(path.split("/")[2])
                return pid, name(pid)
        except OSError:
            continue
    return None, None


def port_free(protocol, addr, port):
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as s:
        if protocol == "tcp":
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind((addr, port))
            return True
        except OSError:
            return False
