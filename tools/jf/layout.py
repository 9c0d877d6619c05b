# SPDX-License-Identifier: GPL-2.0-or-later
"""Where everything is on one box: ports by a base, paths below var."""

import glob
import json
import os
import secrets as random

from . import Trouble

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
PORT_BASE = 15000
ADDR = "127.0.0.1"
PARTITIONS = 4
PRIVATE = ("etc", "run", "log", "redis", "recordings")
# Who called sudo may put sound files here without it.
SHARED = ("prompts", "prompts/music", "speech")
# sun_path without its NUL, and supervisord's own suffix of a pid.
SOCKET_PATH_MAX = 107 - len("/run/supervisor.sock.1234567")

# name -> offset from the base; see docs/architecture.md, "One box".
PORTS = {
    "ng": 23, "ng_cli": 24, "postgres": 32, "sip": 60, "tls": 61,
    "redis": 79, "redis_media": 78, "ws": 80, "wss": 81, "liveness": 90, "acd_liveness": 91, "people": 100,
    "metrics_kamailio": 25, "metrics_rtpengine": 26, "metrics_engine-1": 27,
    "metrics_engine-2": 28, "metrics_worker-1": 29,
    "rtp_min": 1000, "rtp_max": 4999, "worker_min": 5000,
    "worker_max": 8999,
    # the second rtpengine and the second worker, of those who have them
    "ng_2": 33, "ng_cli_2": 34, "metrics_rtpengine-2": 35,
    "metrics_worker-2": 36, "liveness_2": 92, "rtp_min_2": 9000,
    "rtp_max_2": 10999, "worker_min_2": 11000, "worker_max_2": 12999,
}
# The guard of the SIP edge: docs/operations.md, "The edge".
EDGE = {
    "user_guesses": 5, "source_guesses": 20, "guess_s": 900,
    "source_requests": 200, "flood_s": 60,
    "sip_tos": 40 << 2, "rtp_tos": 46 << 2,
}
# Pages whose browsers may open a WebSocket: patterns of their Origin.
ORIGINS = (r"https?://(localhost|127\.0\.0\.1|demo\.example)(:[0-9]+)?",)
# The ports that a server listens on: name -> (protocols, program).
LISTEN = {
    "redis": ("tcp", "redis"), "postgres": ("tcp", "postgres"),
    "redis_media": ("tcp", "redis-media"),
    "ng": ("udp", "rtpengine"), "ng_cli": ("tcp", "rtpengine"),
    "sip": ("udp tcp", "kamailio"), "tls": ("tcp", "kamailio"),
    "ws": ("tcp", "kamailio"), "wss": ("tcp", "kamailio"),
    "liveness": ("tcp", "worker-1"), "acd_liveness": ("tcp", "kamailio"),
    "metrics_kamailio": ("tcp", "kamailio"),
    "metrics_rtpengine": ("tcp", "rtpengine"),
    "metrics_engine-1": ("tcp", "engine-1"),
    "metrics_engine-2": ("tcp", "engine-2"),
    "metrics_worker-1": ("tcp", "worker-1"),
    "ng_2": ("udp", "rtpengine-2"), "ng_cli_2": ("tcp", "rtpengine-2"),
    "metrics_rtpengine-2": ("tcp", "rtpengine-2"),
    "metrics_worker-2": ("tcp", "worker-2"),
    "liveness_2": ("tcp", "worker-2"),
}


