# SPDX-License-Identifier: GPL-2.0-or-later
"""The baseline's rtpengine: the product's configuration, but nothing kept."""

import os
import subprocess

from jf.sim.people import wait_for

OFFSET = 93  # of its ng port, from the ports' base
KEPT = ("redis", "no-redis-required", "listen-http", "listen-cli")


class BareRtpengine:
    """Media ports are the stack's: both never have calls at once."""

    def __init__(self, site, directory):
        self.site = site
        self.port = site.layout.port_base + OFFSET
        with open(site.layout.path("etc/rtpengine/rtpengine.conf")) as f:
            lines = [l for l in f if not l.startswith(KEPT)]
        path = os.path.join(directory, "bare.conf")
        with open(path, "w") as f:
            f.writelines(
                "listen-ng = %s:%d\n" % (site.layout.addr, self.port)
                if l.startswith("listen-ng") else l for l in lines)
        with open(os.path.join(directory, "bare.log"), "wb") as log:
            self.process = subprocess.Popen(
                ["/usr/bin/rtpengine", "--foreground", "--log-stderr",
                 "--config-file", path, "--config-section", "rtpengine"],
                stdout=log, stderr=log)
        wait_for(self._pings, 10, 0.1, "the bare rtpengine does not answer")

    @property
    def pid(self):
        return self.process.pid

    def ng(self, **request):
        return self.site.ng(port=self.port, **request)

    def calls(self):
        return self.ng(command="list")["calls"]

    def stop(self):
        self.process.terminate()
        self.process.wait(10)

    def _pings(self):
        try:
            return self.ng(command="ping")["result"] == "pong"
        except OSError:
            return False
