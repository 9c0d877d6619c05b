# SPDX-License-Identifier: GPL-2.0-or-later
"""How long a caller waits: calls one after the other, on a clock that is
finer than SIPp's (4 ms)."""

import socket
import time

from jf.sim.sip import Message, sdp, token, uri_of

INVITE = """INVITE sip:{number}@{proxy} SIP/2.0
Via: SIP/2.0/UDP {me};branch=z9hG4bK{branch};rport
Max-Forwards: 70
From: <sip:+12025559999@{me}>;tag={tag}
To: <sip:{number}@{proxy}>
Call-ID: {call_id}
CSeq: 1 INVITE
Contact: <sip:+12025559999@{me}>
Content-Type: application/sdp
Content-Length: {length}

{body}"""
WITHIN = """{method} {target} SIP/2.0
Via: SIP/2.0/UDP {me};branch=z9hG4bK{branch};rport
Max-Forwards: 70
{routes}From: <sip:+12025559999@{me}>;tag={tag}
To: {to}
Call-ID: {call_id}
CSeq: {cseq} {method}
Content-Length: 0

"""


class Probe:
    def __init__(self, local, proxy, number):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(local)
        self.socket.settimeout(2)
        self.proxy = proxy
        self.words = {"me": "%s:%d" % local, "proxy": "%s:%d" % proxy,
                      "number": number}
        self.body = sdp(local[0], 39000).replace("\r\n", "\n")

    def close(self):
        self.socket.close()

    def _send(self, text, **words):
        text = text.format(**{**self.words, **words})
        self.socket.sendto(text.replace("\n", "\r\n").encode(), self.proxy)

    def _final(self, method):
        while True:
            m = Message.parse(self.socket.recv(65536))
            if m.code >= 200 and m.method == method:
                return m

    def call(self, hold_s):
        """One call; ms from INVITE to 200, or None when there was none."""
        words = {"tag": token(), "call_id": token(96)}
        begun = time.perf_counter()
        self._send(INVITE, branch=token(), body=self.body,
                   length=len(self.body) + self.body.count("\n"), **words)
        try:
            ok = self._final("INVITE")
            ms = (time.perf_counter() - begun) * 1000
            words.update(
                target=uri_of(ok.get("Contact")), to=ok.get("To"),
                routes="".join("Route: %s\n" % r for r in
                               reversed(ok.all("Record-Route"))))
            if ok.code != 200:
                return None
            self._send(WITHIN, method="ACK", cseq=1, branch=token(), **words)
            time.sleep(hold_s)
            self._send(WITHIN, method="BYE", cseq=2, branch=token(), **words)
            self._final("BYE")
        except (TimeoutError, ValueError):
            return None
        return ms


def median_ms(local, proxy, number, calls, hold_s=0.1):
    """(p50, p99) ms from INVITE to 200."""
    probe = Probe(local, proxy, number)
    try:
        v = sorted(ms for _ in range(calls)
                   if (ms := probe.call(hold_s)) is not None)
    finally:
        probe.close()
    assert len(v) >= calls * 0.9, "%d of %d calls" % (len(v), calls)
    return v[len(v) // 2], v[int(len(v) * 0.99)]
