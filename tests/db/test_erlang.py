# SPDX-License-Identifier: GPL-2.0-or-later
"""Erlang's functions against sums that are written out: states' chances as
exact fractions (B, C) or with 60 digits (A), nothing of the recursions that
the database uses. Beside them a published table, where there is one."""

import csv
import math
import os
from decimal import Decimal, getcontext
from fractions import Fraction

import pytest
from conftest import ROOT
from jf.postgres import PostgresError

TABLE = os.environ.get("JF_ERLANG", os.path.join(ROOT, "../shared/data/"
                       "callcenter/erlang_reference.csv"))
CASES = [(1, 0.5), (3, 2.5), (10, 8), (14, 10), (50, 47.5), (100, 99.5),
         (200, 180), (7, 20), (40, 0.25)]
HANDLE, PATIENCE, WITHIN = 180, 240, 20


def chances(agents, erlangs):
    """Of 0 to `agents` busy, by that of none."""
    a, x, out = Fraction(erlangs), Fraction(1), [Fraction(1)]
    for k in range(1, agents + 1):
        x = x * a / k
        out.append(x)
    return out


def exact_b(agents, erlangs):
    v = chances(agents, erlangs)
    return float(v[-1] / sum(v))


def exact_c(agents, erlangs):
    v = chances(agents, erlangs)
    queue = v[-1] / (1 - Fraction(erlangs) / agents)
    return float(queue / (sum(v[:-1]) + queue))


def exact_a(agents, erlangs):
    """Share that waits, share that gives up, mean wait."""
    getcontext().prec = 60
    x = [Decimal(c.numerator) / Decimal(c.denominator)
         for c in chances(agents, erlangs)]
    below = sum(x[:-1])
    line = [x[-1]]
    while len(line) < 3000:
        rate = agents + Decimal(len(line) * HANDLE) / PATIENCE
        line.append(line[-1] * Decimal(erlangs) / rate)
    total = below + sum(line)
    mean = sum(k * v for k, v in enumerate(line)) / total
    wait = mean * HANDLE / Decimal(erlangs)
    return (float(sum(line) / total), float(wait / PATIENCE), float(wait))


def ask(db, text, *args):
    with db.connect() as conn, conn.cursor() as c:
        c.execute(text, args)
        return c.fetchone()


def close(got, want):
    assert math.isclose(got, want, rel_tol=1e-9, abs_tol=1e-300), (got, want)


@pytest.mark.parametrize("agents,erlangs", CASES)
def test_against_sums(db, agents, erlangs):
    b, c, asa, sl = ask(
        db, "SELECT bi.erlang_b(%s, %s), bi.erlang_c(%s, %s), "
        "bi.erlang_c_asa(%s, %s, %s), bi.erlang_c_within(%s, %s, %s, %s)",
        agents, erlangs, agents, erlangs, agents, erlangs, HANDLE,
        agents, erlangs, HANDLE, WITHIN)
    close(b, exact_b(agents, erlangs))
    if erlangs < agents:
        want = exact_c(agents, erlangs)
        close(c, want)
        close(asa, want * HANDLE / (agents - erlangs))
        close(sl, 1 - want * math.exp(-(agents - erlangs) * WITHIN / HANDLE))
    else:
        assert (c, asa, sl) == (1, math.inf, 0)
    for got, want in zip(ask(db, "SELECT * FROM bi.erlang_a(%s, %s, %s, %s)",
                             agents, erlangs, HANDLE, PATIENCE),
                         exact_a(agents, erlangs)):
        close(got, want)


@pytest.mark.skipif(not os.path.exists(TABLE), reason="no table")
def test_against_table(db):
    with open(TABLE, encoding="utf-8") as f:
        for row in list(csv.reader(f))[1:]:
            n, a, want = int(row[0]), float(row[1]), map(float, row[2:])
            got = ask(db, "SELECT bi.erlang_b(%s, %s), bi.erlang_c(%s, %s), "
                      "bi.erlang_c_asa(%s, %s, 180), "
                      "bi.erlang_c_within(%s, %s, 180, 20), e.* "
                      "FROM bi.erlang_a(%s, %s, 180, 240) e", *([n, a] * 5))
            for g, w in zip(got, want):
                close(g, w)


def test_edges(db):
    assert ask(db, "SELECT bi.erlang_b(0, 3), bi.erlang_b(5, 0), "
               "bi.erlang_b(100000, 1), (bi.erlang_a(2, 0, 1, 1)).abandons"
               ) == (1, 0, 0, 0)
    for bad, words in (("bi.erlang_b(-1, 1)", "agents must be 0 to"),
                       ("bi.erlang_c(1, 'NaN')", "erlangs must be 0 to"),
                       ("bi.erlang_a(1, 1, 0, 1)", "must be more than 0"),
                       ("bi.erlang_a(1, 1e6, 1e6, 1e9)", "use fewer")):
        with pytest.raises(PostgresError) as e:
            db.psql("SELECT " + bad)
        assert words in str(e.value)
