# SPDX-License-Identifier: GPL-2.0-or-later
"""Redis, rtpengine and a media worker, with the test as engine and parties.

A Leg is what the engine makes of one: a negotiation with rtpengine (by
rtp/ng's own code, through tests/media/ng_call), a port at the worker, and an
RTP endpoint outside that says a tone.
"""

import itertools
import os
import re
import signal
import socket
import struct
import subprocess
import time
import wave

import numpy as np
import redis
import srtp

from jf.entry import fields as entry_fields
from jf.sim.people import wait_for
from jf.sim.rtp import RtpClock, tone

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BUILD = os.environ.get("JF_BUILD") or os.path.join(SOURCE, "build", "release")
HOST = "127.0.0.1"
REDIS, NG, LIVENESS = 16379, 16223, 16390
PARTITIONS, FIRST, LAST = 2, 20000, 20999
RATE = 8000
CODECS = {"PCMU": "0", "PCMA": "8", "G722": "9"}


def sdp(port, codecs=("PCMA",), direction="sendrecv", te=101, version=1):
    types = [CODECS[c] for c in codecs]
    maps = ["a=rtpmap:%s %s/8000" % (CODECS[c], c) for c in codecs]
    if te:
        types.append(str(te))
        maps.append("a=rtpmap:%d telephone-event/8000" % te)
    return "\r\n".join([
        "v=0", "o=test 1 %d IN IP4 %s" % (version, HOST), "s=-",
        "c=IN IP4 " + HOST, "t=0 0",
        "m=audio %d RTP/AVP %s" % (port, " ".join(types)), *maps,
        "a=" + direction, ""])


def media_port(text):
    return int(re.search(r"^m=audio (\d+)", text, re.M)[1])


class Ng:
    """One operation after the other, each with rtp/ng's own code."""

    def __call__(self, op, leg, point=None, offer="", words=()):
        r = subprocess.run(
            [BUILD + "/tests/media/ng_call", "%s:%d" % (HOST, NG), op, leg,
             *([point] if point else []), *words], input=offer, text=True,
            capture_output=True, timeout=10, check=False)
        assert not r.stderr, r.stderr
        head, _, body = r.stdout.partition("\n")
        out = dict(p.split("=", 1) for p in head.split(" ", 3))
        out["sdp"] = body
        out["port"] = media_port(body) if body else None
        return out

    def ok(self, *args, **words):
        out = self(*args, **words)
        assert out["cause"] == "ok", out
        return out


class House:
    def __init__(self, var):
        self.var = var
        for d in ("prompts", "speech", "recordings"):
            os.mkdir("%s/%s" % (var, d))
        self.procs = {}
        self.ng = Ng()
        self.clock = RtpClock()
        self.clock.start()
        self.legs = {}
        self.ports = itertools.count(0)
        self.outer = itertools.count(31000, 2)
        self.numbers = itertools.count(1)
        self.ordinals = itertools.count(1)
        self.generation = "test%x" % time.time_ns()
        self.cursor = {}
        self.redis = redis.Redis(HOST, REDIS, decode_responses=True)

    # ---- programs ------------------------------------------------

    def spawn(self, name, argv):
        log = open("%s/%s.log" % (self.var, name), "ab")
        self.procs[name] = subprocess.Popen(argv, stdout=log, stderr=log,
                                            cwd=self.var)

    def end(self, name, sig=signal.SIGKILL):
        proc = self.procs.pop(name)
        proc.send_signal(sig)
        return proc.wait(10)

    def start(self):
        self.start_redis()
        self.spawn("rtpengine", [
            "rtpengine", "--config-file=none", "-f", "-E", "--table=-1",
            "--endpoint-learning=heuristic",
            "--interface=" + HOST, "--listen-ng=%s:%d" % (HOST, NG),
            "-m", "40000", "-M", "44999", "--timeout=86400",
            "--silent-timeout=86400", "--delete-delay=0"])
        wait_for(lambda: self.ng("ping", "x")["cause"] == "ok", 10, 0.1,
                 "rtpengine")
        self.start_worker()

    def start_redis(self):
        self.spawn("redis", ["redis-server", "--port", str(REDIS), "--bind",
                             HOST, "--save", "", "--dir", self.var])
        wait_for(self.pings, 10, 0.05, "redis")

    def pings(self):
        try:
            return self.redis.ping()
        except redis.ConnectionError:
            return False

    def worker_yaml(self, recordings):
        path = self.var + "/worker.yaml"
        with open(path, "w") as f:
            f.write("""name: worker-1
redis:
  host: %s
  port: %d
partitions: %d
address: %s
ports:
  first: %d
  last: %d
liveness: %s:%d
prompts: %s/prompts
cache: %s/speech
recordings: %s
""" % (HOST, REDIS, PARTITIONS, HOST, FIRST, LAST, HOST, LIVENESS, self.var,
                self.var, recordings))
        return path

    def start_worker(self, recordings=None):
        """Returns when it has told partition 0 of its boot."""
        self.recordings = recordings or self.var + "/recordings"
        at = self.last_id(0)
        self.spawn("worker", [BUILD + "/bin/media-worker", "--config",
                              self.worker_yaml(self.recordings)])
        up = self.wait("node.up", since=at)
        self.boot = up["boot"]
        return up

    def restart_worker(self, recordings=None):
        self.end("worker", signal.SIGTERM)
        self.start_worker(recordings)

    def stop(self):
        for leg in list(self.legs.values()):
            leg.endpoint.close()
        for name in list(self.procs):
            self.end(name, signal.SIGTERM if name == "worker"
                     else signal.SIGKILL)

    # ---- the bus ------------------------------------------------

    def command(self, kind, partition=0, **fields):
        name = "%d.%s.%d.1" % (partition, self.generation,
                               next(self.ordinals))
        pairs = {"t": kind, "id": name}
        pairs.update({k: str(v) for k, v in fields.items()})
        self.redis.xadd("{p%d}:out:worker-1:%s" % (partition, self.boot),
                        pairs)

    def last_id(self, partition=0):
        last = self.redis.xrevrange("{p%d}:in" % partition, count=1)
        return last[0][0] if last else "0-0"

    def events(self, kind, since="0-0", partition=0, **match):
        found = self.redis.xrange("{p%d}:in" % partition, "(" + since)
        found = [entry_fields(e) for _, e in found]
        return [f for f in found if f["t"] == kind
                and all(f.get(k) == str(v) for k, v in match.items())]

    def wait(self, kind, since="0-0", timeout=10, partition=0, **match):
        return wait_for(
            lambda: next(iter(self.events(kind, since, partition, **match)),
                         None), timeout, 0.01, "%s %r" % (kind, match))

    # ---- legs ------------------------------------------------

    def leg(self, hz, codec="PCMA", partition=0, te=101, **how):
        """A party outside who says a tone, at the worker. Its id is new."""
        leg = Leg(self, hz, codec, partition, te, **how)
        self.legs[leg.id] = leg
        return leg

    def clear(self):
        for leg in list(self.legs.values()):
            leg.close()

    def sound(self, name, *parts, rate=RATE):
        """A WAV file of (Hz or 0, seconds)."""
        pcm = np.concatenate([
            np.sin(2 * np.pi * hz * np.arange(int(rate * s)) / rate)
            for hz, s in parts])
        with wave.open("%s/prompts/%s" % (self.var, name), "wb") as w:
            w.setnchannels(1)
            w.setsampwidth(2)
            w.setframerate(rate)
            w.writeframes((8000 * pcm).astype("<i2").tobytes())


