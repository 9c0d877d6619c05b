# SPDX-License-Identifier: GPL-2.0-or-later
import os
import pathlib
import shutil
import tempfile

import pytest

from person import Command


@pytest.fixture
def jackfield(tmp_path):
    command = Command(tmp_path / "v")
    yield command
    command.end()


@pytest.fixture
def open_path():
    """A directory that everybody may read; tmp_path is its owner's."""
    path = tempfile.mkdtemp()
    os.chmod(path, 0o755)
    yield pathlib.Path(path)
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    """A box that is up, with its demo call's timeline in box.shown."""
    command = Command(tmp_path_factory.mktemp("box") / "v")
    try:
        command.shown = command.ok("up")
        yield command
    finally:
        command.end()
