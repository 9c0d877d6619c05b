# SPDX-License-Identifier: GPL-2.0-or-later
"""The rules of docs/architecture.md, "The bus", each with the failure that it
prevents, between real processes over a real Redis."""

import time

import pytest
from conftest import LEASE_MS, wait_for
from redis.exceptions import ResponseError

BURST = 2000


def counted(redis, agents):
    """Each of these agents once, in the state and in the journal."""
    rows = redis.rows()
    assert sorted(a for _, a in rows) == sorted(agents)
    assert len({name for name, _ in rows}) == len(rows)
    assert redis.counts() == {a: 1 for a in agents}


def wait_counted(redis, agents, timeout=10):
    want = len(agents)
    wait_for(lambda: len(redis.counts()) >= want, timeout,
             lambda: "%d of %d are counted" % (len(redis.counts()), want))
    counted(redis, agents)


# ---- 1. numbered commits ----------------------------------------------------


def test_a_hole_is_refused_and_filled_by_its_owner(house):
    """A number is taken away from the engine: what it sends next would leave
    a hole. It is refused, and the engine sends what is missing."""
    engine, node = house.owner(), house.node()
    node.send(1, 3)
    node.expect("sent 3 0")
    wait_counted(house.redis, [1, 2, 3])
    have = int(house.redis.db.hget("{p0}:meta", "commit"))
    house.redis.db.hset("{p0}:meta", "commit", have - 1)
    house.redis.db.delete("{p0}:state:count", "{p0}:journal")
    node.send(4)
    wait_for(lambda: 4 in house.redis.counts())
    assert int(house.redis.db.hget("{p0}:meta", "commit")) > have
    assert house.redis.counts() == {3: 1, 4: 1}  # the missing one, and 4
    assert [a for _, a in house.redis.rows()] == [3, 4]
    stats = engine.stats()
    assert stats["refused"] >= 1 and stats["resent_commits"] >= 1
    assert stats["lost"] == 0


# ---- 2. the fence -----------------------------------------------------------


def test_of_two_owners_one_writes(house):
    """The first stands still, its lease ends, the second takes over. When the
    first goes on, it believes that it owns the partition: nothing it sends is
    stored."""
    first, node = house.owner("engine-1"), house.node()
    second = house.engine("engine-2")
    node.send(1, 5)
    wait_counted(house.redis, [1, 2, 3, 4, 5])
    first.stop()
    second.expect("acquired 0 .*", 3)
    node.send(6, 5)
    wait_for(lambda: 10 in house.redis.counts())
    have = house.redis.db.hget("{p0}:meta", "commit")
    for _ in range(10):
        first.say("commit 0")
    first.go_on()
    first.expect("lost 0 .*")
    assert first.all(r"commit \d+ 0"), "it believed that it may commit"
    assert first.stats()["refused"] >= 1
    assert house.redis.db.hget("{p0}:meta", "commit") == have
    counted(house.redis, range(1, 11))
    assert house.redis.db.hget("{p0}:lease", "owner") == "engine-2"


def test_the_lease_decides_among_many(house):
    engines = [house.engine("engine-%d" % i, partitions=4) for i in range(3)]

    def owners():
        return [house.redis.db.hget("{p%d}:lease" % p, "owner")
                for p in range(4)]
    wait_for(lambda: all(owners()))
    node = house.node(partitions=4)
    for p in range(4):
        node.send(1 + p * 100, 50, partition=p)
    for p in range(4):
        wait_for(lambda: len(house.redis.counts(p)) == 50)
        took = [e for e in engines if e.all("event %d .*" % p)]
        assert len(took) == 1
        assert sorted(a for _, a in house.redis.rows(p)) == list(
            range(1 + p * 100, 51 + p * 100))


# ---- 3. named effects -------------------------------------------------------


