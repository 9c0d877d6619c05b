# SPDX-License-Identifier: GPL-2.0-or-later
"""Telephones that send no RTP: who is there stays, who is not is hung up."""

import time

import pytest

from harness import SUPPORT
from jf.sim.people import wait_for

NO_RTP_MS = 2000


@pytest.fixture(scope="module")
def impatience(stack):
    """The worker asks after two seconds."""
    path = stack.layout.path("etc/jackfield/worker-1.yaml")
    with open(path, encoding="utf-8") as f:
        before = f.read()
    write(stack, path, before.replace("no_rtp_ms: 60000",
                                      "no_rtp_ms: %d" % NO_RTP_MS))
    yield
    write(stack, path, before)


@pytest.fixture
def impatient(impatience, site):
    return site


def write(stack, path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    stack.restart_program("worker-1")
    stack.wait_ready()


def talk(site):
    site.ready("alice")
    customer = site.world.carrier().call(SUPPORT)
    customer.wait("answered", 15)
    agent = site.agent("alice").wait_call()
    agent.wait("acked")
    return customer, agent


def probes(site):
    """How many in-dialog OPTIONS the node has sent."""
    return site.stack.log_text("kamailio").count("event=probe ")


def test_who_is_gone_is_hung_up(impatient):
    site = impatient
    customer, agent = talk(site)
    customer.ear.hush()
    customer.call.drop()
    agent.wait("bye received", 20)
    contact = site.contact(customer.call.call_id)
    assert contact["outcome"] == "answered"
    leg = site.rows("SELECT * FROM journal.legs WHERE contact = %s AND role "
                    "= 'caller'", contact["contact"])[0]
    assert leg["reason"] == "the other side has no such dialog"


def test_who_is_there_but_silent_stays(impatient):
    site = impatient
    customer, agent = talk(site)
    customer.ear.hush()
    before = probes(site)
    wait_for(lambda: probes(site) >= before + 2, 20)  # and was asked twice
    assert customer.call.state == agent.call.state == "answered"
    customer.bye()
    customer.wait("ended")
    site.contact(customer.call.call_id)


def test_who_holds_is_not_asked(impatient):
    site = impatient
    customer, agent = talk(site)
    held = customer.hold()
    customer.ear.hush()
    before = probes(site)
    end = held + 2.5 * NO_RTP_MS / 1000
    wait_for(lambda: time.time() > end, 20)
    assert probes(site) == before
    customer.bye()
    customer.wait("ended")
    site.contact(customer.call.call_id)
