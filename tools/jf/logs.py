# SPDX-License-Identifier: GPL-2.0-or-later
"""./jackfield logs CALL: one call's lines from every process, by time.

CALL is a contact, a leg, a SIP Call-ID, or last. Its legs and their Call-IDs
are asked of the journal and of the live records; a line is the call's when
it names one of them.
"""

import datetime
import glob
import os
import re

from . import Trouble, box
from .say import line, paint

COLOURS = ("green", "blue", "yellow", "dim")
TIMES = (
    (re.compile(r"\btime=(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d+)?)"),
     lambda m: iso(m[1] + "T" + m[2])),
    (re.compile(r"^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:[.,]\d+)?)"),
     lambda m: iso(m[1] + "T" + m[2].replace(",", "."))),
    (re.compile(r"\btime=(\d{13})\b"), lambda m: int(m[1]) / 1000),
    (re.compile(r"\bts=(\d{10})(\d*)\b"), lambda m: int(m[1])),
    (re.compile(r"^\[(\d{10}\.\d+)\]"), lambda m: float(m[1])),
)


def iso(text):
    return datetime.datetime.fromisoformat(text).replace(
        tzinfo=datetime.timezone.utc).timestamp()


def run(args):
    s = box.stack(args)
    s.prepare()
    contact, words = names_of(s, args.call)
    found = collect(s, words)
    if not found:
        raise Trouble("no log below %s names %s" % (s.layout.path("log"),
                                                    contact))
    line("Call %s: %s" % (contact, " ".join(sorted(words - {contact}))))
    colours = {}
    for when, process, text in found:
        colour = colours.setdefault(process, COLOURS[len(colours)
                                                     % len(COLOURS)])
        line("%s %s %s" % (clock(when), paint("%-10s" % process, colour),
                           text))
    return 0


def clock(when):
    if not when:
        return " " * 12
    t = datetime.datetime.fromtimestamp(when, datetime.timezone.utc)
    return t.strftime("%H:%M:%S.") + "%03d" % (t.microsecond // 1000)


# ---- the call's names --------------------------------------------------------

def names_of(s, call):
    """(contact, all names by which logs may know it)."""
    journal, live = from_journal(s, call), from_records(s, call)
    rows = [r for r in (live, journal) if r]
    if not rows:
        if call == "last":
            raise Trouble("there was no call yet: ./jackfield call")
        return call, {call}
    if call == "last":
        rows = [max(rows, key=lambda r: r[0])]
    contact = rows[0][1]
    return contact, {contact}.union(*(r[2] for r in rows
                                      if r[1] == contact))


def from_journal(s, call):
    """(begin, contact, names) or None; None too when PostgreSQL is away."""
    try:
        db = s.pg.connect()
    except Exception:
        return None
    try:
        with db.cursor() as c:
            if call == "last":
                c.execute("SELECT contact, begin_at FROM journal.contacts "
                          "ORDER BY begin_at DESC LIMIT 1")
            else:
                c.execute(
                    "SELECT contact, min(begin_at) FROM journal.legs "
                    "WHERE %s IN (contact, leg, call_id) AND contact IS NOT "
                    "NULL GROUP BY contact LIMIT 1", (call,))
            row = c.fetchone()
            if not row:
                return None
            c.execute("SELECT leg, call_id FROM journal.legs "
                      "WHERE contact = %s", (row[0],))
            names = {n for pair in c.fetchall() for n in pair if n}
            return row[1].timestamp(), row[0], names
    finally:
        db.close()


def from_records(s, call):
    """The same from the live records in Redis."""
    try:
        contacts, legs = records(s, "contact"), records(s, "leg")
    except Exception:
        return None
    if call == "last":
        contact = max(contacts, default=None,
                      key=lambda k: int(contacts[k].get("begin", 0)))
    else:
        contact = call if call in contacts else next(
            (leg["contact"] for leg_id, leg in legs.items()
             if call in (leg_id, leg.get("call_id")) and leg.get("contact")),
            None)
    if not contact:
        return None
    names = {contacts.get(contact, {}).get("call_id")}
    for leg_id, leg in legs.items():
        if leg.get("contact") == contact:
            names |= {leg_id, leg.get("call_id")}
    begin = int(contacts.get(contact, {}).get("begin", 0)) / 1000
    return begin, contact, {n for n in names if n}


def records(s, kind):
    """id -> fields of every record of a kind."""
    from urllib.parse import unquote
    found = {}
    for n in range(s.layout.partitions):
        for key, text in s.redis().hgetall("{p%d}:state:%s" % (n, kind)) \
                .items():
            pairs = (p.partition("=") for p in text.split(" "))
            found[key] = {k: unquote(v) for k, _, v in pairs}
    return found


# ---- the lines ---------------------------------------------------------------

def collect(s, words):
    """[(time, process, text)] of lines that name the call, in order."""
    needles = [w for w in words if len(w) >= 8]
    found = []
    for path in glob.glob(s.layout.path("log", "*.log*")):
        process = os.path.basename(path).split(".log")[0]
        with open(path, encoding="utf-8", errors="replace") as f:
            when = 0
            for number, text in enumerate(f):
                when = time_of(text) or when
                if any(n in text for n in needles):
                    found.append((when, process, number, text.rstrip()))
    found.sort(key=lambda r: (r[0], r[2]))
    return [(w, p, t) for w, p, _, t in found]


def time_of(text):
    for pattern, value in TIMES:
        found = pattern.search(text)
        if found:
            return value(found)
    return None
