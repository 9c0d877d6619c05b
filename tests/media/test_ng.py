# SPDX-License-Identifier: GPL-2.0-or-later
"""rtp/ng against the real rtpengine: what the engine relies on."""

import itertools
import time

import pytest

import srtp
from house import HOST, sdp
from jf.sim.people import wait_for
from jf.sim.rtp import tone

OUTER, INNER, MOVED = 500, 1000, 1500
ports = itertools.count(33000, 2)
names = itertools.count(1)


class Call:
    """One rtpengine call: an outer party and two places that its inner side
    may point at, each with a tone."""

    def __init__(self, house, codec="PCMA"):
        self.ng = house.ng
        self.leg = "n%d" % next(names)
        self.codec = codec
        self.outer, self.first, self.second = (
            house.clock.endpoint(HOST, next(ports), c)
            for c in (codec, "PCMA", "PCMA"))
        self.outer.say(tone(OUTER))
        self.first.say(tone(INNER))
        self.second.say(tone(MOVED))
        self.sdp = sdp(self.outer.port, (codec,))

    def point(self, where):
        return "%s:%d" % (HOST, where.port)

    def negotiate(self, where, offer=None):
        got = self.ng.ok("negotiate", self.leg, self.point(where),
                         offer or self.sdp)
        self.talk(got["port"], got["addr"], where)
        return got["port"], got["addr"]

    def propose(self, where):
        got = self.ng.ok("propose", self.leg, self.point(where))
        yes = self.ng.ok("accept", self.leg, self.point(where), self.sdp)
        self.talk(got["port"], yes["addr"], where)
        return got, yes

    def talk(self, port, addr, where):
        self.first.hush()
        self.second.hush()
        self.outer.talk((HOST, port))
        host, inner = addr.split(":")
        where.talk((host, int(inner)))

    def joined(self, where, hz):
        """Both hear each other, and each in his codec."""
        def right():
            now = time.time()
            return self.outer.tones(now - 0.3, now, [hz])[hz] > 4000 and \
                where.tones(now - 0.3, now, [OUTER])[OUTER] > 4000
        wait_for(right, 3, 0.02, "two-way audio")
        now = time.time()
        assert self.outer.codecs(now - 0.3, now) == {self.codec}
        assert where.codecs(now - 0.3, now) == {"PCMA"}
        assert {len(p.payload) for p in where.heard(now - 0.3, now)} == {160}

    def close(self):
        self.ng.ok("delete", self.leg)
        for e in (self.outer, self.first, self.second):
            e.close()


@pytest.fixture(params=["PCMA", "PCMU", "G722"])
def call(house, request):
    c = Call(house, request.param)
    yield c
    c.close()


def test_negotiate(call):
    got = call.ng.ok("negotiate", call.leg, call.point(call.first), call.sdp)
    assert got["codec"] == call.codec
    assert "telephone-event" in got["sdp"]
    call.negotiate(call.first)
    call.joined(call.first, INNER)


def test_propose_and_accept(call):
    got, yes = call.propose(call.first)
    (line,) = [l for l in got["sdp"].splitlines() if l.startswith("m=")]
    assert line.startswith("m=audio %d RTP/AVP 8 0 9 " % got["port"])
    assert "opus/48000/2" in got["sdp"]
    assert "telephone-event/8000" in got["sdp"]
    assert yes["codec"] == call.codec
    call.joined(call.first, INNER)


def test_propose_srtp(call):
    """RFC 4568: our keys in the offer, theirs in the answer."""
    got = call.ng.ok("propose", call.leg, call.point(call.first),
                     words=["srtp"])
    assert "RTP/SAVP 8 0 9 " in got["sdp"]
    assert " NULL_" not in got["sdp"] and " F8_" not in got["sdp"]
    srtp.answer(call.outer, got["sdp"])
    theirs = srtp.offer(call.outer, call.sdp, srtp.tag(got["sdp"]))
    yes = call.ng.ok("accept", call.leg, call.point(call.first), theirs)
    call.talk(got["port"], yes["addr"], call.first)
    call.joined(call.first, INNER)
    moved = call.ng.ok("negotiate", call.leg, call.point(call.second), theirs)
    srtp.answer(call.outer, moved["sdp"])
    call.talk(moved["port"], moved["addr"], call.second)
    call.joined(call.second, MOVED)


@pytest.mark.parametrize("proposed", [False, True])
def test_moving_keeps_both_ports(call, proposed):
    if proposed:
        got, yes = call.propose(call.first)
        before = got["port"], yes["addr"]
    else:
        before = call.negotiate(call.first)
    call.joined(call.first, INNER)
    assert call.negotiate(call.second) == before
    call.joined(call.second, MOVED)
    assert call.negotiate(call.second) == before  # the same again
    call.joined(call.second, MOVED)
    assert call.negotiate(call.first) == before
    call.joined(call.first, INNER)


