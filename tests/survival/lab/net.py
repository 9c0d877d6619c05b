# SPDX-License-Identifier: GPL-2.0-or-later
"""Hosts that are network namespaces, on one bridge.

Whoever calls and answers stands on the bridge itself. A host can be cut off:
its wire leaves the bridge, so that packets vanish and nobody is told.
"""

import os
import subprocess
import time

NET = "10.78."
BRIDGE = "jflab"
SERVICE, HERE, TRUNK = NET + "0.100", NET + "0.1", NET + "0.2"
PHONES = NET + "1.%d"


def run(*words):
    subprocess.run(words, check=True, capture_output=True, timeout=20)


def bridge(phones):
    """The wire of all hosts, and so many telephones' addresses on it."""
    # Without an address of its own it takes a port's, and another one's when
    # that port leaves: nobody would find the telephones again for a while.
    run("ip", "link", "add", BRIDGE, "address", "02:4a:46:00:00:01", "type",
        "bridge")
    run("ip", "link", "set", BRIDGE, "up")
    for addr in (HERE, TRUNK, *(PHONES % n for n in range(1, phones + 1))):
        run("ip", "addr", "add", addr + "/16", "dev", BRIDGE)


def no_bridge():
    subprocess.run(["ip", "link", "del", BRIDGE], check=False,
                   capture_output=True)


class Host:
    """A network namespace with one address."""

    def __init__(self, name, number):
        self.name, self.addr = name, NET + "0.%d" % number
        self.wire = "jfl" + name
        self.space = subprocess.Popen(["unshare", "-n", "sleep", "1000000"])
        self._wait_space()
        run("ip", "link", "add", self.wire, "type", "veth", "peer", "name",
            "eth0", "netns", str(self.space.pid))
        self.inside("ip", "link", "set", "lo", "up")
        self.inside("ip", "addr", "add", self.addr + "/16", "dev", "eth0")
        self.inside("ip", "link", "set", "eth0", "up")
        run("ip", "link", "set", self.wire, "up")
        self.heal()

    def _wait_space(self):
        end = time.monotonic() + 5
        mine = os.readlink("/proc/self/ns/net")
        while os.readlink("/proc/%d/ns/net" % self.space.pid) == mine:
            assert time.monotonic() < end, "no namespace for " + self.name
            time.sleep(0.005)

    def argv(self, *words):
        return ["nsenter", "-t", str(self.space.pid), "-n", *words]

    def inside(self, *words):
        run(*self.argv(*words))

    def cut(self):
        """A silent partition: nothing goes out or comes in."""
        run("ip", "link", "set", self.wire, "nomaster")

    def heal(self):
        run("ip", "link", "set", self.wire, "master", BRIDGE)

    def hold(self, addr):
        """The address comes here, and everybody is told (as a gratuitous
        ARP would)."""
        subprocess.run(self.argv("ip", "addr", "add", addr + "/16", "dev",
                                 "eth0"), check=False, capture_output=True)
        link = subprocess.run(
            self.argv("ip", "-o", "link", "show", "eth0"), check=True,
            capture_output=True, text=True).stdout
        run("ip", "neigh", "replace", addr, "lladdr",
            link.partition("link/ether ")[2].split()[0], "dev", BRIDGE,
            "nud", "permanent")

    def let_go(self, addr):
        subprocess.run(self.argv("ip", "addr", "del", addr + "/16", "dev",
                                 "eth0"), check=False, capture_output=True)

    def close(self):
        self.space.kill()
        self.space.wait()
