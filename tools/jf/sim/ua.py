# SPDX-License-Identifier: GPL-2.0-or-later
"""A small SIP telephone over UDP: what a test or a demo needs of RFC 3261.

    phone = Phone(loop, "127.0.0.11", 15100, user="alice", domain=...,
                  password=..., proxy=("127.0.0.1", 15060))
    phone.register()
    call = phone.call("sip:+12025550100@127.0.0.1:15060", sdp_text)
    call.wait("answered")
    call.reinvite(sdp_text); call.bye()

A phone is asked what to do with a call that comes in by on_call(call); it
then uses call.ring(), call.answer(sdp), call.refuse(code). Calls keep a log
of (time.time(), event) and can be waited for from any thread.
"""

import socket
import threading
import time

from .call import Call
from .sip import Message, authorization, param, token

T1 = 0.5
ALLOW = "INVITE, ACK, CANCEL, BYE, INFO, OPTIONS"


class Phone:
    def __init__(self, loop, addr, port, user, proxy, domain="",
                 password="", on_call=None):
        self.loop = loop
        self.addr, self.port, self.user = addr, port, user
        self.domain = domain or addr
        self.password = password
        self.proxy = proxy
        self.on_call = on_call
        self.calls = {}
        self.clients = {}  # branch+method -> Transaction
        self.replies = {}  # branch+method -> last response, for repeats
        self.registered = threading.Event()
        self.refused = None  # last final refusal of a REGISTER
        self.refresh = None
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setblocking(False)
        self.sock.bind((addr, port))
        self.port = self.sock.getsockname()[1]
        self.register_id = token() + "@" + addr
        self.register_seq = 0
        self.tag = token()
        loop.call(lambda: loop.add_reader(self.sock.fileno(), self._readable))

    def close(self):
        def work():
            if self.refresh:
                self.refresh.cancel()
            for t in list(self.clients.values()):
                t.stop()
            for call in self.calls.values():
                call.drop()
            self.loop.del_reader(self.sock.fileno())
            self.sock.close()
        self.loop.call(work)

    # ---- transport ---------------------------------------------------------

    def send(self, message, dest=None):
        try:
            self.sock.sendto(message.bytes(), dest or self.proxy)
        except OSError:
            pass  # retransmission is the remedy

    def _readable(self):
        for _ in range(32):
            try:
                data, source = self.sock.recvfrom(65536)
            except OSError:
                return
            if len(data) > 8:
                self._on_message(Message.parse(data), source)

    def _on_message(self, m, source):
        if m.code:
            t = self.clients.get((m.branch, m.method))
            if t:
                t.on_response(m)
            elif m.method == "INVITE" and 200 <= m.code < 300:
                call = self.calls.get(m.get("Call-ID"))
                if call:
                    call.on_late_2xx(m)
            return
        key = (m.branch, m.method)
        if m.method != "ACK" and key in self.replies:
            return self.send(self.replies[key], source)
        self._on_request(m, source)

    def _on_request(self, m, source):
        call = self.calls.get(m.get("Call-ID"))
        if call:
            return call.on_request(m, source)
        if m.method == "ACK":
            return None
        if m.method == "INVITE" and not m.to_tag():
            call = Call(self, m.get("Call-ID"))
            self.calls[call.call_id] = call
            return call.on_invite(m, source)
        code = 200 if m.method == "OPTIONS" else 481
        return self.reply(m, source, code)

    def reply(self, request, dest, code, body="", tag="", reason="",
              extra=()):
        to = request.get("To")
        if tag and not param(to, "tag"):
            to += ";tag=" + tag
        headers = [("Via", v) for v in request.all("Via")]
        headers += [("Record-Route", v) for v in request.all("Record-Route")]
        headers += [("From", request.get("From")), ("To", to),
                    ("Call-ID", request.get("Call-ID")),
                    ("CSeq", request.get("CSeq")),
                    ("Contact", self.contact()), ("Allow", ALLOW)]
        headers += list(extra)
        if body:
            headers.append(("Content-Type", "application/sdp"))
        m = Message("SIP/2.0 %d %s" % (code, reason or REASONS.get(
            code, "Status")), headers, body)
        if request.method != "ACK":
            self.replies[(request.branch, request.method)] = m
            self.loop.after(32, lambda: self.replies.pop(
                (request.branch, request.method), None))
        self.send(m, dest)

    def contact(self):
        return "<sip:%s@%s:%d>" % (self.user, self.addr, self.port)

    def request(self, method, uri, headers, body="", branch=None):
        via = "SIP/2.0/UDP %s:%d;branch=%s;rport" % (
            self.addr, self.port, branch or "z9hG4bK" + token())
        head = [("Via", via), ("Max-Forwards", "70")] + headers
        if body:
            head.append(("Content-Type", "application/sdp"))
        return Message("%s %s SIP/2.0" % (method, uri), head, body)

    def transact(self, message, done, provisional=None):
        """done(response) once, None after 32 s."""
        return Transaction(self, message, done, provisional)

    # ---- registration ------------------------------------------------------

    def register(self, expires=3600, timeout=5):
        """Registers now and again before it expires. False: refused."""
        self.registered.clear()
        self.refused = None
        self.loop.soon(lambda: self._register(expires))
        end = time.time() + timeout
        while not self.registered.wait(0.02) and time.time() < end:
            if self.refused:
                return False
        return self.registered.is_set()

    def unregister(self, timeout=5):
        """Removes its binding, for instance before another phone takes the
        same user."""
        if not self.registered.is_set():
            return
        ok = self.register(0, timeout)
        self.registered.clear()
        if not ok:
            raise TimeoutError("%s is still registered: %s" % (
                self.user, self.refused))

    def _register(self, expires, challenge=None):
        self.register_seq += 1
        uri = "sip:" + self.domain
        me = "<sip:%s@%s>" % (self.user, self.domain)
        headers = [("From", me + ";tag=" + self.tag), ("To", me),
                   ("Call-ID", self.register_id),
                   ("CSeq", "%d REGISTER" % self.register_seq),
                   ("Contact", self.contact()),
                   ("Expires", str(expires))]
        if challenge:
            headers.append(self._credentials(challenge, "REGISTER", uri))
        m = self.request("REGISTER", uri, headers)
        self.transact(m, lambda r: self._registered(r, expires, challenge))

    def _credentials(self, response, method, uri):
        proxy = response.code == 407
        value = response.get("Proxy-Authenticate" if proxy
                             else "WWW-Authenticate")
        return ("Proxy-Authorization" if proxy else "Authorization",
                authorization(value, self.user, self.password, method, uri))

    def _registered(self, r, expires, challenged):
        again = 5 if expires else None
        if r is not None and r.code in (401, 407) and not challenged:
            return self._register(expires, r)
        if r is not None and r.code == 200:
            self.registered.set()
            again = min(expires * 0.8, 60) if expires else None
        elif r is not None:
            self.refused = r.code
        if self.refresh:
            self.refresh.cancel()
        if again:
            self.refresh = self.loop.after(again,
                                           lambda: self._register(expires))

    # ---- calls -------------------------------------------------------------

    def new_call(self, uri, user=None):
        """A call that is not sent yet: call.invite(body) on the loop."""
        call = Call(self, token() + "@" + self.addr)
        call.uri = uri
        call.user = user or self.user
        self.calls[call.call_id] = call
        return call

    def call(self, uri, body, headers=()):
        call = self.new_call(uri)
        call.extra = list(headers)
        self.loop.soon(lambda: call.invite(body))
        return call


