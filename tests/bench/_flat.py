# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether a row of samples grows: Mann and Kendall's test for a trend, and
Theil and Sen's slope for how much (the median of the slopes of all pairs).

A row is flat unless both say otherwise: the trend upwards is not by chance
(one-sided, p < 0.001), and over the whole row it comes to more than the
tolerance. Both look at ranks: neither a spike nor the noise of a busy machine
makes a trend.
"""

import math
from statistics import median

P = 0.001


def slope(xs, ys):
    """Per unit of x."""
    pairs = [(ys[j] - ys[i]) / (xs[j] - xs[i])
             for i in range(len(xs)) for j in range(i + 1, len(xs))
             if xs[j] != xs[i]]
    return median(pairs) if pairs else 0


def trend(ys):
    """One-sided p: how likely so much upwards is without a trend."""
    n = len(ys)
    s = sum((ys[j] > ys[i]) - (ys[j] < ys[i])
            for i in range(n) for j in range(i + 1, n))
    ties = [ys.count(v) for v in set(ys)]
    var = (n * (n - 1) * (2 * n + 5)
           - sum(t * (t - 1) * (2 * t + 5) for t in ties)) / 18
    if var <= 0 or s <= 0:
        return 1
    return 0.5 * math.erfc((s - 1) / math.sqrt(var) / math.sqrt(2))


def growth(xs, ys, tolerance):
    """(how much it grows over the row, whether it is flat)."""
    by = slope(xs, ys) * (xs[-1] - xs[0])
    return by, not (by > tolerance and trend(ys) < P)
