# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs each pgTAP file below pgtap/ in a database of its own."""

import glob
import os
import subprocess

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
FILES = sorted(glob.glob(os.path.join(HERE, "pgtap", "*.sql")))


@pytest.mark.parametrize("path", FILES, ids=os.path.basename)
def test_pgtap(db, path):
    db.seed()
    env = dict(os.environ, PGPASSWORD=db.server.passwords["postgres"])
    r = subprocess.run(["pg_prove", "--verbose", "-h", db.server.addr, "-p",
                        str(db.server.port), "-U", "postgres", "-d", db.name,
                        os.path.basename(path)],
                       cwd=os.path.dirname(path), env=env, text=True,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       check=False)
    assert r.returncode == 0, r.stdout
    assert "Result: PASS" in r.stdout, r.stdout
