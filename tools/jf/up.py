# SPDX-License-Identifier: GPL-2.0-or-later
"""./jackfield up: build, start, show a call. What it started it stops again
when it is interrupted or fails; what ran before goes on."""

import os
import time

from . import Trouble, box, build, call, music
from .say import Step, line, paint


def run(args):
    begin = time.monotonic()
    s = box.stack(args)
    with box.alone(s):
        ran = s.supervised()
        base = box.remembered().get("port_base", s.layout.port_base)
        if ran and base != s.layout.port_base:
            raise Trouble("it runs with ports from %d: ./jackfield down "
                          "first" % base)
        try:
            if not os.environ.get("JF_BUILD"):
                build.build("release")
            music.make(s.layout.path("prompts/music/default.wav"))
            start(s)
            box.remember(s)
        except BaseException:
            if not ran:
                s.stop()
            raise
    line("Everything runs (%.0f s). Ports from %d; data, logs and "
         "configuration below %s." % (time.monotonic() - begin,
                                      s.layout.port_base, s.layout.var))
    if not args.no_call:
        line()
        line(paint("A demo call: the carrier dials +12025550100, queue "
                   "support.", "bold"))
        result = call.show(s, "+12025550100", talk=5)
        line()
        after()
        return result
    return 0


def start(s):
    with Step("Starting") as step:
        s.say = step.at
        s.start()
        step.note = "Started: " + " ".join(s.parts)


def after():
    line("Next: ./jackfield call --queue 2 (in Chinese), ./jackfield logs "
         "last, ./jackfield status, ./jackfield down")
