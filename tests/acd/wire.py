# SPDX-License-Identifier: GPL-2.0-or-later
"""SIP by hand, over UDP or TCP: a test decides about every single message."""

import hashlib
import itertools
import re
import socket
import ssl
import time

_numbers = itertools.count(int(time.time()) % 100000 * 100)


def sdp(addr, port=20000, direction=None, version=1):
    net = "IN IP6 " if ":" in addr else "IN IP4 "
    lines = ["v=0", "o=- 1 %d %s%s" % (version, net, addr), "s=-",
             "c=" + net + addr, "t=0 0", "m=audio %d RTP/AVP 8" % port,
             "a=rtpmap:8 PCMA/8000"]
    if direction:
        lines.append("a=" + direction)
    return "\r\n".join(lines) + "\r\n"


def host_of(addr):
    """As a URI has it."""
    return "[%s]" % addr if ":" in addr else addr


class Message:
    def __init__(self, data):
        head, _, self.body = data.decode(
            "utf-8", "surrogateescape").partition(
            "\r\n\r\n")
        lines = head.split("\r\n")
        self.start = lines[0]
        self.headers = [tuple(x.strip() for x in line.split(":", 1))
                        for line in lines[1:] if ":" in line]
        self.is_reply = self.start.startswith("SIP/2.0 ")
        self.code = int(self.start.split()[1]) if self.is_reply else 0
        self.method = self.cseq[1] if self.is_reply else \
            self.start.split()[0]

    def all(self, name):
        return [v for k, v in self.headers if k.lower() == name.lower()]

    def __getitem__(self, name):
        found = self.all(name)
        return found[0] if found else ""

    @property
    def cseq(self):
        number, method = self["CSeq"].split()
        return int(number), method

    def tag(self, name):
        m = re.search(r";tag=([^;>\s]+)", self[name])
        return m[1] if m else ""

    def contact_uri(self):
        m = re.search(r"<([^>]+)>", self["Contact"])
        return m[1] if m else self["Contact"]

    def branch(self):
        m = re.search(r"branch=([^;,\s]+)", self["Via"])
        return m[1] if m else ""

    def __repr__(self):
        return "%s [%s]" % (self.start, self["CSeq"])


