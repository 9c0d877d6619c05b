# SPDX-License-Identifier: GPL-2.0-or-later
"""./jackfield bench soak, with --long: nothing grows in half an hour, and
LeakSanitizer has nothing to say after a tenth of that.

JF_SOAK_MINUTES and JF_SOAK_RATE are its options.
"""

import os
import subprocess
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
MINUTES = float(os.environ.get("JF_SOAK_MINUTES", "30"))
RATE = os.environ.get("JF_SOAK_RATE", "0")
pytestmark = pytest.mark.skipif(not os.environ.get("JF_LONG"),
                                reason="long: JF_LONG=1")


def soak(minutes, *options, **env):
    r = subprocess.run(
        [sys.executable, "-B", os.path.join(ROOT, "tests/bench/soak_bench.py"),
         "--minutes", str(minutes), "--rate", RATE, *options],
        capture_output=True, text=True, env={**os.environ, **env},
        check=False)
    print(r.stdout)
    assert r.returncode == 0, r.stderr[-6000:]


def test_nothing_grows():
    soak(MINUTES)


def test_nothing_leaks():
    asan = os.path.join(ROOT, "build/asan")
    if not os.path.exists(asan + "/bin/router-engine"):
        pytest.skip("cmake --preset asan, cmake --build build/asan")
    soak(MINUTES / 10, "--asan", JF_BUILD=asan)
