# SPDX-License-Identifier: GPL-2.0-or-later
"""A stranger's machine: Debian 12 or 13 with nothing on it, a clean clone,
up.

    ./jackfield test install --long

Needs debootstrap, a mirror (JF_MIRROR) and about 3 GB; what was fetched is
kept below JF_INSTALL_CACHE (default /var/tmp/jackfield-install).
"""

import os
import shutil
import subprocess
import time

import pytest

from jf.layout import SOURCE

CACHE = os.environ.get("JF_INSTALL_CACHE", "/var/tmp/jackfield-install")
RELEASES = ("bookworm", "trixie")


def mirror():
    """JF_MIRROR, or the one that this machine's apt uses for bookworm."""
    said = os.environ.get("JF_MIRROR")
    if said:
        return said
    r = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(SITE)",
         "Created-By: Packages", "Codename: bookworm"],
        capture_output=True, text=True, check=False)
    sites = r.stdout.split()
    if not sites:
        pytest.skip("apt has no mirror of bookworm: set JF_MIRROR")
    return sites[0]


CLEAN = ["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root"]
LOOPBACK = ("ip link set lo up; ip addr add 127.0.0.5/8 dev lo; "
            "exec chroot \"$@\"")

pytestmark = pytest.mark.skipif(
    not os.environ.get("JF_LONG"), reason="only with --long")


def sh(*argv, **kw):
    r = subprocess.run(argv, text=True, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, check=False, **kw)
    assert r.returncode == 0, "%s: %d\n%s" % (argv, r.returncode,
                                              r.stdout[-6000:])
    return r.stdout


class Timed:
    def __init__(self, what):
        self.what = what

    def __enter__(self):
        self.begin = time.monotonic()

    def __exit__(self, *_):
        print("%-28s %5.0f s" % (self.what, time.monotonic() - self.begin),
              flush=True)


@pytest.fixture(scope="module", params=RELEASES)
def root(request, tmp_path_factory):
    if not shutil.which("debootstrap"):
        pytest.skip("debootstrap is not installed")
    top = str(tmp_path_factory.mktemp("debian"))
    os.chmod(top, 0o755)  # it becomes /, through which everybody passes
    cache = os.path.join(CACHE, request.param)
    for d in ("debootstrap", "archives/partial"):
        os.makedirs(os.path.join(cache, d), exist_ok=True)
    with Timed("debootstrap " + request.param):
        sh("debootstrap", "--variant=minbase",
           "--cache-dir=" + cache + "/debootstrap", request.param, top,
           mirror())
    sh("mount", "--bind", top, top)
    sh("mount", "--rbind", "/dev", top + "/dev")
    sh("mount", "--make-rslave", top + "/dev")  # what leaves it stays here
    sh("mount", "-t", "proc", "proc", top + "/proc")
    sh("mount", "-t", "sysfs", "sysfs", top + "/sys")
    sh("mount", "--bind", cache + "/archives",
       top + "/var/cache/apt/archives")
    shutil.copy("/etc/resolv.conf", top + "/etc/resolv.conf")
    sh("git", "-c", "safe.directory=*", "clone", "-q", "--no-hardlinks",
       "file://" + SOURCE, top + "/srv/jackfield")
    yield top
    for mount in ("var/cache/apt/archives", "sys", "proc", "dev", ""):
        subprocess.run(["umount", "-R", os.path.join(top, mount)],
                       check=False, capture_output=True)


def test_up_on_a_fresh_debian(root):
    command = "/srv/jackfield/jackfield"
    with Timed("packages and build"):
        sh("chroot", root, *CLEAN, command, "build")
    assert not os.path.exists(root + "/usr/sbin/policy-rc.d")
    assert not os.listdir(root + "/etc/postgresql"), \
        "a cluster of the machine's own was made"
    with Timed("up, with the demo call"):
        shown = sh("unshare", "-n", "-p", "-f", "--kill-child", "sh", "-c",
                   LOOPBACK, "sh", root, *CLEAN, "sh", "-c",
                   "mount -t proc proc /proc; %s up && %s doctor" % (
                       command, command))
    print(shown)
    for words in ("the call came in", "decision", "talks with",
                  "In PostgreSQL", ", 0 wrong"):
        assert words in shown
