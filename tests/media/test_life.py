# SPDX-License-Identifier: GPL-2.0-or-later
"""What engines see of a worker's life."""

import signal
import socket
import subprocess
import time

from house import BUILD, HOST, LIVENESS, PARTITIONS
from jf.sim.people import wait_for


def link():
    s = socket.create_connection((HOST, LIVENESS), 2)
    s.settimeout(1)
    return s


def test_every_partition_is_told(house):
    blocks = []
    for p in range(PARTITIONS):
        up = house.wait("node.up", partition=p, boot=house.boot)
        assert up["kind"] == "worker" and up["node"] == "worker-1"
        assert up["addr"] == HOST
        assert up["liveness"] == "%s:%d" % (HOST, LIVENESS)
        blocks.append((int(up["port"]), int(up["ports"])))
    assert blocks == [(20000, 500), (20500, 500)]


def test_a_byte_every_tenth_of_a_second(house):
    s = link()
    begin = time.monotonic()
    for _ in range(11):
        assert s.recv(1) == b"."
    assert 0.85 < time.monotonic() - begin < 1.3
    s.close()


def test_a_frozen_worker_is_silent(house):
    s = link()
    s.recv(1)
    house.procs["worker"].send_signal(signal.SIGSTOP)
    s.settimeout(0.3)
    quiet = False
    try:
        for _ in range(3):  # what was under way
            s.recv(16)
    except TimeoutError:
        quiet = True
    house.procs["worker"].send_signal(signal.SIGCONT)
    assert quiet
    s.settimeout(1)
    assert s.recv(1) == b"."
    s.close()


def test_a_false_alarm_is_healed(house):
    """An engine that took us for dead is told that we are not: when we were
    silent too long, and when it closes its link."""
    for alarm in ("silence", "link"):
        at = house.last_id()
        s = link()
        s.recv(1)
        if alarm == "silence":
            house.procs["worker"].send_signal(signal.SIGSTOP)
            stood = time.monotonic()
            wait_for(lambda: time.monotonic() > stood + 0.5)
            house.procs["worker"].send_signal(signal.SIGCONT)
        else:
            s.close()
        up = house.wait("node.up", at, 2)
        assert up["boot"] == house.boot
        s.close()


def test_a_port_is_whose_the_owner_says(house):
    """After a false alarm the owner counts its ports anew."""
    a, b = house.leg(500), house.leg(1000)
    at = house.last_id()
    b.command("media.add", port=a.port, point=b.inner)
    assert house.wait("media.removed", at, leg=a.id)
    b.negotiate(a.point)
    b.hear(b)
    b.hears([1000], [500])


def test_a_dead_worker_closes_its_links(house):
    s = link()
    s.recv(16)
    house.end("worker", signal.SIGKILL)
    assert wait_for(lambda: s.recv(16) == b"" or None, 1) is True
    house.start_worker()
    s.close()


def test_redis_that_forgot_is_told_again(house):
    house.end("redis", signal.SIGKILL)
    house.start_redis()
    for p in range(PARTITIONS):
        up = house.wait("node.up", partition=p)
        assert up["boot"] == house.boot
    # and commands are read again
    house.command("media.remove", leg="l00000000000000aa")
    house.wait("media.removed", leg="l00000000000000aa")


def check_config(tmp_path, text):
    path = tmp_path / "worker.yaml"
    path.write_text(text)
    r = subprocess.run([BUILD + "/bin/media-worker", "--config", str(path),
                        "--check-config"], capture_output=True, text=True,
                       check=False)
    return r.returncode, r.stderr


GOOD = """name: w
partitions: 4
address: 127.0.0.1
ports: {first: 5000, last: 5999}
liveness: 127.0.0.1:5
prompts: /p
cache: /c
recordings: /r
"""


def test_configuration_is_checked(tmp_path):
    assert check_config(tmp_path, GOOD) == (0, "")
    for change, word in ((("4", "0"), "partitions"),
                         (("127.0.0.1\n", "localhost\n"), "address"),
                         (("5999", "4999"), "ports"),
                         (("name: w\n", ""), "name"),
                         (("cache", "cash"), "cash"),
                         (("/r\n", "/r\ntts: {command: say}\n"), "{text}")):
        code, err = check_config(tmp_path, GOOD.replace(*change, 1))
        assert code == 78 and word in err, err
