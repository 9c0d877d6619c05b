# SPDX-License-Identifier: GPL-2.0-or-later
"""An engine dies, stops, or is frozen: the other one goes on."""

import json
import os
import signal
import subprocess
import time

import pytest

from conftest import PREFIX, wait_for
from nodes import SDP


def kill_owner(box):
    """Returns the generation that ends, and when."""
    generation = box.generation()
    when = time.time()
    box.stack.kill(box.owner())
    return generation, when


def test_matching_goes_on_within_a_second(box):
    """Talking stays, the queue keeps its order, and the first in line is
    offered to the agent who becomes ready while nobody owned the partition."""
    box.ready("alice")
    talk = box.nodes.call(caller="+1000")
    talking = box.contact_of(talk)
    box.wait_state(talking, "talking")
    legs = [box.nodes.call(caller="+%d" % (2000 + n)) for n in range(3)]
    queued = [box.contact_of(leg) for leg in legs]
    for contact in queued:
        box.wait_state(contact, "queued")
    before = {c: box.records("contact")[c]["enqueued"] for c in queued}
    queued.sort(key=lambda c: (int(before[c]), c))
    box.nodes.register("bob")
    dead, when = kill_owner(box)
    box.ctl("agent", "ready", "bob")  # waits for the successor
    invited = wait_for(lambda: [c for c in box.nodes.seen("leg.invite")
                                if c[0] > when], 5, "an offer")[0]
    assert invited[0] - when < 1.0, "%.3f s" % (invited[0] - when)
    print("from kill -9 to the next offer: %.3f s" % (invited[0] - when))
    assert box.generation() != dead
    box.wait_state(queued[0], "talking")
    assert box.state(talking) == "talking"
    after = box.records("contact")
    for contact in queued:
        assert after[contact]["enqueued"] == before[contact]
    assert [box.state(c) for c in queued[1:]] == ["queued", "queued"]


def test_awaited_replies_are_asked_again(box):
    """Killed between the commit and rtpengine's reply: the successor asks."""
    rtp = box.stack.pid("rtpengine")
    os.kill(rtp, signal.SIGSTOP)
    try:
        leg = box.nodes.call()
        contact = box.contact_of(leg)
        assert box.records("leg")[leg]["op"] == "negotiate"
        dead, _ = kill_owner(box)
    finally:
        os.kill(rtp, signal.SIGCONT)
    box.wait_successor(dead)
    wait_for(lambda: box.nodes.seen("leg.answer", leg=leg), 5, "the answer")
    box.wait_state(contact, "queued")


def test_timer_does_not_overtake_the_answer(box):
    """While nobody owns the partition the phone answers, and the ring
    timeout passes. The answer came first, so it counts."""
    box.sql.cursor().execute(
        "UPDATE conf.queues SET ring_ms = 1000 WHERE queue_id = 1")
    wait_for(lambda: box.records("queue")["1"]["ring_ms"] == "1000", 5,
             "the new ring_ms")
    frozen = []
    try:
        box.nodes.answer = False
        box.ready("alice")
        contact = box.contact_of(box.nodes.call())
        box.wait_state(contact, "offered")
        # both engines stand still, the answer arrives, the timer passes
        for name in box.stack.layout.engines:
            frozen.append(box.stack.pid(name))
            os.kill(frozen[-1], signal.SIGSTOP)
        invite = box.nodes.seen("leg.invite")[-1][2]
        due = int(next(iter(box.records("offer").values()))["due"])
        box.nodes.acd.send("leg.answered", leg=invite["leg"],
                           sdp=SDP % 30002, direction="sendrecv")
        assert time.time() * 1000 < due
        wait_for(lambda: time.time() * 1000 > due + 300, 5, "the timer")
    finally:
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)
        box.sql.cursor().execute(
            "UPDATE conf.queues SET ring_ms = 20000 WHERE queue_id = 1")
    box.wait_state(contact, "talking")
    assert box.agent("alice")["state"] == "talking"
    wait_for(box.journal_empty, 10, "the journal drained")
    assert box.query("SELECT count(*) FROM journal.decisions WHERE contact "
                     "= %s", contact) == [(1,)], "offered once"


def test_frozen_engine_changes_nothing(box):
    """Stopped for longer than its lease, then woken: it has lost the
    partition, and knows it before it does anything."""
    owner = box.owner()
    pid = box.stack.pid(owner)
    os.kill(pid, signal.SIGSTOP)
    try:
        wait_for(lambda: box.owner() not in (None, owner), 3, "a successor")
        box.ready("alice")
        contact = box.contact_of(box.nodes.call())
        box.wait_state(contact, "talking")
        generation = box.redis.hget(PREFIX + ":meta", "generation")
        count = len(box.nodes.commands)
    finally:
        os.kill(pid, signal.SIGCONT)
    # it answers again, owns nothing, and said nothing to the nodes
    rows = wait_for(lambda: [
        s for s in stats(box) if s["engine"] == owner
        and s["partitions"] == 0], 5, "the frozen engine without partitions")
    assert rows[0]["lost"] >= 1
    assert box.redis.hget(PREFIX + ":meta", "generation") == generation
    assert box.state(contact) == "talking"
    assert all(c[2]["id"].split(".")[1] == generation
               for c in box.nodes.commands[count:])


def stats(box):
    return json.loads(box.ctl("--json", "stats"))


