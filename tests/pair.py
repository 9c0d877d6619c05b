# SPDX-License-Identifier: GPL-2.0-or-later
"""Two Kamailio nodes, each in a network namespace of its own on one bridge,
and one service address that either of them may hold."""

import os
import shutil
import signal
import socket
import subprocess
import time

NET = "10.77.0."
SERVICE, HERE, TRUNK, PHONE = (NET + n for n in ("100", "1", "2", "3"))


def run(*words):
    subprocess.run(words, check=True, capture_output=True, timeout=20)


class Node:
    """One Kamailio in its namespace."""

    def __init__(self, n, stack, settings=None):
        from jf import render
        from jf.layout import Layout
        self.name, self.inner = "acd-%d" % n, NET + str(10 + n)
        self.wire = "jfn%d" % n
        self.layout = Layout(os.path.join(stack.layout.var, self.name),
                             stack.layout.build,
                             port_base=stack.layout.port_base,
                             partitions=stack.layout.partitions)
        self.layout.make_directories()
        for f in ("tls.key", "tls.crt"):
            os.makedirs(self.layout.path("etc/kamailio"), exist_ok=True)
            shutil.copy(stack.layout.path("etc/kamailio", f),
                        self.layout.path("etc/kamailio", f))
        self.context = {
            **self.layout.context(), "secrets": stack.layout.secrets(),
            "services": [SERVICE], "inner": self.inner, "node": self.name,
            "acd_params": {**(settings or {}), "redis": '"%s"' % stack.layout.path(
                "run/redis.sock")}}
        render.role(self.layout, "kamailio", self.context)
        self.space = subprocess.Popen(["unshare", "-n", "sleep", "1000000"])
        self._connect()
        self.kamailio = None

    def _connect(self):
        pid = str(self.space.pid)
        end = time.monotonic() + 5
        while os.readlink("/proc/self/ns/net") == os.readlink(
                "/proc/%s/ns/net" % pid):
            assert time.monotonic() < end
            time.sleep(0.01)
        run("ip", "link", "add", self.wire, "type", "veth", "peer", "name",
            "eth0", "netns", pid)
        run("ip", "link", "set", self.wire, "master", "jfbr", "up")
        self.inside("ip", "link", "set", "lo", "up")
        self.inside("ip", "addr", "add", self.inner + "/24", "dev", "eth0")
        self.inside("ip", "link", "set", "eth0", "up")

    def argv(self, *words):
        return ["nsenter", "-t", str(self.space.pid), "-n", *words]

    def inside(self, *words):
        run(*self.argv(*words))

    def start(self):
        self.began = os.path.exists(self.layout.log("kamailio")) and len(
            self.log())
        log = open(self.layout.log("kamailio"), "ab")
        self.kamailio = subprocess.Popen(
            self.argv("/usr/sbin/kamailio", "-DD", "-E", "-f",
                      self.layout.path("etc/kamailio/kamailio.cfg"), "-L",
                      ":".join(self.context["kamailio_modules"]), "-Y",
                      self.layout.path("run"), "-w", self.layout.path("run"),
                      "-P", self.layout.path("run/kamailio.pid"), "-m", "64",
                      "-M", "8", "-x", "qm"),
            stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            start_new_session=True)
        log.close()

    def ready(self):
        return "event=directory " in self.log()[self.began:]

    def signal(self, number):
        os.killpg(self.kamailio.pid, number)

    def kill(self):
        if self.kamailio and self.kamailio.poll() is None:
            self.signal(signal.SIGKILL)
            self.kamailio.wait()

    def hold(self):
        """The service address comes here, and everybody is told."""
        self.inside("ip", "addr", "add", SERVICE + "/24", "dev", "eth0")
        link = subprocess.run(
            self.argv("ip", "-o", "link", "show", "eth0"), check=True,
            capture_output=True, text=True).stdout
        run("ip", "neigh", "replace", SERVICE, "lladdr",
            link.partition("link/ether ")[2].split()[0], "dev", "jfbr",
            "nud", "permanent")

    def let_go(self):
        self.inside("ip", "addr", "del", SERVICE + "/24", "dev", "eth0")

    def kamcmd(self, *words):
        r = subprocess.run(["kamcmd", "-s", "unix:" + self.layout.path(
            "run/kamailio_ctl"), *words], capture_output=True, text=True,
            timeout=10)
        return r.stdout + r.stderr

    def log(self):
        with open(self.layout.log("kamailio"), errors="replace") as f:
            return f.read()

    def close(self):
        self.kill()
        self.space.kill()
        self.space.wait()


class Tap:
    """Every UDP datagram that a node sends, from the wire."""

    def __init__(self, node):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                  socket.htons(3))
        self.sock.bind((node.wire, 3))  # of every protocol
        self.sock.setblocking(False)

    def sent(self):
        """First lines of what came from the service address since."""
        out = []
        while True:
            try:
                data, where = self.sock.recvfrom(65536)
            except BlockingIOError:
                return out
            if where[2] == socket.PACKET_OUTGOING or data[12:14] != b"\x08\0" \
                    or data[23] != socket.IPPROTO_UDP:
                continue
            if socket.inet_ntoa(data[26:30]) == SERVICE:
                at = 14 + (data[14] & 15) * 4 + 8
                out.append(data[at:].split(b"\r\n")[0].decode("latin-1"))

    def close(self):
        self.sock.close()


def bridge(more=()):
    """more: last parts of further addresses on this side."""
    run("ip", "link", "add", "jfbr", "type", "bridge")
    run("ip", "link", "set", "jfbr", "up")
    for addr in (HERE, TRUNK, PHONE, *(NET + str(n) for n in more)):
        run("ip", "addr", "add", addr + "/24", "dev", "jfbr")


def no_bridge():
    subprocess.run(["ip", "link", "del", "jfbr"], check=False)
