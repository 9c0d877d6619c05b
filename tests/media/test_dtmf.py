# SPDX-License-Identifier: GPL-2.0-or-later
"""Digits, from the telephone through rtpengine to the bus."""

import random

import pytest

from jf.sim.people import wait_for

DIGITS = "0123456789*#ABCD"


def pressed(house, leg, since):
    return "".join(e["digit"] for e in house.events("media.dtmf", since,
                                                    leg=leg.id))


@pytest.mark.parametrize("codec,te", [("PCMA", 101), ("PCMU", 101),
                                      ("G722", 101)])
def test_each_digit_once(house, codec, te):
    leg = house.leg(500, codec, te=te)
    wait_for(lambda: len(leg.endpoint.packets) > 5)
    at = house.last_id()
    for d in DIGITS + "1122":
        leg.endpoint.digit(d, 80)
    wait_for(lambda: len(pressed(house, leg, at)) >= 20, 20)
    leg.remove()  # everything before it has been told
    assert pressed(house, leg, at) == DIGITS + "1122"
    for e in house.events("media.dtmf", at, leg=leg.id):
        assert 60 <= int(e["ms"]) <= 120


def test_digits_while_packets_are_lost(house):
    """Any packet may be lost, among them all ends of a digit."""
    leg = house.leg(500)
    wait_for(lambda: len(leg.endpoint.packets) > 5)
    at = house.last_id()
    e = leg.endpoint
    send, rng = e._send, random.Random(7)

    def lossy(pt, ts, marker, payload):
        if pt == 101 and (rng.random() < 0.3 or payload[1] & 0x80
                          and payload[0] % 2):
            e.seq = (e.seq + 1) & 0xffff
            return
        send(pt, ts, marker, payload)

    e._send = lossy
    for d in "13579024680":
        e.digit(d, 160)
    wait_for(lambda: len(pressed(house, leg, at)) >= 11, 20)
    leg.remove()
    assert pressed(house, leg, at) == "13579024680"


def test_a_digit_is_not_heard_by_others(house):
    a, b = house.leg(500), house.leg(1000)
    b.hear(a)
    b.hears([500], [1000])
    at = house.last_id()
    a.endpoint.digit("5", 200)
    house.wait("media.dtmf", at, leg=a.id, digit="5")
    assert b.endpoint.digits() == ""
