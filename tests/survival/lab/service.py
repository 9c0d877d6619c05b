# SPDX-License-Identifier: GPL-2.0-or-later
"""A program on a host: started again when it dies, as systemd would."""

import os
import signal
import subprocess
import threading
import time

AGAIN_S = 0.2  # after a death


class Service:
    def __init__(self, name, host, argv, log, again=True):
        """again False: who is dead stays dead until start()."""
        self.name, self.host, self.log = name, host, log
        self._argv = argv
        self._again = again
        self._wanted = False
        self._lock = threading.RLock()
        self.process = None
        self.deaths = 0

    def start(self):
        with self._lock:
            self._wanted = True
            self._spawn()

    def _spawn(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.host.argv(*self._argv), cwd="/", stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, start_new_session=True)
        threading.Thread(target=self._watch, args=(self.process,),
                         daemon=True).start()

    def _watch(self, process):
        process.wait()
        with self._lock:
            if process is not self.process or not self._wanted:
                return
            self.deaths += 1
            if not self._again:
                return
        time.sleep(AGAIN_S)
        with self._lock:
            if self._wanted and process is self.process:
                self._spawn()

    def signal(self, number):
        """To the process and all its children, wherever they stand."""
        for pid in self.pids():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def pids(self):
        if not self.process or self.process.poll() is not None:
            return []
        return _tree(self.process.pid)

    def running(self):
        return bool(self.pids())

    def stop(self):
        with self._lock:
            self._wanted = False
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGKILL)
        if self.process:
            self.process.wait()


def _tree(pid):
    out = [pid]
    try:
        for task in os.listdir("/proc/%d/task" % pid):
            with open("/proc/%d/task/%s/children" % (pid, task)) as f:
                for child in f.read().split():
                    out += _tree(int(child))
    except (FileNotFoundError, ProcessLookupError):
        pass
    return out
