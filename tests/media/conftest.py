# SPDX-License-Identifier: GPL-2.0-or-later
import os
import shutil
import sys
import tempfile

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(os.path.dirname(HERE)),
                                   "tools")]


@pytest.fixture(scope="session")
def _house(request):
    from house import House
    var = tempfile.mkdtemp(prefix="media-")
    h = House(var)
    try:
        h.start()
        yield h
    finally:
        h.stop()
        if request.session.testsfailed or os.environ.get("JF_KEEP"):
            print("\nlogs: " + var)
        else:
            shutil.rmtree(var, ignore_errors=True)


@pytest.fixture
def house(_house):
    """No legs before; none left behind."""
    yield _house
    _house.clear()