def test_a_commit_sent_again_doubles_nothing(house):
    """Connections break under way: nobody knows which commits arrived. All
    that are not known to be there are sent again."""
    engine, node = house.owner(), house.node()
    target(engine, node)
    for i in range(10):
        node.send(1 + i * 200, 200)
        node.expect("sent %d 0" % (100 + i * 200))
        house.redis.cut()
    wait_counted(house.redis, range(1, BURST + 1), 20)
    node.expect(r"command 0 \S+ l%016x 1" % BURST)
    commands = [m[1] for m in node.all(r"command 0 (\S+) .*")]
    assert len(commands) == len(set(commands)) == BURST
    assert engine.stats()["resent_commits"] > 0
    assert node.stats()["resent"] > 0
    assert not engine.all("hole .*")


def test_a_command_read_again_is_not_carried_out_again(house):
    engine, node = house.owner(), house.node()
    target(engine, node)
    node.send(1, 20)
    node.expect(r"command 0 \S+ l%016x 1" % 20)
    house.redis.cut()  # the node reads its stream from the beginning
    node.send(21)
    node.expect(r"command 0 \S+ l%016x 1" % 21)
    assert len(node.all("command .*")) == 21
    assert node.stats()["duplicates"] >= 20


def test_old_commands_stay_done_after_many_owners(house):
    """More generations than a node keeps marks of."""
    node = house.node()
    node.ask("inbox", answer="inbox 0")
    for i in range(1, 8):
        engine = house.owner("engine-%d" % i)
        engine.ask("target", "node-1", node.boot(), answer="target .*")
        node.send(i)
        node.expect(r"command 0 \S+ l%016x 1" % i)
        engine.quit()
    house.redis.cut()
    wait_for(lambda: node.stats()["duplicates"] >= 7)
    assert len(node.all("command .*")) == 7


# ---- 4. stamped producers ---------------------------------------------------


def test_a_retried_event_is_taken_once(house):
    engine, node = house.owner(), house.node()
    node.send(1, 500)
    node.expect("sent 500 0")
    house.redis.cut()  # the window of 10 s goes out again
    node.send(501)
    wait_counted(house.redis, range(1, 502))
    assert node.stats()["resent"] >= 500
    left = [f["agent"] for _, f in house.redis.entries("{p0}:in")]
    assert len(left) == len(set(left))
    assert len(engine.all("event .*")) == 501


def test_an_event_that_redis_lost_comes_back(house):
    """Redis dies and comes back with what it had a moment before: events that
    it had confirmed are gone, and are sent again before anything new."""
    node = house.node()
    node.send(1, 10)
    node.expect("sent 10 0")
    house.redis.save()
    node.send(11, 10)
    node.expect("sent 20 0")
    assert len(house.redis.entries("{p0}:in")) == 20
    house.redis.kill9()
    node.expect("link down")
    node.send(21, 10)  # nobody is there to take them
    house.redis.start()
    node.expect("sent 30 0")
    agents = [int(f["agent"]) for _, f in house.redis.entries("{p0}:in")]
    assert agents == list(range(1, 31))
    house.owner()
    wait_counted(house.redis, range(1, 31))


def test_a_redis_without_memory_takes_events_later_in_order(house):
    """It refuses some of a pipeline, and takes what comes behind them."""
    engine, node = house.owner(), house.node()
    for i in range(20):
        house.redis.db.config_set("maxmemory", 1 if i % 2 else 0)
        node.send(1 + i * 50, 50)
        node.send(10001 + i * 50, 50)
    house.redis.db.config_set("maxmemory", 0)
    node.expect("sent 1000 0")
    wait_counted(house.redis, [*range(1, 1001), *range(10001, 11001)])
    assert not engine.all("hole .*")
    assert engine.stats()["lost"] == 0


def test_a_leg_record_that_redis_lost_comes_back(house):
    node = house.node()
    node.say("leg 0 7 first")
    node.expect("sent 7 0")
    house.redis.save()
    node.say("leg 0 7 second")
    node.expect("sent 7 0", n=2)
    house.redis.kill9()
    house.redis.start()
    node.expect("link up", n=2)
    wait_for(lambda: house.redis.db.get("{p0}:leg:l%016x" % 7) == "second")


