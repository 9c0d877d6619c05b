# SPDX-License-Identifier: GPL-2.0-or-later
"""What goes wrong is told in one plain line that says what to do."""

import os
import shutil
import socket
import subprocess

from person import Command
from jf.layout import SOURCE

NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


def test_help_names_every_verb(jackfield):
    text = jackfield.ok("help")
    for verb in ("up", "down", "reload", "status", "call", "logs", "doctor",
                 "test", "bench"):
        assert "\n  %s " % verb in text


def test_no_verb_shows_the_usage(jackfield):
    r = jackfield()
    assert r.returncode == 2 and "usage:" in r.stdout


def test_unknown_verb(jackfield):
    assert "there is no verb frob" in jackfield.trouble("frob")


def test_unknown_suite(jackfield):
    assert "there is no suite frob" in jackfield.trouble("test", "frob")


def test_port_base_out_of_range(jackfield):
    assert "--port-base must be from" in jackfield.trouble(
        "up", "--port-base", "99999")


def test_port_base_of_the_environment(jackfield):
    assert "JACKFIELD_PORT_BASE must be a number" in jackfield.trouble(
        "up", JACKFIELD_PORT_BASE="many")


def test_nothing_is_running(jackfield):
    for verb in ("status", "call"):
        assert "say ./jackfield up" in jackfield.trouble(verb)
    assert "Nothing is running" in jackfield.ok("down")


def test_port_in_use_names_who_has_it(jackfield):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 16079))
        s.listen()
        said = jackfield.trouble("up", "--port-base", "16000")
    assert "port 16079/tcp (redis) is in use by" in said
    assert "(pid %d)" % os.getpid() in said
    assert "--port-base" in said
    assert not jackfield.processes()


def test_full_disk(tmp_path):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs",
                    str(tmp_path)], check=True)
    command = Command(tmp_path / "v")
    try:
        said = command.trouble("up")
        assert "MB are free below" in said and "make room" in said
        assert not command.processes()
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_path_too_long_for_sockets(tmp_path):
    command = Command(tmp_path / ("x" * 90))
    assert "set JACKFIELD_VAR to a shorter" in command.trouble("up")


def test_data_directory_of_somebody_else(open_path):
    said = Command(open_path / "v").trouble("up", prefix=NOBODY)
    assert "cannot write to" in said and "sudo" in said


def test_tests_need_root(jackfield):
    said = jackfield.trouble("test", "unit", prefix=NOBODY)
    assert "need root: say sudo" in said


def test_missing_packages_without_root(open_path):
    tmp_path = open_path
    shutil.copy(SOURCE + "/jackfield", tmp_path)
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/packages.txt").write_text("bash\nno-such-package\n")
    said = Command(tmp_path / "v", str(tmp_path / "jackfield")).trouble(
        "up", prefix=NOBODY)
    assert "1 Debian packages are missing (no-such-package" in said
    assert "say sudo" in said
