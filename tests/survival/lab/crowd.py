# SPDX-License-Identifier: GPL-2.0-or-later
"""Callers and agents of the laboratory: pairs who talk, one of them on hold,
a line that is served in its order, and calls that come in all the time."""

import threading
import time

from crowd import Crowd
from harness import CUSTOMER_HZ, SUPPORT, first_heard
from jf.sim.people import Manner, wait_for
from jf.sim.rtp import tone

from . import net
from .quiet import Quiet

LISTEN_S = 0.6
PATIENCE_S = 20


class Pair:
    def __init__(self, agent, party, customer):
        self.agent, self.party, self.customer = agent, party, customer
        self.held = False

    def gap(self, t0, t1):
        """The longest time that either did not hear the other."""
        return max(self.customer.ear.tone_gap(self.party.hz, t0, t1),
                   self.party.ear.tone_gap(self.customer.hz, t0, t1))

    def ears(self):
        return self.customer.ear, self.party.ear


class Control:
    """Two telephones who talk past everything that is tested: what they miss
    is this machine's doing."""

    HZ = 300

    def __init__(self, site):
        self.one = site.world.clock.endpoint(net.TRUNK, 39990)
        self.other = site.world.clock.endpoint(net.PHONES % 1, 39992)
        self.one.say(tone(self.HZ))
        self.one.talk((net.PHONES % 1, 39992))

    def gap(self, t0, t1):
        return self.other.tone_gap(self.HZ, t0, t1)


class People:
    def __init__(self, site, talking, waiting, quiet=0):
        """quiet: so many more talks, heard by far_ends."""
        self.site = site
        self.control = Control(site)
        self.quiet = Quiet(site, quiet, talking)
        crowd = Crowd(site, talking, waiting)
        time.sleep(LISTEN_S)
        self.pairs = [Pair(a, p, crowd.customer_of(p))
                      for a, p in zip(crowd.agents, crowd.parties)]
        self.line = list(crowd.waiters)
        self.everybody = crowd.all() + self.quiet.customers
        for pair in self.pairs:
            pair.agent.manner = Manner(answer_ms=200)

    def hold(self):
        """The last pair's agent holds, from now on."""
        self.pairs[-1].party.hold()
        self.pairs[-1].held = True
        wait_for(lambda: any("state=held" in v for v in self.site.state(
            "contact").values()), 5)

    def resume(self):
        """The held talk goes on: both hear each other again."""
        pair = next(p for p in self.pairs if p.held)
        at = pair.party.resume()
        pair.held = False
        first_heard(pair.customer.ear, pair.party.hz, at, 5)
        first_heard(pair.party.ear, pair.customer.hz, at, 5)

    def talking(self):
        return [p for p in self.pairs if not p.held]

    def free(self, pair):
        """The agent hangs up. The seconds until the next INVITE; whose it is
        tells settle()."""
        known = len(pair.agent.calls)
        begun = time.time()
        pair.party.bye()
        try:
            pair.party = pair.agent.wait_call(known + 1, PATIENCE_S)
        except TimeoutError:
            self.pairs.remove(pair)
            return PATIENCE_S
        took = pair.party.call.when("offered") - begun
        pair.party.wait("acked", 15)
        return took

    def settle(self, pair, wiped):
        """With whom the agent talks who was freed: the first in line. When
        Redis forgot everything just then, it may be the caller of before, who
        had no time to hear of it. What is wrong, in words."""
        was, pair.customer = pair.customer, self._heard_by(pair)
        if pair.customer is None:
            pair.customer = was
            return ["who was freed talks with nobody"]
        if pair.customer is was:
            return [] if wiped else ["who hung up is called again"]
        first = pair.customer is self.line[0]
        self.line.remove(pair.customer)
        return [] if first else ["the first in line was passed over"]

    def _heard_by(self, pair):
        """The caller whom this agent's call reaches."""
        hz = pair.party.hz

        def reached():
            now = time.time()
            return next((c for c in [*self.line, pair.customer] if c.ear.tones(
                now - 0.5, now - 0.1, (hz,))[hz] > 3000), None)
        try:
            return wait_for(reached, 3, 0.2)
        except TimeoutError:
            return None

    def one_more(self):
        """Somebody new at the end of the line."""
        n = self._queued()
        c = self.site.world.carrier().call(
            SUPPORT, CUSTOMER_HZ + 20 * (len(self.everybody) % 10))
        c.wait("answered", 15)
        wait_for(lambda: self._queued() > n, 10, 0.05, "not queued")
        self.line.append(c)
        self.everybody.append(c)

    def _queued(self):
        return sum("state=queued" in v
                   for v in self.site.state("contact").values())

    def lost(self):
        """Who was cut off: the call's id and what it saw last."""
        ends = [e for p in self.pairs for e in (p.customer, p.party)]
        ends += self.quiet.ends()
        return ["%s %s" % (e.call.call_id, [w for _, w in e.call.log][-4:])
                for e in ends + self.line if e.call.state != "answered"]

    def hang_up(self):
        """By callers and agents in turn; who is still there after that."""
        for n, pair in enumerate(self.pairs):
            (pair.party if n % 2 else pair.customer).bye()
        for c in self.line:
            c.bye()
        left = self.quiet.hang_up(_ended)
        for pair in self.pairs:
            left += [e for e in (pair.customer, pair.party)
                     if not _ended(e)]
        return left + [c for c in self.line if not _ended(c)]


def _ended(party):
    """Its dialog is over, and nobody waited for an answer to BYE in vain."""
    try:
        party.wait("ended", 8)
    except TimeoutError:
        return False
    return party.call.when("bye timeout") is None


class Arrivals(threading.Thread):
    """Calls that come in at a rate, are queued, and hang up after a while."""

    STAY_S = 2

    def __init__(self, site, rate):
        super().__init__(daemon=True)
        self.site, self.rate = site, rate
        self.calls = []  # (when, party)
        self._done = threading.Event()
        self.start()

    def run(self):
        leaving = []
        while not self._done.wait(1 / self.rate):
            c = self.site.world.carrier().call(SUPPORT, 480)
            self.calls.append((time.time(), c))
            leaving.append((time.time() + self.STAY_S, c))
            while leaving and leaving[0][0] < time.time():
                leaving.pop(0)[1].bye()
        for _, c in leaving:
            _answered(c)
            c.bye()

    def close(self):
        self._done.set()
        self.join(30)

    def failed(self, t0, t1):
        """(those that got no answer, all) of the calls between."""
        mine = [c for t, c in self.calls if t0 <= t < t1]
        return [c for c in mine if not _answered(c)], mine


def _answered(party):
    try:
        party.wait("answered", 8)
        return True
    except TimeoutError:
        return False
