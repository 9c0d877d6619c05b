# SPDX-License-Identifier: GPL-2.0-or-later
"""One private installation per test session, and clean hands after each test.

Run through ./jackfield test, which gives each suite a network namespace.
"""

import os
import shutil
import sys
import tempfile

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "tools")]


@pytest.fixture(scope="session")
def stack(request):
    """JF_KEEP=1 keeps its directory; a failed session always does."""
    from jf.stack import Stack
    var = tempfile.mkdtemp(prefix="jfsite-")
    os.chmod(var, 0o755)
    s = Stack(var=var, durable=False)
    try:
        s.start()
        yield s
    finally:
        s.stop()
        if request.session.testsfailed or os.environ.get("JF_KEEP"):
            print("\nlogs and data: " + var)
        else:
            shutil.rmtree(var, ignore_errors=True)


@pytest.fixture(scope="session")
def _site(stack):
    from harness import Site
    s = Site(stack)
    s.tone_prompts()
    s.faults_seen = {}
    s.faults(s.faults_seen)
    yield s
    s.close()


@pytest.fixture
def site(_site):
    """The installation with quiet agents; afterwards nothing may be left."""
    from jf.sim.people import Manner
    _site.queue_defaults()
    for agent in _site.world.agents.values():
        agent.manner = Manner()
        agent.manners = []
        agent.calls = []
        agent.codecs = ("PCMA",)
    yield _site
    for agent in _site.world.agents.values():
        for party in agent.calls:
            party.bye()
    for carrier in _site.world._carriers.values():
        for call in carrier.phone.calls.values():
            call.bye()
            call.cancel()
    for user in _site.world.agents:
        _site.ask(user, "logout")
    _site.clean()
    faults = _site.faults(_site.faults_seen)
    assert not faults, "\n".join(faults[:20])
