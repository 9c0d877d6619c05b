/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verbs about the SIP edge: bans, unban. The nodes write the hash `bans`,
 * see kamailio-mods/acd/bans.h. */
#include <errno.h>
#include <stdio.h>

#include "lib/base/directory.h"
#include "router-engine/ctl/server.h"

#define DEADLINE_MS 2000
#define ADDRESS_MAX 64
#define LIFTED_MS "10000" /* long enough for every node to see it */

static void redis_away(struct call *k)
{
	call_fail(k, RPC_UNAVAILABLE, "Redis is away, and with it the list of "
		  "bans; each node keeps its own in force until they run out");
}

/* One row of a subject, address or address/user@domain, and its value,
 * until_ms:cause:node. */
static void add_row(json_t *rows, struct str subject, struct str value,
		    uint64_t now)
{
	struct directory_ban ban;
	struct str address;

	if (directory_ban(value, &ban) || ban.until_ms <= now || ban.lifted ||
	    !str_cut(&subject, '/', &address))
		return;
	json_array_append_new(rows, json_pack(
		"{s:o,s:o,s:o,s:o,s:I}", "address", json_text(address),
		"user", json_text(subject), "cause",
		json_text(ban.cause), "node", json_text(ban.node), "left_ms",
		(json_int_t)(ban.until_ms - now)));
}

static void on_bans(int err, const struct str *v, size_t n, void *arg)
{
	struct call *k = arg;
	json_t *rows;

	if (err) {
		redis_away(k);
		return;
	}
	rows = json_array();
	for (size_t i = 0; i + 1 < n; i += 2)
		add_row(rows, v[i], v[i + 1], bus_now(k->e->bus));
	call_result(k, rows);
}

void verb_bans(struct call *k)
{
	const struct str argv[] = {STR_LIT("HGETALL"), STR_LIT("bans")};

	if (bus_command(k->e->bus, argv, 2, DEADLINE_MS, on_bans, k))
		redis_away(k);
}

/* KEYS: bans bans.version. ARGV: address, now, how long it is told. Gives how
 * many bans were lifted: the address's own and those of its users. */
static const char lift[] =
	"local n, all = 0, redis.call('hgetall', KEYS[1]) "
	"for i = 1, #all, 2 do "
	" local t, cause = string.match(all[i + 1], '^(%d+):([^:]*)') "
	" if string.match(all[i], '^[^/]*') == ARGV[1] and cause ~= 'lifted' "
	" and tonumber(t) > tonumber(ARGV[2]) then "
	"  n = n + 1 "
	"  redis.call('hset', KEYS[1], all[i], "
	"   string.format('%.0f:lifted:', ARGV[2] + ARGV[3])) "
	" end "
	"end "
	"if n > 0 then "
	/* the counter towards the next ban goes as well */
	" redis.call('hset', KEYS[1], ARGV[1], "
	"  string.format('%.0f:lifted:', ARGV[2] + ARGV[3])) "
	" redis.call('incr', KEYS[2]) "
	"end return n";

static void on_lifted(int err, const struct str *v, size_t n, void *arg)
{
	struct call *k = arg;
	uint64_t lifted;

	if (err || n < 1 || str_u64(v[0], &lifted))
		redis_away(k);
	else if (!lifted)
		call_fail(k, RPC_NOT_FOUND, "address: %.*s is not banned; "
			  "`bans` lists who is", STR_FMT(k->object));
	else
		call_result(k, json_pack("{s:o,s:I}", "address",
					 json_text(k->object), "lifted",
					 (json_int_t)lifted));
}

void verb_unban(struct call *k)
{
	char address[ADDRESS_MAX], now[24];
	struct str argv[8] = {STR_LIT("EVAL"), str_c(lift), STR_LIT("2"),
			      STR_LIT("bans"), STR_LIT("bans.version")};
	int e = call_text(k, "address", address, sizeof(address));

	if (e == ENOENT)
		call_fail(k, RPC_INVALID_PARAMS, "address: is missing; say "
			  "which, as in `bans`");
	if (e)
		return;
	snprintf(now, sizeof(now), "%llu",
		 (unsigned long long)bus_now(k->e->bus));
	k->object = arena_str(&k->arena, str_c(address));
	argv[5] = k->object;
	argv[6] = str_c(now);
	argv[7] = STR_LIT(LIFTED_MS);
	if (bus_command(k->e->bus, argv, 8, DEADLINE_MS, on_lifted, k))
		redis_away(k);
}
