# SPDX-License-Identifier: GPL-2.0-or-later
"""The Redis Functions, one by one: all or nothing."""

import pytest
from redis.exceptions import ResponseError

P = "{p0}"


@pytest.fixture
def redis(house):
    house.redis.db.flushall()
    house.redis.load_functions()
    return house.redis


def acquire(redis, token="t1", owner="engine-1", lease_ms=5000):
    """As one that may begin in an empty Redis."""
    return redis.call("jf_acquire_7", P, owner, token, lease_ms, "0a0b0c0d",
                      0, 1)


def commit(redis, number, token="t1", records=(), effects=(), cursor=""):
    args = [token, number, cursor, len(records)]
    for r in records:
        args += r
    args.append(len(effects))
    for dest, pairs in effects:
        args += [dest, len(pairs) // 2, *pairs]
    return redis.call("jf_commit_7", P, *args)


WHOLE = {"records": [("contact", "c1", "state=queued"), ("agent", "7", "x=1")],
         "effects": [("journal", ("t", "journal.audit", "id", "0.g.1.1")),
                     ("push", ("t", "push.agent", "id", "0.g.1.2")),
                     ("out:acd-1:b1", ("t", "leg.end", "id", "0.g.1.3"))]}


def everything(redis):
    """All of Redis but what acquiring writes."""
    out = {}
    for key in redis.db.keys("*"):
        kind = redis.db.type(key)
        out[key] = (redis.db.hgetall(key) if kind == "hash" else
                    redis.entries(key) if kind == "stream" else
                    redis.db.smembers(key) if kind == "set" else
                    redis.db.get(key))
    return out


def test_a_commit_stores_and_sends_everything(redis):
    acquire(redis)
    assert commit(redis, 1, cursor="5-0", **WHOLE) == 1
    assert redis.state("contact") == {"c1": "state=queued"}
    assert redis.state("agent") == {"7": "x=1"}
    for key, name in (("journal", 1), ("push", 2), ("out:acd-1:b1", 3)):
        [(_, fields)] = redis.entries(P + ":" + key)
        assert fields["id"] == "0.g.1.%d" % name
    meta = redis.db.hgetall(P + ":meta")
    assert (meta["commit"], meta["cursor"]) == ("1", "5-0")


def test_an_empty_value_deletes_a_record(redis):
    acquire(redis)
    commit(redis, 1, **WHOLE)
    commit(redis, 2, records=[("contact", "c1", "")])
    assert redis.state("contact") == {}
    assert redis.state("agent") == {"7": "x=1"}


@pytest.mark.parametrize("number,have", [(3, 1), (1, 1), (0, 1)])
def test_a_hole_or_an_old_number_stores_nothing(redis, number, have):
    """A commit lost behind a pipeline would leave a hole: its successor is
    refused. A commit sent again would be done twice: it is refused too."""
    acquire(redis)
    commit(redis, 1, **WHOLE)
    before = everything(redis)
    with pytest.raises(ResponseError, match="GAP %d" % have):
        commit(redis, number, records=[("contact", "c2", "y")],
               effects=[("journal", ("t", "journal.audit"))], cursor="9-0")
    assert everything(redis) == before


def test_a_stale_token_writes_nothing(redis):
    acquire(redis, "old", lease_ms=1)
    while acquire(redis, "new")[0] != 1:
        pass  # the old lease still had its millisecond
    before = everything(redis)
    with pytest.raises(ResponseError, match="FENCE"):
        commit(redis, 1, "old", **WHOLE)
    with pytest.raises(ResponseError, match="FENCE"):
        redis.call("jf_rebase_7", P, "old", 1)
    assert redis.call("jf_renew_7", P, "old", 5000)[0] == 0
    assert redis.call("jf_release_7", P, "old") == 0
    assert everything(redis) == before
    assert commit(redis, 1, "new") == 1


def test_without_a_lease_nothing_is_written(redis):
    with pytest.raises(ResponseError, match="FENCE"):
        commit(redis, 1, "nobody")
    assert redis.db.keys("*") == []


@pytest.mark.parametrize("args", [
    (), ("t1",), ("t1", "x", "", 0, 0), ("t1", 1, "", 1, 0),
    ("t1", 1, "", 0, 1, "journal", 2, "t", "a"),
    ("t1", 1, "", 0, 1, "journal", 1, "t", "a", "left over"),
    ("t1", 1, "", -1, 0), ("t1", 1, "", 0, -1),
    ("t1", 1, "", 0, 1, "journal", 0), ("t1", 1, "", 0.5, 0),
    ("t1", 1, "", 0, 1, "journal", -1, "t", "a"),
    ("t1", 1, "", 2, "contact", "c1", "v", "contact", "c2"),
    ("t1", "1e0", "", 0, 0), ("t1", 1, "not an id", 0, 0),
])
def test_a_malformed_commit_stores_nothing(redis, args):
    acquire(redis)
    before = everything(redis)
    with pytest.raises(ResponseError, match="ARGS"):
        redis.call("jf_commit_7", P, *args)
    assert everything(redis) == before


def test_acquiring_waits_for_the_lease(redis):
    assert acquire(redis, "a", "engine-1")[0] == 1
    refused, owner, _, left, born = acquire(redis, "b", "engine-2")
    assert (refused, owner) == (0, "engine-1")
    assert born == redis.db.hget(P + ":meta", "born")
    assert 0 < int(left) <= 5000
    assert redis.call("jf_release_7", P, "a") == 1
    assert acquire(redis, "b", "engine-2")[0] == 1


def ask(redis, token, born, held):
    return redis.call("jf_acquire_7", P, "engine-" + token, token, 5000,
                      "0a0b0c0d", born, held)


def test_who_acquired_later_has_it_in_spite_of_an_old_lease(redis):
    """A Redis that was rolled back names an owner from before."""
    acquire(redis, "a")
    born = int(redis.db.hget(P + ":meta", "born"))
    assert ask(redis, "b", born + 5, 0)[0] == 0  # it has no state
    assert ask(redis, "b", born, 1)[0] == 0  # it was earlier
    answer = ask(redis, "b", born + 5, 1)
    assert answer[0] == 1 and answer[5:] == ["a", str(born)]
    assert int(answer[1][:12], 16) > born + 5


def test_a_commit_keeps_the_lease(redis):
    acquire(redis, lease_ms=5000)
    for left, want in ((4000, 4000), (1000, 5000), (-1000, 5000)):
        now = int(float("%d.%06d" % redis.db.time()) * 1000)
        redis.db.hset(P + ":lease", "until", now + left)
        number = int(redis.db.hget(P + ":meta", "commit") or 0) + 1
        commit(redis, number)
        until = int(redis.db.hget(P + ":lease", "until"))
        assert 0 <= until - now - want < 1000


def test_a_vacant_partition_waits_for_its_holder(redis):
    left = int(ask(redis, "a", 0, 0)[3])
    assert 0 < left <= 5000
    assert int(ask(redis, "b", 0, 0)[3]) <= left  # not longer for each
    assert ask(redis, "c", 7, 1)[0] == 1
    redis.call("jf_release_7", P, "c")
    assert ask(redis, "d", 0, 0)[0] == 1  # just now: its holder let it go
    redis.db.hset(P + ":lease", "until", int(
        redis.db.hget(P + ":lease", "until")) - 10000)
    assert ask(redis, "e", 0, 0)[0] == 0  # it ended long ago
    redis.db.hset(P + ":meta", "vacant", int(
        redis.db.hget(P + ":meta", "vacant")) - 5000)
    assert ask(redis, "e", 0, 0)[0] == 1
    redis.db.hset(P + ":lease", "until", 1)
    redis.db.hset(P + ":meta", "vacant", 1)  # of an earlier time
    assert ask(redis, "f", 0, 0)[0] == 0


def test_generations_sort_and_never_repeat(redis):
    seen = []
    for i in range(20):
        seen.append(acquire(redis, "t%d" % i)[1])
        redis.call("jf_release_7", P, "t%d" % i)
    assert seen == sorted(set(seen))


def append(redis, seq, *more, boot="b1", leg="", record="", previous=0):
    return redis.call("jf_append_7", P, "acd-1", boot, seq, leg, previous,
                      record, *(more or ("t", "agent.ready", "seq", seq)))


def test_a_retried_event_is_appended_once(redis):
    assert append(redis, 1)
    assert append(redis, 2)
    assert append(redis, 1) == ""
    assert append(redis, 2) == ""
    assert append(redis, 1, boot="b2")  # a new start counts from 1
    assert [f["seq"] for _, f in redis.entries(P + ":in")] == ["1", "2", "1"]


def test_a_retried_event_does_not_bring_an_old_record_back(redis):
    append(redis, 1, leg="l1", record="first")
    append(redis, 2, leg="l1", record="second")
    append(redis, 1, leg="l1", record="first")
    assert redis.db.get(P + ":leg:l1") == "second"
    append(redis, 3, leg="l1")
    assert redis.db.get(P + ":leg:l1") is None


def test_an_event_waits_for_the_one_before_it(redis):
    """Of two in a pipeline Redis refused the first (out of memory): would it
    take the second, the first would be dropped as old for ever."""
    append(redis, 1)
    before = everything(redis)
    with pytest.raises(ResponseError, match="GAP 1"):
        append(redis, 3, previous=2)
    assert everything(redis) == before
    append(redis, 2, previous=1)
    append(redis, 3, previous=2)
    append(redis, 9)  # its producer has none before it any more
    assert [f["seq"] for _, f in redis.entries(P + ":in")] == list("1239")


@pytest.mark.parametrize("args", [
    (), ("acd-1", "b1", 1, "", "0", ""),
    ("acd-1", "b1", 1, "", "0", "", "t"),
    ("acd-1", "b1", "x", "", "0", "", "t", "a"),
])
def test_a_malformed_append_stores_nothing(redis, args):
    with pytest.raises(ResponseError, match="ARGS"):
        redis.call("jf_append_7", P, *args)
    assert redis.db.keys("*") == []


def test_loading_gives_every_record_of_this_partition_only(redis):
    acquire(redis)
    commit(redis, 1, **WHOLE)
    redis.db.hset("{p1}:state:contact", "c9", "another's")
    redis.db.hset("{p10}:state:contact", "c9", "another's")
    flat = redis.call("jf_load_7", P)
    records = sorted(zip(*[iter(flat)] * 3))
    assert records == sorted(tuple(r) for r in WHOLE["records"])


def test_rebasing_forgets_the_state_and_numbers_on(redis):
    acquire(redis)
    commit(redis, 1, **WHOLE)
    redis.call("jf_rebase_7", P, "t1", 41, 42)
    assert redis.call("jf_load_7", P) == []
    assert commit(redis, 41, records=[("agent", "8", "v")]) == 41
    assert redis.state("agent") == {"8": "v"}
    assert len(redis.entries(P + ":journal")) == 1  # rows are not state


@pytest.mark.parametrize("whole", [True, False])
def test_a_part_of_a_state_is_nobody_s(redis, whole):
    """Its owner dies while it tells an empty Redis again what it knows."""
    acquire(redis)
    redis.call("jf_rebase_7", P, "t1", 41, 42)
    commit(redis, 41, records=[("agent", "8", "v")])
    if whole:
        commit(redis, 42, records=[("agent", "9", "v")])
    redis.call("jf_release_7", P, "t1")
    assert ask(redis, "t2", 0, 0)[0] == 1
    left = redis.call("jf_load_7", P)
    assert len(left) == (6 if whole else 0)
    commit(redis, 43 if whole else 42, "t2", records=[("agent", "7", "v")])
    redis.call("jf_release_7", P, "t2")
    assert ask(redis, "t3", 0, 0)[0] == 1
    assert len(redis.call("jf_load_7", P)) == (9 if whole else 3)