REASONS = {100: "Trying", 180: "Ringing", 183: "Session Progress", 200: "OK",
           404: "Not Found", 480: "Temporarily Unavailable",
           481: "Call/Transaction Does Not Exist", 486: "Busy Here",
           487: "Request Terminated", 488: "Not Acceptable Here",
           603: "Decline"}


class Transaction:
    """A client's request until its final response; done(None): timeout."""

    def __init__(self, phone, message, done, provisional=None, dest=None):
        self.phone, self.message, self.done = phone, message, done
        self.provisional = provisional
        self.dest = dest
        self.key = (message.branch, message.method)
        self.wait = T1
        phone.clients[self.key] = self
        self.deadline = phone.loop.after(32, self._timeout)
        phone.send(message, dest)
        self.again = phone.loop.after(self.wait, self._repeat)

    def _repeat(self):
        self.phone.send(self.message, self.dest)
        self.wait = min(self.wait * 2, 4)
        self.again = self.phone.loop.after(self.wait, self._repeat)

    def _timeout(self):
        self.stop()
        self.done(None)

    def stop(self):
        self.again.cancel()
        self.deadline.cancel()
        self.phone.clients.pop(self.key, None)

    def on_response(self, m):
        if m.code < 200:
            if self.message.method == "INVITE":
                self.again.cancel()
                self.deadline.cancel()
            if self.provisional:
                self.provisional(m)
            return
        self.stop()
        self.done(m)
