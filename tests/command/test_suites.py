# SPDX-License-Identifier: GPL-2.0-or-later
"""How a suite is run: what fails once only is told apart from a fault."""

import os

import pytest

from jf import suites, testrun

ONCE = """
import os

def test_good():
    pass

def test_unsteady():
    first = not os.path.exists(%r)
    open(%r, "w").close()
    assert not first
"""
ALWAYS = """
def test_good():
    pass

def test_bad():
    assert False, "as ever"
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs one file as a suite that lives in real time."""
    def once(text, suite="engine"):
        folder = tmp_path / "tests" / suite
        os.makedirs(folder)
        (folder / "test_it.py").write_text(text)
        monkeypatch.setattr(suites, "SOURCE", str(tmp_path))
        return suites.Run(suite, "release", False, lambda _: None).run()
    return once


def test_passes_when_run_again(run, tmp_path):
    mark = str(tmp_path / "mark")
    r = run(ONCE % (mark, mark))
    assert (r.passed, r.failed, r.unsteady) == (2, 0, 1)
    assert "test_unsteady" in "".join(r.words)
    assert testrun.counts(r).endswith("1 passed only when run again")


@pytest.mark.parametrize("suite", ["engine", "bus"])
def test_fails_twice(run, suite):
    r = run(ALWAYS, suite)
    assert (r.passed, r.failed, r.unsteady) == (1, 1, 0)
    assert "as ever" in "".join(r.words)


def test_no_second_time_where_time_is_none(run, tmp_path):
    mark = str(tmp_path / "mark")
    r = run(ONCE % (mark, mark), "db")
    assert (r.passed, r.failed, r.unsteady) == (1, 1, 0)
