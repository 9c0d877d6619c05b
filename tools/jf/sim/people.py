# SPDX-License-Identifier: GPL-2.0-or-later
"""A carrier and agents: telephones that speak and listen.

    world = World(proxy=("127.0.0.1", 15060), first_port=15100)
    alice = world.agent("alice", "demo.example", "alice-secret")
    alice.register(); alice.dial("*70")
    customer = world.carrier().call("+12025550100", hz=500)
    customer.wait("answered"); ...; customer.bye()
    customer.ear.tones(t0, t1, (500, 700)); customer.report(world.voices())

The carrier is 127.0.0.2, agents are 127.0.0.11 and up, each on the first
port; agents answer by themselves, each speaks with a tone of its own.
"""

import itertools
import threading
import time
from dataclasses import dataclass

import numpy as np

from .loop import Loop
from .rtp import RtpClock, tone
from .sip import sdp, sdp_media
from .ua import Phone

AGENT_HZ = 1000  # the first agent's tone; each next one 60 Hz above
AGENT_STEP_HZ = 60
RTP_FIRST = 20000


@dataclass
class Manner:
    """What an agent does with a call. refuse: a final code in place of an
    answer; answer_ms None: rings until the caller's side gives up; talk_ms:
    hangs up after that; ring False: says nothing but 100."""
    ring: bool = True
    answer_ms: int = 300
    refuse: int = 0
    talk_ms: int = None
    direction: str = "sendrecv"


class World:
    def __init__(self, proxy, first_port, carrier_addr="127.0.0.2",
                 agent_addr="127.0.0.%d", first_agent=11):
        self.proxy = proxy
        self.first_port = first_port
        self.carrier_addr = carrier_addr
        self.agent_addr = agent_addr
        self.next_agent = itertools.count(first_agent)
        self.next_rtp = {}
        self.lock = threading.Lock()
        self.sip = Loop("sip")
        self.clock = RtpClock()
        self.sip.start()
        self.clock.start()
        self.agents = {}
        self._carriers = {}

    def close(self):
        for person in [*self.agents.values(), *self._carriers.values()]:
            person.phone.close()
        self.sip.stop()
        self.clock.stop()

    def endpoint(self, addr, codec):
        """An RTP endpoint on the address' next free even port."""
        while True:
            with self.lock:
                port = self.next_rtp.get(addr, RTP_FIRST)
                self.next_rtp[addr] = port + 2 if port < 59998 else RTP_FIRST
            try:
                return self.clock.endpoint(addr, port, codec)
            except OSError:
                continue

    def agent(self, user, domain, password, addr=None, port=None, hz=None):
        n = next(self.next_agent)
        agent = Agent(self, addr or self.agent_addr % n,
                      port or self.first_port, user, domain, password,
                      hz or AGENT_HZ + AGENT_STEP_HZ * len(self.agents))
        self.agents[user] = agent
        return agent

    def carrier(self, addr=None, port=None):
        key = (addr or self.carrier_addr, port or self.first_port)
        if key not in self._carriers:
            self._carriers[key] = Carrier(self, *key)
        return self._carriers[key]

    def voices(self):
        """hz -> name of everybody who speaks."""
        return {a.hz: a.user for a in self.agents.values()}


class Party:
    """One end of one call: the signalling and what is heard and said."""

    def __init__(self, call, ear, codecs, hz):
        self.call, self.ear, self.codecs, self.hz = call, ear, codecs, hz
        self.version = 1
        ear.say(tone(hz))

    def sdp(self, direction="sendrecv"):
        text = sdp(self.ear.addr, self.ear.port, self.codecs, direction,
                   self.version)
        self.version += 1
        return text

    def connect(self):
        """Sends to where the other side's description says."""
        media = sdp_media(self.call.remote_sdp)
        if media and media[1]:
            both = [c for c in media[2] if c in self.codecs]
            self.ear.talk(media[:2], both[0] if both else None)

    def wait(self, event, timeout=10):
        return self.call.wait(event, timeout)

    def bye(self):
        self.call.bye()

    def hold(self, timeout=5, direction="sendonly"):
        return self._reinvite(direction, timeout)

    def resume(self, timeout=5):
        return self._reinvite("sendrecv", timeout)

    def _reinvite(self, direction, timeout):
        """The moment the 200 came; raises when it was refused."""
        seen = len(self.call.log)
        self.call.reinvite(self.sdp(direction))
        with self.call.changed:
            self.call.changed.wait_for(lambda: _answers(self.call, seen),
                                       timeout)
        events = _answers(self.call, seen)
        if not events or events[0][1] != "reinvite 200":
            raise RuntimeError("hold or resume failed: %s" % (
                events or "no reply"))
        self.connect()
        return events[0][0]

    def report(self, voices=None, t0=None, t1=None):
        """[(begin, end, what)]: see describe()."""
        return describe(self.ear, voices or {}, t0, t1)


