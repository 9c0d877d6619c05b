# SPDX-License-Identifier: GPL-2.0-or-later
"""T.38 is refused so that a fax falls back to G.711; the call goes on."""

import re
import time

import pytest

from harness import CUSTOMER_HZ, SUPPORT, first_heard
from jf.sim.people import wait_for

IMAGE = "m=image %d udptl t38\r\na=T38FaxVersion:0\r\na=T38MaxBitRate:14400\r\n"
HEAD = ("v=0\r\no=fax 1 2 IN IP4 {addr}\r\ns=-\r\nc=IN IP4 {addr}\r\n"
        "t=0 0\r\n")


@pytest.fixture
def talk(site):
    site.ready("alice")
    customer = site.world.carrier().call(SUPPORT, CUSTOMER_HZ)
    begin = customer.wait("answered", 15)
    agent = site.agent("alice").wait_call()
    agent.wait("acked")
    first_heard(customer.ear, agent.hz, begin, 10)
    yield customer, agent
    customer.bye()
    site.contact(customer.call.call_id)


def replied(customer, word):
    wait_for(lambda: any(e.startswith("reinvite " + word)
                         for _, e in list(customer.call.log)), 5)


def both_hear(customer, agent):
    now = time.time()
    first_heard(customer.ear, agent.hz, now, 5)
    first_heard(agent.ear, CUSTOMER_HZ, now, 5)


def test_a_switch_to_t38_is_refused(site, talk):
    customer, agent = talk
    customer.call.reinvite(HEAD.format(addr=customer.ear.addr)
                           + IMAGE % customer.ear.port)
    replied(customer, "488")
    both_hear(customer, agent)
    # Whatever is said to rtpengine from now on is of the audio that stayed.
    site.stack.kill("worker-1")
    site.stack.wait_ready()
    both_hear(customer, agent)


def test_audio_with_t38_beside_it(site, talk):
    customer, agent = talk
    customer.call.reinvite(customer.sdp() + IMAGE % (customer.ear.port + 2))
    replied(customer, "200")
    answer = customer.call.remote_sdp
    assert re.search(r"^m=audio [1-9]", answer, re.M), answer
    assert re.search(r"^m=image 0 ", answer, re.M), answer
    both_hear(customer, agent)


def test_a_call_that_is_fax_alone(site):
    carrier = site.world.carrier()
    ear = site.world.endpoint(carrier.addr, "PCMA")
    call = carrier.phone.call("sip:%s@%s:%d" % ((SUPPORT,) + site.proxy),
                              HEAD.format(addr=ear.addr) + IMAGE % ear.port)
    call.wait("ended", 10)
    ear.close()
    assert call.code == 488
    site.contact(call.call_id)
