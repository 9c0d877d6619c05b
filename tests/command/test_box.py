# SPDX-License-Identifier: GPL-2.0-or-later
"""up, call, logs, status, doctor, down: the walk of somebody new."""

import os
import re
import signal
import time

from jf.sim.people import wait_for


def test_up_ends_with_the_timeline_of_a_call(box):
    text = box.shown
    for words in ("the call came in", "caller hears", "in queue support",
                  "decision", "talks with", "over", "In PostgreSQL"):
        assert words in text, words
    assert re.search(r"(alice|bob|carol)$", text, re.M), \
        "the caller's telephone did not hear an agent"


def test_up_leaves_no_file_of_roots_in_the_checkout(box):
    assert os.path.isdir(box.var)


def test_second_up_is_quick_and_changes_nothing(box):
    before = box.pids()
    assert len(before) >= 8
    begin = time.monotonic()
    box.ok("up", "--no-call")
    assert time.monotonic() - begin < 10
    assert box.pids() == before


def test_status_tells_owners_and_agents(box):
    text = box.ok("status")
    assert re.search(r"engine-[12] owns ", text)
    assert "alice" in text and "carol" in text


def test_doctor_finds_nothing_wrong(box):
    text = box.ok("doctor")
    assert ", 0 wrong" in text


def test_logs_of_a_call_come_from_every_process(box):
    text = box.ok("logs", "last")
    for process in ("kamailio", "engine-", "worker-1"):
        assert re.search(r"^\S* *(\S+ )?%s" % process, text, re.M), process


def test_explain_says_why(box):
    text = box.ok("ctl", "explain", "last")
    assert "support" in text


def test_configuration_is_a_line_of_sql(box):
    assert "UPDATE 1" in box.ok(
        "sql", "UPDATE conf.queues SET announce_ms = 20000 WHERE queue_id=1")


def test_reload_takes_a_certificate_and_refuses_a_bad_one(box):
    before = box.pids()
    assert "New connections" in box.ok("reload")
    path = box.var + "/etc/kamailio/tls.crt"
    with open(path, encoding="ascii") as f:
        good = f.read()
    with open(path, "w", encoding="ascii") as f:
        f.write("no certificate")
    try:
        refused = box("reload")
        assert refused.returncode == 1
        assert "no PEM file" in refused.stdout + (refused.stderr or "")
    finally:
        with open(path, "w", encoding="ascii") as f:
            f.write(good)
    assert box.pids() == before


def test_restart_of_a_kind_leaves_the_others(box):
    before = box.pids()
    text = box.ok("restart", "engine")
    assert "engine-1 engine-2" in text
    # the first second of a process is called starting
    after = wait_for(lambda: set(p := box.pids()) == set(before) and p, 10)
    assert {n for n in before if before[n] != after[n]} == {
        "engine-1", "engine-2"}
    assert "no fax to restart" in box.trouble("restart", "fax")


def test_status_tells_what_drains(box):
    box.ok("ctl", "drain", "worker-1")
    assert "worker-1 drains" in box.ok("status")
    refused = box("ctl", "drain", "nobody")
    assert refused.returncode == 1
    assert "there is no nobody" in refused.stderr
    refused = box("ctl", "drain", "acd-1", "now")
    assert refused.returncode == 1
    assert "move its service address" in refused.stderr
    box.ok("ctl", "undrain", "worker-1")
    assert "drains" not in box.ok("status")


def test_up_after_a_crash(box):
    pid = int(open(box.var + "/run/supervisord.pid").read())
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: pid not in box.processes(), 5)
    assert box.processes(), "what it supervised is still there"
    box.ok("up", "--no-call")
    assert box.ok("status")


def test_down_stops_everything(box):
    box.ok("down")
    assert not box.processes()


def test_an_interrupted_up_leaves_nothing(jackfield):
    child = jackfield.begin("up", "--no-call")
    wait_for(lambda: len(jackfield.processes()) >= 3, 30)
    os.killpg(child.pid, signal.SIGINT)
    said = child.communicate(timeout=60)[0]
    assert child.returncode == 130, said
    assert "interrupted" in said
    assert not jackfield.processes()
