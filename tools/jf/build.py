# SPDX-License-Identifier: GPL-2.0-or-later
"""CMake presets. Under sudo the build runs as whoever called it, so that no
file of root's lies about in somebody's checkout."""

import glob
import os
import pwd
import re
import subprocess

from . import Trouble
from .layout import SOURCE
from .say import Step

PROGRESS = re.compile(r"^\[(\d+)/(\d+)\] (.*)")


def caller():
    """Arguments for subprocess: who builds. Root builds when it owns the
    checkout, or when there was no sudo."""
    uid = int(os.environ.get("SUDO_UID", "0"))
    if os.geteuid() != 0 or uid == 0 or os.stat(SOURCE).st_uid != uid:
        return {}
    user = pwd.getpwuid(uid)
    return {"user": uid, "group": user.pw_gid,
            "extra_groups": os.getgrouplist(user.pw_name, user.pw_gid),
            "env": {**os.environ, "HOME": user.pw_dir,
                    "USER": user.pw_name, "LOGNAME": user.pw_name}}


def directory(preset):
    return os.path.join(SOURCE, "build", preset)


def configured(preset):
    """CMake ran, after the last CMakeLists.txt came. (Ninja notices changed
    ones by itself; a directory that is new it does not know.)"""
    try:
        since = os.stat(os.path.join(directory(preset), "build.ninja"))
    except OSError:
        return False
    lists = (p for p in glob.glob(SOURCE + "/**/CMakeLists.txt",
                                  recursive=True)
             if not p.startswith(SOURCE + "/build/"))
    return all(os.stat(p).st_mtime < since.st_mtime for p in lists)


def build(preset="release", targets=(), quiet=False):
    """Configures when that is missing, and builds. Returns the build's
    directory. Trouble holds the compiler's words."""
    if not configured(preset):
        with Step("Configuring %s" % preset) as step:
            _run(["cmake", "--preset", preset], step, preset)
    with Step("Building %s" % preset) as step:
        done = _run(["cmake", "--build", directory(preset),
                     *(["--target", *targets] if targets else [])],
                    step, preset)
        step.note = "Built %s: %s" % (preset, done)
    return directory(preset)


def _run(argv, step, preset):
    """Runs it, telling its progress; what it says is shown when it fails."""
    words, total = [], 0
    try:
        child = subprocess.Popen(argv, cwd=SOURCE, text=True,
                                 stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, errors="replace",
                                 **caller())
    except FileNotFoundError:
        raise Trouble("cmake is not installed: sudo ./jackfield up installs "
                      "what is missing") from None
    except PermissionError as e:
        raise Trouble("cannot build: %s" % e) from None
    try:
        for text in child.stdout:
            words.append(text)
            found = PROGRESS.match(text)
            if found and "Re-checking globbed" not in text:
                total = int(found[2])
                step.at("%s of %s" % (found[1], found[2]))
            elif text.startswith("-- "):
                step.at(text[3:].strip())
    finally:
        if child.poll() is None and child.stdout.closed is False:
            child.stdout.close()
            child.terminate()
        child.wait()
    if child.returncode:
        text = "".join(words)
        if "No space left on device" in text:
            raise Trouble("the disk is full: the build needs about 200 MB "
                          "below %s" % SOURCE)
        raise Trouble("the build of %s failed:\n%s" % (
            preset, "".join(_interesting(words))))
    return "%d steps" % total if total else "nothing to do"


def _interesting(words, most=60):
    """The lines about what failed, without the many that went well."""
    rest = [w for w in words if not PROGRESS.match(w)
            and not w.startswith("-- ")]
    return rest[:most]
