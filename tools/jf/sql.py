# SPDX-License-Identifier: GPL-2.0-or-later
"""./jackfield sql: psql in this box's database, as its superuser."""

import os

from . import box
from .postgres import DATABASE, bindir


def run(args):
    s = box.running(args)
    path = bindir() + "/psql"
    argv = [path, "-X", "-h", s.layout.addr, "-p",
            str(s.layout.ports["postgres"]), "-U", "postgres", DATABASE]
    if args.words:
        argv += ["-v", "ON_ERROR_STOP=1", "-c", " ".join(args.words)]
    env = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
    env["PGPASSWORD"] = s.layout.passwords()["postgres"]
    os.execve(path, argv, env)
