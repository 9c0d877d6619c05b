# SPDX-License-Identifier: GPL-2.0-or-later
"""The test runner on a tree with a suite that passes, fails and skips."""

import json
import os
import shutil

import pytest

from person import Command
from jf.layout import SOURCE

SUITE = '''
import os, socket, pytest

def test_passes():
    assert os.environ["JF_BUILD"]

def test_network_is_private():
    with socket.socket() as s:
        s.bind(("127.0.0.5", 15060))

def test_fails():
    assert "seen" == "expected"

@pytest.mark.skip(reason="not today")
def test_skipped():
    pass
'''
PROGRAM = '#!/bin/sh\necho 1..2; echo "ok 1 - a"; echo "ok 2 - b"\nexit %d\n'


@pytest.fixture
def tree(tmp_path):
    """A checkout with one Python suite and one of programs."""
    shutil.copy(SOURCE + "/jackfield", tmp_path)
    shutil.copytree(SOURCE + "/tools", tmp_path / "tools")
    (tmp_path / "tests/demo").mkdir(parents=True)
    (tmp_path / "tests/demo/test_demo.py").write_text(SUITE)
    (tmp_path / "tests/unit").mkdir()
    (tmp_path / "tests/unit/x.c").write_text("")
    program(tmp_path, "good_test", 0)
    command = Command(tmp_path / "v", str(tmp_path / "jackfield"))
    command.env["JF_BUILD"] = str(tmp_path / "b")
    command.top = tmp_path
    return command


def program(top, name, status):
    path = top / "b/tests/unit" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(PROGRAM % status)
    os.chmod(path, 0o755)


def test_counts_and_closing_line(tree):
    r = tree("test", "demo", "unit")
    assert r.returncode == 1
    assert r.stdout.splitlines()[-1] == "4 passed, 1 failed, 1 skipped"
    assert "'seen' == 'expected'" in r.stdout


def test_all_pass(tree):
    r = tree("test", "unit")
    assert r.returncode == 0, r.stdout + r.stderr
    assert r.stdout.splitlines()[-1] == "2 passed, 0 failed"


def test_a_program_that_dies_after_its_cases(tree):
    program(tree.top, "bad_test", 3)
    r = tree("test", "unit")
    assert r.returncode == 1
    assert r.stdout.splitlines()[-1] == "4 passed, 1 failed"
    assert "bad_test" in r.stdout


def test_json_has_one_object_per_figure(tree):
    r = tree("test", "--json", "demo", "unit")
    figures = [json.loads(x) for x in r.stdout.splitlines()]
    found = {(f["suite"], f["figure"]): f["value"] for f in figures}
    assert found["demo", "passed"] == 2 and found["demo", "failed"] == 1
    assert found["unit", "passed"] == 2
    assert found["all", "skipped"] == 1


def test_a_sanitizer_report_fails_the_suite(tree):
    path = tree.top / "b/tests/unit/silent_test"
    path.write_text('#!/bin/sh\necho "ok 1 - a"\nfile=${ASAN_OPTIONS#*log_path'
                    '=}\necho "ERROR: leak" >"${file%%:*}.77"\n')
    os.chmod(path, 0o755)
    r = tree("test", "--asan", "unit")
    assert r.returncode == 1, r.stdout
    assert "sanitizer: ERROR: leak" in r.stdout
