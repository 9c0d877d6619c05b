# SPDX-License-Identifier: GPL-2.0-or-later
"""The house itself: who includes whom, how long files are, who owns them."""

import os
import subprocess

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
CODE = (".c", ".h", ".py", ".sql", ".def", ".lua")


def files():
    for directory, below, names in os.walk(ROOT):
        below[:] = [d for d in below if d not in (
            ".git", "build", "var", "__pycache__", "corpus")]
        for name in names:
            if name.endswith(CODE):
                yield os.path.relpath(os.path.join(directory, name), ROOT)


def lines(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.readlines()


def test_includes():
    r = subprocess.run([ROOT + "/tools/check-includes"], text=True,
                       capture_output=True, check=False)
    assert r.returncode == 0, "\n" + r.stdout + r.stderr


@pytest.mark.parametrize("path,text,why", [
    ("lib/base/x.c", '#include "lib/bus/bus.h"\n', "may not include"),
    ("router-engine/core/x.c", "#include <time.h>\n", "may not use"),
    ("router-engine/core/x.c", '#include "router-engine/io/ng.h"\n',
     "may not include"),
    ("rtp/ng/x.c", "#include <event2/event.h>\n", "may not use"),
    ("lib/base/x.c", '#include "tests/x.h"\n', "may not include"),
    ("new/x.c", '#include "lib/bus/bus.h"\n', "no rule"),
])
def test_a_wrong_include_is_found(tmp_path, path, text, why):
    for name in (path, "lib/bus/bus.h", "router-engine/io/ng.h",
                 "tests/x.h"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / path).write_text(text)
    r = subprocess.run([ROOT + "/tools/check-includes", str(tmp_path)],
                       text=True, capture_output=True, check=False)
    assert r.returncode == 1
    assert why in r.stdout


def test_no_file_is_too_long():
    long = {p: n for p in files() if (n := len(lines(p))) > 600}
    assert not long


def test_every_file_has_its_licence_first():
    def licensed(path):
        head = "".join(lines(path)[:3])
        return "SPDX-License-Identifier: GPL-2.0-or-later" in head

    assert not [p for p in files() if not licensed(p)]


def test_debian_packages_are_sorted():
    names = [x.strip() for x in lines("tools/packages.txt")]
    assert names == sorted(set(names))
