# SPDX-License-Identifier: GPL-2.0-or-later
"""SRTP of a test's telephone: keys in the SDP (RFC 4568), by libsrtp."""

import base64
import os
import re

from pylibsrtp import Error, Policy, Session

SUITE = "AES_CM_128_HMAC_SHA1_80"
KEY = 30  # octets of key and salt


def tag(sdp):
    """The number under which a description has our suite."""
    return int(re.search(r"^a=crypto:(\d+) %s " % SUITE, sdp, re.M)[1])


def offer(endpoint, sdp, number=1):
    """The same description with SRTP; the endpoint sends with its key."""
    key = os.urandom(KEY)
    endpoint.protect = Session(Policy(
        key=key, ssrc_type=Policy.SSRC_ANY_OUTBOUND)).protect
    return sdp.replace("RTP/AVP", "RTP/SAVP") + (
        "a=crypto:%d %s inline:%s\r\n" % (
            number, SUITE, base64.b64encode(key).decode()))


def answer(endpoint, sdp):
    """What comes is opened with the answer's key."""
    got = re.search(r"^a=crypto:\d+ %s inline:([^\s|]+)" % SUITE, sdp, re.M)
    assert got, sdp
    session = Session(Policy(key=base64.b64decode(got[1])[:KEY],
                             ssrc_type=Policy.SSRC_ANY_INBOUND))

    def open_packet(data):
        try:
            return session.unprotect(data)
        except Error as e:
            raise ValueError(str(e)) from None
    endpoint.unprotect = open_packet
