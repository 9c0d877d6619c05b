# SPDX-License-Identifier: GPL-2.0-or-later
"""How a process last ended by itself, as supervisord's log tells it.

supervisord says over RPC neither how a program that runs again ended before,
nor when one that dies at once is tried again; its log has both: it waits one
second longer after each start that did not last a second.
"""

import re
import time

LINE = re.compile(
    r"^(\d+-\d+-\d+ \d+:\d+:\d+),(\d+) \w+ "
    r"(exited|success|stopped): (\S+?)(?:,| )(.*)$", re.M)


def last(log, name):
    """{"count", "how", "at", "next_try"} of the program since supervisord
    was started, or None when it never died. at and next_try are UNIX
    seconds; next_try is None unless its last start did not last."""
    count = early = 0
    lasted = False
    how = at = None
    for stamp, ms, what, who, words in LINE.findall(
            log.rpartition("supervisord started")[2]):
        if who != name:
            continue
        if what == "exited":
            count += 1
            early = 0 if lasted else early + 1
            how = words.strip("()").split(";")[0]
            at = time.mktime(time.strptime(stamp, "%Y-%m-%d %H:%M:%S")) \
                + int(ms) / 1000
        else:  # it lasted a second, or somebody stopped it on purpose
            early = 0
        lasted = what == "success"
    if not count:
        return None
    return {"count": count, "how": how, "at": at,
            "next_try": at + early if early else None}


def words(death, state, now):
    """For a column of `status`: "SIGKILL 12 s ago, 3 times; ..."."""
    if not death:
        return ""
    text = "%s %.0f s ago" % (death["how"].removeprefix("terminated by "),
                              max(0, now - death["at"]))
    if death["count"] > 1:
        text += ", %d times" % death["count"]
    if state == "backoff" and death["next_try"]:
        text += "; next try in %.0f s" % max(0, death["next_try"] - now)
    return text
