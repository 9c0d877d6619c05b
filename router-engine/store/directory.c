/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/base/log.h"
#include "router-engine/io/alarm.h"
#include "router-engine/store/directory.h"
#include "router-engine/store/partition.h"

#define RETRY_MS 500
#define WRITE_MS 3000

/*
 * KEYS: the hashes, then directory.
 * ARGV: for each of the hashes how many fields, then field, value, ...
 * Gives 1 when something differed.
 */
static const char script[] =
	"local at, changed, last = 1, 0, KEYS[#KEYS] "
	"for k = 1, #KEYS - 1 do "
	" local n, want, same = tonumber(ARGV[at]), {}, 0 "
	" at = at + 1 "
	" for i = 1, n do want[ARGV[at]] = ARGV[at + 1]; at = at + 2 end "
	" local have = redis.call('hgetall', KEYS[k]) "
	" for i = 1, #have, 2 do "
	"  if want[have[i]] == have[i + 1] then same = same + 1 end "
	" end "
	" if same ~= n or #have ~= 2 * n then "
	"  changed = 1 "
	"  redis.call('del', KEYS[k]) "
	"  for f, v in pairs(want) do redis.call('hset', KEYS[k], f, v) end "
	" end "
	"end "
	"if changed == 1 or redis.call('exists', last) == 0 then "
	" redis.call('incr', last) "
	"end "
	"return changed";

static const char *const keys[] = {"numbers", "trunks", "credentials",
				   "tenants", "gateways"};
#define NKEYS (sizeof(keys) / sizeof(keys[0]))

struct directory {
	struct engine *e;
	struct alarm *alarm; /* a write that failed is tried again */
	struct arena arena; /* texts of argv */
	struct str *argv; /* EVAL script 6 keys... counts and pairs */
	size_t argc;
	bool known, under_way, again;
};

static void on_written(int err, const struct str *v, size_t n, void *arg)
{
	struct directory *d = arg;
	bool again = d->again;

	if (err == ECANCELED)
		return;
	d->under_way = d->again = false;
	if (err) {
		log_warn("directory.unwritten", "error=\"%s\"", strerror(err));
		alarm_set(d->alarm, RETRY_MS);
	} else if (n && str_eq(v[0], STR_LIT("1"))) {
		log_info("directory.written", "values=%zu", d->argc);
	}
	if (!err && again)
		directory_write(d);
}

void directory_write(struct directory *d)
{
	struct partition *p = d->e->parts[0];

	if (!d->known || !d->e->owner || !p || !partition_served(p) ||
	    !owner_safe(d->e->owner, 0, 0))
		return;
	if (d->under_way) {
		d->again = true;
		return;
	}
	if (bus_command(d->e->bus, d->argv, d->argc, WRITE_MS, on_written, d))
		alarm_set(d->alarm, RETRY_MS);
	else
		d->under_way = true;
}

static void on_alarm(void *arg)
{
	directory_write(arg);
}

static size_t put_hash(struct str *argv, size_t at, const char *key,
		       const struct pg_rows *rows, struct arena *a)
{
	size_t n = 0, count = at++;

	for (size_t i = 0; i < pg_nrows(rows); i++) {
		const char *k = pg_text(rows, i, 0), *f = pg_text(rows, i, 1),
			   *v = pg_text(rows, i, 2);

		if (!k || !f || !v || strcmp(k, key) != 0)
			continue;
		argv[at++] = arena_str(a, str_c(f));
		argv[at++] = arena_str(a, str_c(v));
		n++;
	}
	argv[count] = arena_printf(a, "%zu", n);
	return at;
}

int directory_read(struct directory *d, const struct pg_rows *rows)
{
	size_t max = 3 + 2 * NKEYS + 1 + 2 * pg_nrows(rows), at = 0;
	struct str *argv = calloc(max, sizeof(*argv));

	if (!argv)
		return ENOMEM;
	arena_reset(&d->arena);
	free(d->argv);
	d->argv = argv;
	argv[at++] = STR_LIT("EVAL");
	argv[at++] = str_c(script);
	argv[at++] = STR_LIT("6"); /* NKEYS and directory */
	for (size_t k = 0; k < NKEYS; k++)
		argv[at++] = str_c(keys[k]);
	argv[at++] = STR_LIT("directory");
	for (size_t k = 0; k < NKEYS; k++)
		at = put_hash(argv, at, keys[k], rows, &d->arena);
	d->argc = at;
	d->known = !d->arena.failed;
	directory_write(d);
	return d->known ? 0 : ENOMEM;
}

int directory_alloc(struct directory **dp, struct engine *e)
{
	struct directory *d = calloc(1, sizeof(*d));

	if (!d)
		return ENOMEM;
	d->e = e;
	arena_init(&d->arena);
	if (alarm_alloc(&d->alarm, e->base, on_alarm, d)) {
		free(d);
		return ENOMEM;
	}
	*dp = d;
	return 0;
}

void directory_free(struct directory *d)
{
	if (!d)
		return;
	alarm_free(d->alarm);
	arena_release(&d->arena);
	free(d->argv);
	free(d);
}