def test_commits_that_redis_lost_come_back(house):
    """State, rows and commands of the lost moment are stored again, under
    their own names: the node does nothing twice."""
    engine, node = house.owner(), house.node()
    target(engine, node)
    node.send(1, 10)
    wait_counted(house.redis, range(1, 11))
    house.redis.save()
    node.send(11, 10)
    wait_counted(house.redis, range(1, 21))
    node.expect(r"command 0 \S+ l%016x 1" % 20)
    names = {name for name, _ in house.redis.rows()}
    house.redis.kill9()
    house.redis.start()
    wait_counted(house.redis, range(1, 21))
    assert {name for name, _ in house.redis.rows()} == names
    node.send(21)
    node.expect(r"command 0 \S+ l%016x 1" % 21)
    counted(house.redis, range(1, 22))
    assert len(node.all("command .*")) == 21
    assert engine.stats()["lost"] == 0
    assert not engine.all("wiped .*")


def test_the_holder_asks_before_the_standby_after_a_roll_back(house):
    """The lease in the copy has ended. Would the standby be first, what the
    holder still knows would be lost."""
    node, engine = house.node(), house.owner("engine-1")
    house.engine("engine-2")
    node.send(1, 5)
    wait_counted(house.redis, range(1, 6))
    for turn in range(3):
        # each roll-back takes less than the holder keeps (two seconds)
        house.redis.save()
        node.send(6 + turn)
        wait_counted(house.redis, range(1, 7 + turn))
        house.redis.kill9()
        time.sleep(LEASE_MS / 1000 + 0.1)  # the stored lease ends
        house.redis.start()
        engine.expect("link up", n=2 + turn)
        wait_counted(house.redis, range(1, 7 + turn))
    assert house.redis.db.hget("{p0}:lease", "owner") == "engine-1"
    assert engine.stats()["lost"] == 0


@pytest.mark.parametrize("cut", [True, False])
def test_a_wiped_redis_gets_the_whole_state(house, cut):
    engine, node = house.owner(), house.node()
    node.send(1, 50)
    wait_counted(house.redis, range(1, 51))
    time.sleep(5.1)  # longer than commits are kept
    node.send(51)  # the older ones are forgotten with it
    wait_counted(house.redis, range(1, 52))
    house.redis.db.flushall()
    if cut:
        house.redis.cut()
    engine.expect("wiped 0")
    wait_for(lambda: len(house.redis.counts()) == 51)
    assert house.redis.counts() == {a: 1 for a in range(1, 52)}
    node.send(60)
    wait_for(lambda: house.redis.counts().get(60) == 1)
    assert len(house.redis.counts()) == 52
    assert engine.stats()["lost"] == 0
    engine.quit()  # a successor finds what was told again
    other = house.engine("engine-2")
    records = other.expect(r"acquired 0 \S+ (\d+) .*")[1]
    assert int(records) == 53  # with the producer


def test_an_empty_redis_gets_functions_and_state(house):
    """Another Redis altogether, at the same address: it gets everything from
    who held the partition, and not from who stands by and knows nothing."""
    engine, node = house.owner(), house.node()
    house.engine("engine-2")
    node.send(1, 5)
    wait_counted(house.redis, range(1, 6))
    house.redis.kill9()
    house.redis.start()
    assert house.redis.db.keys("*:count") == []
    node.send(6)
    wait_for(lambda: len(house.redis.counts()) == 6, 10,
             lambda: str(house.redis.counts()))
    assert house.redis.counts() == {a: 1 for a in range(1, 7)}
    assert house.redis.db.hget("{p0}:lease", "owner") == "engine-1"
    assert engine.stats()["lost"] == 0


def test_functions_that_were_flushed_come_back(house):
    """An administrator's FUNCTION FLUSH, or a replica that was filled anew,
    while every connection holds."""
    engine, node = house.owner(), house.node()
    node.send(1, 5)
    wait_counted(house.redis, range(1, 6))
    for first in (6, 106):
        house.redis.db.execute_command("FUNCTION", "FLUSH")
        node.send(first, 100)
        wait_counted(house.redis, range(1, first + 100))
    wait_for(lambda: engine.ask("leave 0", answer="left|held")[0] == "left")
    assert engine.stats()["lost"] == 0