class Peer:
    """One address. Messages that nobody asked for stay in the box."""

    def __init__(self, addr, port, proxy, tcp=False):
        self.addr, self.port, self.proxy, self.tcp = addr, port, proxy, tcp
        self.secure = ""  # TLS, WS, WSS
        self.host = host_of(addr)
        self.sock = socket.socket(
            socket.AF_INET6 if ":" in addr else socket.AF_INET, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind((addr, port))
        if tcp:
            self.sock.connect(proxy)
        self.port = self.sock.getsockname()[1]
        self.box, self.stream = [], b""

    def close(self):
        self.sock.close()

    def send(self, text, to=None):
        data = text.encode("utf-8", "surrogateescape")
        if self.tcp:
            self.sock.sendall(data)
        else:
            self.sock.sendto(data, to or self.proxy)

    def _cut(self):
        while True:
            self.stream = self.stream.lstrip(b"\r\n")
            head, sep, rest = self.stream.partition(b"\r\n\r\n")
            if not sep:
                return
            m = re.search(rb"(?im)^content-length:\s*(\d+)", head)
            n = int(m[1]) if m else 0
            if len(rest) < n:
                return
            self.box.append(Message(head + sep + rest[:n]))
            self.stream = rest[n:]

    def _read(self, timeout):
        self.sock.settimeout(max(timeout, 0.001))
        try:
            data = self.sock.recv(65536)
        except (TimeoutError, BlockingIOError, ssl.SSLWantReadError):
            return
        if self.tcp:
            self.stream += data
            self._cut()
        elif len(data) > 8:
            self.box.append(Message(data))

    def take(self, want, timeout=5):
        """The next message for which want(message); others stay."""
        end = time.monotonic() + timeout
        while True:
            for i, m in enumerate(self.box):
                if want(m):
                    return self.box.pop(i)
            left = end - time.monotonic()
            if left <= 0:
                raise AssertionError("it did not come; there is %r" % self.box)
            self._read(left)

    def reply(self, code, method="INVITE", timeout=5, call=None):
        """The reply with this code; a final one with another code fails."""
        def want(m):
            if not m.is_reply or m.method != method:
                return False
            if call and m["Call-ID"] != call:
                return False
            if m.code >= 200 and m.code != code and m.code // 100 != code // 100:
                raise AssertionError("%r, not %d" % (m, code))
            return m.code == code
        return self.take(want, timeout)

    def request(self, method, timeout=5):
        return self.take(lambda m: not m.is_reply and m.method == method,
                         timeout)

    def none(self, want, seconds):
        """Nothing of the kind comes for so long."""
        try:
            m = self.take(want, seconds)
        except AssertionError:
            return
        raise AssertionError("%r came" % m)

    # ---- making messages --------------------------------------------------

    @property
    def transport(self):
        return self.secure or ("TCP" if self.tcp else "UDP")

    def contact(self, user="peer"):
        return "<sip:%s@%s:%d%s>" % (user, self.host, self.port,
                                     ";transport=" + self.transport.lower()
                                     if self.tcp else "")

    def write(self, method, uri, from_, to, call, cseq, body="", branch=None,
              extra=(), content="application/sdp", contact=None):
        branch = branch or "z9hG4bK-%d" % next(_numbers)
        lines = ["%s %s SIP/2.0" % (method, uri),
                 "Via: SIP/2.0/%s %s:%d;branch=%s;rport" % (
                     self.transport, self.host, self.port, branch),
                 "Max-Forwards: 70", "From: " + from_, "To: " + to,
                 "Call-ID: " + call, "CSeq: %d %s" % (cseq, method),
                 "Contact: " + (contact or self.contact()), *extra]
        if body:
            lines.append("Content-Type: " + content)
        lines += ["Content-Length: %d" % len(body.encode()), "", body]
        return "\r\n".join(lines)

    def answer(self, m, code, phrase="X", body="", tag=None, extra=(),
               content="application/sdp"):
        to = m["To"] + (";tag=" + tag if tag and "tag=" not in m["To"] else "")
        lines = ["SIP/2.0 %d %s" % (code, phrase)]
        lines += ["Via: " + v for v in m.all("Via")]
        lines += ["Record-Route: " + v for v in m.all("Record-Route")]
        lines += ["From: " + m["From"], "To: " + to, "Call-ID: " +
                  m["Call-ID"], "CSeq: " + m["CSeq"],
                  "Contact: " + self.contact(), *extra]
        if body:
            lines.append("Content-Type: " + content)
        lines += ["Content-Length: %d" % len(body.encode()), "", body]
        text = "\r\n".join(lines)
        self.send(text)
        return text


class TcpServer(Peer):
    """Where the other side opens the connection."""

    def __init__(self, addr, port, proxy):
        super().__init__(addr, port, proxy)
        self.sock.close()
        self.door = socket.create_server(
            (addr, self.port), family=self.sock.family)
        self.tcp = True

    def accept(self, timeout=5):
        self.door.settimeout(timeout)
        self.sock, _ = self.door.accept()
        return self

    def close(self):
        self.sock.close()
        self.door.close()


class TlsPeer(Peer):
    def __init__(self, addr, port, proxy):
        super().__init__(addr, port, proxy, tcp=True)
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.sock = context.wrap_socket(self.sock)
        self.secure = "TLS"


class WebPeer(TlsPeer):
    """A browser: SIP in WebSocket messages (RFC 7118) over TLS. Its Contact
    is no address that anybody could resolve."""

    def __init__(self, addr, port, proxy):
        super().__init__(addr, port, proxy)
        self.secure, self.frames = "WSS", b""
        self.sock.sendall(
            ("GET / HTTP/1.1\r\nHost: demo.example\r\nUpgrade: websocket\r\n"
             "Connection: Upgrade\r\nSec-WebSocket-Key: "
             "dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
             "Sec-WebSocket-Protocol: sip\r\n"
             "Origin: https://demo.example\r\n\r\n").encode())
        answer = self.sock.recv(4096)
        assert b" 101 " in answer.split(b"\r\n")[0], answer

    def contact(self, user="peer"):
        return "<sip:%s@d4f8a7.invalid;transport=ws>" % user

    def send(self, text, to=None):
        data = text.encode()
        head = bytes([0x81, 0x80 | 126]) + len(data).to_bytes(2, "big")
        self.sock.sendall(head + bytes(4) + data)  # masked with zeros

    def _cut(self):
        while len(self.stream) >= 2:
            n, at = self.stream[1] & 127, 2
            if n == 126:
                n, at = int.from_bytes(self.stream[2:4], "big"), 4
            if len(self.stream) < at + n:
                return
            data, self.stream = self.stream[at:at + n], self.stream[at + n:]
            if data.strip() and b"CSeq" in data:
                self.box.append(Message(data))


class Caller:
    """A dialog that this peer begins."""

    def __init__(self, peer, number="+12025550100", user="caller",
                 domain=None, headers=()):
        n = next(_numbers)
        self.peer, self.number = peer, number
        self.call = "call-%d@%s" % (n, peer.addr)
        self.uri = "sip:%s@%s:%d" % (number, host_of(peer.proxy[0]),
                                     peer.proxy[1])
        self.from_ = '"A Caller" <sip:%s@%s>;tag=c%d' % (
            user, domain or peer.host, n)
        self.to = "<sip:%s@%s>" % (number, domain or host_of(peer.proxy[0]))
        self.cseq, self.remote, self.headers = 1, self.uri, headers
        self.branch = "z9hG4bK-i%d" % n
        self.last = ""

    def invite(self, body=None, extra=()):
        body = sdp(self.peer.addr) if body is None else body
        self.last = self.peer.write(
            "INVITE", self.uri, self.from_, self.to, self.call, self.cseq,
            body, self.branch, tuple(self.headers) + tuple(extra))
        self.peer.send(self.last)
        return self

    def _same_transaction(self, method, to):
        return self.peer.write(method, self.uri, self.from_, to, self.call,
                               self.cseq, branch=self.branch)

    def cancel(self, extra=()):
        self.peer.send(self.peer.write(
            "CANCEL", self.uri, self.from_, self.to, self.call, self.cseq,
            branch=self.branch, extra=extra))

    def failed(self, code, timeout=5):
        """The final refusal, acknowledged."""
        m = self.reply(code, timeout=timeout)
        self.peer.send(self._same_transaction("ACK", m["To"]))
        return m

    def reply(self, code, method="INVITE", timeout=5):
        return self.peer.reply(code, method, timeout, self.call)

    def answered(self, ack=True, body="", timeout=5):
        m = self.reply(200, timeout=timeout)
        self.to, self.remote = m["To"], m.contact_uri()
        if ack:
            self.ack(body)
        return m

    def ack(self, body=""):
        self.peer.send(self.peer.write("ACK", self.remote, self.from_,
                                       self.to, self.call, self.cseq, body))

    def ask(self, method, body="", extra=(), cseq=None,
            content="application/sdp"):
        """A request inside the dialog; its branch is kept for repeats."""
        self.cseq = cseq or self.cseq + 1
        self.branch = "z9hG4bK-r%d" % next(_numbers)
        self.last = self.peer.write(method, self.remote, self.from_, self.to,
                                    self.call, self.cseq, body, self.branch,
                                    extra, content)
        self.peer.send(self.last)
        return self


class Callee:
    """A dialog that begins with an INVITE to this peer."""

    def __init__(self, peer, timeout=5, invite=None):
        self.peer = peer
        self.invite = invite or peer.request("INVITE", timeout)
        self.tag = "t%d" % next(_numbers)
        self.call = self.invite["Call-ID"]
        self.cseq = 100

    def say(self, code, phrase="X", body="", extra=(), tag=None):
        return self.peer.answer(self.invite, code, phrase, body,
                                tag or self.tag, extra)

    def ok(self, body=None, ack=True):
        self.say(200, "OK", sdp(self.peer.addr) if body is None else body)
        return self.peer.request("ACK") if ack else None

    def ask(self, method, body="", extra=(), content="application/sdp"):
        self.cseq += 1
        self.last = self.peer.write(
            method, self.invite.contact_uri(), "%s;tag=%s" % (
                self.invite["To"], self.tag), self.invite["From"],
            self.call, self.cseq, body, None, extra, content)
        self.peer.send(self.last)
        return self

    def ack(self, body=""):
        """Of our 2xx to the INVITE that was asked last."""
        self.peer.send(self.peer.write(
            "ACK", self.invite.contact_uri(), "%s;tag=%s" % (
                self.invite["To"], self.tag), self.invite["From"],
            self.call, self.cseq, body))


def authorization(challenge, method, uri, user, password):
    def part(name):
        m = re.search(name + r'="?([^",]+)', challenge)
        return m[1] if m else ""

    def md5(*v):
        return hashlib.md5(":".join(v).encode()).hexdigest()
    realm, nonce = part("realm"), part("nonce")
    text = 'Digest username="%s", realm="%s", nonce="%s", uri="%s"' % (
        user, realm, nonce, uri)
    ha1, ha2 = md5(user, realm, password), md5(method, uri)
    if part("qop"):
        response = md5(ha1, nonce, "00000001", "c0ffee", "auth", ha2)
        text += ', qop=auth, nc=00000001, cnonce="c0ffee"'
    else:
        response = md5(ha1, nonce, ha2)
    return text + ', response="%s", algorithm=MD5' % response
