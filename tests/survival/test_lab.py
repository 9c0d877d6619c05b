# SPDX-License-Identifier: GPL-2.0-or-later
"""The laboratory: hosts of their own, faults by a seed, a report.

    ./jackfield test survival               two faults of today's seed
    ./jackfield test survival --long        all of them
    JF_SEED=7  JF_FAULTS="node cut,redis killed"   again, exactly
    JF_TALKING=20 JF_WAITING=10 JF_CPS=5           more of everything
    JF_QUIET=180                     and talks that far_ends listens to
"""

import os
import random
import shutil
import tempfile
import time

import pytest
from lab import books, faults, net, trial
from lab.cluster import Cluster
from lab.crowd import People
from lab.site import LabSite
from lab.watch import Watch

LONG = bool(os.environ.get("JF_LONG"))
SEED = int(os.environ.get("JF_SEED") or time.time() // 86400)
TALKING = int(os.environ.get("JF_TALKING", "8"))
QUIET = int(os.environ.get("JF_QUIET", "0"))
WAITING = int(os.environ.get("JF_WAITING", "4"))
RATE = float(os.environ.get("JF_CPS", "2"))  # calls a second
SHORT = 2  # faults, and none that takes half a minute


def chosen():
    if os.environ.get("JF_FAULTS"):
        return faults.named(*os.environ["JF_FAULTS"].split(","))
    rand = random.Random(SEED)
    if LONG:
        return rand.sample(faults.ALL, len(faults.ALL))
    return rand.sample([f for f in faults.ALL if not f.wakes], SHORT)


@pytest.fixture(scope="module")
def lab():
    var = tempfile.mkdtemp(prefix="jf-lab-")
    os.chmod(var, 0o755)
    net.bridge(TALKING + QUIET + 2)
    cluster, site, watch = Cluster(var), None, None
    try:
        cluster.start()
        watch = Watch(cluster)
        site = LabSite(cluster)
        site.tone_prompts()
        site.queue_defaults()
        site.open_trunk()
        yield cluster, site, watch
    finally:
        if watch:
            watch.close()
        if site:
            site.close()
        cluster.stop()
        net.no_bridge()
        if os.environ.get("JF_KEEP"):
            print("\nlogs and data: " + var)
        else:
            shutil.rmtree(var, ignore_errors=True)


def test_faults(lab):
    cluster, site, watch = lab
    begin = site.one("SELECT now() AS t")["t"]
    people = People(site, TALKING, WAITING, QUIET)
    people.hold()
    outcomes = []
    for fault in chosen():
        outcomes.append(trial.run(fault, cluster, site, watch, people, RATE))
        print(trial.report(SEED, outcomes[-1:]).split("\n")[-1], flush=True)
    people.resume()
    left = people.hang_up()
    people.quiet.close()
    print(trial.report(SEED, outcomes))
    assert not left, "BYE does not end %s" % left
    wrong = books.check(site, people.everybody, begin)
    assert not wrong, "\n".join(wrong[:20])
    broken = [o.row() for o in outcomes if o.broken]
    assert not broken, broken
