# SPDX-License-Identifier: GPL-2.0-or-later
"""Many agents and many callers, for load and survival."""

from harness import DOMAIN, SUPPORT
from jf.sim.people import Manner, wait_for


def add_agents(site, n, prefix="agent"):
    """n agents with the skill support: the demo's three and more of them.
    Returns their users once the engine knows all."""
    users = ["alice", "bob", "carol"] + [
        "%s%02d" % (prefix, i) for i in range(4, n + 1)]
    for user in users[3:]:
        site.rows("""
            WITH a AS (
                INSERT INTO conf.agents (tenant_id, name, user_name, ha1)
                VALUES (1, %s, %s, conf.ha1(%s, %s, %s))
                ON CONFLICT DO NOTHING RETURNING agent_id)
            INSERT INTO conf.agent_skills (tenant_id, agent_id, skill, level)
            SELECT 1, agent_id, 'support', 5 FROM a""",
                  user, user, user, DOMAIN, user + "-secret")
    wait_for(lambda: set(users) <= known(site), 15, 0.1,
             "the engine does not know all agents")
    wait_for(lambda: "value" in site.kamcmd(
        "htable.get", "credential", "%s@%s" % (users[-1], DOMAIN)), 10, 0.1,
        "Kamailio does not know all agents")
    return users


def known(site):
    """Users of the agents whom the engine has with a skill."""
    out = set()
    for line in site.state("agent").values():
        fields = dict(p.split("=", 1) for p in line.split(" ") if "=" in p)
        if fields.get("skills"):
            out.add(fields.get("user"))
    return out


class Crowd:
    """Established conversations and callers who wait, in order."""

    def __init__(self, site, talking, waiting):
        self.site = site
        users = add_agents(site, talking)
        for user in users:
            site.agent(user).manner = Manner(answer_ms=200)
        site.ready(*users)
        self.agents = [site.agent(u) for u in users]
        self.talkers = [self._call(i) for i in range(talking)]
        self.parties = [a.wait_call(1, 30) for a in self.agents]
        for p in self.parties:
            p.wait("acked")
        self.waiters = []
        for i in range(waiting):
            c = self._call(i)
            wait_for(lambda: self.queued() == i + 1, 15, 0.02,
                     "caller %d is not queued" % i)
            self.waiters.append(c)

    def _call(self, i):
        c = self.site.world.carrier().call(SUPPORT, 500 + 20 * (i % 10))
        c.wait("answered", 15)
        return c

    def queued(self):
        return sum("state=queued" in line.split(" ")
                   for line in self.site.state("contact").values())

    def customer_of(self, party):
        """Whoever talks with this agent: by the contact's legs."""
        for c in self.talkers + self.waiters:
            t = c.ear.packets[-1].time
            heard = c.ear.tones(t - 0.4, t, (party.hz,))[party.hz]
            if heard > 3000:
                return c
        return None

    def all(self):
        return self.talkers + self.waiters

    def hang_up(self):
        for c in self.all():
            c.bye()
        for c in self.all():
            c.wait("ended", 15)
