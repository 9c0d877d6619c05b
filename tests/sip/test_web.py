# SPDX-License-Identifier: GPL-2.0-or-later
"""An agent in a browser: JsSIP over WSS."""

import os
import re
import shutil
import time

import pytest

from harness import CUSTOMER_HZ, DOMAIN, check_chain, kinds, loud
from jf.sim.people import wait_for
from jf.sim.rtp import tone
from jf.sim.sip import sdp_media
from jf.sim.web import WebPhone

MODULES = os.path.join(os.environ.get("JF_BUILD", ""), "web", "node_modules")
HZ, ADDR = 1900, "127.0.0.61"

pytestmark = pytest.mark.skipif(
    not shutil.which("node") or not os.path.exists(
        os.path.join(os.path.dirname(MODULES), "installed")),
    reason="node or JsSIP is not there: apt-get install nodejs npm; build")


@pytest.fixture
def web(site):
    """carol's browser, registered."""
    if site.agent("carol").phone.registered.is_set():
        site.agent("carol").phone.unregister()
    with WebPhone(MODULES, "wss://%s:%d" % (site.layout.addr,
                                            site.ports["wss"]),
                  "carol", DOMAIN, "carol-secret", ADDR) as phone:
        phone.wait("registered")
        phone.ear = site.world.endpoint(ADDR, "PCMA")
        phone.ear.say(tone(HZ))
        phone.do("rtp", port=phone.ear.port)
        yield phone
        phone.ear.close()
    site.ask("carol", "logout")


def connect(phone, description):
    media = sdp_media(description)
    phone.ear.talk(media[:2], "PCMA")


def ring(site, web):
    """A customer's call rings in the browser: both."""
    site.ask("carol", "ready")
    customer = site.world.carrier().call("+12025550100", hz=CUSTOMER_HZ)
    told = web.wait("incoming")
    # RFC 7118: a WebSocket is reached by its connection, and says so
    assert re.search(r";transport=ws\b", told["contact"]), told
    connect(web, told["sdp"])
    return customer


def talk(site, web):
    customer = ring(site, web)
    web.do("answer")
    web.wait("confirmed")
    wait_for(lambda: site.agent_state("carol") == "talking", 5, 0.01)
    return customer


def both_hear(customer, web):
    t = time.time() + 0.3
    wait_for(lambda: time.time() > t + 0.5)
    loud(customer.ear, t, t + 0.4, HZ)
    loud(web.ear, t, t + 0.4, CUSTOMER_HZ)


def journal(site, customer):
    contact = site.contact(customer.call.call_id)
    segments = site.segments(contact["contact"])
    check_chain(segments, contact)
    return contact, segments


def test_call_in_hold_and_hang_up(site, web):
    customer = talk(site, web)
    both_hear(customer, web)
    web.do("hold")
    web.wait("hold")
    wait_for(lambda: "held" in "".join(site.state("contact").values()), 5,
             0.02, "the contact is not held")
    web.do("unhold")
    web.wait("unhold")
    both_hear(customer, web)
    web.do("bye")
    assert web.wait("ended")["by"] == "local"
    customer.wait("ended")
    contact, segments = journal(site, customer)
    assert kinds(segments)[-3:] == ["talk", "hold", "talk"]
    assert (contact["by"], contact["agent"]) == ("agent", 3)


def test_customer_hangs_up(site, web):
    customer = talk(site, web)
    customer.bye()
    assert web.wait("ended")["by"] == "remote"
    assert journal(site, customer)[0]["by"] == "caller"


def test_customer_gives_up(site, web):
    customer = ring(site, web)
    customer.call.bye()
    assert web.wait("failed")["cause"] == "Canceled"
    assert journal(site, customer)[0]["outcome"] == "abandoned"


def test_refused(site, web):
    customer = ring(site, web)
    web.do("refuse", code=603)
    web.wait("failed")
    customer.bye()
    assert "declined" in [s["cause"] for s in journal(site, customer)[1]]


def test_call_out(site, web):
    """A feature code; the browser hangs up before the words are over."""
    web.do("call", target="sip:*70@" + DOMAIN)
    told = web.wait("accepted")
    assert re.search(r";transport=ws\b", told["contact"]), told
    web.do("bye")
    assert web.wait("ended")["by"] == "local"
    assert site.agent_state("carol") == "ready"


def test_socket_drops(site, web):
    """The browser connects again by itself; the talk goes on, and ends."""
    customer = talk(site, web)
    web.events.clear()
    web.do("drop")
    web.wait("disconnected")
    web.wait("registered", 15)
    both_hear(customer, web)
    customer.bye()
    assert web.wait("ended")["by"] == "remote"
    assert journal(site, customer)[0]["by"] == "caller"
    other = talk(site, web)
    other.bye()
    web.wait("ended")
