# SPDX-License-Identifier: GPL-2.0-or-later
"""RFC 4475 and RFC 5118 through the real configuration, over every transport.

torture/<rfc>_<section>_<name>.sip are the messages as bytes, and
torture/table.txt says what each of them hears and, where that is not what the
RFC asks, why. A stranger sends them: what is fit to be answered is asked for
a password (401, 407), not served.
"""

import glob
import os
import re
import selectors
import socket
import ssl
import time

import pytest
from conftest import HERE, Phone
from wire import WebPeer

FILES = sorted(glob.glob(HERE + "/torture/*.sip"))
TRANSPORTS = ("udp", "tcp", "tls", "wss")
PATIENCE_S = 1.5


def table():
    """name -> {transport: code or "-"}, from `name  udp/tcp/tls/wss  why`."""
    rows = {}
    with open(HERE + "/torture/table.txt", encoding="utf-8") as f:
        for text in f:
            if text.strip() and not text.startswith("#"):
                name, codes, why = text.split(None, 2)
                codes = codes.split("/")
                codes *= len(TRANSPORTS) // len(codes)
                rows[name] = dict(zip(TRANSPORTS, codes))
                assert why.strip(), name
    return rows


def name_of(path):
    return os.path.basename(path)[:-4]


class Sender:
    """One message from an address of its own; the first final reply."""

    def __init__(self, edge, kind, n, data):
        self.addr, self.kind, self.data = "127.0.3.%d" % (n + 1), kind, data
        self.code, self.stream = "-", b""
        self.socks = getattr(self, "open_" + (
            "udp" if kind == "udp" else "wss" if kind == "wss"
            else "stream"))(edge)

    def open_udp(self, edge):
        """Replies go to the port of the topmost Via."""
        ports = {5060} | {int(p) for p in re.findall(
            rb"(?im)^v(?:ia)?[^\r]*(?:\]|\.[a-z0-9]+):(\d{2,5})", self.data)}
        socks = []
        for port in ports:
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.bind((self.addr, port))
            socks.append(s)
        socks[0].sendto(self.data, edge.proxy)
        return socks

    def open_stream(self, edge):
        s = socket.create_connection(
            (edge.layout.addr, edge.ports["sip" if self.kind == "tcp"
                                          else "tls"]), 5, (self.addr, 0))
        if self.kind == "tls":
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            s = context.wrap_socket(s)
        s.sendall(self.data)
        return [s]

    def open_wss(self, edge):
        peer = WebPeer(self.addr, 0, (edge.layout.addr, edge.ports["wss"]))
        peer.sock.sendall(bytes([0x82, 0x80 | 126]) + len(self.data).to_bytes(
            2, "big") + bytes(4) + self.data)
        return [peer.sock]

    def read(self, sock):
        try:
            self.stream += sock.recv(65536)
        except (OSError, ssl.SSLError):
            return
        for code in re.findall(rb"SIP/2\.0 (\d{3}) ", self.stream):
            if code >= b"200" and self.code == "-":
                self.code = code.decode()

    def close(self):
        for s in self.socks:
            s.close()


def answers(edge, kind):
    senders = {}
    with selectors.DefaultSelector() as ready:
        for n, path in enumerate(FILES):
            with open(path, "rb") as f:
                s = senders[name_of(path)] = Sender(edge, kind, n, f.read())
            for sock in s.socks:
                sock.setblocking(False)  # TLS: ready, and yet no data
                ready.register(sock, selectors.EVENT_READ, s)
        end = time.monotonic() + PATIENCE_S
        while (left := end - time.monotonic()) > 0:
            for key, _ in ready.select(left):
                key.data.read(key.fileobj)
    for s in senders.values():
        s.close()
    return {name: s.code for name, s in senders.items()}


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_torture(edge, peer, kind):
    wanted = table()
    heard = answers(edge, kind)
    if os.environ.get("JF_TELL"):
        print("\n" + "\n".join("%-6s %s %s" % (kind, k, v)
                               for k, v in sorted(heard.items())))
    wrong = {k: (v, wanted.get(k, {}).get(kind)) for k, v in heard.items()
             if v != wanted.get(k, {}).get(kind)}
    assert not wrong, "name: (heard, in the table): %s" % wrong
    assert set(wanted) == set(heard)
    assert edge.stack.restarts("kamailio") == 0
    assert Phone(peer("127.0.0.91"), "alice").register() == 200
