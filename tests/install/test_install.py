# SPDX-License-Identifier: GPL-2.0-or-later
"""A stranger's machine: Debian 12 or 13 with nothing on it, a clean clone,
up.

    ./jackfield test install --long

Needs debootstrap, a mirror (JF_MIRROR) and about 3 GB; what was fetched is
kept below JF_INSTALL_CACHE (default /var/tmp/jackfield-install).
"""

import os

import pytest
from debian import CLEAN, RELEASES, Timed, fresh, inside, sh
from jf.layout import SOURCE

pytestmark = pytest.mark.skipif(
    not os.environ.get("JF_LONG"), reason="only with --long")


@pytest.fixture(scope="module", params=RELEASES)
def root(request, tmp_path_factory):
    with fresh(request.param, str(tmp_path_factory.mktemp("debian"))) as top:
        sh("git", "-c", "safe.directory=*", "clone", "-q",
           "--no-hardlinks", "file://" + SOURCE, top + "/srv/jackfield")
        yield top


def test_up_on_a_fresh_debian(root):
    command = "/srv/jackfield/jackfield"
    with Timed("packages and build"):
        sh("chroot", root, *CLEAN, command, "build")
    assert not os.path.exists(root + "/usr/sbin/policy-rc.d")
    assert not os.listdir(root + "/etc/postgresql"), \
        "a cluster of the machine's own was made"
    with Timed("up, with the demo call"):
        shown = inside(root, "%s up && %s doctor" % (command, command))
    print(shown)
    for words in ("the call came in", "decision", "talks with",
                  "In PostgreSQL", ", 0 wrong"):
        assert words in shown
