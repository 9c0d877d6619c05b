/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "kamailio-mods/acd/gateway.h"
#include "kamailio-mods/acd/leg.h"
#include "lib/base/line.h"
#include "core/locking.h"
#include "core/mem/shm_mem.h"
#include "core/rand/kam_rand.h"

#define FAILURES_MAX 6
#define FORGIVE_MS 20000
#define REGISTER_MS 10000
#define WEIGHT_SCALE 64 /* a weight that was halved six times is not 0 */

struct table {
	gen_lock_t lock;
	struct gateway all[GATEWAYS];
};

static struct table *table;

int gateway_init(void)
{
	table = shm_mallocxz(sizeof(*table));
	return table && lock_init(&table->lock) ? 0 : ENOMEM;
}

static void table_lock(void)
{
	lock_get(&table->lock);
}

static void table_unlock(void)
{
	lock_release(&table->lock);
}

static bool is_tried(const struct tried *t, int i)
{
	return t->bits[i / 64] >> (i % 64) & 1;
}

/* ---- the directory ------------------------------------------------------- */

static void set_number(unsigned *to, struct str v)
{
	uint64_t n;

	if(!str_u64(v, &n) && n <= 1000000)
		*to = (unsigned)n;
}

static void set_pair(struct gateway *g, struct str name, struct str v)
{
	const struct {
		const char *name;
		char *to;
		size_t size;
	} texts[] = {
		{"uri", g->uri, sizeof(g->uri)},
		{"group", g->group, sizeof(g->group)},
		{"user", g->user, sizeof(g->user)},
		{"password", g->password, sizeof(g->password)},
		{"registrar", g->registrar, sizeof(g->registrar)},
	};
	unsigned i;

	for(i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if(str_eq(name, str_c(texts[i].name))
				&& str_copy(texts[i].to, texts[i].size, v))
			LM_ERR("event=bad_gateway trunk=%s field=%s fix=\"at most %zu "
				   "bytes\"\n", g->name, texts[i].name, texts[i].size - 1);
	if(str_eq(name, STR_LIT("weight")))
		set_number(&g->weight, v);
	else if(str_eq(name, STR_LIT("max_calls")))
		set_number(&g->max_calls, v);
	else if(str_eq(name, STR_LIT("max_cps")))
		set_number(&g->max_cps, v);
	else if(str_eq(name, STR_LIT("trusted")))
		set_number(&g->trusted, v);
	else if(str_eq(name, STR_LIT("pinned")))
		set_number(&g->pinned, v);
}

static int parse(struct gateway *g, struct str name, struct str line)
{
	struct str key, value, v;
	struct arena a;

	if(str_copy(g->name, sizeof(g->name), name))
		return EINVAL;
	arena_init(&a);
	while(line_cut(&line, &key, &value))
		if(!escape_get(&a, value, &v))
			set_pair(g, key, v);
	arena_release(&a);
	return g->uri[0] ? 0 : EINVAL;
}

static int place_of(const char *name)
{
	int i, empty = -1;

	for(i = 0; i < GATEWAYS; i++) {
		if(table->all[i].used && !strcmp(table->all[i].name, name))
			return i;
		if(empty < 0 && !table->all[i].used)
			empty = i;
	}
	return empty;
}

/* What was configured is new; how it does is not. */
static void put(const struct gateway *g, struct tried *kept)
{
	int i = place_of(g->name);
	struct gateway *to = i < 0 ? NULL : &table->all[i];

	if(!to) {
		LM_ERR("event=gateways_full trunk=%s limit=%d\n", g->name, GATEWAYS);
		return;
	}
	if(!to->used || strcmp(to->uri, g->uri) || strcmp(to->user, g->user)
			|| strcmp(to->password, g->password)
			|| strcmp(to->registrar, g->registrar)) {
		*to = *g;
		to->used = true;
	} else {
		memcpy(to->group, g->group, sizeof(to->group));
		to->weight = g->weight;
		to->trusted = g->trusted;
		to->pinned = g->pinned;
		to->max_calls = g->max_calls;
		to->max_cps = g->max_cps;
	}
	kept->bits[i / 64] |= 1ull << (i % 64);
}

void gateway_load(const struct str *v, size_t n)
{
	struct tried kept = {{0}};
	size_t i;
	int k;

	table_lock();
	for(i = 0; i < n; i++) {
		struct gateway g = {.group = "default", .weight = 50};

		if(parse(&g, v[i * 2], v[i * 2 + 1]))
			LM_ERR("event=bad_gateway trunk=%.*s\n", (int)v[i * 2].len,
					v[i * 2].p);
		else
			put(&g, &kept);
	}
	for(k = 0; k < GATEWAYS; k++)
		if(!is_tried(&kept, k))
			table->all[k].used = false;
	table_unlock();
}

/* ---- one for a call ------------------------------------------------------ */

static void forgive(struct gateway *g, uint64_t now)
{
	while(g->failures && now - g->relieved_at >= FORGIVE_MS) {
		g->failures--;
		g->relieved_at += FORGIVE_MS;
	}
}

static unsigned weight_of(struct gateway *g, uint64_t now)
{
	unsigned w;

	forgive(g, now);
	w = g->weight * WEIGHT_SCALE >> g->failures;
	return w ? w : 1;
}

static bool fits(const struct gateway *g, struct str group, bool down)
{
	return g->used && g->weight && str_eq(group, str_c(g->group))
		   && (g->unanswered >= GATEWAY_DOWN) == down;
}

/* By weight: -1 when there is none of this kind left. */
static int draw(struct str group, const struct tried *tried, bool down,
		uint64_t now)
{
	uint64_t sum = 0, at;
	int i;

	for(i = 0; i < GATEWAYS; i++)
		if(fits(&table->all[i], group, down) && !is_tried(tried, i))
			sum += weight_of(&table->all[i], now);
	if(!sum)
		return -1;
	at = (uint64_t)kam_rand() % sum;
	for(i = 0; i < GATEWAYS; i++) {
		uint64_t w;

		if(!fits(&table->all[i], group, down) || is_tried(tried, i))
			continue;
		w = weight_of(&table->all[i], now);
		if(at < w)
			return i;
		at -= w;
	}
	return -1;
}

/* One more call in this second, and one more at a time. */
static bool take(struct gateway *g, uint64_t now, int *placep)
{
	str name = {g->name, strlen(g->name)};

	if(g->second != now / 1000) {
		g->second = now / 1000;
		g->begun = 0;
	}
	if(g->max_cps && g->begun >= g->max_cps)
		return false;
	*placep = trunk_enter(&name, (int)g->max_calls);
	if(*placep < 0)
		return false;
	g->begun++;
	return true;
}

int gateway_draw(struct str group, struct tried *tried, struct gateway *g,
		int *indexp, int *placep)
{
	uint64_t now = now_ms();
	int i, err = EHOSTUNREACH;

	table_lock();
	for(;;) {
		i = draw(group, tried, false, now);
		if(i < 0)
			i = draw(group, tried, true, now);
		if(i < 0)
			break;
		tried->bits[i / 64] |= 1ull << (i % 64);
		if(!take(&table->all[i], now, placep)) {
			err = EBUSY;
			continue;
		}
		*g = table->all[i];
		*indexp = i;
		err = 0;
		break;
	}
	table_unlock();
	return err;
}

bool gateway_try_another(unsigned code)
{
	return code == 0 || code == 408 || code == 500 || code == 502
		   || code == 503 || code == 504;
}

void gateway_result(int index, unsigned code)
{
	struct gateway *g = &table->all[index];
	uint64_t now = now_ms();

	table_lock();
	forgive(g, now);
	if(gateway_try_another(code)) {
		if(!g->failures)
			g->relieved_at = now;
		if(g->failures < FAILURES_MAX)
			g->failures++;
	} else if(code >= 180) {
		g->failures /= 2;
		g->relieved_at = now;
	}
	table_unlock();
}

bool gateway_get(int index, struct gateway *g)
{
	bool used;

	if(index < 0 || index >= GATEWAYS)
		return false;
	table_lock();
	used = table->all[index].used;
	if(used) {
		forgive(&table->all[index], now_ms());
		*g = table->all[index];
	}
	table_unlock();
	return used;
}

bool gateway_credentials(int index, struct gateway *g)
{
	return gateway_get(index, g) && g->user[0] && g->password[0];
}

/* ---- how it does --------------------------------------------------------- */

void gateway_answered(int index, unsigned code)
{
	struct gateway *g = &table->all[index];
	bool before, after;

	table_lock();
	before = g->unanswered >= GATEWAY_DOWN;
	if(gateway_try_another(code))
		g->unanswered++;
	else
		g->unanswered = 0;
	after = g->unanswered >= GATEWAY_DOWN;
	table_unlock();
	if(before != after)
		LM_WARN("event=trunk_%s trunk=%s code=%u\n", after ? "down" : "up",
				g->name, code);
}

void gateway_registered(int index, unsigned code, uint64_t next_at)
{
	struct gateway *g = &table->all[index];
	bool changed;

	table_lock();
	changed = g->register_code != code;
	g->register_code = code;
	g->register_at = next_at;
	table_unlock();
	if(changed)
		LM_NOTICE("event=trunk_%s trunk=%s code=%u\n",
				code < 300 ? "registered" : "not_registered", g->name, code);
}

char gateway_due(int index, uint64_t now, struct gateway *g)
{
	struct gateway *at = &table->all[index];
	char what = 0;

	table_lock();
	if(at->used && at->registrar[0] && now >= at->register_at) {
		what = 'r';
		at->register_at = now + REGISTER_MS; /* unless an answer says more */
		at->cseq += 2; /* room for the one with credentials */
	} else if(at->used && now >= at->ping_at) {
		what = 'p';
		at->ping_at = now + (unsigned)acd.ping_ms
				/ (at->unanswered >= GATEWAY_DOWN ? 5 : 1);
	}
	*g = *at;
	table_unlock();
	return what;
}
