# SPDX-License-Identifier: GPL-2.0-or-later
"""Who is not answered: floods, guessers, scanners, foreign pages; TLS."""

import hashlib
import shutil
import socket
import ssl
import subprocess

import pytest
from conftest import Phone
from wire import Caller, TlsPeer

HONEST = "127.0.0.21"


def options(peer):
    """Asks whether the edge is there; its answer's code, None: silence."""
    call = "ping-%d-%d" % (peer.port, id(object()))
    peer.send(peer.write("OPTIONS", "sip:%s:%d" % peer.proxy,
                         "<sip:x@%s>;tag=1" % peer.addr, "<sip:x@edge>",
                         call, 1))
    try:
        return peer.take(lambda m: m.is_reply and m["Call-ID"] == call,
                         0.5).code
    except AssertionError:
        return None


def test_a_guesser_of_one_name_is_locked(edge, peer):
    """After five wrong passwords the right one does not help either; the
    same person's phone elsewhere goes on, and a lifted lock is open."""
    bad = Phone(peer("127.0.0.31"), "alice")
    assert [bad.register("guess%d" % i) for i in range(5)] == [403] * 5
    assert bad.register(timeout=0.5) is None
    assert Phone(peer(HONEST), "alice").register() == 200
    # others behind the same address are not touched
    assert Phone(peer("127.0.0.31", 5061), "bob").register() == 200
    row = edge.wait(lambda: edge.bans().get("127.0.0.31"))[0]
    assert (row["user"], row["cause"], row["node"]) == (
        "alice@demo.example", "password", edge.layout.node)
    assert 890000 < row["left_ms"] <= 900000
    edge.stack.ctl("unban", "127.0.0.31")
    edge.wait(lambda: bad.register(timeout=0.5) == 200, 5,
              "the lock was not lifted")
    assert "127.0.0.31" not in edge.bans()


def test_a_guesser_of_many_names_is_banned(edge, peer):
    thief = peer("127.0.0.32")
    codes = [Phone(thief, "agent%d" % i).register("1234", 0.5)
             for i in range(25)]
    assert codes[:20] == [403] * 20
    assert codes[20:] == [None] * 5
    assert options(thief) is None
    row = edge.wait(lambda: edge.bans().get("127.0.0.32"))[0]
    assert (row["user"], row["cause"]) == (None, "guessing")
    assert Phone(peer(HONEST), "bob").register() == 200


def test_a_flood_is_banned_and_the_ban_lifted(edge, peer):
    flood, honest = peer("127.0.0.33"), peer(HONEST)
    for i in range(600):
        flood.send(flood.write("OPTIONS", "sip:%s:%d" % flood.proxy,
                               "<sip:x@y>;tag=1", "<sip:x@y>", "f%d" % i, 1))
    row = edge.wait(lambda: edge.bans().get("127.0.0.33"))[0]
    assert row["cause"] == "flood"
    assert options(flood) is None
    assert options(honest) == 200
    assert "127.0.0.33" in edge.stack.ctl("bans")
    edge.stack.ctl("unban", "127.0.0.33")
    edge.wait(lambda: options(flood) == 200, 10, "it stays banned")
    r = edge.stack.ctl("unban", "127.0.0.33", check=False)
    assert r == ""  # nobody to lift


def test_nonces_are_good_once(edge, peer):
    phone = Phone(peer("127.0.0.34"), "alice")
    phone.ask()
    challenge = phone.reply()["WWW-Authenticate"]
    assert "qop=\"auth\"" in challenge
    answer = phone.credentials(challenge, "alice-secret")
    phone.ask(answer)
    assert phone.reply().code == 200
    phone.ask(answer)  # replayed
    m = phone.reply()
    assert m.code == 401 and "stale=true" in m["WWW-Authenticate"]
    assert "127.0.0.34" not in edge.bans()


