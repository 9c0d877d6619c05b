# SPDX-License-Identifier: GPL-2.0-or-later
"""The units that ./jackfield configure writes for systemd."""

import re
import subprocess

import pytest
from jf import systemd
from jf.stack import EVERYTHING, Stack

EXPOSED = 3.0  # most that systemd-analyze may call a unit, of 10


@pytest.fixture
def units(tmp_path):
    """Units of a box, as configure writes them."""
    s = Stack(str(tmp_path / "var"), parts=EVERYTHING)
    s.prepare()
    made = tmp_path / "units"
    made.mkdir()
    for name, body in systemd.units(s, "daemon").items():
        (made / name).write_text(body)
    return made


def test_units_are_right(units):
    r = subprocess.run(["systemd-analyze", "verify", *units.iterdir()],
                       capture_output=True, text=True, check=False)
    assert r.returncode == 0 and "jackfield" not in r.stderr, r.stderr


def test_units_are_hardened(units):
    for unit in units.glob("*.service"):
        text = subprocess.run(
            ["systemd-analyze", "security", "--offline=true", str(unit)],
            capture_output=True, text=True, check=True).stdout
        level = float(re.search(r"exposure level for .*: ([\d.]+)", text)[1])
        assert level <= EXPOSED, "%s: %s" % (unit.name, text)
