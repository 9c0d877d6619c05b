# SPDX-License-Identifier: GPL-2.0-or-later
"""What the linker made of our programs and modules, by readelf."""

import glob
import os
import subprocess

import pytest

from jf.layout import SOURCE

BUILD = os.path.join(SOURCE, os.environ.get("JF_BUILD") or "build/release")
FILES = sorted(glob.glob(BUILD + "/bin/*") + glob.glob(BUILD
                                                       + "/modules/*.so"))


def readelf(*words):
    return subprocess.run(["readelf", "-W", *words], text=True, check=True,
                          capture_output=True).stdout


def with_sanitizer():
    return any("__asan" in readelf("--dyn-syms", f)
               or "__tsan" in readelf("--dyn-syms", f) for f in FILES)


def test_there_is_something_to_look_at():
    names = {os.path.basename(f) for f in FILES}
    assert {"router-engine", "media-worker", "jackfieldctl",
            "acd.so"} <= names, names


@pytest.mark.parametrize("path", FILES, ids=os.path.basename)
def test_hardened(path):
    head, program = readelf("-h", path), readelf("-l", path)
    dynamic, symbols = readelf("-d", path), readelf("--dyn-syms", path)
    assert "DYN" in head
    if not path.endswith(".so"):
        assert "PIE" in dynamic, "no position-independent executable"
    assert "GNU_RELRO" in program
    assert "BIND_NOW" in dynamic or "NOW" in dynamic, "RELRO is partial"
    stack = next(x for x in program.split("\n") if "GNU_STACK" in x)
    assert "RWE" not in stack, "the stack can be executed"
    assert "__stack_chk_fail" in symbols, "no stack protector"
    if "X86-64" in head:
        # Debian's start-up files lack the note that would tell: landing
        # pads in our own functions do.
        code = subprocess.run(["objdump", "-d", path], text=True, check=True,
                              capture_output=True).stdout
        assert code.count("endbr64") > 10, "no -fcf-protection"
    if not with_sanitizer():
        assert "_chk@" in symbols.replace("__stack_chk_fail", ""), \
            "no _FORTIFY_SOURCE"
