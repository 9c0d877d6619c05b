# SPDX-License-Identifier: GPL-2.0-or-later
"""The control socket and jackfieldctl, errors first."""

import json
import os
import signal
import socket
import stat
import subprocess

import pytest

from conftest import wait_for



def ask(box, line, engine=None):
    """One line to an engine, its answer."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(5)
        s.connect(box.stack.layout.control(engine or box.owner()))
        s.sendall(line if isinstance(line, bytes) else line.encode())
        data = b""
        while not data.endswith(b"\n"):
            more = s.recv(65536)
            if not more:
                return None
            data += more
    return json.loads(data)


def rpc(box, method, engine=None, **params):
    return ask(box, json.dumps({"jsonrpc": "2.0", "method": method,
                                "params": params, "id": 7}) + "\n", engine)


def run(box, *words):
    return subprocess.run(
        [box.stack.layout.program("jackfieldctl"), "--socket",
         box.stack.layout.path("run"), *words], capture_output=True,
        text=True, check=False)


@pytest.mark.parametrize("line, code, words", [
    (b"nonsense\n", -32700, "not JSON"),
    (b"\xff\xfe\n", -32700, "not JSON"),
    (b"[]\n", -32600, "one JSON object"),
    (b'{"jsonrpc":"2.0","method":"fly","id":1}\n', -32601, "fly"),
    (b'{"jsonrpc":"2.0","method":"agent.ready","params":[],"id":1}\n',
     -32602, "params:"),
    (b'{"jsonrpc":"2.0","method":"agent.ready","id":1}\n', -32602, "user:"),
    (b'{"jsonrpc":"2.0","method":"agent.ready","params":{"user":{}},"id":1}'
     b"\n", -32602, "user:"),
    (b'{"jsonrpc":"2.0","method":"contact.end","params":{"contact":"c1"},'
     b'"id":1}\n', -32602, "contact:"),
])
def test_errors(box, line, code, words):
    answer = ask(box, line)
    assert answer["error"]["code"] == code
    assert words in answer["error"]["message"]
    assert answer["jsonrpc"] == "2.0" and "result" not in answer


def test_requests_in_one_write(box):
    """Each line gets its answer, a notification none."""
    one = '{"jsonrpc":"2.0","method":"help","id":%d}\n'
    silent = '{"jsonrpc":"2.0","method":"help"}\n'
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(5)
        s.connect(box.stack.layout.control(box.owner()))
        s.sendall((one % 1 + silent + one % 2).encode())
        with s.makefile() as f:
            assert [json.loads(f.readline())["id"] for _ in range(2)] == \
                [1, 2]


def test_endless_line(box):
    """A client that never ends its line is dropped, the engine goes on."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(5)
        s.connect(box.stack.layout.control(box.owner()))
        try:
            for _ in range(64):
                s.sendall(b"x" * 65536)
            assert s.recv(1) == b""
        except (BrokenPipeError, ConnectionResetError):
            pass
    assert rpc(box, "help")["result"]


def test_only_the_owner_may_ask(box):
    mode = os.stat(box.stack.layout.control("engine-1")).st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_states_are_stored_before_the_answer(box):
    """What the answer says is in Redis already."""
    for verb, state in (("ready", "ready"), ("pause", "paused"),
                        ("ready", "ready"), ("logout", "offline")):
        answer = rpc(box, "agent." + verb, user="bob@demo.example")
        assert answer["result"]["state"] == state
        assert box.agent("bob")["state"] == state


def test_standby_says_who_it_is_not(box):
    standby = next(e for e in box.stack.layout.engines if e != box.owner())
    answer = rpc(box, "agent.ready", standby, user="alice")
    assert answer["error"]["code"] == -32001


def test_unknown_agent_names_field_and_fix(box):
    r = run(box, "agent", "ready", "nobody")
    assert r.returncode == 1 and "nobody" in r.stderr
    assert r.stderr.startswith("jackfieldctl: user:")
    assert "`agents`" in r.stderr and r.stderr.count("\n") == 1
    r = run(box, "agent", "ready", "alice@elsewhere")
    assert r.returncode == 1 and "elsewhere" in r.stderr


def test_redis_does_not_answer(box):
    """A change that cannot be stored is not claimed to be."""
    engine, pid = box.owner(), box.stack.pid("redis")
    os.kill(pid, signal.SIGSTOP)
    try:
        answer = rpc(box, "agent.pause", engine, user="carol")
    finally:
        os.kill(pid, signal.SIGCONT)
    assert answer["error"]["code"] in (-32001, -32002)
    text = answer["error"]["message"]
    assert "Redis" in text or "own" in text
    wait_for(box.owner, 5, "an owner")


def test_lists(box):
    box.ready("alice")
    leg = box.nodes.call(caller="+12025557777")
    contact = box.contact_of(leg)
    box.wait_state(contact, "talking")
    waiting = box.contact_of(box.nodes.call())
    box.wait_state(waiting, "queued")
    rows = {c["contact"]: c for c in json.loads(
        run(box, "--json", "contacts").stdout)}
    assert rows[contact]["agent"] == "alice"
    assert rows[contact]["caller"] == "+12025557777"
    assert rows[waiting]["state"] == "queued"
    queue = next(q for q in json.loads(run(box, "--json", "queues").stdout)
                 if q["name"] == "support")
    assert (queue["waiting"], queue["talking"]) == (1, 1)
    agents = {a["user"]: a for a in json.loads(
        run(box, "--json", "agents", "demo.example").stdout)}
    assert agents["alice"]["contact"] == contact
    assert agents["alice"]["phone"] is True
    assert json.loads(run(box, "--json", "agents", "nowhere").stdout) == []
    assert contact in run(box, "contacts").stdout
    assert "support" in run(box, "queues").stdout


def test_contact_end(box):
    contact = box.contact_of(box.nodes.call())
    box.wait_state(contact, "queued")
    assert run(box, "contact", "end", contact).returncode == 0
    box.wait_gone(contact)
    r = run(box, "contact", "end", contact)
    assert r.returncode == 1 and "over" in r.stderr


def test_partitions(box):
    rows = json.loads(run(box, "--json", "partitions").stdout)
    assert [r["partition"] for r in rows] == list(
        range(box.stack.layout.partitions))
    assert {r["engine"] for r in rows} <= set(box.stack.layout.engines)


def test_log_level(box):
    assert run(box, "log", "level", "debug").returncode == 0
    assert run(box, "log", "level", "info").returncode == 0
    r = run(box, "log", "level", "loud")
    assert r.returncode == 1 and "debug, info, warn or error" in r.stderr


def test_usage(box):
    for words in ((), ("fly",), ("agent",), ("agent", "ready"),
                  ("agents", "a", "b"), ("--nope",)):
        assert run(box, *words).returncode == 2, words
    text = run(box, "help").stdout
    for verb in ("agent ready", "explain", "conf reload"):
        assert verb in text


def test_no_engine(box, tmp_path):
    for where in (tmp_path, tmp_path / "x.sock"):
        r = subprocess.run(
            [box.stack.layout.program("jackfieldctl"), "--socket",
             str(where), "agents"], capture_output=True, text=True,
            check=False)
        assert r.returncode == 1 and str(where) in r.stderr
        assert r.stderr.count("\n") == 1


def test_explain_unknown(box):
    r = run(box, "explain", "c0001ffffffffffff")
    assert "c0001ffffffffffff" in r.stdout + r.stderr
    r = run(box, "explain", "the last one")
    assert r.returncode == 1 and "contact:" in r.stderr