def test_a_nonce_of_another_address_does_not_count(edge, peer):
    """Nobody locks a phone out by guessing with its address: without a
    challenge sent to that address there is no guess."""
    thief = Phone(peer("127.0.0.35"), "alice")
    thief.ask()
    challenge = thief.reply()["WWW-Authenticate"]
    victim = Phone(peer("127.0.0.36"), "alice")
    for _ in range(8):  # as if forged by the thief
        victim.ask(victim.credentials(challenge, "wrong"))
        assert victim.reply().code == 401
    assert victim.register() == 200


def test_a_repeated_register_is_answered_again(edge, peer):
    phone = Phone(peer("127.0.0.37"), "alice")
    phone.ask()
    extra = phone.credentials(phone.reply()["WWW-Authenticate"],
                              "alice-secret")
    phone.cseq += 1
    text = phone.peer.write(
        "REGISTER", "sip:demo.example", phone.aor + ";tag=r1", phone.aor,
        phone.call, phone.cseq, extra=["Expires: 60", *extra],
        contact=phone.peer.contact("alice"))
    for _ in range(3):
        phone.peer.send(text)
        assert phone.reply().code == 200


@pytest.mark.parametrize("method", ["REGISTER", "INVITE"])
def test_no_name_is_told(edge, peer, method):
    """A name that does not exist hears what one that does exist hears."""
    heard = []
    for n, user in enumerate(("carol", "nobody")):
        p = peer("127.0.0.%d" % (38 + n), 5060 + (method == "INVITE"))
        if method == "REGISTER":
            phone = Phone(p, user)
            phone.ask()
            first = phone.reply()
            phone.ask(phone.credentials(first["WWW-Authenticate"], "no"))
            second = phone.reply()
        else:
            call = Caller(p, "+12025550100", user, "demo.example").invite()
            first = call.failed(407)
            second = first
        heard.append([(m.code, m.start, sorted(k for k, _ in m.headers),
                       len(m["WWW-Authenticate"] + m["Proxy-Authenticate"]))
                      for m in (first, second)])
    assert heard[0] == heard[1]


def test_a_scanner_hears_nothing(edge, peer):
    p = peer("127.0.0.40")
    for agent in ("friendly-scanner", "sipvicious", "VaxSIPUserAgent"):
        Caller(p, headers=["User-Agent: " + agent]).invite()
    p.none(lambda m: m.is_reply, 0.4)


def test_a_reply_of_nobody_goes_nowhere(edge, peer):
    """A 200 with the victim's address below our Via is not passed on."""
    thief, victim = peer("127.0.0.41"), peer("127.0.0.42")
    thief.send("\r\n".join((
        "SIP/2.0 200 OK",
        "Via: SIP/2.0/UDP %s:%d;branch=z9hG4bK-ours" % thief.proxy,
        "Via: SIP/2.0/UDP 127.0.0.42:5060;branch=z9hG4bK-theirs",
        "From: <sip:a@b>;tag=1", "To: <sip:c@d>;tag=2", "Call-ID: stray",
        "CSeq: 1 INVITE", "Content-Length: 0", "", "")))
    assert options(thief) == 200  # the edge has read the reply by now
    victim.none(lambda m: True, 0.3)


BAD_SHAPES = {
    "a digest that does not end":
        ['Authorization: Digest username="a, nonce="b"'],
    "a digest without a response":
        ['Authorization: Digest username="a", response="abc"'],
    "many headers": ["X-%d: y" % i for i in range(200)],
    "a long header": ["X: " + "y" * 9000],
    "many credentials": ["Authorization: Digest a=b"] * 9,
}


@pytest.mark.parametrize("what", BAD_SHAPES)
def test_what_no_parser_is_given(edge, peer, what):
    p = peer("127.0.0.44")
    Caller(p, headers=BAD_SHAPES[what]).invite().failed(400)


