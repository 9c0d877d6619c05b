# SPDX-License-Identifier: GPL-2.0-or-later
"""tools/jf/postgres.py: a private cluster in every place and every trouble."""

import os
import shutil
import tempfile

import pytest
from jf.postgres import Postgres, PostgresError

PORT = 25440
PASSWORDS = {"postgres": "it's a \\ secret"}


@pytest.fixture
def place():
    """Below a directory that user postgres cannot enter."""
    closed = tempfile.mkdtemp(prefix="jf-pg-", dir=os.path.expanduser("~"))
    made = []

    def make(name="pg", port=PORT, **kw):
        made.append(Postgres(os.path.join(closed, name), port, PASSWORDS,
                             durable=False, **kw))
        return made[-1]
    assert os.stat(closed).st_mode & 0o077 == 0
    yield make
    for pg in made:
        pg.stop()
    shutil.rmtree(closed)


def test_starts_below_a_closed_directory(place):
    pg = place()
    pg.start()
    assert pg.psql("SELECT 1 + 1", database="postgres") == "2"
    assert pg.psql("SELECT :'x'", database="postgres",
                   x="a'b\\c\nd") == "a'b\\c\nd"
    pg.start()  # is up: nothing happens
    other = Postgres(pg.directory, PORT, PASSWORDS)
    assert other.running() and other.ready()
    other.stop()
    assert not pg.running() and not pg.ready()


def test_socket_serves_when_its_path_is_short(place):
    import psycopg2
    pg = place()
    pg.start()
    conn = psycopg2.connect(pg.conninfo("postgres", "postgres", unix=True))
    assert conn.info.host == pg.socket_dir
    long = place("x" * 100, PORT + 1)
    assert long.socket() is None
    long.start()
    assert long.psql("SHOW unix_socket_directories", database="postgres") == ""


def test_kill_and_restart_keep_what_was_committed(place):
    pg = place()
    pg.start()
    pg.create_database()
    pg.psql("CREATE TABLE t (x int); INSERT INTO t VALUES (7)")
    before = pg.pid()
    pg.kill()
    assert not pg.running()
    pg.start()
    assert pg.pid() != before
    pg.restart()
    assert pg.psql("SELECT x FROM t") == "7"


def test_an_interrupted_initdb_is_begun_again(place):
    pg = place()
    os.makedirs(pg.data + ".making/base")
    assert not pg.exists()
    pg.start()
    assert pg.exists() and not os.path.exists(pg.data + ".making")


def test_a_port_in_use_is_told(place):
    place("one").start()
    two = place("two")
    with pytest.raises(PostgresError, match="did not start(.|\n)*in use"):
        two.start()
    assert not two.ready()


def test_a_template_is_rendered(place, tmp_path):
    template = tmp_path / "postgresql.conf.j2"
    template.write_text("work_mem = {{ mem }}\n")
    pg = place(template=str(template), context={"mem": "'5MB'"})
    pg.start()
    assert pg.psql("SHOW work_mem", database="postgres") == "5MB"
