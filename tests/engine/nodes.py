# SPDX-License-Identifier: GPL-2.0-or-later
"""An acd node and a media worker of a few lines, on the real streams.

They carry out commands the way the real ones report it, and keep every
command with the time at which it was read. `manner` says what phones do.
"""

import socket
import threading
import time

from redis.exceptions import ConnectionError, TimeoutError

from jf.entry import fields as entry_fields

PREFIX = "{p1}"
SDP = ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n"
       "t=0 0\r\nm=audio %d RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n")
NODE_BIT = 1 << 63


class Producer:
    """Stamps events and appends them as lib/bus does."""

    def __init__(self, redis, name):
        self.redis, self.name = redis, name
        self.boot = "%s-%d" % (name, time.time_ns())
        self.seq = 0
        self.lock = threading.Lock()

    def send(self, kind, /, **fields):
        with self.lock:
            self.seq += 1
            stamp = ["src", self.name, "boot", self.boot, "seq", self.seq]
            pairs = [x for k, v in fields.items() for x in (k, v)]
            if "boot" in fields:  # node.up names its own
                stamp = stamp[:2] + stamp[4:]
            return self.redis.execute_command(
                "FCALL", "jf_append_7", 1, PREFIX, self.name, self.boot,
                self.seq, "", 0, "", "t", kind, *stamp, *pairs)


class Liveness(threading.Thread):
    """Writes a byte every 100 ms to whoever connects; who closes its link may
    have taken us for dead, and `closed` says that we are not."""

    def __init__(self, port, closed):
        super().__init__(daemon=True)
        self.closed = closed
        self.listener = socket.create_server(("127.0.0.1", port))
        self.listener.settimeout(0.1)
        self.links = []
        self.silent = self.ended = self.doubted = False
        self.start()

    def run(self):
        while not self.ended:
            try:
                self.links.append(self.listener.accept()[0])
            except OSError:  # nobody came
                pass
            for link in list(self.links):
                try:
                    if not self.silent:
                        link.send(b".")
                except OSError:
                    self.links.remove(link)
                    self.doubted = True
            if self.doubted:
                self.say_again()

    def say_again(self):
        try:
            self.closed()
            self.doubted = False
        except (ConnectionError, TimeoutError):  # no Redis just now
            pass

    def end(self):
        self.ended = True
        self.join()
        self.listener.close()
        for link in self.links:
            link.close()


class Nodes(threading.Thread):
    def __init__(self, redis, liveness_port, worker_port):
        super().__init__(daemon=True)
        self.redis = redis
        self.acd = Producer(redis, "acd-1")
        self.worker = Producer(redis, "worker-1")
        self.liveness_port, self.worker_port = liveness_port, worker_port
        self.liveness = Liveness(liveness_port, self.worker_up)
        self.commands = []  # (when, type, fields)
        self.legs = int(time.time() * 1000) * 64
        self.answer = True  # phones answer; otherwise they ring on
        self.ended = False
        self.failure = None
        self.up()
        self.start()

    def up(self):
        self.acd.send("node.up", node="acd-1", boot=self.acd.boot, kind="acd")
        self.worker_up()

    def worker_up(self):
        self.worker.send("node.up", node="worker-1", boot=self.worker.boot,
                         kind="worker", addr="127.0.0.1",
                         port=self.worker_port, ports=400,
                         liveness="127.0.0.1:%d" % self.liveness_port)

    def worker_restart(self):
        """A new start of the worker, as after a crash."""
        self.liveness.end()
        self.worker = Producer(self.redis, "worker-1")
        self.liveness = Liveness(self.liveness_port, self.worker_up)
        self.up()

    def end(self):
        self.ended = True
        self.join()
        self.liveness.end()
        assert self.failure is None, self.failure

    # ---- what people do -------------------------------------------------------

    def register(self, user):
        self.acd.send("agent.registered", user=user, domain="demo.example",
                      node="acd-1", contact_uri="sip:%s@127.0.0.1" % user,
                      expires_ms=3600000)

    def call(self, number="+12025550100", caller="+12025559999"):
        """An INVITE from the trunk; returns the leg."""
        self.legs += 1
        leg = "l%016x" % (NODE_BIT | 1 << 48 | self.legs)
        self.acd.send("leg.offered", leg=leg, node="acd-1", kind="trunk",
                      tenant=1, number=number, trunk="demo-carrier",
                      caller=caller, call_id=leg + "@test",
                      source="127.0.0.2:5060", sdp=SDP % 30000,
                      direction="sendrecv")
        return leg

    def hang_up(self, leg):
        self.acd.send("leg.ended", leg=leg, by="remote", cause="bye",
                      q850=16)

    # ---- what nodes do --------------------------------------------------------

    def run(self):
        last = {}
        while not self.ended:
            keys = ["%s:out:%s:%s" % (PREFIX, p.name, p.boot)
                    for p in (self.acd, self.worker)]
            try:
                for key, entries in self.redis.xread(
                        {k: last.get(k, "0-0") for k in keys},
                        block=50) or []:
                    for at, entry in entries:
                        last[key] = at
                        self.on_command(entry_fields(entry))
            except (ConnectionError, TimeoutError):
                time.sleep(0.02)  # redis.ConnectionError is busy loading too
            except Exception as e:  # shown by end()
                self.failure = repr(e)

    def on_command(self, fields):
        kind = fields["t"]
        late = int(fields.get("not_after", 1 << 62)) < time.time() * 1000
        self.commands.append((time.time(), kind, fields))
        handler = getattr(self, "on_" + kind.replace(".", "_"), None)
        if handler and not late:
            handler(fields)

    def seen(self, kind, **want):
        """Commands of this type whose fields are as wanted."""
        return [c for c in list(self.commands) if c[1] == kind and all(
            c[2].get(k) == str(v) for k, v in want.items())]

    def on_leg_answer(self, f):
        self.acd.send("leg.confirmed", leg=f["leg"])

    def on_leg_invite(self, f):
        self.acd.send("leg.ringing", leg=f["leg"], code=180)
        if self.answer:
            self.acd.send("leg.answered", leg=f["leg"], sdp=SDP % 30002,
                          direction="sendrecv", call_id=f["leg"] + "@test")

    def on_leg_end(self, f):
        self.acd.send("leg.ended", leg=f["leg"], by="local", cause="ended",
                      code=f.get("code", 200))

    on_leg_reject = on_leg_end

    def on_media_play(self, f):
        if f.get("loop") != "1":
            self.worker.send("media.done", leg=f["leg"], play=f["play"],
                             cause="end", ms=500)

    def on_media_remove(self, f):
        self.worker.send("media.removed", leg=f["leg"], packets=500, lost=0,
                         jitter_us=300, mos100=441)

    def on_media_record_end(self, f):
        done = [c[2] for c in self.seen("media.record",
                                        recording=f["recording"])]
        self.worker.send("media.recorded", recording=f["recording"],
                         file=done[-1]["file"] if done else "x.wav",
                         begin=int(time.time() * 1000), ms=1000, bytes=32044,
                         sha256="0" * 64)
