# SPDX-License-Identifier: GPL-2.0-or-later
"""Survival needs two of each: two rtpengines, two media workers."""

import os
import shutil
import tempfile

import pytest


@pytest.fixture(scope="session")
def stack(request):
    from jf.stack import Stack
    var = tempfile.mkdtemp(prefix="jfsite-")
    os.chmod(var, 0o755)
    s = Stack(var=var, durable=False, pairs=True)
    try:
        s.start()
        yield s
    finally:
        s.stop()
        if request.session.testsfailed or os.environ.get("JF_KEEP"):
            print("\nlogs and data: " + var)
        else:
            shutil.rmtree(var, ignore_errors=True)