def test_the_same_again_is_the_same_sdp(call):
    a = call.ng.ok("negotiate", call.leg, call.point(call.first), call.sdp)
    b = call.ng.ok("negotiate", call.leg, call.point(call.second), call.sdp)
    assert a["sdp"] == b["sdp"]  # the outer side is not told of moves


def test_hold(call):
    """RFC 3264: a hold is answered as such, and its version is newer."""
    def origin(text):
        return int(text.splitlines()[1].split()[2])

    call.negotiate(call.first)
    last = origin(call.ng.ok("negotiate", call.leg, call.point(call.first),
                             call.sdp)["sdp"])
    for asked, answer in (("sendonly", "recvonly"), ("inactive", "inactive"),
                          ("recvonly", "sendonly"), ("sendrecv", "sendrecv")):
        got = call.ng.ok("negotiate", call.leg, call.point(call.first),
                         sdp(call.outer.port, (call.codec,), asked))
        assert "\na=%s\n" % answer in got["sdp"].replace("\r", "")
        assert origin(got["sdp"]) == last + 1
        last += 1
    call.joined(call.first, INNER)


def test_late_offer_to_a_leg_that_is_up(call):
    before = call.negotiate(call.first)
    got, yes = call.propose(call.first)
    assert (got["port"], yes["addr"]) == before
    call.joined(call.first, INNER)


def test_the_outer_side_changes_its_port(house, call):
    before = call.negotiate(call.first)
    call.joined(call.first, INNER)
    call.outer.close()
    call.outer = house.clock.endpoint(HOST, next(ports), call.codec)
    call.outer.say(tone(OUTER))
    call.sdp = sdp(call.outer.port, (call.codec,), version=2)
    assert call.negotiate(call.first) == before
    call.joined(call.first, INNER)


def test_two_legs_pointed_at_each_other(house):
    a, b = Call(house, "PCMU"), Call(house, "G722")
    b.outer.say(tone(MOVED))
    one = house.ng.ok("negotiate", a.leg, "127.0.0.1:9", a.sdp)
    two = house.ng.ok("negotiate", b.leg, one["addr"], b.sdp)
    house.ng.ok("negotiate", a.leg, two["addr"], a.sdp)
    a.outer.talk((HOST, one["port"]))
    b.outer.talk((HOST, two["port"]))

    def both():
        now = time.time()
        return a.outer.tones(now - 0.3, now, [MOVED])[MOVED] > 4000 and \
            b.outer.tones(now - 0.3, now, [OUTER])[OUTER] > 4000

    wait_for(both, 3, 0.02, "plain talk")
    a.close()
    b.close()


HEAD = ("v=0\r\no=x 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n"
        "t=0 0\r\n")


@pytest.mark.parametrize("offer", [
    "", "hello", HEAD, HEAD + "m=video 5000 RTP/AVP 96\r\n",
    HEAD + "m=audio 0 RTP/AVP 8\r\n",
    HEAD + "m=audio 5000 RTP/AVP 97\r\na=rtpmap:97 FOO/8000\r\n",
    HEAD + "m=audio 5000 RTP/AVP 97\r\na=rtpmap:97 AMR/8000\r\n"])
def test_what_cannot_be_served_is_refused(house, offer):
    got = house.ng("negotiate", "bad", "127.0.0.1:9", offer)
    assert got["cause"] == "refused" and got["reason"]
    assert house.ng("accept", "bad", "127.0.0.1:9",
                    offer)["cause"] == "refused"


def test_a_call_that_is_not_there(house):
    assert house.ng("accept", "none", "127.0.0.1:9",
                    sdp(5000))["cause"] == "unknown"
    assert house.ng("delete", "none")["cause"] == "ok"


def test_video_is_rejected_and_srtp_ends_here(house):
    offer = HEAD + (
        "m=video 5002 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
        "m=audio 5000 RTP/SAVP 8\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 "
        "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n")
    got = house.ng.ok("negotiate", "v1", "127.0.0.1:9", offer)
    lines = [l for l in got["sdp"].splitlines() if l[:2] == "m="]
    assert lines[0].startswith("m=video 0 ")
    assert "RTP/SAVP 8" in lines[1] and "a=crypto:" in got["sdp"]
    house.ng.ok("delete", "v1")


def test_telephone_event_keeps_its_type(house):
    got = house.ng.ok("negotiate", "t1", "127.0.0.1:9",
                      sdp(5000, ("PCMU",), te=96))
    assert "a=rtpmap:96 telephone-event/8000" in got["sdp"]
    got = house.ng.ok("negotiate", "t2", "127.0.0.1:9",
                      sdp(5000, ("PCMU",), te=None))
    assert "telephone-event" not in got["sdp"]
    for leg in ("t1", "t2"):
        house.ng.ok("delete", leg)


def test_nothing_to_transcode_when_pcma_is_offered(house):
    got = house.ng.ok("negotiate", "c1", "127.0.0.1:9",
                      sdp(5000, ("PCMU", "PCMA")))
    assert got["codec"] == "PCMA"
    house.ng.ok("delete", "c1")
