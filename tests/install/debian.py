# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian roots with nothing on them, by debootstrap."""

import contextlib
import os
import shutil
import subprocess
import time

import pytest

CACHE = os.environ.get("JF_INSTALL_CACHE", "/var/tmp/jackfield-install")
RELEASES = ("bookworm", "trixie")
CLEAN = ["env", "-i", "HOME=/root",
         "PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
LOOPBACK = ("ip link set lo up; ip addr add 127.0.0.5/8 dev lo; "
            "exec chroot \"$@\"")


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


def sh(*argv, **kw):
    r = subprocess.run(argv, text=True, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, check=False, **kw)
    assert r.returncode == 0, "%s: %d\n%s" % (argv, r.returncode,
                                              r.stdout[-6000:])
    return r.stdout


def inside(root, script):
    """Runs it in the root, in a network and process namespace of its own."""
    return sh("unshare", "-n", "-p", "-f", "--kill-child", "sh", "-c",
              LOOPBACK, "sh", root, *CLEAN, "sh", "-c",
              "mount -t proc proc /proc; " + script)


class Timed:
    def __init__(self, what):
        self.what = what

    def __enter__(self):
        self.begin = time.monotonic()

    def __exit__(self, *_):
        print("%-28s %5.0f s" % (self.what, time.monotonic() - self.begin),
              flush=True)


@contextlib.contextmanager
def fresh(release, top):
    """A root of the release at this directory, mounted; what apt fetches is
    kept for the next one."""
    if not shutil.which("debootstrap"):
        pytest.skip("debootstrap is not installed")
    os.chmod(top, 0o755)  # it becomes /, through which everybody passes
    cache = os.path.join(CACHE, release)
    for d in ("debootstrap", "archives/partial"):
        os.makedirs(os.path.join(cache, d), exist_ok=True)
    with Timed("debootstrap " + release):
        sh("debootstrap", "--variant=minbase",
           "--cache-dir=" + cache + "/debootstrap", release, top, mirror())
    sh("mount", "--bind", top, top)
    sh("mount", "--rbind", "/dev", top + "/dev")
    sh("mount", "--make-rslave", top + "/dev")  # what leaves it stays here
    sh("mount", "-t", "proc", "proc", top + "/proc")
    sh("mount", "-t", "sysfs", "sysfs", top + "/sys")
    sh("mount", "--bind", cache + "/archives",
       top + "/var/cache/apt/archives")
    shutil.copy("/etc/resolv.conf", top + "/etc/resolv.conf")
    try:
        yield top
    finally:
        for mount in ("var/cache/apt/archives", "sys", "proc", "dev", ""):
            subprocess.run(["umount", "-R", os.path.join(top, mount)],
                           check=False, capture_output=True)
