# SPDX-License-Identifier: GPL-2.0-or-later
"""The journal, after everything: no call without its row, none with two, no
agent in two places."""

from harness import check_chain

KEYS = {"legs": "leg", "decisions": "decision",
        "recordings": "recording || part::text", "segments": "segment"}
BUSY = "('offer', 'talk', 'hold', 'wrap_up')"


def check(site, calls, begin):
    """Words about what is wrong; begin: a timestamp of PostgreSQL's."""
    wrong = []
    for call in calls:
        contact = site.contact(call.call.call_id, 60)
        try:
            check_chain(_since_rebuilt(site.segments(contact["contact"])))
        except AssertionError as e:
            wrong.append("%s: %s" % (contact["contact"], e))
    wrong += ["call %(call_id)s has %(n)d rows" % r for r in site.rows(
        "SELECT call_id, count(*) AS n FROM journal.contacts "
        "WHERE begin_at >= %s GROUP BY 1 HAVING count(*) > 1", begin)]
    for table, key in KEYS.items():
        wrong += ["%s %s is doubled" % (table, r["key"]) for r in site.rows(
            "SELECT %s AS key FROM journal.%s WHERE begin_at >= %%s "
            "GROUP BY 1 HAVING count(*) > 1" % (key, table), begin)]
    wrong += ["agent %(agent)s is in two places: %(a)s and %(b)s" % r
              for r in site.rows("""
        SELECT a.agent, a.segment AS a, b.segment AS b
        FROM journal.segments a JOIN journal.segments b
          ON a.agent = b.agent AND a.segment < b.segment
         AND a.contact <> b.contact
         AND tstzrange(a.begin_at, a.end_at)
             && tstzrange(b.begin_at, b.end_at)
        WHERE a.kind IN %s AND b.kind IN %s
          AND a.begin_at >= %%s AND b.begin_at >= %%s""" % (BUSY, BUSY),
                                 begin, begin)]
    wrong += ["rejected: %s" % r for r in site.rows(
        "SELECT * FROM journal.rejected")]
    return wrong


def _since_rebuilt(rows):
    """A contact that was rebuilt from what the nodes knew counts on from 101:
    its chain is checked from there."""
    again = [r for r in rows if r["ordinal"] > 100]
    for n, r in enumerate(again):
        r["ordinal"] = n + 1
    return again or rows