def test_term_hands_over_at_once(box):
    """TERM gives the leases up: the successor needs not wait for their end
    (700 ms)."""
    generation = box.generation()
    token = box.redis.hget(PREFIX + ":lease", "token")
    os.kill(box.stack.pid(box.owner()), signal.SIGTERM)
    wait_for(lambda: box.redis.hget(PREFIX + ":lease", "token") != token,
             0.3, "the lease given up")
    box.wait_successor(generation)


def test_redis_killed_and_back(box):
    """Calls, records and journal survive a crash of Redis; commits that it
    lost are sent again."""
    box.ready("alice")
    leg = box.nodes.call()
    contact = box.contact_of(leg)
    box.wait_state(contact, "talking")
    box.stack.kill("redis")

    def answers():
        try:
            return box.redis.ping() and box.state(contact) == "talking"
        except Exception:
            return False
    wait_for(answers, 10, "Redis with the contact")
    wait_for(box.owner, 5, "an owner")
    box.nodes.hang_up(leg)
    box.wait_state(contact, "wrap_up")
    box.ctl("agent", "ready", "alice")
    box.wait_gone(contact)
    wait_for(lambda: box.query("SELECT 1 FROM journal.contacts WHERE "
                               "contact = %s", contact), 10, "the journal")


def test_redis_emptied(box):
    """Redis forgets everything while the owner lives: the owner tells it all
    again, and the call goes on."""
    box.ready("alice")
    leg = box.nodes.call()
    contact = box.contact_of(leg)
    box.wait_state(contact, "talking")
    wait_for(box.journal_empty, 10, "a quiet journal")
    numbers = box.redis.hgetall("numbers")
    box.redis.flushall()
    wait_for(lambda: box.state(contact) == "talking", 5, "the contact again")
    wait_for(lambda: box.redis.hgetall("numbers") == numbers, 5,
             "the directory again")
    box.nodes.hang_up(leg)
    box.wait_state(contact, "wrap_up")
    box.ctl("agent", "ready", "alice")
    box.wait_gone(contact)
    wait_for(lambda: box.query("SELECT 1 FROM journal.contacts WHERE "
                               "contact = %s", contact), 10, "the journal")


def test_worker_dies(box):
    """The liveness link breaks: the core is told, long before a lease is
    over, and a new start of the worker is known again."""
    wait_for(box.nodes_known, 5, "the worker")
    box.nodes.liveness.end()
    try:
        wait_for(lambda: box.records("node")["worker-1"].get("up") != "1", 2,
                 "the worker down")
    finally:
        box.nodes.worker_restart()
    wait_for(box.nodes_known, 5, "the new worker")


def test_worker_silent(box):
    wait_for(box.nodes_known, 5, "the worker")
    box.nodes.liveness.silent = True
    try:
        wait_for(lambda: box.records("node")["worker-1"].get("up") != "1", 2,
                 "the worker down")
    finally:
        box.nodes.worker_restart()
    wait_for(box.nodes_known, 5, "the new worker")


def test_rtpengine_down_and_up(box):
    box.stack.kill("rtpengine", signal.SIGSTOP)
    try:
        wait_for(lambda: box.records("rtpengine")["rtp-1"].get("up") != "1",
                 4, "rtpengine down")
    finally:
        box.stack.kill("rtpengine", signal.SIGCONT)
    wait_for(lambda: box.records("rtpengine")["rtp-1"].get("up") == "1", 4,
             "rtpengine up")


def test_unreadable_partition(box):
    """A record that cannot be read keeps its own partition from being
    served, and says so; the others are served."""
    last = box.stack.layout.partitions - 1
    key = "{p%d}:state:leg" % last

    def rows():
        answer = json.loads(box.ctl("--json", "partitions", check=False))
        return {} if "error" in answer else {
            r["partition"]: r for r in answer}

    def take_over():
        generation = box.generation()
        box.stack.kill(box.owner(last))
        box.wait_successor(generation, 5)
        wait_for(lambda: set(rows()) == set(range(last + 1)), 5,
                 "every partition with an owner")
    owner = box.owner(last)
    if box.owner() != owner:
        box.stack.kill(box.owner())
        wait_for(lambda: box.owner() == owner, 5, "one owner of both")
    box.redis.sadd("{p%d}:kinds" % last, "leg")
    box.redis.hset(key, "l0000000000000001", "id=l0 state=nowhere")
    try:
        take_over()
        trouble = rows()[last]["trouble"]
        assert "leg" in trouble and "id" in trouble
        assert rows()[1]["trouble"] == ""
        box.wait_state(box.contact_of(box.nodes.call()), "queued")
    finally:
        box.redis.hdel(key, "l0000000000000001")
        box.stack.kill(box.owner(last))
    wait_for(lambda: rows().get(last, {"trouble": "?"})["trouble"] == "", 5,
             "the mended partition")


@pytest.mark.parametrize("config, names", [
    ("", "name"),
    ("name: x\nredis:\n  host: 127.0.0.1\npartitions: 99\npostgres: ''\n"
     "control: /nowhere/x\nrtpengines:\n  - name: a\n    ng: 1.2.3.4:5\n",
     "partitions"),
    ("name: x\nnmae: y\n", "nmae"),
])
def test_check_config(stack, tmp_path, config, names):
    path = tmp_path / "engine.yaml"
    path.write_text(config)
    r = subprocess.run([stack.layout.program("router-engine"), "--config",
                        str(path), "--check-config"], capture_output=True,
                       text=True, check=False)
    assert r.returncode == 1 and names in r.stderr


def test_check_config_good(stack):
    path = stack.layout.path("etc/jackfield/engine-1.yaml")
    subprocess.run([stack.layout.program("router-engine"), "--config", path,
                    "--check-config"], check=True)