# ---- 5. a boot's own stream, not_after --------------------------------------


def target(engine, node, not_after_ms=0):
    node.ask("inbox", answer="inbox 0")
    engine.ask("target", "node-1", node.boot(), not_after_ms,
               answer="target .*")


def test_a_restarted_node_does_not_get_its_old_commands(house):
    engine, old = house.owner(), house.node()
    target(engine, old)
    other = house.node("node-2")
    old.stop()
    other.send(1, 5)
    wait_counted(house.redis, range(1, 6))
    old.kill9()
    new = house.node()
    new.ask("inbox", answer="inbox 0")
    other.send(6)  # still to the old boot: the engine does not know yet
    wait_counted(house.redis, range(1, 7))
    engine.ask("target", "node-1", new.boot(), answer="target .*")
    other.send(7)
    new.expect(r"command 0 \S+ l%016x 1" % 7)
    assert len(new.all("command .*")) == 1


def test_a_command_that_comes_too_late_is_not_carried_out(house):
    engine, node = house.owner(), house.node()
    target(engine, node, 400)
    other = house.node("node-2")
    other.send(1)
    node.expect(r"command 0 \S+ l%016x 1" % 1)
    node.stop()
    other.send(2)
    wait_counted(house.redis, [1, 2])
    time.sleep(0.5)  # its 400 ms go by while the node stands still
    node.go_on()
    node.expect(r"late 0 \S+ l%016x 1" % 2)
    other.send(3)
    node.expect(r"command 0 \S+ l%016x 1" % 3)
    assert len(node.all("command .*")) == 2
    assert node.stats()["expired"] == 1


# ---- 6. deadlines and reconnect ---------------------------------------------


def test_a_frozen_redis_blocks_nobody_and_loses_nothing(house):
    engine, node = house.owner(), house.node()
    target(engine, node)
    node.send(1, 5)
    wait_counted(house.redis, range(1, 6))
    house.redis.freeze()
    begin = time.monotonic()
    node.send(6, 50, 100)
    node.expect("sent 55 110")  # ETIMEDOUT
    took = node.at("sent 55 110") - begin
    assert 0.09 < took < 0.5, took
    # both go on answering, and the engine does not think it may act
    wait_for(lambda: engine.ask("leave 0", answer="left|held")[0] == "held",
             2)
    node.ask("stats", answer="stats .*", timeout=1)
    time.sleep(max(0, 3 - (time.monotonic() - begin)))
    house.redis.thaw()
    wait_counted(house.redis, range(1, 56))
    node.expect(r"command 0 \S+ l%016x 1" % 55)
    assert len(node.all("command .*")) == 55
    assert engine.stats()["lost"] == 0
    assert node.stats()["late"] == 50


@pytest.mark.parametrize("seconds", [4.5, 7])
def test_a_long_freeze_leaves_nothing_behind(house, seconds):
    """Around the time after which a link gives its connection up."""
    engine, node = house.owner(), house.node()
    node.send(1, 5)
    wait_counted(house.redis, range(1, 6))
    house.redis.freeze()
    node.send(6, 20, 100)
    time.sleep(seconds)
    house.redis.thaw()
    wait_counted(house.redis, range(1, 26))
    node.send(26)
    wait_counted(house.redis, range(1, 27))
    stats = node.stats()
    wait_for(lambda: node.stats()["confirmed"] == stats["sent"] == 26)
    last = engine.ask("confirmed 0", answer=r"confirmed (\d+)")[1]
    assert last == house.redis.db.hget("{p0}:meta", "commit")


def test_redis_away_for_a_while(house):
    engine, node = house.owner(), house.node()
    house.redis.save()
    house.redis.kill9()
    node.expect("link down")
    engine.expect("link down")
    begin = time.monotonic()
    node.send(1, 3, 200)
    node.expect("sent 3 110")
    assert time.monotonic() - begin < 0.6
    house.redis.start()
    wait_counted(house.redis, [1, 2, 3])