def test_two_of_what_there_is_one_of(edge, peer):
    """Nobody can say which one a reply would have to repeat: silence."""
    p = peer("127.0.0.44")
    for twice in ("From: <sip:second@x>;tag=2", "CSeq: 2 INVITE",
                  "Call-ID: second", "To: <sip:second@x>"):
        Caller(p, headers=[twice]).invite()
    assert options(p) == 200
    p.none(lambda m: m.is_reply, 0.2)


@pytest.mark.parametrize("content, body", [
    ("application/sdp", "no sdp at all"),
    ("application/sdp", "v=0\r\n" + "m=audio 1 RTP/AVP 8\r\n" * 17),
    ("multipart/mixed", "--x\r\n\r\nno boundary was told\r\n--x--"),
    ("multipart/mixed;boundary=x", "--x\r\n\r\nit does not end"),
])
def test_bodies_that_no_parser_is_given(edge, peer, content, body):
    p = peer("127.0.0.44")
    call = Caller(p)
    p.send(p.write("INVITE", call.uri, call.from_, call.to, call.call, 1,
                   body, call.branch, content=content))
    call.failed(400)


@pytest.mark.parametrize("told", ["-1", "999", "x", "1 1"])
def test_a_length_that_is_not_true(edge, peer, told):
    p = peer("127.0.0.45")
    call = Caller(p)
    text = p.write("INVITE", call.uri, call.from_, call.to, call.call, 1,
                   "v=0\r\n", call.branch)
    p.send(text.replace("Content-Length: 5", "Content-Length: " + told))
    try:
        call.failed(400, 1)
    except AssertionError:
        assert p.box == []  # dropped before the script: as good
    assert edge.alive()


def handshake(edge, origin, addr="127.0.0.43"):
    """First line of the answer to a WebSocket handshake."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection((edge.layout.addr, edge.ports["wss"]), 5,
                                  (addr, 0)) as raw:
        with context.wrap_socket(raw) as s:
            lines = ["GET / HTTP/1.1", "Host: demo.example",
                     "Upgrade: websocket", "Connection: Upgrade",
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                     "Sec-WebSocket-Version: 13",
                     "Sec-WebSocket-Protocol: sip"]
            if origin:
                lines.append("Origin: " + origin)
            s.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
            return s.recv(4096).split(b"\r\n")[0].decode()


def test_a_page_of_somebody_else_opens_no_line(edge):
    for origin, code in (("https://demo.example", "101"),
                         ("http://localhost:8080", "101"), (None, "101"),
                         ("https://demo.example.evil.example", "403"),
                         ("https://evil.example/demo.example", "403"),
                         ("null", "403")):
        assert handshake(edge, origin).split()[1] == code, origin


def presented(edge, version=None):
    """Hash of the certificate that a new connection is shown."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if version:
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = version
        context.set_ciphers("ALL:@SECLEVEL=0")
    with socket.create_connection((edge.layout.addr, edge.ports["tls"]),
                                  5) as raw:
        with context.wrap_socket(raw) as s:
            return hashlib.sha256(s.getpeercert(True)).hexdigest()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_tls_is_refused(edge):
    assert presented(edge, ssl.TLSVersion.TLSv1_2)
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            presented(edge, version)


def test_a_new_certificate_without_losing_a_line(edge, peer):
    phone = Phone(peer("127.0.0.46", 0, TlsPeer,
                       (edge.layout.addr, edge.ports["tls"])), "carol")
    assert phone.register() == 200
    before = presented(edge)
    files = [edge.layout.path("etc/kamailio", f)
             for f in ("tls.key", "tls.crt")]
    for f in files:
        shutil.copy(f, f + ".kept")
    try:
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
             "-subj", "/CN=demo.example", "-keyout", files[0], "-out",
             files[1]], check=True, capture_output=True)
        assert "Ok" in edge.kamcmd("tls.reload")
        edge.wait(lambda: presented(edge) != before, 5)
        assert phone.register() == 200  # on the old connection
    finally:
        for f in files:
            shutil.move(f + ".kept", f)
