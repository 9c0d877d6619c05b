# SPDX-License-Identifier: GPL-2.0-or-later
"""Entries of Redis' streams: one field, m, with the whole message
(lib/base/pack.h), or a field each, as hands and tests write them."""


def fields(entry):
    """name -> value of an entry as redis-py gives it, text or bytes."""
    if "m" not in entry or "t" in entry:
        return entry
    data = entry["m"]
    if isinstance(data, str):
        data = data.encode("utf-8", "surrogateescape")
    found = {}
    while data:
        name, _, data = data.partition(b"=")
        length, _, data = data.partition(b":")
        n = int(length)
        found[name.decode()] = data[:n].decode("utf-8", "surrogateescape")
        data = data[n + 1:]
    return found
