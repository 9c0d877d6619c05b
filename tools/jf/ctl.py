# SPDX-License-Identifier: GPL-2.0-or-later
"""./jackfield ctl: jackfieldctl with this box's sockets."""

import os

from . import box


def run(args):
    s = box.running(args)
    path = s.layout.program("jackfieldctl")
    os.execv(path, [path, "--socket", s.layout.path("run"),
                    *(args.words or ["help"])])
