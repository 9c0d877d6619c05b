# SPDX-License-Identifier: GPL-2.0-or-later
"""Guessing passwords and names, in numbers.

The default run is short; --long makes 100,000 guesses and 10,000 samples.
"""

import os
import socket
import threading
import time

import numpy as np
from conftest import Phone

LONG = os.environ.get("JF_LONG") == "1"
GUESSES = 100000 if LONG else 5000
SAMPLES = 10000 if LONG else 450
A_SOURCE = 180  # guesses of one address


def address(n):
    return "127.%d.%d.%d" % (2 + n // 62500, n // 250 % 250, 1 + n % 250)


class Honest(threading.Thread):
    """A phone that registers all the time, and how long each time took."""

    def __init__(self, peer):
        super().__init__(daemon=True)
        self.peer, self.codes, self.took, self.stopped = peer, [], [], False

    def run(self):
        while not self.stopped:
            begin = time.monotonic()
            self.codes.append(Phone(self.peer, "alice").register())
            self.took.append(time.monotonic() - begin)
            time.sleep(0.02)

    def over(self, seconds=None):
        if seconds:
            self.join(seconds)
        self.stopped = True
        self.join()
        return np.percentile(self.took, 99) * 1000


def guess(peer, n):
    """One address guesses at one name after the other until nobody answers,
    and then on without asking for challenges. The 30th guess is right.
    Gives the codes heard."""
    heard, extra = [], None
    for i in range(A_SOURCE):
        phone = Phone(peer, ("alice", "bob", "carol", "dave")[i % 4])
        right = i == 30
        if i < 21:
            try:
                phone.ask()
                m = phone.reply(2 if i < 20 else 0.2)
                extra = phone.credentials(m["WWW-Authenticate"],
                                          "guess-%d-%d" % (n, i))
                phone.ask(extra)
                heard.append(phone.reply(2 if i < 20 else 0.2).code)
            except AssertionError:
                heard.append(None)
        else:
            phone.ask(phone.credentials("Digest realm=\"demo.example\", "
                                        "nonce=\"x\"", phone.user + "-secret")
                      if right else extra)
    while True:  # what came after all
        try:
            heard.append(peer.take(lambda m: m.is_reply, 0.05).code)
        except AssertionError:
            return heard


def test_guesses(edge, peer):
    """Locked after the first ones, none succeeds, honest phones go on."""
    quiet = Honest(peer("127.0.0.81"))
    quiet.start()
    before = quiet.over(2)
    honest = Honest(peer("127.0.0.82"))
    honest.start()
    heard, sources = [], -(-GUESSES // A_SOURCE)
    begin = time.monotonic()
    for n in range(sources):
        thief = peer(address(n))
        heard.append(guess(thief, n))
        thief.sock.close()
    during = honest.over()
    refused = [len([c for c in h if c == 403]) for h in heard]
    print("\n%d guesses from %d addresses in %.0f s: %d answered, "
          "%d successes, locked after %d" % (
              sources * A_SOURCE, sources, time.monotonic() - begin, sum(refused),
              sum(c == 200 for h in heard for c in h), max(refused)))
    print("an honest phone's registration, p99: %.1f ms before, %.1f ms "
          "during; %d of %d succeeded" % (before, during,
                                          honest.codes.count(200),
                                          len(honest.codes)))
    assert not any(c == 200 for h in heard for c in h)
    assert max(refused) <= 20 and min(refused) == 20
    assert set(honest.codes) == {200}, honest.codes
    assert len(edge.bans()) >= min(sources, 10000)
    for n in range(sources):  # quicker than one command each
        edge.stack.redis().hdel("bans", address(n))


def took(phone, password):
    """Seconds from a wrong password to its refusal."""
    phone.ask()
    challenge = phone.reply()["WWW-Authenticate"]
    text = phone.credentials(challenge, password)
    begin = time.perf_counter()
    phone.ask(text)
    m = phone.reply()
    end = time.perf_counter()
    assert m.code == 403
    return end - begin


def test_time_tells_no_names(edge, peer):
    """The median times of names that exist and that do not differ by less
    than 0.2 ms, at 99 % confidence (bootstrap)."""
    real, made_up = [], []
    pairs = (("alice", "alize"), ("bob", "rob"), ("carol", "darol"))
    n = 0
    while len(real) < SAMPLES:
        p = peer(address(200000 + n))
        n += 1
        for i in range(3):
            for a, b in pairs:
                order = [(a, real), (b, made_up)]
                for user, out in order if (n + i) % 2 else order[::-1]:
                    out.append(took(Phone(p, user), "wrong"))
        p.sock.close()
    a, b = np.array(real) * 1000, np.array(made_up) * 1000
    rng = np.random.default_rng(1)
    diffs = [np.median(rng.choice(a, len(a))) - np.median(
        rng.choice(b, len(b))) for _ in range(2000)]
    low, high = np.percentile(diffs, [0.5, 99.5])
    print("\n%d + %d samples: medians %.3f and %.3f ms, difference %.3f to "
          "%.3f ms at 99 %%" % (len(a), len(b), np.median(a), np.median(b),
                                low, high))
    assert -0.2 < low and high < 0.2


def test_signalling_is_marked(edge):
    """CS5 on what leaves, RFC 4594."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.83", 0))
        s.setsockopt(socket.IPPROTO_IP, 13, 1)  # IP_RECVTOS
        s.settimeout(5)
        from jf.programs import OPTIONS
        s.sendto(OPTIONS.format(me="%s:%d" % s.getsockname(),
                                to="%s:%d" % edge.proxy, n="tos1").encode(),
                 edge.proxy)
        _, extra, _, _ = s.recvmsg(4096, 64)
    assert extra[0][2][0] == 40 << 2
