# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls of ours through a group of trunks; trunks that register; limits."""

import collections
import hashlib
import itertools
import re
import threading
import time

import pytest
from acd_conftest import PARTITION, TRUNK, Inbound
from wire import Callee, Caller, sdp

_addresses = itertools.count(1)
_numbers = itertools.count(int(time.time() * 64 * 1000))


class Carrier(threading.Thread):
    """A gateway that answers OPTIONS, and everything else as it was told."""

    def __init__(self, peer, how="ring"):
        super().__init__(daemon=True)
        self.peer, self.how = peer, how
        self.invites, self.seen, self.stopped = [], [], False
        self.start()

    def run(self):
        while not self.stopped:
            try:
                m = self.peer.take(lambda m: not m.is_reply, 0.2)
            except AssertionError:
                continue
            except OSError:
                return
            self.seen.append(m)
            if m.method == "OPTIONS":
                if self.how != "dead":
                    self.peer.answer(m, 200, tag="c")
            elif m.method == "INVITE":
                self.invites.append((time.monotonic(), m))
                if isinstance(self.how, int):
                    self.peer.answer(m, self.how, tag="c%d" % self.peer.port)
                elif self.how == "ring":
                    self.peer.answer(m, 180, tag="c%d" % self.peer.port)
            elif m.method in ("CANCEL", "BYE"):
                self.peer.answer(m, 200, tag="c%d" % self.peer.port)
                for _, invite in self.invites:
                    if m.method == "CANCEL" and invite.branch() == \
                            m.branch():
                        self.peer.answer(invite, 487,
                                         tag="c%d" % self.peer.port)

    def end(self):
        self.stopped = True
        self.join()


def line(peer, **more):
    pairs = {"uri": "sip:%s:%d" % (peer.addr, peer.port), **more}
    return "".join(" %s=%s" % p for p in pairs.items())


def state(engine, name):
    """The gateway's row of acd.trunks."""
    text = engine.kamcmd("acd.trunks")
    for block in re.findall(r"\{(.*?)\}", text, re.S):
        row = dict(re.findall(r"(\w+): (.*)", block))
        if row.get("trunk") == name:
            return row
    return None


@pytest.fixture
def group(engine, sip):
    """group("ring", 503, ...): gateways g0, g1, ... up and known."""
    made = []

    def make(*hows, **more):
        rows = {}
        for i, how in enumerate(hows):
            # never one that an earlier test's INVITE is still sent to
            peer = sip("127.0.1.%d" % next(_addresses), 5070)
            made.append(Carrier(peer, how))
            rows["g%d" % i] = line(peer, **more.get("g%d" % i, {}))
        engine.directory(gateways=rows)
        for name in rows:
            engine.wait(lambda n=name: state(engine, n), 5)
        return list(made)
    yield make
    for c in made:
        c.end()
    engine.directory(gateways={})
    engine.wait(lambda: state(engine, "g0") is None, 5)


def dial(engine, trunk=None, number="+12025559999", **fields):
    leg = "l%016x" % (PARTITION << 48 | next(_numbers) & 0xffffffffffff)
    engine.command("leg.invite", leg, route="trunk", trunk=trunk,
                   ruri="sip:%s@trunk" % number,
                   **{"from": "<sip:+12025550100@demo.example>",
                      "to": "<sip:%s@demo.example>" % number},
                   sdp=sdp("127.0.0.1", 30000), contact="c0001000000000abc",
                   **fields)
    return leg


def first(carriers):
    """The carrier that got the newest INVITE."""
    return max((c for c in carriers if c.invites),
               key=lambda c: c.invites[-1][0])


def end(engine, leg):
    engine.command("leg.end", leg)
    engine.event("leg.ended", leg=leg)


def test_a_call_leaves_by_a_trunk(engine, group):
    carrier, = group("ring")
    leg = dial(engine)
    engine.event("leg.ringing", leg=leg)
    m = carrier.invites[0][1]
    assert m.start.split()[1] == "sip:+12025559999@%s:5070" % (
        carrier.peer.addr)
    callee = Callee(carrier.peer, invite=m)
    callee.tag = "c5070"
    callee.ok(ack=False)
    engine.event("leg.answered", leg=leg)
    end(engine, leg)
    engine.wait(lambda: [m.method for m in carrier.seen
                         if m.method != "OPTIONS"]
                == ["INVITE", "ACK", "BYE"], 5)


def test_weights(engine, group):
    heavy, light = group("ring", "ring", g0={"weight": 90},
                         g1={"weight": 10})
    for _ in range(60):
        leg = dial(engine)
        engine.event("leg.ringing", leg=leg)
        end(engine, leg)
    # of 60 with 0.9: 42 is 4.8 standard deviations off
    assert len(heavy.invites) >= 42 and len(light.invites) >= 1
    assert len(heavy.invites) + len(light.invites) == 60


