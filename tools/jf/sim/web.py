# SPDX-License-Identifier: GPL-2.0-or-later
"""A browser's telephone: JsSIP in node over a secure WebSocket, web/phone.js.

    with WebPhone(modules, "wss://127.0.0.1:15081", "carol", ...) as phone:
        phone.wait("registered"); phone.do("call", target="*70")
        phone.wait("accepted"); phone.do("bye"); phone.wait("ended")
"""

import json
import os
import subprocess
import threading

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "web",
                      "phone.js")


class WebPhone:
    def __init__(self, modules, url, user, domain, password, addr):
        self.events, self.changed = [], threading.Condition()
        self.process = subprocess.Popen(
            ["node", SCRIPT, json.dumps({
                "url": url, "user": user, "domain": domain,
                "password": password, "addr": addr})],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "NODE_PATH": modules})
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.do("stop")
            self.process.wait(5)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        self.reader.join(5)

    def _read(self):
        for line in self.process.stdout:
            with self.changed:
                self.events.append(json.loads(line))
                self.changed.notify_all()

    def do(self, what, **more):
        self.process.stdin.write(json.dumps({"do": what, **more}) + "\n")
        self.process.stdin.flush()

    def wait(self, event, timeout=10):
        """The first such event that was not taken yet."""
        def find():
            return next((e for e in self.events if e["event"] == event), None)
        with self.changed:
            if not self.changed.wait_for(find, timeout):
                raise TimeoutError("no %s within %g s; there is %s" % (
                    event, timeout, [e["event"] for e in self.events]))
            found = find()
            self.events.remove(found)
        return found
