# SPDX-License-Identifier: GPL-2.0-or-later
"""What was recorded is stepped again, and decides the same."""

import glob
import subprocess

from conftest import wait_for


def replay(box, path):
    return subprocess.run(
        [box.stack.layout.program("router-engine"), "--replay", path],
        capture_output=True, text=True, check=False)


def logs(box):
    return sorted(glob.glob(box.stack.layout.path("log/*.replay")))


def decisions(text):
    """id of the decision -> its line."""
    out = {}
    for line in text.splitlines():
        fields = dict(p.split("=", 1) for p in line.split(" ") if "=" in p)
        out[fields["decision"]] = fields
    return out


def test_identical_decisions(box):
    """Over the life of both engines, takeovers included: every decision that
    PostgreSQL has is made again, with the same candidates and reason."""
    box.ready("alice", "bob")
    legs = [box.nodes.call() for _ in range(4)]
    wait_for(lambda: [c["state"] for c in box.records("contact").values()]
             .count("talking") == 2, 10, "two talks")
    for leg in legs:
        box.nodes.hang_up(leg)
    for user in ("alice", "bob"):
        box.ctl("agent", "ready", user)
    wait_for(lambda: not box.records("contact"), 10, "contacts over")
    wait_for(box.journal_empty, 10, "the journal drained")
    wait_for(lambda: logs(box), 5, "replay logs")
    made = {}
    for path in logs(box):
        r = wait_for(lambda p=path: flushed(box, p), 5, path)
        assert r.returncode == 0, r.stderr[-2000:]
        made.update(decisions(r.stdout))
    rows = box.query("SELECT decision, agent, reason, policy, considered "
                     "FROM journal.decisions")
    assert len(rows) >= 2
    for decision, agent, reason, policy, considered in rows:
        again = made[decision]
        assert again.get("agent") == (agent and str(agent))
        assert again["reason"].replace("%20", " ") == reason
        assert again["policy"] == policy
        assert again["considered"] == str(considered)


def flushed(box, path):
    """The log is written every 50 ms: wait for one that is whole."""
    r = replay(box, path)
    return r if r.returncode == 0 or "differs" in r.stderr else None


def test_difference_fails(box, tmp_path):
    source = max(logs(box), key=lambda p: open(p).read().count(" decision "))
    lines = open(source, encoding="utf-8").read().splitlines(True)
    at = next(i for i, x in enumerate(lines) if " decision " in x)
    lines[at] = lines[at].replace("policy=", "policy=x")
    changed = tmp_path / "changed.replay"
    changed.write_text("".join(lines), encoding="utf-8")
    r = replay(box, str(changed))
    assert r.returncode == 1 and "line %d" % (at + 1) in r.stderr


def test_not_a_log(box, tmp_path):
    bad = tmp_path / "bad"
    bad.write_text("hello world\n")
    r = replay(box, str(bad))
    assert r.returncode == 1 and "line 1" in r.stderr
    assert replay(box, str(tmp_path / "none")).returncode == 1