@pytest.mark.parametrize("how", [503, 500, "silent"])
def test_the_next_trunk_takes_it(engine, group, how):
    """Within 500 ms of the refusal or of the silent INVITE."""
    bad, good = group(how, "ring", g0={"weight": 1000}, g1={"weight": 1})
    leg = dial(engine)
    engine.event("leg.ringing", leg=leg)
    b = good.invites[0]
    a = next(x for x in bad.invites if x[1]["Call-ID"] == b[1]["Call-ID"])
    took_ms = (b[0] - a[0]) * 1000
    print("the next trunk after %s: %.0f ms" % (how, took_ms))
    assert took_ms < 500
    assert b[1].cseq[0] > a[1].cseq[0]
    assert int(state(engine, "g0")["failures"]) == 1
    end(engine, leg)


def test_who_was_called_is_not_asked_twice(engine, group):
    """Busy is busy on every trunk."""
    carriers = group(486, 486)
    leg = dial(engine)
    e = engine.event("leg.ended", leg=leg)
    assert e["code"] == "486" and e["by"] == "remote"
    assert sum(len(c.invites) for c in carriers) == 1
    assert state(engine, "g0")["failures"] == "0"


def test_nobody_is_left(engine, group):
    carriers = group(503, 503, 503)
    leg = dial(engine)
    e = engine.event("leg.ended", leg=leg)
    assert e["code"] == "503"
    assert [len(c.invites) for c in carriers] == [1, 1, 1]
    leg = dial(engine, trunk="no-such-group")
    assert engine.event("leg.ended", leg=leg)["code"] == "503"


