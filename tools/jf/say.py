# SPDX-License-Identifier: GPL-2.0-or-later
"""What people see: steps with their time, a moving line, tables."""

import os
import sys
import time

COLOURS = {"bold": "1", "dim": "2", "red": "31", "green": "32",
           "yellow": "33", "blue": "36"}


def coloured():
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def paint(text, colour):
    if not coloured():
        return str(text)
    return "\033[%sm%s\033[0m" % (COLOURS[colour], text)


def line(text=""):
    print(text, flush=True)


class Step:
    """A long step: `with Step("Building") as s: s.at("3/10")`. On a terminal
    the line moves; elsewhere what at() says comes at most every 5 s."""

    def __init__(self, name):
        self.name = name
        self.begin = time.monotonic()
        self.last = self.begin
        self.note = ""

    def __enter__(self):
        if sys.stdout.isatty():
            print("%s ..." % self.name, end="", flush=True)
        return self

    def at(self, text):
        if sys.stdout.isatty():
            width = os.get_terminal_size().columns - len(self.name) - 7
            print("\r%s ... %s\033[K" % (self.name, text[:max(0, width)]),
                  end="", flush=True)
        elif time.monotonic() - self.last > 5:
            self.last = time.monotonic()
            line("%s ... %s" % (self.name, text))

    def __exit__(self, kind, *_):
        seconds = time.monotonic() - self.begin
        start = "\r" if sys.stdout.isatty() else ""
        end = "\033[K" if start else ""
        how = "" if kind is None else " - not finished"
        line("%s%s (%.1f s)%s%s" % (start, self.note or self.name, seconds,
                                    how, end))


def table(head, rows):
    """Columns as wide as they need; numbers to the right."""
    rows = [[str(c) for c in r] for r in rows]
    width = [max(len(r[i]) for r in [list(head)] + rows)
             for i in range(len(head))]
    number = [all(_number(r[i]) for r in rows) and bool(rows)
              for i in range(len(head))]

    def form(row):
        return "  ".join(c.rjust(w) if n else c.ljust(w) for c, w, n
                         in zip(row, width, number)).rstrip()

    line(paint(form(head), "bold"))
    for row in rows:
        line(form(row))


def _number(text):
    return text.replace(".", "").replace("-", "").isdigit() or text == ""


def span(seconds):
    """5 s, 3 min, 2 h 5 min"""
    seconds = int(max(0, seconds))
    if seconds < 90:
        return "%d s" % seconds
    minutes = seconds // 60
    if minutes < 90:
        return "%d min" % minutes
    return "%d h %d min" % (minutes // 60, minutes % 60)
