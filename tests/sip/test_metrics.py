# SPDX-License-Identifier: GPL-2.0-or-later
"""What machines are told: /metrics, /healthz, /readyz, alert rules."""

import os
import re
import urllib.error
import urllib.request

import pytest
import yaml

from harness import SUPPORT
from jf.layout import SOURCE
from jf.sim.people import wait_for

OURS = ("kamailio", "engine-1", "engine-2", "worker-1")
FUNCTIONS = {"count", "max", "min", "sum", "by", "rate", "increase", "or",
             "and", "up"}


def get(site, program, path):
    url = "http://%s%s" % (site.layout.metrics(program), path)
    with urllib.request.urlopen(url, timeout=5) as r:
        return r.read().decode()


def figures(site, program):
    """name with labels -> value; every line is one of the format's."""
    out = {}
    for line in get(site, program, "/metrics").splitlines():
        if line and not line.startswith("#"):
            m = re.fullmatch(r'(\w+(?:\{[^}]*\})?) ([-+.\deE]+|NaN)( \d+)?',
                             line)
            assert m, line
            out[m[1]] = float(m[2])
    return out


def test_every_process_is_alive_and_ready(site):
    for program in OURS:
        assert get(site, program, "/healthz") == "ok\n"
        assert get(site, program, "/readyz") in ("ready\n", "ok\n")
    assert "rtpengine_sessions" in get(site, "rtpengine", "/metrics")


def test_a_call_shows_in_the_figures(site):
    owner = site.stack.owner(1)
    steps = figures(site, owner)["jackfield_engine_steps_total"]
    call = site.world.carrier().call(SUPPORT)
    call.wait("answered")
    waiting = 'jackfield_queue_waiting{tenant="demo.example",queue="support"}'
    wait_for(lambda: figures(site, owner)[waiting] == 1, 10)
    assert figures(site, owner)['jackfield_partition_queued{partition="1"}'] \
        == 1
    assert figures(site, "worker-1")["jackfield_worker_legs"] == 1
    assert figures(site, "kamailio")["kamailio_acd_legs"] == 1
    call.bye()
    call.wait("ended")
    wait_for(lambda: figures(site, owner)[waiting] == 0, 10)
    assert figures(site, owner)["jackfield_engine_steps_total"] > steps


@pytest.mark.parametrize("method, path, code", [
    ("GET", "/", 404), ("POST", "/metrics", 405), ("GET", "/metrics/x", 404),
    ("GET", "/healthz?" + "x" * 20000, 400)])
def test_what_is_not_there_is_refused(site, method, path, code):
    url = "http://%s%s" % (site.layout.metrics("worker-1"), path)
    with pytest.raises(urllib.error.HTTPError) as e:
        urllib.request.urlopen(urllib.request.Request(url, method=method),
                               timeout=5)
    assert e.value.code in (code, 501)
    assert get(site, "worker-1", "/healthz") == "ok\n"


def test_alerts_name_figures_that_there_are(site):
    path = os.path.join(SOURCE, "cfg/prometheus/alerts.yml")
    with open(path, encoding="utf-8") as f:
        rules = yaml.safe_load(f)["groups"][0]["rules"]
    told = {name.split("{")[0] for p in OURS for name in figures(site, p)}
    for rule in rules:
        assert rule["annotations"]["summary"] and rule["annotations"]["action"]
        expr = re.sub(r'\{[^}]*\}|\([a-z_, ]*\)|\[\w+\]', "", rule["expr"])
        names = set(re.findall(r"[a-z_]{2,}[a-z]", expr)) - FUNCTIONS
        assert names <= told, (rule["alert"], names - told)


def test_a_worker_without_redis_is_not_ready(site):
    site.stack.stop_program("redis")
    try:
        def away():
            try:
                get(site, "worker-1", "/readyz")
            except urllib.error.HTTPError as e:
                return e.code == 503 and b"Redis is away" in e.read()
        wait_for(away, 5)
        assert get(site, "worker-1", "/healthz") == "ok\n"
    finally:
        site.stack.start_program("redis")
        site.stack.wait_program("redis", 15)
    wait_for(lambda: all(site.stack.owner(p) for p in range(4)), 10)
