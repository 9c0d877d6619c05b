# SPDX-License-Identifier: GPL-2.0-or-later
"""An engine that decides by itself: a leg is answered, ended, offered anew as
the dialled number, or the invited user, says."""

import heapq
import itertools
import threading
import time

import redis

from acd_conftest import PARTITION, entry_fields
from wire import sdp

FIRST = 12025550200
FLOWS = ("answer", "slowly", "reoffer", "end", "ring")
NUMBERS = {f: "+%d" % (FIRST + i) for i, f in enumerate(FLOWS)}
# patient: an ACK that was lost comes once more
TALK_MS = {"timers": 1500, "patient": 3000}
OURS = sdp("127.0.0.1", 30000)


class Robot(threading.Thread):
    def __init__(self, engine):
        super().__init__(daemon=True)
        self.engine = engine
        self.db = redis.Redis(engine.layout.addr,
                              engine.layout.ports["redis"],
                              decode_responses=True, encoding_errors="replace")
        self.key = "{p%d}:in" % PARTITION
        last = self.db.xrevrange(self.key, count=1)
        self.cursor = last[0][0] if last else "0"
        self.flows, self.events = {}, []
        self.due, self.names = [], itertools.count()
        self.running, self.lock = True, threading.Lock()
        self.start()

    def stop(self):
        self.running = False
        self.join(10)

    def of(self, type):
        return [e for e in list(self.events) if e["t"] == type]

    def later(self, ms, type, leg, **fields):
        heapq.heappush(self.due, (time.monotonic() + ms / 1000,
                                  next(self.names), type, leg, fields))

    def run(self):
        while self.running:
            got = self.db.xread({self.key: self.cursor}, count=500, block=10)
            for _, entries in got or []:
                for self.cursor, entry in entries:
                    e = entry_fields(entry)
                    self.events.append(e)
                    self.see(e)
            while self.due and self.due[0][0] <= time.monotonic():
                _, _, type, leg, fields = heapq.heappop(self.due)
                self.command(type, leg, **fields)

    def command(self, type, leg, **fields):
        """Names of effects grow in their order in the stream."""
        with self.lock:
            self.engine.command(type, leg, **fields)

    def see(self, e):
        leg, flow = e.get("leg"), self.flows.get(e.get("leg"))
        if e["t"] == "leg.offered":
            self.offered(leg, e["number"])
        elif e["t"] == "leg.confirmed" and flow == "reoffer":
            self.flows[leg] = "answer"
            self.later(50, "leg.reoffer", leg, sdp=OURS)
        elif e["t"] == "leg.confirmed" and flow == "end":
            self.later(50, "leg.end", leg, q850=17)
        elif e["t"] == "leg.reoffered":
            self.later(0, "leg.reanswer", leg, tid=e["tid"], code=200,
                       sdp=OURS)
        elif e["t"] == "leg.ringing" and flow in ("cancelled", "crossed"):
            self.later(50, "leg.end", leg)
        elif e["t"] == "leg.answered":
            self.later(TALK_MS.get(flow, 100), "leg.end", leg)

    def offered(self, leg, number):
        flow = next((f for f, n in NUMBERS.items() if n == number), "answer")
        self.flows[leg] = flow
        if flow != "slowly":
            self.later(0, "leg.progress", leg, code=183, sdp=OURS)
        if flow != "ring":
            self.later(400 if flow == "slowly" else 30, "leg.answer", leg,
                       sdp=OURS)

    def invite(self, flow, dst):
        leg = "l%016x" % (PARTITION << 48 | int(time.time() * 64000) + next(
            self.names) & 0xffffffffffff)
        self.flows[leg] = flow
        self.command(
            "leg.invite", leg, route="trunk", ruri="sip:callee@" + dst,
            dst="sip:" + dst, sdp=OURS, contact="c0001000000000abc", **{
                "from": "<sip:caller@demo.example>",
                "to": "<sip:callee@demo.example>"})