class Leg:
    def __init__(self, house, hz, codec, partition, te, secure=False,
                 pinned=False):
        """secure: SRTP outside, with keys in the SDP (RFC 4568); pinned:
        it is heard from where its SDP says and from nowhere else."""
        self.house, self.hz, self.partition = house, hz, partition
        self.codec, self.te = codec, te
        self.words = ["pinned"] if pinned else []
        n = next(house.numbers)
        self.id = "l%016x" % n
        size = (LAST - FIRST + 1) // PARTITIONS
        self.port = FIRST + partition * size + next(house.ports) % size
        self.point = "%s:%d" % (HOST, self.port)
        self.endpoint = house.clock.endpoint(HOST, next(house.outer), codec)
        self.endpoint.say(tone(hz))
        self.offer = sdp(self.endpoint.port, (codec,), te=te)
        if secure:
            self.offer = srtp.offer(self.endpoint, self.offer)
        self.negotiate(self.point)
        self.endpoint.talk((HOST, self.outer))
        self.add()

    def negotiate(self, point):
        got = self.house.ng.ok("negotiate", self.id, point, self.offer,
                                 words=self.words)
        self.inner, self.outer = got["addr"], got["port"]
        if "RTP/SAVP" in self.offer:
            srtp.answer(self.endpoint, got["sdp"])
        return got

    def command(self, kind, **fields):
        self.house.command(kind, self.partition, leg=self.id, **fields)

    def add(self):
        self.command("media.add", port=self.port, point=self.inner)

    def hear(self, *others, **percents):
        """Legs, or id=percent."""
        rows = ["%s:100" % o.id for o in others]
        rows += ["%s:%d" % p for p in percents.items()]
        self.command("media.hear", hears=",".join(rows))

    def play(self, number, *prompts, loop=0):
        self.command("media.play", play=number, prompts=",".join(prompts),
                     loop=loop)

    def remove(self):
        at = self.house.last_id(self.partition)
        self.command("media.remove")
        return self.house.wait("media.removed", at,
                               partition=self.partition, leg=self.id)

    def close(self):
        if self.house.legs.pop(self.id, None):
            self.remove()
            self.house.ng("delete", self.id)
            self.endpoint.close()

    # ---- what is heard ------------------------------------------------

    def tones(self, hz, seconds=0.4):
        """Amplitudes over the last moments."""
        now = time.time()
        return self.endpoint.tones(now - seconds, now, hz)

    def hears(self, wanted, others, timeout=3, seconds=0.4):
        """Waits until exactly the wanted tones are heard."""
        everything = list(wanted) + list(others)

        def right():
            got = self.tones(everything, seconds)
            return all(got[f] > 4000 for f in wanted) and \
                all(got[f] < 150 for f in others)

        try:
            wait_for(right, timeout, 0.02)
        except TimeoutError:
            raise AssertionError("%d hears %r, not %r" % (
                self.hz, self.tones(everything, seconds), wanted)) from None


def spoof(port, count=50):
    """RTP from an address that the leg was not told."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for i in range(count):
        s.sendto(struct.pack("!BBHII", 0x80, 8, i, i * 160, 666)
                 + b"\x2a" * 160, (HOST, port))
        time.sleep(0.02)
    s.close()
