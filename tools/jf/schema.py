# SPDX-License-Identifier: GPL-2.0-or-later
"""./jackfield schema: waits for the database and brings it up to date."""

from . import box, database

PATIENCE_S = 120


def run(args):
    s = box.stack(args)
    s.prepare()
    s.pg.wait_ready(PATIENCE_S)
    database.migrate(s)
