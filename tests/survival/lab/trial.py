# SPDX-License-Identifier: GPL-2.0-or-later
"""One fault during calls: what was done, what was seen, what was promised.

Everything is judged by what the parties heard and were told, and by the
journal; nothing asks the product how it fared.
"""

import os
import time
from dataclasses import dataclass, field

from . import faults, wake
from .crowd import Arrivals

BEFORE_S, AFTER_S = 2, 4
# A gap beyond the baseline that nobody minds. The short form shares the
# machine with whatever runs beside it.
SLACK_S = 0.1 if os.environ.get("JF_LONG") else 0.25
SILENT_S = 0.5  # then nothing can be said of gaps
OFFERED_S = 30  # calls that come in so long after the fault count
FAILED_PERCENT = 2


@dataclass
class Outcome:
    fault: str
    victim: str
    back_s: float = 0
    gap_s: float = 0  # the longest silence in a talk
    baseline_s: float = 0
    offered: int = 0
    failed: int = 0
    lost: int = 0
    broken: list = field(default_factory=list)  # promises, in words

    def row(self):
        return (self.fault, self.victim, "%.2f" % self.back_s,
                "%.2f" % self.gap_s, "%.2f" % self.baseline_s,
                "%d/%d" % (self.failed, self.offered), str(self.lost),
                "; ".join(self.broken) or "kept")


def report(seed, outcomes):
    rows = [("fault", "victim", "back s", "silence s", "before s",
             "failed", "lost", "promises")] + [o.row() for o in outcomes]
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
    return "\n".join(["seed %d" % seed] + [
        "  ".join(v.ljust(w) for v, w in zip(r, widths)).rstrip()
        for r in rows])


def longest(pairs, t0, t1):
    return max(p.gap(t0, t1) for p in pairs)


def heard_through_hold(people, t0, t1):
    """Whether one heard the other, at any time, while one holds."""
    return any(p.held and (p.customer.ear.tone_times(p.party.hz, t0, t1)
                           or p.party.ear.tone_times(p.customer.hz, t0, t1))
               for p in people.pairs)


def run(fault, cluster, site, watch, people, rate):
    out = Outcome(fault.name, "")
    arrivals = Arrivals(site, rate)
    time.sleep(BEFORE_S)
    rest = people.talking()
    probe = rest.pop(0)
    begun = time.time()
    out.baseline_s = longest(rest, begun - BEFORE_S, begun)
    people.quiet.longest_s()  # from here on
    if out.baseline_s > SILENT_S:
        out.broken.append("silent before")
    faults.strike(fault, cluster, site, watch)
    out.victim = fault.victim
    out.back_s = people.free(probe)
    _sleep_until(begun + fault.lasts_s)
    woken = wake.Wake(cluster, fault.victim) if fault.wakes else None
    faults.heal(fault, cluster, watch)
    healed = time.time()
    _sleep_until(healed + AFTER_S)
    ended = time.time()
    if woken:
        out.broken += woken.changed(rest, healed, ended)
    arrivals.close()
    if probe in people.pairs:
        out.broken += people.settle(probe, "wiped" in fault.how)
    quiet_s, past_s = people.quiet.longest_s()
    out.gap_s = max(longest(rest, begun - 0.2, ended), quiet_s)
    out.baseline_s = max(out.baseline_s, past_s,
                         people.control.gap(begun - 0.2, ended))
    failed, offered = arrivals.failed(begun, begun + OFFERED_S)
    out.failed, out.offered = len(failed), len(offered)
    lost = people.lost()
    out.lost = len(lost)
    _judge(out, fault, lost, heard_through_hold(people, begun - 0.2, ended))
    cluster.truth.rejoin()
    if probe in people.pairs:  # somebody else's turn next time
        people.pairs.append(people.pairs.pop(people.pairs.index(probe)))
        people.pairs.sort(key=lambda p: p.held)
    people.one_more()
    return out


def _judge(out, fault, lost, leaked):
    most = out.baseline_s + SLACK_S if fault.sound_s is None \
        else fault.sound_s
    if out.gap_s > most:
        out.broken.append("silence over %.2f s" % most)
    if out.back_s > fault.back_s:
        out.broken.append("back after %g s" % fault.back_s)
    if out.failed * 100 > FAILED_PERCENT * max(out.offered, 1):
        out.broken.append("new calls fail")
    if lost:
        out.broken.append("lost: " + ", ".join(lost))
    if leaked:
        out.broken.append("heard through a hold")


def _sleep_until(t):
    while (left := t - time.time()) > 0:
        time.sleep(min(left, 0.1))
