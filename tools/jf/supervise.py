# SPDX-License-Identifier: GPL-2.0-or-later
"""supervisord that notices a child's death at once.

Debian's supervisord looks at its children once a second. Here SIGCHLD ends
its wait, so that a killed media worker is back within a few hundredths of a
second. A program that forks (Kamailio, PostgreSQL) may leave children when
its parent is killed: what is left of its process group goes before it is
started again, or they would hold its ports.
"""

import os
import select
import signal
import sys

from supervisor import poller, supervisord
from supervisor.process import Subprocess


class WakingPoller(poller.PollPoller):
    """Waits on a pipe as well that SIGCHLD writes to."""

    def initialize(self):
        super().initialize()
        self.wake_r, wake_w = os.pipe()
        os.set_blocking(self.wake_r, False)
        os.set_blocking(wake_w, False)
        signal.set_wakeup_fd(wake_w, warn_on_full_buffer=False)
        self.again = 0

    def poll(self, timeout):
        self._poller.register(self.wake_r, select.POLLIN)
        # After a death: one round to reap, the next to start it again.
        if self.again:
            self.again -= 1
            timeout = 0.01
        readable, writable = super().poll(timeout)
        if self.wake_r in readable:
            readable.remove(self.wake_r)
            os.read(self.wake_r, 4096)
            self.again = 3
        return readable, writable


def finish_group(finish):
    def wrapper(self, pid, sts):
        try:
            os.killpg(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        return finish(self, pid, sts)
    return wrapper


def main():
    poller.Poller = WakingPoller
    Subprocess.finish = finish_group(Subprocess.finish)
    supervisord.main(sys.argv[1:])


if __name__ == "__main__":
    main()