def test_failures_lower_a_weight(engine, group):
    bad, good = group(503, "ring", g0={"weight": 100}, g1={"weight": 100})
    tried = collections.Counter()
    for i in range(40):
        before = len(bad.invites)
        leg = dial(engine)
        engine.event("leg.ringing", leg=leg)
        tried[i // 20] += len(bad.invites) - before
        end(engine, leg)
    assert int(state(engine, "g0")["failures"]) >= 3
    # half of them at first; at a 64th hardly any
    assert tried[1] <= 5, tried


def test_a_late_answer_of_a_trunk_that_was_given_up(engine, group):
    """It is acknowledged and ended; the call goes on at the other one."""
    slow, good = group("silent", "ring", g0={"weight": 1000},
                       g1={"weight": 1})
    leg = dial(engine)
    engine.event("leg.ringing", leg=leg)
    call = good.invites[0][1]["Call-ID"]
    late = Callee(slow.peer, invite=next(
        m for _, m in slow.invites if m["Call-ID"] == call))
    late.say(200, "OK", sdp(slow.peer.addr))
    engine.wait(lambda: {"ACK", "BYE"} <= {m.method for m in slow.seen}, 5)
    callee = Callee(good.peer, invite=good.invites[0][1])
    callee.tag = "c5070"
    callee.ok(ack=False)
    engine.event("leg.answered", leg=leg)
    end(engine, leg)


def test_a_trunk_that_answers_no_options_comes_last(engine, group):
    dead, good = group("dead", "ring", g0={"weight": 1000},
                       g1={"weight": 1})
    engine.wait(lambda: state(engine, "g0")["state"] == "down", 30,
                "it is not seen to be down")
    leg = dial(engine)
    engine.event("leg.ringing", leg=leg)
    assert not dead.invites and len(good.invites) == 1
    end(engine, leg)
    dead.how = "ring"  # it comes back
    engine.wait(lambda: state(engine, "g0")["state"] == "up", 10)


def test_calls_of_ours_have_limits(engine, group):
    """A full trunk is passed over; when all are full the call is refused."""
    full, other = group("ring", "ring",
                        g0={"weight": 1000, "max_calls": 1},
                        g1={"weight": 1, "max_calls": 1})
    legs = [dial(engine) for _ in range(2)]
    for leg in legs:
        engine.event("leg.ringing", leg=leg)
    assert len(full.invites) == len(other.invites) == 1
    refused = dial(engine)
    e = engine.event("leg.ended", leg=refused)
    assert e["code"] == "503" and "limits" in e["reason"]
    for leg in legs:
        end(engine, leg)
    leg = dial(engine)  # there is room again
    engine.event("leg.ringing", leg=leg)
    end(engine, leg)


def test_calls_a_second_of_ours(engine, group):
    group("ring", g0={"max_cps": 3})
    legs = {dial(engine) for _ in range(12)}

    def told():
        engine._read(0.01)
        return {e["leg"]: e for e in engine.box if e.get("leg") in legs
                and e["t"] in ("leg.ended", "leg.ringing")}
    engine.wait(lambda: set(told()) == legs, 5)
    refused = [e for e in told().values() if e["t"] == "leg.ended"]
    assert len(refused) >= 4 and {e["code"] for e in refused} == {"503"}
    for leg in engine.legs():
        end(engine, leg)


def test_a_tenants_calls(engine, sip):
    engine.directory(tenants={"1": "2:0"})
    engine.wait(lambda: "2:0" in engine.kamcmd("htable.dump", "tenant"))
    trunk = sip(TRUNK)
    calls = [Inbound(engine, trunk) for _ in range(2)]
    Caller(trunk).invite().failed(486)
    for c in calls:
        engine.command("leg.reject", c.leg, code=486)
        c.dialog.failed(486)
        engine.event("leg.ended", leg=c.leg)
    c = Inbound(engine, trunk)
    engine.command("leg.reject", c.leg, code=404)
    c.dialog.failed(404)
    engine.event("leg.ended", leg=c.leg)


def test_a_tenants_calls_out_count(engine, group, sip):
    """With those that came in."""
    group("ring")
    engine.directory(tenants={"1": "2:0"})
    engine.wait(lambda: "2:0" in engine.kamcmd("htable.dump", "tenant"))
    c = Inbound(engine, sip(TRUNK))
    out = dial(engine, tenant=1)
    engine.event("leg.ringing", leg=out)
    e = engine.event("leg.ended", leg=dial(engine, tenant=1))
    assert e["code"] == "503" and "tenant's calls" in e["reason"]
    end(engine, out)
    out = dial(engine, tenant=1)  # there is room again
    engine.event("leg.ringing", leg=out)
    end(engine, out)
    engine.command("leg.reject", c.leg, code=486)
    c.dialog.failed(486)
    engine.event("leg.ended", leg=c.leg)


def test_a_tenants_calls_a_second(engine, sip):
    engine.directory(tenants={"1": "0:3"})
    engine.wait(lambda: "0:3" in engine.kamcmd("htable.dump", "tenant"))
    trunk = sip(TRUNK)
    refused = 0
    for c in [Caller(trunk).invite() for _ in range(12)]:
        m = trunk.take(lambda m: m.is_reply and m["Call-ID"] == c.call
                       and m.code in (100, 503))
        if m.code == 503:
            assert m["Retry-After"]
            trunk.send(c._same_transaction("ACK", m["To"]))
            refused += 1
        else:
            e = engine.event("leg.offered", call_id=c.call)
            engine.command("leg.reject", e["leg"], code=404)
            c.failed(404)
            engine.event("leg.ended", leg=e["leg"])
    assert refused >= 5


def test_a_full_trunk_says_when_to_come_again(engine, sip):
    engine.directory(trunks={"127.0.0.4": "small:1:0:"})
    engine.wait(lambda: "small:1" in engine.kamcmd("htable.dump", "trunk"))
    small = sip("127.0.0.4")
    c = Inbound(engine, small)
    m = Caller(small).invite().failed(503)
    assert int(m["Retry-After"]) > 0
    engine.command("leg.reject", c.leg, code=404)
    c.dialog.failed(404)
    engine.event("leg.ended", leg=c.leg)


def md5(*v):
    return hashlib.md5(":".join(v).encode()).hexdigest()


def registrar(peer, user, password):
    """Challenges a REGISTER and takes the one with the right password."""
    nonce = "n%d" % next(_numbers)
    m = peer.request("REGISTER")
    peer.answer(m, 401, tag="r", extra=[
        'WWW-Authenticate: Digest realm="any", nonce="%s"' % nonce])
    m2 = peer.request("REGISTER")
    assert m2["Call-ID"] == m["Call-ID"] and m2.cseq[0] == m.cseq[0] + 1
    assert md5(md5(user, "any", password), nonce, md5(
        "REGISTER", m2.start.split()[1])) in m2["Authorization"]
    peer.answer(m2, 200, tag="r", extra=["Expires: 60"])
    return m2


def test_a_trunk_that_registers(engine, sip):
    """With its password, again in time, and live: a row is enough."""
    peer = sip("127.0.1.250", 5070)
    pairs = {"registrar": "sip:127.0.1.250:5070", "user": "line7",
             "password": "secret%20word"}
    engine.directory(gateways={"carrier-r": line(peer, **pairs)})
    m = registrar(peer, "line7", "secret word")
    assert m["To"] == "<sip:line7@127.0.1.250:5070>"
    assert "sip:line7@%s:%d" % engine.proxy in m["Contact"]
    engine.wait(lambda: state(engine, "carrier-r")["register_code"] == "200",
                5)
    engine.directory(gateways={"carrier-r": line(
        peer, **{**pairs, "password": "new"})})
    registrar(peer, "line7", "new")  # at once
    engine.directory(gateways={})
    engine.wait(lambda: state(engine, "carrier-r") is None, 5)


def test_a_call_to_a_trunk_that_challenges(engine, sip):
    peer = sip("127.0.1.251", 5070)
    engine.directory(gateways={"carrier-c": line(peer, user="line8",
                                                 password="pw")})
    engine.wait(lambda: state(engine, "carrier-c"), 5)
    leg = dial(engine)
    first_try = peer.request("INVITE")
    peer.answer(first_try, 407, tag="x", extra=[
        'Proxy-Authenticate: Digest realm="any", nonce="abc"'])
    m = peer.take(lambda m: m.method == "INVITE" and not m.is_reply
                  and m["Proxy-Authorization"])
    assert 'username="line8"' in m["Proxy-Authorization"]
    assert md5(md5("line8", "any", "pw"), "abc", md5(
        "INVITE", m.start.split()[1])) in m["Proxy-Authorization"]
    peer.answer(m, 486, tag="y")
    assert engine.event("leg.ended", leg=leg)["code"] == "486"
    engine.directory(gateways={})
    engine.wait(lambda: state(engine, "carrier-c") is None, 5)
