#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Judges a history: checker.py HISTORY (JSON lines, in order of time).

It knows nothing of lib/bus, only what those who took part wrote down:
  {"who": "node-1", "sends": N, "count": K}   events N .. N+K-1, in this order
  {"who": ..., "told": "sent N 0"}            N was acknowledged
  {"who": ..., "told": "command 0 NAME lN T"} a command was carried out
  {"who": ..., "told": "confirmed twice N"}   an owner said so
  {"who": "journal", "row": NAME, "agent": N} PostgreSQL was given this row
  {"who": "redis", "counts": {N: times}}      the state in the end

and says what is wrong:
  lost       acknowledged, but not in the journal, or not in the state
  doubled    in the journal, in the state or carried out more than once
  disorder   a producer's events in another order than it sent them
  two write  rows of an owner after those of a later one
"""

import json
import re
import sys


def name_key(name):
    """partition.generation.commit.ordinal, in order of time."""
    _, generation, commit, ordinal = name.split(".")
    return generation, int(commit), int(ordinal)


class History:
    def __init__(self, lines):
        self.sent = {}  # producer: agents in its order
        self.acknowledged = set()
        self.rows = []  # (key, agent) as PostgreSQL took them
        self.taken = set()
        self.cursor = ("", 0, 0)
        self.commands, self.counts, self.wrong = [], {}, []
        for line in lines:
            self.read(line)

    def read(self, h):
        if "sends" in h:
            self.sent.setdefault(h["who"], []).extend(
                range(h["sends"], h["sends"] + h["count"]))
        elif "row" in h:
            self.journal(name_key(h["row"]), h["agent"])
        elif "counts" in h:
            self.counts = {int(k): v for k, v in h["counts"].items()}
        elif "told" in h:
            self.told(h["who"], h["told"])

    def journal(self, key, agent):
        """As journal.drain: what is not newer than the cursor is dropped, and
        must have been there."""
        if key > self.cursor:
            self.cursor = key
            self.rows.append((key, agent))
            self.taken.add(key)
        elif key not in self.taken:
            self.wrong.append("lost: row %s of %d came after %s" % (
                key, agent, self.cursor))

    def told(self, who, text):
        m = re.fullmatch(r"sent (\d+) 0", text)
        if m:
            self.acknowledged.add(int(m[1]))
        m = re.fullmatch(r"command 0 (\S+) l(\S+) \d+", text)
        if m:
            self.commands.append((m[1], int(m[2], 16)))
        if text.startswith("confirmed twice"):
            self.wrong.append("%s: %s" % (who, text))

    def verdict(self):
        agents = [a for _, a in self.rows]
        once = set(agents)
        self.some("lost: acknowledged, not in the journal",
                  self.acknowledged - once)
        self.some("lost: acknowledged, not in the state",
                  self.acknowledged - set(self.counts))
        self.some("doubled: in the journal", doubles(agents))
        self.some("doubled: in the state",
                  {a for a, n in self.counts.items() if n != 1})
        self.some("doubled: the same command",
                  doubles([name for name, _ in self.commands]))
        self.some("doubled: carried out twice",
                  doubles([a for _, a in self.commands]))
        self.some("never sent, and in the journal",
                  once - {a for v in self.sent.values() for a in v})
        for who, sent in self.sent.items():
            place = {a: i for i, a in enumerate(sent)}
            order = [place[a] for a in agents if a in place]
            self.some("disorder: of " + who, {
                sent[b] for a, b in zip(order, order[1:]) if a > b})
        return self.wrong

    def some(self, what, agents):
        if agents:
            self.wrong.append("%s: %d of them, as %s" % (
                what, len(agents), sorted(agents, key=str)[:8]))

    def figures(self):
        return "%d sent, %d acknowledged, %d rows, %d commands, %d owners" % (
            sum(map(len, self.sent.values())), len(self.acknowledged),
            len(self.rows), len(self.commands),
            len({key[0] for key, _ in self.rows}))


def doubles(values):
    seen, twice = set(), set()
    for v in values:
        (twice if v in seen else seen).add(v)
    return twice


def main(path):
    with open(path, encoding="utf-8") as f:
        h = History(map(json.loads, f))
    wrong = h.verdict()
    print(h.figures())
    print("\n".join(wrong) or "nothing is wrong")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