class Layout:
    """Paths, ports and names of one box; render.py's context."""

    def __init__(self, var=None, build=None, port_base=PORT_BASE,
                 source=SOURCE, partitions=PARTITIONS, engines=2, pairs=False):
        """pairs: two rtpengines and two media workers."""
        self.source = source
        self.var = os.path.abspath(var or os.path.join(source, "var"))
        self.build = os.path.abspath(
            build or os.path.join(source, "build", "release"))
        self.port_base = int(port_base)
        self.partitions = partitions
        self.engines = ["engine-%d" % (i + 1) for i in range(engines)]
        self.rtpengines = ["rtpengine", "rtpengine-2"][:1 + pairs]
        self.workers = ["worker-1", "worker-2"][:1 + pairs]
        self.ports = {k: self.port_base + v for k, v in PORTS.items()}
        self.addr = ADDR
        self.node = "acd-1"

    def path(self, *parts):
        return os.path.join(self.var, *parts)

    def log(self, name):
        return self.path("log", name + ".log")

    def control(self, engine):
        """The engine's control socket."""
        return self.path("run", engine + ".sock")

    def metrics(self, name):
        """Where a program serves /metrics: address:port."""
        return "%s:%d" % (self.addr, self.ports["metrics_" + name])

    def ports_of(self, name):
        """The ports as the template of this rtpengine or worker names them:
        "-2" has those that end in _2."""
        if not name.endswith("-2"):
            return self.ports
        return {**self.ports, **{k.removesuffix("_2"): v for k, v in
                                 self.ports.items() if k.endswith("_2")},
                "metrics_rtpengine": self.ports["metrics_rtpengine-2"]}

    def program(self, name):
        return os.path.join(self.build, "bin", name)

    def check(self):
        most = 65535 - max(PORTS.values())
        if not 1024 <= self.port_base <= most:
            raise Trouble("--port-base must be from 1024 to %d, not %d" % (
                most, self.port_base))
        if len(self.var.encode()) > SOCKET_PATH_MAX:
            raise Trouble("the path %s is too long for UNIX sockets: set "
                          "JACKFIELD_VAR to a shorter directory" % self.var)

    def make_directories(self):
        try:
            os.makedirs(self.var, mode=0o755, exist_ok=True)
            for d in PRIVATE + SHARED:
                self._make(d, 0o700 if d in PRIVATE else 0o755)
        except PermissionError as e:
            raise Trouble("cannot write to %s: say sudo ./jackfield, or set "
                          "JACKFIELD_VAR" % e.filename) from None

    def _make(self, name, mode):
        path = self.path(name)
        if os.path.isdir(path):
            return
        os.mkdir(path, mode)
        if name in SHARED and os.geteuid() == 0:
            os.chown(path, int(os.environ.get("SUDO_UID", 0)),
                     int(os.environ.get("SUDO_GID", 0)))

    def secrets(self):
        """Made once, kept in a file that only its owner reads."""
        path = self.path("etc", "secrets.json")
        try:
            with open(path, encoding="utf-8") as f:
                return json.load(f)
        except FileNotFoundError:
            pass
        except PermissionError:
            raise Trouble("%s is somebody else's: say sudo ./jackfield"
                          % path) from None
        names = ("leg_mac", "nonce", "postgres", "jackfield_engine",
                 "jackfield_bi")
        made = {name: random.token_hex(24) for name in names}
        fd = os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
                     0o600)
        with os.fdopen(fd, "w", encoding="utf-8") as f:
            json.dump(made, f, indent=1)
        os.rename(path + ".new", path)
        return made

    def passwords(self):
        made = self.secrets()
        return {r: made[r] for r in ("postgres", "jackfield_engine",
                                     "jackfield_bi")}

    def context(self):
        """What the templates below cfg/ may use."""
        return {
            "addr": self.addr, "port_base": self.port_base,
            "ports": self.ports, "var": self.var, "source": self.source,
            "build": self.build, "partitions": self.partitions,
            "node": self.node, "secrets": self.secrets(),
            "engines": self.engines, "edge": dict(EDGE),
            "origins": list(ORIGINS),
            "kamailio_modules": kamailio_modules(self.build),
        }


def kamailio_modules(build):
    """Kamailio's module path: Debian's directories and ours. A sanitizer's
    runtime cannot come into Kamailio late, so those builds take release's."""
    found = sorted(glob.glob("/usr/lib/*/kamailio/modules"))
    top, preset = os.path.split(build)
    if preset in ("asan", "tsan"):
        build = os.path.join(top, "release")
    return found + [os.path.join(build, "modules")]
