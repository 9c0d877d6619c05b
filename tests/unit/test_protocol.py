# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/protocol.md is what tools/protocol-doc prints."""

import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))


def test_protocol_is_up_to_date():
    program = os.path.join(os.environ["JF_BUILD"], "tools/protocol-doc")
    now = subprocess.run([program], capture_output=True, text=True,
                         check=True).stdout
    with open(ROOT + "/docs/protocol.md", encoding="utf-8") as f:
        committed = f.read()
    assert committed == now, (
        "messages.def changed: build/release/tools/protocol-doc "
        ">docs/protocol.md")


def test_every_message_is_in_it():
    """The document and the definitions, found by other means."""
    with open(ROOT + "/lib/base/messages.def", encoding="utf-8") as f:
        names = [line.split('"')[1] for line in f
                 if line.startswith("MSG(")]
    with open(ROOT + "/docs/protocol.md", encoding="utf-8") as f:
        headings = [line[4:].strip() for line in f if line.startswith("### ")]
    assert sorted(names) == sorted(headings)
    assert len(names) > 60
