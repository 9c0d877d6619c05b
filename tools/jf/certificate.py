# SPDX-License-Identifier: GPL-2.0-or-later
"""A certificate of our own for TLS and WSS, for ten years."""

import os
import subprocess

from . import Trouble


def make(layout):
    """etc/kamailio/tls.key and tls.crt, unless they are there."""
    key, cert = (layout.path("etc/kamailio", f)
                 for f in ("tls.key", "tls.crt"))
    if os.path.exists(cert) and os.path.exists(key):
        return
    os.makedirs(os.path.dirname(key), exist_ok=True)
    r = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3650",
         "-subj", "/CN=demo.example", "-addext",
         "subjectAltName=DNS:demo.example,DNS:localhost,IP:127.0.0.1",
         "-keyout", key, "-out", cert], check=False,
        capture_output=True, text=True)
    if r.returncode:
        raise Trouble("openssl made no certificate: %s"
                      % r.stderr.strip().splitlines()[-1])
