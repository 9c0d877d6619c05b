# SPDX-License-Identifier: GPL-2.0-or-later
"""The role: clean by ansible-lint; with --long applied to bare Debian 12 and
13, twice, up to a demo call. Needs ansible and ansible-lint."""

import functools
import json
import os
import re
import shutil

import pytest
from debian import RELEASES, Timed, fresh, inside, sh
from jf.layout import SOURCE

PLAYBOOK = os.path.join(SOURCE, "ansible/site.yml")


def test_lint(tmp_path):
    sh("ansible-lint", "--offline", "--nocolor", "-q", "--profile",
       "production", os.path.dirname(PLAYBOOK),
       env={**os.environ, "ANSIBLE_HOME": str(tmp_path),
            "LC_ALL": "C.UTF-8"})


@pytest.fixture(scope="module", params=RELEASES)
def root(request, tmp_path_factory):
    if not os.environ.get("JF_LONG"):
        pytest.skip("only with --long")
    with fresh(request.param, str(tmp_path_factory.mktemp("ansible"))) as top:
        yield top


@functools.cache
def commit():
    """The same one in every run, whatever is committed meanwhile."""
    return sh("git", "-C", SOURCE, "rev-parse", "HEAD").strip()


def play(root, *options):
    """changed tasks, by the recap."""
    text = sh("ansible-playbook", "-i", root + ",", "-c",
              "community.general.chroot", "-e",
              "jackfield_version=" + commit(), PLAYBOOK, *options,
              env={**os.environ, "ANSIBLE_HOME": root + "/../ansible",
                   "LC_ALL": "C.UTF-8", "ANSIBLE_NOCOLOR": "1"})
    print(text[-2500:])
    assert re.search(r"failed=0", text)
    return int(re.search(r"changed=(\d+)", text)[1])


def test_role(root):
    with Timed("ansible"):
        assert play(root) > 0
    with Timed("ansible again"):
        assert play(root) == 0
    assert play(root, "--check") == 0
    shutil.copy(os.path.join(os.path.dirname(__file__), "boot.py"),
                root + "/root/boot.py")
    with Timed("units, with a demo call"):
        shown = inside(root, "python3 /root/boot.py jackfield call")
    print(shown)
    for words in ("the call came in", "decision", "talks with",
                  "In PostgreSQL"):
        assert words in shown
    secrets = root + "/var/lib/jackfield/etc/secrets.json"
    assert os.stat(secrets).st_mode & 0o777 == 0o600
    with open(secrets, encoding="utf-8") as f:
        assert len(json.load(f)["leg_mac"]) == 48
