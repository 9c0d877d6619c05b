# SPDX-License-Identifier: GPL-2.0-or-later
"""Configuration by NOTIFY, and the directory that Kamailio reads."""

import os
import signal

from conftest import wait_for


def execute(box, text, *args):
    with box.sql.cursor() as c:
        c.execute(text, args)


def test_change_reaches_the_core(box):
    pids = [box.stack.pid(e) for e in box.stack.layout.engines]
    execute(box, "UPDATE conf.agents SET name = 'Carola 卡' WHERE agent_id "
            "= 3")
    try:
        wait_for(lambda: "Carola" in box.agent("carol")["name"], 3,
                 "the new name")
        assert "Carola 卡" in box.ctl("agents")
    finally:
        execute(box, "UPDATE conf.agents SET name = 'Carol' WHERE agent_id "
                "= 3")
    wait_for(lambda: box.agent("carol")["name"] == "Carol", 3, "the old name")
    assert pids == [box.stack.pid(e) for e in box.stack.layout.engines]


def test_directory_follows(box):
    """A new number is in Redis, the version changes once, and reading again
    without a change changes nothing."""
    version = int(box.redis.get("directory"))
    execute(box, "INSERT INTO conf.numbers (number, tenant_id, queue_id) "
            "VALUES ('+12025550177', 1, 1)")
    try:
        wait_for(lambda: box.redis.hget("numbers", "+12025550177") == "1:1",
                 3, "the number in Redis")
        assert int(box.redis.get("directory")) == version + 1
        box.ctl("conf", "reload")
        assert int(box.redis.get("directory")) == version + 1
    finally:
        execute(box, "DELETE FROM conf.numbers WHERE number = "
                "'+12025550177'")
    wait_for(lambda: not box.redis.hexists("numbers", "+12025550177"), 3,
             "the number gone")
    wait_for(lambda: "+12025550177" not in box.records("number"), 3,
             "the number gone from the core")


def test_directory_is_mended(box):
    """What somebody spoiled in Redis is written again with the next
    reading."""
    box.redis.hset("numbers", "+1", "9:9")
    box.redis.delete("credentials")
    os.kill(box.stack.pid(box.owner(0)), signal.SIGHUP)
    wait_for(lambda: box.redis.hexists("credentials", "alice@demo.example")
             and not box.redis.hexists("numbers", "+1"), 3, "the directory")


def test_agent_added_and_removed(box):
    execute(box, "INSERT INTO conf.agents (agent_id, tenant_id, name, "
            "user_name, ha1) VALUES (99, 1, 'Dave', 'dave', conf.ha1('dave', "
            "'demo.example', 'x'))")
    try:
        wait_for(lambda: "99" in box.records("agent"), 3, "dave")
        assert '"dave"' in box.ctl("--json", "agents")
    finally:
        execute(box, "DELETE FROM conf.agents WHERE agent_id = 99")
    wait_for(lambda: "99" not in box.records("agent"), 3, "dave gone")


def test_standby_has_it(box):
    """The engine that stands by has read the configuration too."""
    import json
    for s in json.loads(box.ctl("--json", "stats")):
        assert s["conf_read_at"] > 0 and s["postgres"] == "up", s
