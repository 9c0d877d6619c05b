# SPDX-License-Identifier: GPL-2.0-or-later
"""Drain, and the rolling restart: calls do not notice."""

import time

import pytest
from harness import CUSTOMER_HZ, SUPPORT
from jf import restart
from jf.sim.people import wait_for
from test_workers import end, talk, until, worker_of

# What each may cost: a relay or mixer of two is empty when it ends.
GAPS_S = {"worker": 0.3, "rtpengine": 0.3, "kamailio": 0.15, "engine": 0.15}


def relay_of(site, party):
    for record in site.state("leg").values():
        fields = dict(p.split("=", 1) for p in record.split(" ") if "=" in p)
        if fields.get("call_id") == party.call.call_id:
            return "rtpengine" + ("-2" if fields["rtpengine"] == "rtp-2"
                                  else "")
    return None


@pytest.mark.parametrize("kind", list(GAPS_S))
def test_a_talk_stands_the_restart_of(site, kind):
    """Both hear each other all the time, and either may hang up."""
    customer, agent, voice = talk(site)
    name = {"worker": lambda: worker_of(site, customer),
            "rtpengine": lambda: relay_of(site, customer),
            "kamailio": lambda: "kamailio",
            "engine": lambda: site.stack.owner(1)}[kind]()
    pid = site.stack.pid(name)
    begin = time.time()
    restart.roll(site.stack, [name])
    over = time.time()
    until(over + 1)
    assert site.stack.pid(name) != pid
    gaps = {"caller": customer.ear.tone_gap(voice, begin - 0.2, over + 1),
            "agent": agent.ear.tone_gap(CUSTOMER_HZ, begin - 0.2, over + 1)}
    for who, gap in gaps.items():
        print("%s: %.0f ms without" % (who, gap * 1000))
        assert gap <= GAPS_S[kind], "%s heard nothing for %.2f s" % (who, gap)
    end(site, customer)


def test_a_drained_worker_is_left_and_gets_nothing(site):
    customer, agent, voice = talk(site)
    name = worker_of(site, customer)
    site.stack.ctl("drain", name, "now")
    try:
        assert restart.row(site.stack, name)["state"] == "draining"
        wait_for(lambda: not restart.row(site.stack, name)["legs"], 5)
        waiter = site.world.carrier().call(SUPPORT, 560)
        waiter.wait("answered", 15)
        assert worker_of(site, waiter) != name
        assert not site.rows("SELECT 1 FROM journal.recordings WHERE cause "
                             "= 'worker_lost' AND begin_at > now() - "
                             "interval '10 s'")
    finally:
        site.stack.ctl("undrain", name)
    assert restart.row(site.stack, name)["state"] == "up"
    end(site, customer, waiter)
    rows = site.rows(
        "SELECT count(*), count(r.sha256), count(r.cause) AS faults FROM "
        "journal.recordings r JOIN journal.contacts c USING (contact) WHERE "
        "c.call_id = %s", customer.call.call_id)
    assert (rows[0]["count"], rows[0]["faults"]) == (2, 0), rows


def test_a_drained_node_takes_no_calls(site):
    node = site.stack.layout.node
    customer, agent, voice = talk(site)
    site.stack.ctl("drain", node)
    try:
        wait_for(lambda: "draining: yes" in site.stack.kamcmd("acd.stats"), 5)
        refused = site.world.carrier().call(SUPPORT, 560)
        refused.wait("ended", 10)
        assert refused.call.code == 503
        assert customer.call.state == "answered"
    finally:
        site.stack.ctl("undrain", node)
    wait_for(lambda: "draining: no" in site.stack.kamcmd("acd.stats"), 5)
    taken = site.world.carrier().call(SUPPORT, 560)
    taken.wait("answered", 10)
    wait_for(lambda: [r["verb"] for r in site.rows(
        "SELECT verb FROM audit.entries WHERE tenant_id = 0 AND object = %s "
        "ORDER BY seq", node)] == ["node.drain", "node.undrain"], 10, 0.1,
        "the audit: %s" % site.rows("SELECT * FROM journal.rejected"))
    end(site, customer, taken)
