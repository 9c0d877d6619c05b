# SPDX-License-Identifier: GPL-2.0-or-later
"""The database of a stack: schema up to date, roles, the demo tenant."""

import glob
import hashlib
import os

from . import Trouble
from .postgres import PostgresError

ROLES = ("jackfield_engine", "jackfield_bi")


def fingerprint(source):
    """Of everything that migrate() would run."""
    digest = hashlib.sha256()
    for path in sorted(glob.glob(source + "/db/sqitch.plan")
                       + glob.glob(source + "/db/deploy/*.sql")
                       + glob.glob(source + "/db/seed/*.sql")):
        with open(path, "rb") as f:
            digest.update(path[len(source):].encode() + f.read())
    return digest.hexdigest()


def migrate(stack):
    """Deploys the schema and seeds the demo tenant, unless that is done."""
    mark = stack.layout.path("pg", "deployed")
    wanted = fingerprint(stack.layout.source) + str(stack.seed)
    try:
        with open(mark, encoding="utf-8") as f:
            if f.read() == wanted:
                return
    except OSError:
        pass
    stack.say("bringing the database's schema up to date")
    try:
        stack.pg.deploy(os.path.join(stack.layout.source, "db"))
        for role in ROLES:
            stack.pg.set_password(role)
        if stack.seed:
            stack.pg.psql_file(os.path.join(stack.layout.source,
                                            "db/seed/demo.sql"))
    except PostgresError as e:
        raise Trouble("the database: %s" % e) from None
    with open(mark, "w", encoding="utf-8") as f:
        f.write(wanted)
