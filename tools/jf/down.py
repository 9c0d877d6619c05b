# SPDX-License-Identifier: GPL-2.0-or-later
"""./jackfield down: stops everything, also what a crash left behind."""

import os

from . import box, procs
from .say import Step, line


def run(args):
    if not os.path.isdir(os.path.join(box.var(), "run")):
        line("Nothing is running.")
        return 0
    s = box.stack(args)
    with box.alone(s):
        s.prepare()
        if not s.supervised() and not procs.of_stack(s.layout.var):
            s.stop()
            line("Nothing is running.")
            return 0
        with Step("Stopping") as step:
            s.stop()
            step.note = "Stopped"
    return 0
