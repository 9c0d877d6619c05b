/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>

#include "rtp/voice/emodel.h"

#define R_DEFAULT 93.2 /* G.107, all parameters at their defaults */
#define G711_IE 0.0
#define G711_BPL 25.1

/* Idd of G.107 (equation 7-27): nothing up to 100 ms. */
static double delay_impairment(double ms)
{
	double x;

	if (ms <= 100)
		return 0;
	x = log2(ms / 100);
	return 25 * (pow(1 + pow(x, 6), 1.0 / 6) -
		     3 * pow(1 + pow(x / 3, 6), 1.0 / 6) + 2);
}

/* Ie,eff of G.107 (7-29) with BurstR = 1. */
static double loss_impairment(double percent)
{
	return G711_IE + (95 - G711_IE) * percent / (percent + G711_BPL);
}

/* Annex B of G.107. */
static double mos(double r)
{
	if (r <= 0)
		return 1;
	if (r >= 100)
		return 4.5;
	return 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6;
}

unsigned emodel_mos100(double loss_percent, double delay_ms)
{
	double r = R_DEFAULT - delay_impairment(delay_ms) -
		   loss_impairment(loss_percent);
	double m = mos(r);

	return (unsigned)lround(100 * (m < 1 ? 1 : m));
}
