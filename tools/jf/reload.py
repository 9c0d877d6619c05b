# SPDX-License-Identifier: GPL-2.0-or-later
"""./jackfield reload: the certificate of TLS and WSS, read again. Connections
and calls go on. One that would not work is refused, the old one stays."""

import os
import ssl
import subprocess

from . import Trouble, box
from .say import line


def run(args):
    s = box.running(args)
    with box.alone(s):
        key, cert = (s.layout.path("etc/kamailio", f)
                     for f in ("tls.key", "tls.crt"))
        check(key, cert)
        said = s.kamcmd("tls.reload")
        if "Ok" not in said:
            raise Trouble("Kamailio keeps the old certificate: %s; see %s"
                          % (said.strip(), s.layout.log("kamailio")))
    line("New connections get %s." % cert)
    return 0


def check(key, cert):
    """Trouble unless the two belong together and are valid now."""
    for path in (key, cert):
        if not os.access(path, os.R_OK):
            raise Trouble("%s cannot be read: put the file there (PEM), "
                          "readable for who runs Kamailio" % path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(cert, key, password=_no_password)
    except ssl.SSLError as e:
        if e.reason == "KEY_VALUES_MISMATCH":
            raise Trouble("%s is not the key of %s: put the pair there "
                          "together" % (key, cert)) from None
        raise Trouble("%s or %s is no PEM file without a password: %s"
                      % (cert, key, e.reason or e)) from None
    if subprocess.run(["openssl", "x509", "-checkend", "0", "-noout", "-in",
                       cert], capture_output=True, check=False).returncode:
        raise Trouble("%s has expired: put a new one there" % cert)


def _no_password():
    """Instead of asking at the terminal."""
    return ""
