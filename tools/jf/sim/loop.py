# SPDX-License-Identifier: GPL-2.0-or-later
"""One thread with an epoll loop and timers. Handlers must not block."""

import heapq
import itertools
import os
import select
import sys
import threading
import time
import traceback


class Timer:
    def __init__(self, due, handler):
        self.due = due
        self.handler = handler

    def cancel(self):
        self.handler = None


class Loop(threading.Thread):
    """Reads sockets and fires timers until stop(). Every method may be
    called from any thread; handlers run on the loop's own."""

    def __init__(self, name="loop"):
        super().__init__(name=name, daemon=True)
        self.poll = select.epoll()
        self.readers = {}
        self.timers = []
        self.count = itertools.count()
        self.lock = threading.Lock()
        self.wake_r, self.wake_w = os.pipe()
        os.set_blocking(self.wake_r, False)
        os.set_blocking(self.wake_w, False)
        self.running = True
        self.add_reader(self.wake_r, self._on_wake)

    def add_reader(self, fd, handler):
        self.readers[fd] = handler
        self.poll.register(fd, select.EPOLLIN)

    def del_reader(self, fd):
        if self.readers.pop(fd, None):
            self.poll.unregister(fd)

    def at(self, due, handler):
        """Runs handler at time.monotonic() == due."""
        timer = Timer(due, handler)
        with self.lock:
            heapq.heappush(self.timers, (due, next(self.count), timer))
        if threading.current_thread() is not self:
            self._wake()
        return timer

    def after(self, seconds, handler):
        return self.at(time.monotonic() + seconds, handler)

    def soon(self, handler):
        return self.after(0, handler)

    def call(self, function, timeout=5):
        """Runs function on the loop and returns what it returned."""
        if threading.current_thread() is self:
            return function()
        done = threading.Event()
        box = []

        def work():
            try:
                box.append((function(), None))
            except BaseException as e:  # handed to the caller
                box.append((None, e))
            done.set()

        self.soon(work)
        if not done.wait(timeout):
            raise TimeoutError("the loop %s is stuck" % self.name)
        if box[0][1]:
            raise box[0][1]
        return box[0][0]

    def stop(self):
        self.running = False
        self._wake()
        if self.is_alive():
            self.join(5)

    def _wake(self):
        try:
            os.write(self.wake_w, b"x")
        except BlockingIOError:
            pass

    def _on_wake(self):
        try:
            os.read(self.wake_r, 4096)
        except BlockingIOError:
            pass

    def _next(self):
        with self.lock:
            if not self.timers:
                return 1.0
            return max(0.0, self.timers[0][0] - time.monotonic())

    def _pop_due(self):
        with self.lock:
            if self.timers and self.timers[0][0] <= time.monotonic():
                return heapq.heappop(self.timers)[2].handler
        return False

    def _guard(self, handler):
        try:
            handler()
        except Exception:  # one bad message must not stop the others
            traceback.print_exc(file=sys.stderr)

    def run(self):
        while self.running:
            for fd, _ in self.poll.poll(self._next()):
                handler = self.readers.get(fd)
                if handler:
                    self._guard(handler)
            while (handler := self._pop_due()) is not False:
                if handler:
                    self._guard(handler)