def _answers(call, seen):
    return [e for e in list(call.log)[seen:] if e[1] in (
        "reinvite timeout",) or e[1].startswith("reinvite ")
        and e[1][9:].isdigit()]


class Agent:
    def __init__(self, world, addr, port, user, domain, password, hz):
        self.world, self.user, self.domain, self.hz = world, user, domain, hz
        self.addr = addr
        self.codecs = ("PCMA",)
        self.manner = Manner()
        self.manners = []  # one for each of the next calls, then manner
        self.calls = []
        self.came = threading.Condition()
        self.phone = Phone(world.sip, addr, port, user, world.proxy, domain,
                           password, self._on_call)

    def register(self, timeout=5):
        return self.phone.register(timeout=timeout)

    def dial(self, code, timeout=8):
        """Calls a feature code, waits until it is over; its final code."""
        ear = self.world.endpoint(self.addr, "PCMA")
        call = self.phone.call("sip:%s@%s" % (code, self.domain),
                               sdp(ear.addr, ear.port, self.codecs))
        try:
            call.wait("ended", timeout)
        except TimeoutError:
            call.bye()
            call.cancel()
        ear.close()
        return call.code

    def wait_call(self, n=1, timeout=10):
        """The party of the agent's nth call (from 1)."""
        with self.came:
            if not self.came.wait_for(lambda: len(self.calls) >= n, timeout):
                raise TimeoutError("%s: call %d did not come in %g s" % (
                    self.user, n, timeout))
        return self.calls[n - 1]

    def _on_call(self, call):
        manner = self.manners.pop(0) if self.manners else self.manner
        ear = self.world.endpoint(self.addr, self.codecs[0])
        party = Party(call, ear, self.codecs, self.hz)
        call.on_event = lambda c, event: self._on_event(party, manner, event)
        with self.came:
            self.calls.append(party)
            self.came.notify_all()
        if manner.refuse:
            if manner.ring:
                call._progress(180)
            self.world.sip.after(manner.answer_ms / 1000,
                                 lambda: call._refuse(manner.refuse))
        else:
            self._take(call, party, manner)

    def _take(self, call, party, manner):
        if manner.ring:
            call._progress(180)
        if manner.answer_ms is not None:
            self.world.sip.after(
                manner.answer_ms / 1000,
                lambda: call._answer(party.sdp(manner.direction)))

    def _on_event(self, party, manner, event):
        if event == "answered":
            party.connect()
            if manner.talk_ms is not None:
                self.world.sip.after(manner.talk_ms / 1000, party.call._bye)
        elif event in ("acked", "reinvite received"):
            party.connect()
        elif event == "ended":
            self.world.clock.soon(party.ear.hush)


class Carrier:
    def __init__(self, world, addr, port):
        self.world = world
        self.addr = addr
        self.phone = Phone(world.sip, addr, port, "+12025559999",
                           world.proxy)

    def call(self, number, hz=500, codecs=("PCMA",), caller="+12025559999",
             late_offer=False):
        """Places a call; the Customer is at the other end of it."""
        ear = self.world.endpoint(self.addr, codecs[0])
        uri = "sip:%s@%s:%d" % ((number,) + self.world.proxy)
        call = self.phone.new_call(uri, caller)
        party = Party(call, ear, codecs, hz)
        call.on_event = lambda c, event: self._on_event(party, event)
        body = party.sdp()
        if late_offer:
            call.ack_body, body = body, ""
        self.phone.loop.soon(lambda: call.invite(body))
        return party

    def _on_event(self, party, event):
        if event in ("answered", "183", "reinvite received"):
            party.connect()
        elif event == "ended":
            self.world.clock.soon(party.ear.hush)


def describe(ear, voices, t0=None, t1=None, step=0.2):
    """Stretches of what was heard: (begin, end, what); what is "nothing"
    (no packets), "silence", a voice's name, or "sound"."""
    if not ear.packets:
        return []
    t0 = t0 or ear.packets[0].time
    t1 = t1 or ear.packets[-1].time
    out = []
    at = t0
    while at + step <= t1 + 0.02:
        what = _what(ear, voices, at, at + step)
        if out and out[-1][2] == what:
            out[-1] = (out[-1][0], at + step, what)
        else:
            out.append((at, at + step, what))
        at += step
    return out


def _what(ear, voices, t0, t1):
    pcm = ear.pcm(t0, t1)
    if not pcm:
        return "nothing"
    level = ear.level(t0, t1)
    if level < 100:
        return "silence"
    heard = ear.tones(t0, t1, tuple(voices))
    names = [voices[hz] for hz, a in heard.items()
             if a / np.sqrt(2) > 0.5 * level]
    return "+".join(names) or "sound"


def wait_for(test, timeout=10, step=0.02, what="condition"):
    """Polls test() until it is true; returns its value."""
    end = time.time() + timeout
    while True:
        value = test()
        if value:
            return value
        if time.time() > end:
            raise TimeoutError("%s: not within %g s" % (what, timeout))
        time.sleep(step)