# ---- 7. the lease's local deadline ------------------------------------------


def test_takeover_after_kill_9(house, capsys):
    """What an engine leaves unread or uncommitted its successor does."""
    node, times = house.node(), []
    standby = house.owner("engine-0")
    agent = 1
    for i in range(1, 6):
        owner, standby = standby, house.engine("engine-%d" % i)
        node.send(agent, 100)
        agent += 100
        begin = time.monotonic()
        owner.kill9()
        standby.expect("acquired 0 .*", 5)
        times.append(standby.at("acquired 0 .*") - begin)
        wait_counted(house.redis, range(1, agent))
    with capsys.disabled():
        print(" takeover %s ms" % " ".join("%d" % (t * 1000) for t in times),
              end="")
    assert max(times) < 1


def test_a_released_partition_is_taken_at_once(house):
    first = house.owner("engine-1")
    second = house.engine("engine-2")
    first.quit()
    second.expect("acquired 0 .*", 1)


def test_a_stopped_owner_that_wakes_up_does_nothing(house):
    """It finds its orders before it finds out about its lease: each asks
    owner_safe() first."""
    first, node = house.owner("engine-1"), house.node()
    second = house.engine("engine-2")
    assert first.ask("leave 0", answer="left|held")[0] == "left"
    first.stop()
    for _ in range(20):
        first.say("leave 0")
        first.say("commit 0")
    second.expect("acquired 0 .*", 3)
    have = house.redis.db.hget("{p0}:meta", "commit")
    since = len(first.lines)
    first.go_on()
    first.expect("held", since=since, n=20)
    assert not first.all("left", since)
    first.expect("lost 0 .*")
    assert house.redis.db.hget("{p0}:meta", "commit") == have
    node.send(1)
    second.expect("event 0 1")
    assert not first.all("event .*")


def test_a_short_stop_loses_nothing(house):
    """Its lease ended, but nobody took it."""
    engine, node = house.owner(), house.node()
    engine.stop()
    node.send(1, 10)
    time.sleep(LEASE_MS / 1000 + 0.3)
    engine.say("leave 0")
    engine.go_on()
    engine.expect("held")
    wait_counted(house.redis, range(1, 11))
    wait_for(lambda: engine.ask("leave 0", answer="left|held")[0] == "left")
    assert engine.stats()["lost"] == 0


# ---- and malformed ones -----------------------------------------------------


def test_malformed_events_are_counted_and_passed_over(house):
    engine, node = house.owner(), house.node()
    add = house.redis.db.xadd
    add("{p0}:in", {"t": "no.such.thing", "a": "b"})
    add("{p0}:in", {"not": "a message"})
    add("{p0}:in", {"t": "agent.ready", "agent": "seven", "actor": "x"})
    add("{p0}:in", {"t": "agent.ready", "actor": "agent is missing"})
    add("{p0}:in", {"t": "leg.end", "leg": "l%016x" % 1})  # not an event
    add("{p0}:in", {"f%d" % i: "x" * 100 for i in range(400)})
    node.send(1)
    engine.expect("event 0 1")
    assert engine.stats()["malformed"] == 6
    wait_counted(house.redis, [1])


def test_malformed_commands_are_counted_and_passed_over(house):
    engine, node = house.owner(), house.node()
    target(engine, node)
    key = "{p0}:out:node-1:" + node.boot()
    house.redis.db.xadd(key, {"t": "leg.end"})
    house.redis.db.xadd(key, {"t": "agent.ready", "agent": 1, "actor": "x"})
    node.send(1)
    node.expect(r"command 0 \S+ l%016x 1" % 1)
    assert node.stats()["bad_commands"] == 2


def test_a_function_s_error_is_an_error(house):
    house.owner()
    with pytest.raises(ResponseError, match="FENCE"):
        house.redis.call("jf_commit_7", "{p0}", "x", 1, "", 0, 0)
