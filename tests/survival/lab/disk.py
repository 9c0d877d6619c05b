# SPDX-License-Identifier: GPL-2.0-or-later
"""A small disk of its own (tmpfs), which is full at a word."""

import os
import subprocess

SIZE = 1 << 30


class Disk:
    def __init__(self, path):
        self.path = path
        os.makedirs(path, exist_ok=True)
        self._mount("size=%d" % SIZE)

    def _mount(self, options):
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs",
                        self.path], check=True, capture_output=True)

    def fill(self):
        """It is as large as what is on it, which others write meanwhile."""
        for _ in range(100):
            s = os.statvfs(self.path)
            used = (s.f_blocks - s.f_bfree) * s.f_frsize or s.f_frsize
            try:
                return self._mount("remount,size=%d" % used)
            except subprocess.CalledProcessError:
                pass
        raise OSError("%s grew too fast to be made full" % self.path)

    def empty(self):
        self._mount("remount,size=%d" % SIZE)

    def close(self):
        subprocess.run(["umount", "-l", self.path], check=False,
                       capture_output=True)
