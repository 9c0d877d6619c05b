# SPDX-License-Identifier: GPL-2.0-or-later
"""A Redis of each test's own, and peers with the real lib/bus in them."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest
import redis as redis_client

from jf.entry import fields as entry_fields

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
LEASE_MS = 600  # what an engine has by default


def wait_for(condition, timeout=10, what="it did not happen"):
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(what() if callable(what) else what)
        time.sleep(0.005)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Redis:
    """redis-server, to be killed, frozen and rolled back. It stores nothing
    but with save(): kill9() takes what came after away."""

    def __init__(self, directory):
        self.dir = str(directory)
        self.port = free_port()
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command(),
                                        stdout=subprocess.DEVNULL)
        self.db = redis_client.Redis(
            port=self.port, decode_responses=True,
            encoding_errors="surrogateescape", socket_timeout=10)
        wait_for(self.answers, 10, "redis-server does not answer")

    def command(self):
        return ["redis-server", "--port", str(self.port), "--bind",
                "127.0.0.1", "--save", "", "--appendonly", "no", "--dir",
                self.dir]

    def answers(self):
        try:
            return self.db.ping()
        except redis_client.exceptions.RedisError:
            return False

    def save(self):
        self.db.save()

    def kill9(self):
        self.process.kill()
        self.process.wait()

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def cut(self):
        """Every connection but ours breaks."""
        self.db.client_kill_filter(_type="normal", skipme=True)

    def load_functions(self):
        with open(ROOT + "/lib/bus/functions.lua", encoding="utf-8") as f:
            self.db.function_load(f.read(), replace=True)

    def call(self, name, prefix, *args):
        return self.db.fcall(name, 1, prefix, *args)

    def entries(self, key):
        return [(at, entry_fields(e)) for at, e in self.db.xrange(key)]

    def state(self, kind, partition=0):
        return self.db.hgetall("{p%d}:state:%s" % (partition, kind))

    def counts(self, partition=0):
        return {int(k): int(v) for k, v in
                self.state("count", partition).items()}

    def rows(self, partition=0):
        """The journal: (name of the effect, agent)."""
        return [(f["id"], int(f["object"])) for _, f in
                self.entries("{p%d}:journal" % partition)]

    def stop(self):
        self.thaw()
        self.kill9()


class Peer:
    """bus_peer: what it told so far is in lines."""

    def __init__(self, *args):
        self.lines = []
        self.name = args[1]
        self.program = os.path.join(os.environ["JF_BUILD"],
                                    "tests/bus/bus_peer")
        self.process = subprocess.Popen(
            [self.program, *map(str, args)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, bufsize=1)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for text in self.process.stdout:
            self.lines.append((time.monotonic(), text.strip()))

    def say(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()

    def all(self, pattern, since=0):
        """Matches of what it told, from line number since on."""
        found = (re.fullmatch(pattern, text)
                 for _, text in self.lines[since:])
        return [m for m in found if m]

    def at(self, pattern):
        """When it first told this."""
        return next(t for t, text in self.lines if re.fullmatch(pattern, text))

    def expect(self, pattern, timeout=10, since=0, n=1):
        def words():
            return "no %d x %r but %s" % (n, pattern,
                                          [t for _, t in self.lines][-40:])
        wait_for(lambda: len(self.all(pattern, since)) >= n, timeout, words)
        return self.all(pattern, since)[n - 1]

    def ask(self, *words, answer, timeout=10):
        since = len(self.lines)
        self.say(*words)
        return self.expect(answer, timeout, since)

    def told(self):
        """The first and the last of it."""
        texts = [text for _, text in self.lines]
        return texts[:10] + ["..."] + texts[-10:]

    def stats(self):
        text = self.ask("stats", answer="stats (.*)")[1]
        return {k: int(v) for k, v in
                (pair.split("=") for pair in text.split())}

    def ready(self):
        """Connected, with the functions there."""
        self.expect("link up")
        return self

    def boot(self):
        return self.ask("boot", answer="boot (.*)")[1]

    def send(self, first, count=1, deadline_ms=0, partition=0):
        self.say("send", partition, first, count, deadline_ms)

    def stop(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def kill9(self):
        self.process.kill()
        self.process.wait()

    def quit(self):
        """By itself, and whole: a sanitizer's exit status shows."""
        self.say("quit")
        assert self.process.wait(10) == 0


class House:
    """What a test starts; all of it ends with the test."""

    def __init__(self, redis):
        self.redis = redis
        self.peers = []

    def peer(self, *args):
        self.peers.append(Peer(*args))
        return self.peers[-1]

    def node(self, name="node-1", partitions=1):
        return self.peer("node", name, self.redis.port, partitions).ready()

    def engine(self, name="engine-1", lease_ms=LEASE_MS, partitions=1):
        return self.peer("engine", name, self.redis.port, partitions,
                         lease_ms).ready()

    def owner(self, name="engine-1", **more):
        e = self.engine(name, **more)
        e.expect("acquired 0 .*")
        return e

    def stop(self):
        for p in self.peers:
            if p.process.poll() is None:
                p.go_on()
                p.quit()
        self.redis.stop()


@contextlib.contextmanager
def opened(redis):
    h = House(redis)
    for n in range(4):
        # as if just released: nobody waits for who may hold them
        redis.db.hset("{p%d}:lease" % n, mapping={
            "token": "", "until": int(time.time() * 1000) + 600000})
    try:
        yield h
    finally:
        for p in h.peers:
            if p.process.poll() is None:
                p.go_on()
                print(p.name, p.stats())
        try:
            h.stop()
        finally:
            for p in h.peers:
                print(p.name, p.told())
                p.process.kill()
            h.redis.stop()
            shutil.rmtree(h.redis.dir, ignore_errors=True)


@pytest.fixture
def house(tmp_path):
    with opened(Redis(tmp_path)) as h:
        yield h
