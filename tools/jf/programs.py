# SPDX-License-Identifier: GPL-2.0-or-later
"""The servers of one box: what starts each, and how to see that it works.

A program's `ready` says None when it serves, else what is missing, in words.
"""

import os
import socket
import sys
from dataclasses import dataclass, field


@dataclass
class Program:
    name: str
    argv: list
    role: str  # directory of its templates below cfg
    ready: object  # function() -> None or text
    stopsignal: str = "TERM"
    cwd: str = "/"
    env: dict = field(default_factory=dict)
    binary: str = ""  # ours: the file that a build replaces


def programs(stack):
    """All programs of the stack, in the order of their start."""
    made = [redis(stack), redis_media(stack), postgres(stack)]
    made += [rtpengine(stack, name) for name in stack.layout.rtpengines]
    made += [kamailio(stack)]
    made += [engine(stack, name) for name in stack.layout.engines]
    made += [worker(stack, name) for name in stack.layout.workers]
    made += [people(stack)]
    return {p.name: p for p in made}


def redis(s):
    return Program(
        "redis", ["/usr/bin/redis-server", s.layout.path("etc/redis/"
                                                         "redis.conf")],
        "redis", lambda: redis_ready(s))


def redis_media(s):
    """Where the rtpengines keep their calls."""
    return Program(
        "redis-media", ["/usr/bin/redis-server",
                        s.layout.path("etc/redis/media.conf")],
        "redis", lambda: tcp_ready(s.layout.addr,
                                   s.layout.ports["redis_media"]))


def redis_ready(s):
    import redis as client
    try:
        s.redis().ping()
        return None
    except client.RedisError as e:
        return "Redis does not answer: %s" % e


def postgres(s):
    return Program(
        "postgres", s.pg.argv(), "postgres",
        lambda: None if s.pg.ready() else "PostgreSQL takes no connections",
        stopsignal="INT")


def rtpengine(s, name):
    return Program(
        name,
        ["/usr/bin/rtpengine", "--foreground", "--log-stderr",
         "--config-file", s.layout.path("etc/rtpengine/%s.conf" % name),
         "--config-section", "rtpengine"],
        "rtpengine", lambda: ng_ready(s, s.layout.ports_of(name)["ng"]))


def ask_udp(addr, port, data, timeout=0.5):
    """One datagram and its reply, or None."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(timeout)
        try:
            sock.connect((addr, port))
            sock.send(data)
            return sock.recv(65536)
        except OSError:
            return None


def ng_ready(s, port):
    reply = ask_udp(s.layout.addr, port, b"up d7:command4:pinge")
    return None if reply and b"pong" in reply else "no reply to an ng ping"


def kamailio(s):
    return Program(
        "kamailio",
        ["/usr/sbin/kamailio", "-DD", "-E",
         "-f", s.layout.path("etc/kamailio/kamailio.cfg"),
         "-L", ":".join(s.context["kamailio_modules"]),
         "-Y", s.layout.path("run"), "-w", s.layout.path("run"),
         "-P", s.layout.path("run/kamailio.pid"), "-m", "128", "-M", "16",
         "-x", "qm"],
        "kamailio", lambda: sip_ready(s),
        binary=os.path.join(s.context["kamailio_modules"][-1], "acd.so"))


def sip_ready(s):
    port = s.layout.ports["sip"]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((s.layout.addr, 0))
        mine = "%s:%d" % sock.getsockname()
        sock.settimeout(0.5)
        sock.sendto(OPTIONS.format(me=mine, to="%s:%d" % (s.layout.addr,
                                                          port),
                                   n=os.urandom(6).hex()).encode(),
                    (s.layout.addr, port))
        try:
            if sock.recv(65536).startswith(b"SIP/2.0 "):
                return None
        except OSError:
            pass
    return "no reply to OPTIONS"


OPTIONS = (
    "OPTIONS sip:{to} SIP/2.0\r\n"
    "Via: SIP/2.0/UDP {me};branch=z9hG4bK{n};rport\r\n"
    "From: <sip:jackfield@{me}>;tag={n}\r\nTo: <sip:{to}>\r\n"
    "Call-ID: {n}@jackfield\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n"
    "Content-Length: 0\r\n\r\n")


def engine(s, name):
    path = s.layout.program("router-engine")
    return Program(
        name, [path, "--config", s.layout.path("etc/jackfield/%s.yaml"
                                               % name)],
        "jackfield", lambda: socket_ready(s.layout.control(name)),
        binary=path)


def socket_ready(path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(1)
        try:
            sock.connect(path)
            return None
        except OSError as e:
            return "%s: %s" % (path, e.strerror or e)


def worker(s, name):
    path = s.layout.program("media-worker")
    return Program(
        name, [path, "--config", s.layout.path("etc/jackfield/%s.yaml"
                                               % name)],
        "jackfield",
        lambda: tcp_ready(s.layout.addr,
                          s.layout.ports_of(name)["liveness"]),
        binary=path)


def tcp_ready(addr, port):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.settimeout(1)
        try:
            sock.connect((addr, port))
            return None
        except OSError as e:
            return "%s:%d: %s" % (addr, port, e.strerror or e)


def people(s):
    """The demo's agents: phones that register, go ready and answer."""
    ports = s.layout.ports
    return Program(
        "people",
        [sys.executable, "-B", "-m", "jf.sim.agents",
         "--proxy", "%s:%d" % (s.layout.addr, ports["sip"]),
         "--port", str(ports["people"]), "--domain", "demo.example",
         "alice", "bob", "carol"],
        "", lambda: None,
        env={"PYTHONPATH": os.path.join(s.layout.source, "tools")})
