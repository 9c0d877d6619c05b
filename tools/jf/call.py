# SPDX-License-Identifier: GPL-2.0-or-later
"""./jackfield call: a simulated carrier calls, and all of it is shown live."""

import json
import os
import queue
import re
import subprocess
import sys
import threading
import time

from . import Trouble, box
from .say import line, paint
from .timeline import Names, Reader, Timeline

DEFAULT = "+12025550100"
PATIENCE_S = 60  # the caller waits so long for an agent
ROW_S = 15  # and so long may the rows take to reach PostgreSQL


def run(args):
    s = box.running(args)
    s.wait_ready(PATIENCE_S)  # it may have begun a moment ago
    return show(s, number_of(s, args), args.talk)


def number_of(s, args):
    """The number to dial: what was said, or a queue's."""
    if args.number and args.queue is not None:
        raise Trouble("a number or --queue, not both")
    if args.number:
        if not re.fullmatch(r"[+]?[0-9*#]+", args.number):
            raise Trouble("%s is no number to dial; one is like %s"
                          % (args.number, DEFAULT))
        return args.number
    if args.queue is None:
        return DEFAULT
    db = s.pg.connect()
    try:
        with db.cursor() as c:
            c.execute("SELECT number FROM conf.numbers WHERE queue_id = %s "
                      "ORDER BY number LIMIT 1", (args.queue,))
            row = c.fetchone()
    finally:
        db.close()
    if not row:
        raise Trouble("queue %d has no number; the demo's queues are 1 "
                      "(support) and 2 (sales)" % args.queue)
    return row[0]


class Carrier:
    """jf.sim.carrier as a process; what it tells, in a queue."""

    def __init__(self, s, number, talk):
        ports = s.layout.ports
        tools = os.path.join(s.layout.source, "tools")
        # A port of its own for every call; the agents have the first.
        port = ports["people"] + 1 + os.getpid() % 97
        self.child = subprocess.Popen(
            [sys.executable, "-B", "-m", "jf.sim.carrier",
             "--proxy", "%s:%d" % (s.layout.addr, ports["sip"]),
             "--port", str(port), "--number", number, "--talk", str(talk),
             "--patience", str(PATIENCE_S)],
            env={**os.environ, "PYTHONPATH": tools}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.said = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for text in self.child.stdout:
            self.said.put(json.loads(text))
        self.said.put(None)

    def take(self):
        """What it told since: a list, its last item None at the end."""
        out = []
        while not self.said.empty():
            out.append(self.said.get())
        return out

    def close(self):
        """Ends the call, if need be, and the process."""
        self.child.terminate()
        try:
            self.child.wait(5)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


class Show:
    """One call's timeline, as it happens."""

    def __init__(self, s, number, talk):
        self.s = s
        self.names = Names(s)
        self.timeline = Timeline(self.names)
        self.reader = Reader(s)
        self.number = number
        self.contact = self.call_id = self.state = self.code = None
        self.held_back = []
        self.heard = []
        self.wrapping = None
        self.ended = False
        self.carrier = Carrier(s, number, talk)

    def run(self):
        until = time.monotonic() + PATIENCE_S + 60
        try:
            while not self.done():
                for said in self.carrier.take():
                    self.on_carrier(said)
                for m in self.reader.read():
                    self.on_push(m)
                self.wrap_up()
                if time.monotonic() > until:
                    raise Trouble("the call did not end; ./jackfield logs "
                                  "last shows what each process said")
        finally:
            self.carrier.close()

    def done(self):
        return self.ended and (self.state in (None, "over"))

    def on_carrier(self, said):
        if said is None:
            self.ended = True
        elif "heard" in said:
            self.heard.append(said)
        else:
            self.call_id = said.get("call_id", self.call_id)
            event = said["event"]
            code = re.fullmatch(r"(?:refused )?(\d+)", event)
            if code:
                self.code = int(code[1])
            if event not in ("talking",):
                self.timeline.print(said["t"], "carrier",
                                    "telephone: %s" % event)

    def on_push(self, m):
        if not self.contact:
            self.held_back.append(m)
            self.claim()
        elif m.get("contact") == self.contact:
            self.take(m)

    def claim(self):
        """Pushes may be read before the carrier told its Call-ID."""
        mine = [m for m in self.held_back if self.call_id
                and m.get("call_id") == self.call_id]
        if mine:
            self.contact = mine[0]["contact"]
            for m in self.held_back:
                if m.get("contact") == self.contact:
                    self.take(m)
            self.held_back = []

    def take(self, m):
        self.timeline.show(m)
        if m["t"] == "push.contact":
            self.state = m["state"]
            if self.state == "wrap_up":
                self.wrapping = (time.monotonic() + 1, m.get("agent"))

    def wrap_up(self):
        """A person would type; here jackfieldctl ends the wrap-up."""
        if not self.wrapping or time.monotonic() < self.wrapping[0]:
            return
        agent = self.wrapping[1]
        self.wrapping = None
        if agent:
            user = self.names.user(agent)
            line("%11s$ ./jackfield ctl agent ready %s" % ("", user))
            self.s.ctl("agent", "ready", user, check=False)


def show(s, number, talk=5):
    """Places the call; 0 when it reached an agent and its row is there."""
    one = Show(s, number, talk)
    one.run()
    measured(one)
    if not one.contact:
        if one.code == 404:
            raise Trouble("the call was refused: 404, no queue has the number "
                          "%s; conf.numbers has those that exist" % number)
        raise Trouble("the call was not taken: %s. Ask ./jackfield doctor"
                      % ("the answer was %d" % one.code if one.code
                         else "no answer at all"))
    return explain(s, one.contact)


def measured(one):
    if one.heard:
        line()
        line(paint("What the caller's telephone received:", "bold"))
    for h in one.heard:
        what = {"sound": "sound (speech or music)"}.get(h["heard"],
                                                        h["heard"])
        line("%7.1f s to %.1f s: %s" % (h["t"], h["until"], what))


def explain(s, contact):
    """The contact's story from PostgreSQL, once the journal has it."""
    until = time.monotonic() + ROW_S
    db = s.pg.connect()
    try:
        with db.cursor() as c:
            while True:
                c.execute("SELECT 1 FROM journal.contacts WHERE contact = %s",
                          (contact,))
                if c.fetchone():
                    break
                if time.monotonic() > until:
                    raise Trouble("contact %s is not in PostgreSQL after %d "
                                  "s: ./jackfield doctor" % (contact, ROW_S))
                time.sleep(0.1)
            line()
            line(paint("In PostgreSQL (jackfieldctl explain %s):" % contact,
                       "bold"))
            c.execute("SELECT journal.explain(%s)", (contact,))
            for row in c.fetchall():
                line("  " + row[0])
    finally:
        db.close()
    return 0
