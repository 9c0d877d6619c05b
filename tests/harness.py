# SPDX-License-Identifier: GPL-2.0-or-later
"""What the SIP, load and survival tests share: one running installation.

A Site knows where everything of a Stack is: it asks PostgreSQL, Redis,
Kamailio and rtpengine, places calls, changes the configuration, and says
what a test has left behind.
"""

import itertools
import json
import os
import re
import socket
import subprocess
import time
import wave

import numpy as np
import psycopg2
import psycopg2.extras
import redis

from jf.entry import fields as entry_fields
from jf.sim.people import World, wait_for

DOMAIN = "demo.example"
SUPPORT, SALES = "+12025550100", "+12025550101"
# Tones of the house; voices are 1000 Hz and up, see jf.sim.people.
GREETING_HZ, MUSIC_HZ, HOLD_HZ, CUSTOMER_HZ = 440, 620, 840, 500
AMPLITUDE = 8000
# A lost or late packet smears a tone over its neighbours; whoever is mixed in
# comes with the whole amplitude.
ABSENT = 0.03 * AMPLITUDE


class Site:
    def __init__(self, stack):
        self.stack = stack
        self.layout = stack.layout
        self.ports = self.layout.ports
        self.proxy = (self.layout.addr, self.ports["sip"])
        self.redis = redis.Redis(self.layout.addr, self.ports["redis"],
                                 decode_responses=True)
        self._db = None
        self._cookie = itertools.count(1)
        self.told = set()  # leftovers of earlier tests
        self.detail = {}
        self.world = World(self.proxy, self.ports["people"])
        self.sipp_ports = itertools.count(self.ports["people"] + 40)

    def close(self):
        self.world.close()
        if self._db:
            self._db.close()

    # ---- PostgreSQL --------------------------------------------------

    def rows(self, sql, *args):
        """Rows as dictionaries; a lost connection is made again."""
        for attempt in (1, 2):
            try:
                if self._db is None or self._db.closed:
                    self._db = psycopg2.connect(self._conninfo())
                    self._db.autocommit = True
                with self._db.cursor(
                        cursor_factory=psycopg2.extras.RealDictCursor) as c:
                    c.execute(sql, args)
                    return c.fetchall() if c.description else []
            except psycopg2.OperationalError:
                self._db = None
                if attempt == 2:
                    raise

    def _conninfo(self):
        return "host=%s port=%d dbname=jackfield user=postgres password=%s" % (
            self.layout.addr, self.ports["postgres"],
            self.layout.passwords()["postgres"])

    def one(self, sql, *args):
        rows = self.rows(sql, *args)
        assert len(rows) == 1, "%d rows, not one: %s %r" % (len(rows), sql,
                                                            args)
        return rows[0]

    def contact(self, call_id, timeout=15):
        """The contact's row, once the journal has it."""
        return wait_for(lambda: next(iter(self.rows(
            "SELECT * FROM journal.contacts WHERE call_id = %s", call_id)),
            None), timeout, 0.1, "no journal row of call " + call_id)

    def segments(self, contact):
        return self.rows("SELECT * FROM journal.segments WHERE contact = %s "
                         "ORDER BY ordinal", contact)

    def legs(self, contact):
        return self.rows("SELECT * FROM journal.legs WHERE contact = %s "
                         "ORDER BY begin_at, leg", contact)

    def configure(self, table, key, **columns):
        """Changes a row of conf and waits until the engine has it: its
        record carries the row's version."""
        id_column = {"queues": "queue_id", "trunks": "trunk_id",
                     "tenants": "tenant_id", "agents": "agent_id"}[table]
        sets = ", ".join('"%s" = %%s' % c for c in columns)
        self.rows("UPDATE conf.%s SET %s WHERE %s = %%s" % (
            table, sets, id_column), *columns.values(), key)
        version = self.one("SELECT version FROM conf.%s WHERE %s = %%s" % (
            table, id_column), key)["version"]
        if table != "trunks":
            self._wait_record(table[:-1], key, version)

    def _wait_record(self, kind, key, version):
        wait_for(lambda: "version=%d" % version in self.state(kind).get(
            str(key), "").split(" "), 5, 0.05,
            "the engine has not read %s %s" % (kind, key))

    # ---- Redis ---------------------------------------------------------

    def state(self, kind):
        """Records of a kind of all partitions: id -> line."""
        out = {}
        for key in self.redis.scan_iter("{p*}:state:" + kind, 1000):
            out.update(self.redis.hgetall(key))
        return out

    def pushes(self, kind, since=0):
        """Entries of the push streams of one type, as dictionaries."""
        out = []
        for key in self.redis.scan_iter("{p*}:push", 1000):
            for _, entry in self.redis.xrange(key):
                fields = entry_fields(entry)
                if fields.get("t") == kind and int(fields["time"]) >= since:
                    out.append(fields)
        return sorted(out, key=lambda f: int(f["time"]))

    # ---- agents ---------------------------------------------------------

    def agent_state(self, user):
        """State by the engine's record."""
        for line in self.state("agent").values():
            fields = dict(p.split("=", 1) for p in line.split(" ")
                          if "=" in p)
            if fields.get("user") == user:
                return fields.get("state")
        return None

    def agent(self, user):
        return self.world.agents.get(user) or self.world.agent(
            user, DOMAIN, user + "-secret")

    def ready(self, *users):
        """Registers and goes ready; waits until the engine knows."""
        for user in users:
            agent = self.agent(user)
            if not agent.phone.registered.is_set():
                assert agent.register(), "%s: not registered: %s" % (
                    user, agent.phone.refused)
            self.ask(user, "ready")

    def ask(self, user, verb, state=None):
        """agent.ready, agent.pause, agent.logout through jackfieldctl."""
        want = (state,) if state else {
            "ready": ("ready", "reserved", "talking"), "pause": ("paused",),
            "logout": ("offline",)}[verb]
        self.ctl("agent", verb, user)
        wait_for(lambda: self.agent_state(user) in want, 5, 0.02,
                 "%s did not become %s" % (user, want[0]))

    def talking(self, user, n=1):
        """The party of the agent's nth call, once the talk has begun."""
        party = self.agent(user).wait_call(n)
        party.wait("acked")
        wait_for(lambda: self.agent_state(user) == "talking", 5, 0.01,
                 "%s does not talk" % user)
        return party

    def ctl(self, *words):
        return self.stack.ctl(*words)

    # ---- Kamailio and rtpengine -------------------------------------------

    def kamcmd(self, *words):
        r = subprocess.run(
            ["kamcmd", "-s", "unix:" + self.layout.path(
                "run", "kamailio_ctl"), *words],
            capture_output=True, text=True, timeout=10)
        return r.stdout + r.stderr

    def ng(self, port=None, **request):
        """One ng request in JSON, its reply; port: of another rtpengine."""
        cookie = "t%d" % next(self._cookie)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(2)
            s.sendto(("%s %s" % (cookie, json.dumps(request))).encode(),
                     (self.layout.addr, port or self.ports["ng"]))
            reply = s.recv(65536).decode()
        return json.loads(reply.partition(" ")[2])

    def media_sessions(self):
        return self.ng(command="list")["calls"]

    # ---- what is left ----------------------------------------------------

    def leftovers(self):
        """What must not be there when no call is up, in words; but what a
        test before left is told once."""
        out = []
        for key in self.redis.scan_iter("{p*}:leg:*", 1000):
            out.append("key " + key)
        for kind in ("contact", "offer", "leg", "recording"):
            for k, v in self.state(kind).items():
                out.append("record %s %s" % (kind, k))
                self.detail[k] = v
        out += ["rtpengine call " + c for c in self.media_sessions()]
        out += ["acd leg " + leg for leg in self.acd_legs()]
        return [o for o in out if o not in self.told]

    def acd_legs(self):
        text = self.kamcmd("acd.legs")
        return re.findall(r"\bl[0-9a-f]{16}\b", text)

    def clean(self, timeout=15):
        try:
            wait_for(lambda: not self.leftovers(), timeout, 0.1)
        except TimeoutError:
            left = self.leftovers()
            self.told.update(left)
            assert not left, "left behind: %s; %s" % ("; ".join(left), {
                k: v[:400] for k, v in self.detail.items()
                if any(k in text for text in left)})

    def log(self, name):
        try:
            with open(self.layout.log(name), errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def faults(self, seen=None):
        """Lines of the logs that no test may cause."""
        bad = re.compile(r"CRITICAL|\bCRIT\b|\bBUG\b|AddressSanitizer|"
                         r"runtime error:|Segmentation|signal 11|level=fatal")
        out = []
        for name in os.listdir(self.layout.path("log")):
            if not name.endswith(".log"):
                continue
            text = self.log(name[:-4])
            start = (seen or {}).get(name, 0)
            out += [name + ": " + line for line in text[start:].split("\n")
                    if bad.search(line)]
            if seen is not None:
                seen[name] = len(text)
        return out

    # ---- prompts -----------------------------------------------------------

    def tone_prompts(self):
        """Greeting, music and hold music of both queues become tones."""
        prompt = self.layout.path("prompts", "test")
        os.makedirs(prompt, exist_ok=True)
        for name, hz, seconds in (("greeting", GREETING_HZ, 1),
                                  ("music", MUSIC_HZ, 2),
                                  ("hold", HOLD_HZ, 2)):
            write_tone(os.path.join(prompt, name + ".wav"), hz, seconds)

    def queue_defaults(self):
        for queue in (1, 2):
            self.configure(
                "queues", queue, greeting=["file:test/greeting.wav"],
                music=["file:test/music.wav"],
                hold_music=["file:test/hold.wav"], announce_ms=0,
                ring_ms=20000, wrapup_limit_ms=0, refusal_ms=2000)


def write_tone(path, hz, seconds, rate=8000):
    t = np.arange(int(rate * seconds)) / rate
    pcm = np.round(AMPLITUDE * np.sin(2 * np.pi * hz * t)).astype("<i2")
    with wave.open(path, "wb") as w:
        w.setnchannels(1)
        w.setsampwidth(2)
        w.setframerate(rate)
        w.writeframes(pcm.tobytes())


def read_wav(path):
    """(rate, array of shape (samples, channels))."""
    with wave.open(path, "rb") as w:
        data = np.frombuffer(w.readframes(w.getnframes()), "<i2")
        return w.getframerate(), data.reshape(-1, w.getnchannels())


def check_chain(segments, contact=None):
    """The segments of a contact follow each other without a hole."""
    assert segments, "no segments"
    assert [s["ordinal"] for s in segments] == list(
        range(1, len(segments) + 1)), segments
    for a, b in zip(segments, segments[1:]):
        assert a["end_at"] == b["begin_at"], (a, b)
    if contact:
        assert segments[0]["begin_at"] == contact["begin_at"]
        assert segments[-1]["end_at"] == contact["end_at"]


def kinds(segments):
    return [s["kind"] for s in segments]


def loud(ear, t0, t1, *hz, absent=()):
    """Asserts which tones a party heard, and which not."""
    heard = ear.tones(t0, t1, tuple(hz) + tuple(absent))
    for f in hz:
        assert heard[f] > 0.5 * AMPLITUDE, (
            "%d Hz is not heard: %s; %s" % (f, heard, ear.gaps(t0, t1)))
    for f in absent:
        assert heard[f] < ABSENT, "%d Hz is heard: %s" % (f, heard)


def first_heard(ear, hz, t0, timeout=10, level=0.5 * AMPLITUDE, span=0.1):
    """When a tone is first heard after t0, waiting for it."""
    at = [t0]

    def there():
        while at[0] + span < time.time() - 0.02:
            if ear.tones(at[0], at[0] + span, (hz,))[hz] > level:
                return at[0]
            at[0] += 0.05
        return None
    return wait_for(there, timeout, 0.05, "%d Hz was not heard" % hz)
