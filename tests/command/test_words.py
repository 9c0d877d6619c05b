# SPDX-License-Identifier: GPL-2.0-or-later
"""Parts of the command that need nothing running: words, times, settings."""

import pytest

from jf import Trouble, render, suites
from jf.layout import Layout
from jf.logs import time_of
from jf.timeline import Timeline


class Names:
    def agent(self, number):
        return {"1": "Alice", "2": "Bob"}[number]

    def queue(self, number):
        return {"1": "support"}[number]


def words(**fields):
    fields["t"] = fields.pop("kind")
    return Timeline(Names()).words(fields)


def test_a_contact_in_queue():
    assert words(kind="push.contact", state="queued", queue="1",
                 position="3", cause="greeted") == (
        "contact", "in queue support, place 3 (greeted)")


def test_what_the_caller_hears():
    assert words(kind="push.heard", role="caller", heard="music") == (
        "caller hears", "music")


def test_a_decision_names_everybody():
    kind, text = words(
        kind="push.decision", agent="1", policy="longest_idle",
        reason="idle the longest of 2 eligible",
        candidates="1:12500:chosen,2:900:eligible")
    assert kind == "decision"
    assert "Alice: idle the longest of 2 eligible" in text
    assert "Alice chosen, idle 12.5 s; Bob eligible, idle 0.9 s" in text


def test_a_decision_for_nobody_says_what_stood_in_the_way():
    _, text = words(kind="push.decision", policy="longest_idle",
                    reason="none of 2 agents is free",
                    candidates="1:0:wrap_up,2:0:unregistered")
    assert text.startswith("nobody: none of 2")
    assert "Alice wrap up; Bob unregistered" in text


def test_an_unknown_push_is_passed_over():
    assert words(kind="push.weather") is None


@pytest.mark.parametrize("line", [
    "time=2026-01-31T08:15:30.250Z level=info process=x event=y",
    "time=2026-01-31 08:15:30.250 UTC pid=7 user=",
    "[1769847330.250] INFO: [l0123]: ...",
    "2026-01-31 08:15:30,250 INFO spawned",
])
def test_every_process_has_a_clock_that_is_read(line):
    assert time_of(line) == pytest.approx(1769847330.25)


def test_a_line_without_time():
    assert time_of(" 3(77) INFO: <core>: started") is None


def test_ports_follow_the_base():
    layout = Layout("/x", port_base=30000)
    assert layout.ports["sip"] == 30060
    assert layout.ports["worker_max"] == 38999


def test_a_template_without_its_variable_says_which(tmp_path):
    (tmp_path / "cfg").mkdir()
    (tmp_path / "cfg/a.j2").write_text("{{ addr }}:{{ prot }}")
    with pytest.raises(Trouble, match="'prot' is undefined"):
        render.text(str(tmp_path), "a.j2", {"addr": "127.0.0.1"})


def test_a_file_is_written_only_when_it_changes(tmp_path):
    path = str(tmp_path / "f")
    assert render.write(path, "a") is True
    assert render.write(path, "a") is False
    assert render.write(path, "b") is True


@pytest.mark.parametrize("status,said", [
    (None, "too long"), (-9, "SIGKILL"), (139, "SIGSEGV"), (3, "status 3")])
def test_how_a_program_ended(status, said):
    assert said in suites.how(status)
