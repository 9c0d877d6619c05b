/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "kamailio-mods/acd/acd.h"
#include "kamailio-mods/acd/leg.h"
#include "kamailio-mods/acd/stats.h"

counter_handle_t stat_offered, stat_invited, stat_answered, stat_ended,
		stat_refused, stat_scarce, stat_forged, stat_escaped, stat_no_ack,
		stat_dropped, stat_gone, stat_commands, stat_banned, stat_misshapen,
		stat_restored;
static counter_handle_t stat_legs;

static counter_val_t count_legs(counter_handle_t h, void *arg)
{
	return leg_count();
}

static counter_def_t defs[] = {
	{&stat_legs, "legs", 0, count_legs, 0, "legs there are now"},
	{&stat_offered, "offered", 0, 0, 0, "INVITEs given to an engine"},
	{&stat_invited, "invited", 0, 0, 0, "INVITEs sent"},
	{&stat_answered, "answered", 0, 0, 0, "legs that reached a 2xx"},
	{&stat_ended, "ended", 0, 0, 0, "legs that are over"},
	{&stat_refused, "over_limit", 0, 0, 0, "INVITEs over a trunk's limit"},
	{&stat_scarce, "scarce", 0, 0, 0, "INVITEs refused for lack of memory"},
	{&stat_forged, "forged", 0, 0, 0, "requests whose To-tag is not ours"},
	{&stat_escaped, "escaped", 0, 0, 0, "calls given to the escape route"},
	{&stat_no_ack, "no_ack", 0, 0, 0, "legs whose 2xx was not acknowledged"},
	{&stat_dropped, "dropped", 0, 0, 0, "events lost: pipe or memory full"},
	{&stat_gone, "gone", 0, 0, 0, "commands for a leg that is not here"},
	{&stat_commands, "commands", 0, 0, 0, "commands carried out"},
	{&stat_banned, "banned", 0, 0, 0, "bans that this node began"},
	{&stat_misshapen, "misshapen", 0, 0, 0, "messages no parser was given"},
	{&stat_restored, "restored", 0, 0, 0, "legs taken over from records"},
	{0, 0, 0, 0, 0, 0},
};

int stats_init(void)
{
	return counter_register_array("acd", defs) < 0 ? EINVAL : 0;
}
