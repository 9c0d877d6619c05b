# SPDX-License-Identifier: GPL-2.0-or-later
"""What people see of calls: the push streams of all partitions, in words."""

from .entry import fields
from .say import line, paint

CONTACT = {
    "arriving": "the call came in",
    "greeting": "greeting",
    "queued": "in queue {queue}, place {position}",
    "offered": "offered to {agent}: the phone rings",
    "talking": "talks with {agent}",
    "held": "on hold",
    "wrap_up": "the talk is over; {agent} wraps up",
    "over": "over",
}
QUIET = {"", "none", "ok"}


class Names:
    """Names of agents and queues, as configured; numbers when PostgreSQL is
    away."""

    def __init__(self, stack):
        self.agents, self.users, self.queues = {}, {}, {}
        try:
            db = stack.pg.connect()
        except Exception:
            return
        with db.cursor() as c:
            c.execute("SELECT agent_id, name, user_name FROM conf.agents")
            for number, name, user in c.fetchall():
                self.agents[str(number)] = name
                self.users[str(number)] = user
            c.execute("SELECT queue_id, name FROM conf.queues")
            self.queues = {str(k): v for k, v in c.fetchall()}
        db.close()

    def agent(self, number):
        return self.agents.get(number, "agent %s" % number)

    def user(self, number):
        return self.users.get(number, number)

    def queue(self, number):
        return self.queues.get(number, number)


class Reader:
    """New entries of {pN}:push of every partition, as dicts."""

    def __init__(self, stack):
        self.redis = stack.redis()
        self.at = {}
        for n in range(stack.layout.partitions):
            key = "{p%d}:push" % n
            last = self.redis.xrevrange(key, count=1)
            self.at[key] = last[0][0] if last else "0-0"

    def read(self, wait_ms=100):
        found = []
        for key, entries in self.redis.xread(self.at, block=wait_ms):
            for at, entry in entries:
                self.at[key] = at
                found.append(fields(entry))
        return found


class Timeline:
    """Prints pushes of one contact, times counted from its begin."""

    def __init__(self, names):
        self.names = names
        self.begin = None
        self.agents = set()

    def show(self, m):
        """Prints one push; returns the words, or None when it is not ours."""
        words = self.words(m)
        if words is None:
            return None
        if self.begin is None:
            self.begin = int(m["time"])
        kind, text = words
        self.print((int(m["time"]) - self.begin) / 1000, kind, text)
        return text

    @staticmethod
    def print(seconds, kind, text):
        colour = {"caller hears": "blue", "decision": "yellow",
                  "why": "dim", "carrier": "dim"}.get(kind)
        body = "%-13s %s" % (kind, text)
        line("%7.2f s  %s" % (max(0, seconds), paint(body, colour) if colour
                              else body))

    def words(self, m):
        handler = getattr(self, "_" + m.get("t", "").replace(".", "_"), None)
        return handler(m) if handler else None

    def _push_contact(self, m):
        agent = m.get("agent", "")
        if agent:
            self.agents.add(agent)
        text = CONTACT.get(m["state"], m["state"]).format(
            queue=self.names.queue(m.get("queue", "?")),
            position=m.get("position", "?"),
            agent=self.names.agent(agent) if agent else "the agent")
        cause = m.get("cause", "")
        if m["state"] != "arriving" and cause not in QUIET:
            text += " (%s)" % cause.replace("_", " ")
        return "contact", text

    def _push_heard(self, m):
        return "%s hears" % m["role"], m["heard"]

    def _push_agent(self, m):
        cause = m.get("cause", "").replace("_", " ")
        return "agent", "%s is %s%s" % (
            self.names.agent(m["agent"]), m["state"].replace("_", " "),
            " (%s)" % cause if cause not in QUIET else "")

    def _push_decision(self, m):
        chosen = m.get("agent")
        who = self.names.agent(chosen) if chosen else "nobody"
        parts = [self._candidate(c) for c in m.get("candidates", "")
                 .split(",") if c]
        text = "%s: %s (policy %s)" % (who, m["reason"], m["policy"])
        if parts:
            text += "\n%s%s" % (" " * 25, "; ".join(parts))
        return "decision", text

    def _candidate(self, item):
        agent, idle, verdict = (item.split(":") + ["", ""])[:3]
        text = "%s %s" % (self.names.agent(agent), verdict.replace("_", " "))
        if verdict in ("chosen", "eligible"):
            text += ", idle %.1f s" % (int(idle or 0) / 1000)
        return text
