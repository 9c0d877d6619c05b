# SPDX-License-Identifier: GPL-2.0-or-later
"""SIP messages as text: parse, build, digest (RFC 3261, RFC 2617)."""

import hashlib
import random
import re

COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id",
           "m": "contact", "l": "content-length", "c": "content-type"}


def token(bits=48):
    return "%x" % random.getrandbits(bits)


class Message:
    """first: the start line; headers: (name as it came, value) in order."""

    def __init__(self, first, headers=(), body=""):
        self.first = first
        self.headers = list(headers)
        self.body = body

    @classmethod
    def parse(cls, data):
        head, _, body = data.decode("utf-8", "replace").partition("\r\n\r\n")
        lines = re.sub(r"\r\n[ \t]+", " ", head).split("\r\n")
        headers = []
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if colon:
                headers.append((name.strip(), value.strip()))
        return cls(lines[0], headers, body)

    def bytes(self):
        body = self.body.encode()
        lines = [self.first] + ["%s: %s" % h for h in self.headers]
        lines.append("Content-Length: %d" % len(body))
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + body

    def all(self, name):
        name = name.lower()
        return [v for k, v in self.headers
                if COMPACT.get(k.lower(), k.lower()) == name]

    def get(self, name, default=""):
        found = self.all(name)
        return found[0] if found else default

    @property
    def code(self):
        """Status code of a response, 0 for a request."""
        part = self.first.split(" ")
        return int(part[1]) if part[0] == "SIP/2.0" else 0

    @property
    def method(self):
        if self.code:
            return self.get("CSeq").split()[-1]
        return self.first.split(" ")[0]

    @property
    def cseq(self):
        return int(self.get("CSeq", "0").split()[0])

    @property
    def branch(self):
        return param(self.get("Via"), "branch")

    def to_tag(self):
        return param(self.get("To"), "tag")


def param(value, name):
    """A header parameter, or "". Not for values inside <>."""
    m = re.search(r";\s*%s=([^;,\s>]+)" % name,
                  value.partition(">")[2] if "<" in value else value)
    return m.group(1) if m else ""


def uri_of(value):
    """The URI of a name-addr or addr-spec."""
    m = re.search(r"<([^>]+)>", value)
    return m.group(1) if m else value.split(";")[0].strip()


def user_of(value):
    m = re.match(r"sips?:([^@;]+)@", uri_of(value))
    return m.group(1) if m else ""


def _md5(*parts):
    return hashlib.md5(":".join(parts).encode()).hexdigest()


def authorization(challenge, user, password, method, uri):
    """The value of an Authorization header that answers a challenge."""
    def item(name):
        m = re.search(r'\b%s="?([^",]+)"?' % name, challenge)
        return m.group(1) if m else ""
    realm, nonce = item("realm"), item("nonce")
    ha1, ha2 = _md5(user, realm, password), _md5(method, uri)
    text = ('Digest username="%s", realm="%s", nonce="%s", uri="%s", '
            'algorithm=MD5' % (user, realm, nonce, uri))
    if "auth" in item("qop"):
        cnonce = token()
        response = _md5(ha1, nonce, "00000001", cnonce, "auth", ha2)
        text += ', qop=auth, nc=00000001, cnonce="%s"' % cnonce
    else:
        response = _md5(ha1, nonce, ha2)
    if item("opaque"):
        text += ', opaque="%s"' % item("opaque")
    return text + ', response="%s"' % response


RTPMAP = {"PCMU": (0, "PCMU/8000"), "PCMA": (8, "PCMA/8000"),
          "G722": (9, "G722/8000")}


def sdp(addr, port, codecs=("PCMA",), direction="sendrecv", version=1):
    v = [RTPMAP[c] for c in codecs]
    lines = ["v=0", "o=- 1 %d IN IP4 %s" % (version, addr), "s=-",
             "c=IN IP4 " + addr, "t=0 0",
             "m=audio %d RTP/AVP %s 101" % (port, " ".join(
                 str(pt) for pt, _ in v))]
    lines += ["a=rtpmap:%d %s" % m for m in v]
    lines += ["a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15",
              "a=" + direction, "a=ptime:20"]
    return "\r\n".join(lines) + "\r\n"


def sdp_media(text):
    """(address, port, [codec names], direction) of the first audio."""
    addr = re.search(r"^c=IN IP4 (\S+)", text, re.M)
    media = re.search(r"^m=audio (\d+) \S+ ([\d ]+)", text, re.M)
    if not addr or not media:
        return None
    names = {str(pt): name for name, (pt, _) in RTPMAP.items()}
    direction = re.search(r"^a=(sendrecv|sendonly|recvonly|inactive)", text,
                          re.M)
    return (addr.group(1), int(media.group(1)),
            [names[p] for p in media.group(2).split() if p in names],
            direction.group(1) if direction else "sendrecv")
