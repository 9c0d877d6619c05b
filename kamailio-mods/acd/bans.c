/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "kamailio-mods/acd/bans.h"
#include "kamailio-mods/acd/stats.h"
#include "lib/base/directory.h"
#include "lib/bus/bus.h"
#include "modules/htable/ht_api.h"
#include "modules/htable/api.h"

#define DEADLINE_MS 2000
#define SUBJECT_MAX 160
#define CAUSE_MAX 32
#define SWEEP_EVERY 60 /* looks: all of it is read, what has run out goes */

/* What goes through the pipe: less than PIPE_BUF, so whole or not at all. */
struct ban {
	unsigned seconds;
	char subject[SUBJECT_MAX], cause[CAUSE_MAX];
};

static htable_api_t ht;
static str table = str_init("ban"), counters = str_init("failed");
static int pipe_fds[2] = {-1, -1};

/* of the link process */
static char version[32];
static bool looking;

int bans_init(void)
{
	if(htable_load_api(&ht) < 0)
		return ENOENT;
	return pipe2(pipe_fds, O_NONBLOCK | O_CLOEXEC) < 0 ? errno : 0;
}

static int enter(struct str subject, struct str cause, unsigned seconds)
{
	str name = theirs(subject);
	int_str value = {.s = theirs(cause)}, left = {.n = (int)seconds};

	if(ht.set(&table, &name, AVP_VAL_STR, &value, 1) < 0)
		return ENOMEM;
	return ht.set_expire(&table, &name, 0, &left) < 0 ? ENOMEM : 0;
}

int bans_add(const str *subject, const str *cause, int seconds)
{
	struct ban b = {.seconds = seconds > 0 ? (unsigned)seconds : 1};

	if(subject->len <= 0 || str_copy(b.cause, sizeof(b.cause), ours(cause)))
		return -1;
	/* A name that long is nobody's: the address alone is told. */
	if(str_copy(b.subject, sizeof(b.subject), ours(subject)))
		return -1;
	if(enter(ours(subject), ours(cause), b.seconds)) {
		LM_ERR("event=ban_not_kept subject=%.*s\n", STR_FMT(subject));
		return -1;
	}
	stat_inc(stat_banned);
	LM_NOTICE("event=banned subject=\"%.*s\" cause=%.*s seconds=%d\n",
			STR_FMT(subject), STR_FMT(cause), seconds);
	if(write(pipe_fds[1], &b, sizeof(b)) != sizeof(b))
		LM_WARN("event=ban_not_told subject=\"%.*s\"\n", STR_FMT(subject));
	return 1;
}

/* ---- to Redis ------------------------------------------------------------ */

/* KEYS: bans bans.version. ARGV: subject, value. Bounded, because whoever
 * forges source addresses can make any number of them. */
static const char keep[] =
		"if redis.call('hexists', KEYS[1], ARGV[1]) == 0 and "
		"redis.call('hlen', KEYS[1]) >= 10000 then return 0 end "
		"redis.call('hset', KEYS[1], ARGV[1], ARGV[2]) "
		"redis.call('incr', KEYS[2]) return 1";

static void tell(struct bus *bus, const struct ban *b)
{
	char value[128];
	struct str argv[7] = {STR_LIT("EVAL"), str_c(keep), STR_LIT("2"),
			STR_LIT("bans"), STR_LIT("bans.version"), str_c(b->subject)};

	snprintf(value, sizeof(value), "%llu:%s:%s",
			(unsigned long long)bus_now(bus) + b->seconds * 1000ull,
			b->cause, acd.node);
	argv[6] = str_c(value);
	if(bus_command(bus, argv, 7, DEADLINE_MS, NULL, NULL))
		LM_WARN("event=ban_not_told subject=\"%s\"\n", b->subject);
}

void bans_drain(struct bus *bus)
{
	struct ban b;
	int i;

	for(i = 0; i < 1000 && read(pipe_fds[0], &b, sizeof(b)) == sizeof(b); i++)
		if(bus_up(bus))
			tell(bus, &b);
}

/* ---- from Redis ---------------------------------------------------------- */

/* KEYS: bans bans.version. ARGV: our version, now. Gives the version and,
 * when it is another, every subject and value; drops what has run out. */
static const char read_all[] =
		"local v = redis.call('get', KEYS[2]) or '0' "
		"if v == ARGV[1] then return {v} end "
		"local out, all = {v}, redis.call('hgetall', KEYS[1]) "
		"for i = 1, #all, 2 do "
		" local t = tonumber(string.match(all[i + 1], '^%d+')) "
		" if not t or t <= tonumber(ARGV[2]) then "
		"  redis.call('hdel', KEYS[1], all[i]) "
		" else out[#out + 1] = all[i]; out[#out + 1] = all[i + 1] end "
		"end return out";

static void apply(struct str subject, struct str value, uint64_t now)
{
	struct directory_ban ban;
	str name = theirs(subject);

	if(directory_ban(value, &ban) || ban.until_ms <= now)
		return;
	if(!ban.lifted) {
		enter(subject, ban.cause,
				(unsigned)((ban.until_ms - now) / 1000 + 1));
		return;
	}
	ht.rm(&table, &name);
	ht.rm(&counters, &name);
	LM_NOTICE("event=lifted subject=\"%.*s\"\n", STR_FMT(&name));
}

static void on_all(int err, const struct str *v, size_t n, void *arg)
{
	uint64_t now = bus_now(arg);
	size_t i;

	looking = false;
	if(err || n < 1 || str_copy(version, sizeof(version), v[0]))
		return;
	for(i = 1; i + 1 < n; i += 2)
		apply(v[i], v[i + 1], now);
}

void bans_look(struct bus *bus)
{
	static unsigned looks;
	char now[24];
	struct str argv[7] = {STR_LIT("EVAL"), str_c(read_all), STR_LIT("2"),
			STR_LIT("bans"), STR_LIT("bans.version"), str_c(version)};

	if(looking)
		return;
	if(++looks % SWEEP_EVERY == 0)
		argv[5] = STR_LIT("-");
	snprintf(now, sizeof(now), "%llu", (unsigned long long)bus_now(bus));
	argv[6] = str_c(now);
	looking = !bus_command(bus, argv, 7, DEADLINE_MS, on_all, bus);
}
