# SPDX-License-Identifier: GPL-2.0-or-later
"""One private PostgreSQL for the suite, a fresh database for each test."""

import itertools
import os
import secrets
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools"))

from jf.postgres import Postgres  # noqa: E402

DB = os.path.join(ROOT, "db")
SEED = os.path.join(DB, "seed", "demo.sql")
ROLES = ("jackfield_engine", "jackfield_bi")
PORT = 25432
numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The cluster, with a database `template_jackfield` that is migrated."""
    pg = Postgres(str(tmp_path_factory.mktemp("pg")), port=PORT,
                  passwords={r: secrets.token_hex(8)
                             for r in ("postgres",) + ROLES},
                  durable=False)
    pg.start()
    try:
        pg.deploy(DB, "template_jackfield")
        for role in ROLES:
            pg.set_password(role)
        pg.psql("CREATE EXTENSION pgtap", database="template_jackfield")
        yield pg
    finally:
        pg.stop()


class Database:
    """One database of the cluster."""

    def __init__(self, server, name):
        self.server = server
        self.name = name

    def psql(self, sql, user="postgres", **variables):
        return self.server.psql(sql, user, self.name, **variables)

    def connect(self, user="postgres"):
        return self.server.connect(user, self.name)

    def seed(self):
        self.server.psql_file(SEED, database=self.name)


@pytest.fixture
def db(server):
    name = "test_%d" % next(numbers)
    server.psql('CREATE DATABASE :"name" TEMPLATE template_jackfield;'
                'REVOKE ALL ON DATABASE :"name" FROM PUBLIC;'
                'GRANT CONNECT ON DATABASE :"name"'
                '  TO jackfield_engine, jackfield_bi;'
                'GRANT CONNECT, CREATE ON DATABASE :"name"'
                '  TO jackfield_owner',
                database="postgres", name=name)
    yield Database(server, name)
    server.psql('DROP DATABASE :"name" WITH (FORCE)', database="postgres",
                name=name)
