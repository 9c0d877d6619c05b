/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <sys/time.h>

#include "kamailio-mods/acd/early.h"
#include "kamailio-mods/acd/leg.h"
#include "kamailio-mods/acd/merge.h"
#include "kamailio-mods/acd/reliable.h"
#include "core/locking.h"
#include "core/atomic_ops.h"
#include "core/hashes.h"
#include "core/mem/shm_mem.h"

#define BUCKETS 4096
#define TRUNKS 1024
#define TRUNK_NAME 64

struct trunk_calls {
	char name[TRUNK_NAME];
	int len, calls;
};

struct table {
	uint64_t serial;
	unsigned node; /* a number from the node's name, for ids */
	unsigned legs;
	gen_lock_t trunk_lock;
	struct trunk_calls trunks[TRUNKS];
	struct leg *buckets[BUCKETS];
};

static struct table *table;
static gen_lock_set_t *locks;

static unsigned bucket(uint64_t id)
{
	return (unsigned)((id ^ (id >> 17)) % BUCKETS);
}

int leg_table_init(void)
{
	str name = {acd.node, strlen(acd.node)};

	table = shm_mallocxz(sizeof(*table));
	locks = lock_set_alloc(BUCKETS);
	if(!table || !locks || !lock_set_init(locks)
			|| !lock_init(&table->trunk_lock))
		return ENOMEM;
	table->node = get_hash1_raw(name.s, name.len) & 0x7fff;
	return 0;
}

void leg_table_free(void)
{
	if(locks) {
		lock_set_destroy(locks);
		lock_set_dealloc(locks);
	}
	if(table)
		shm_free(table);
	locks = NULL;
	table = NULL;
}

void leg_lock(uint64_t id)
{
	lock_set_get(locks, bucket(id));
}

void leg_unlock(uint64_t id)
{
	lock_set_release(locks, bucket(id));
}

unsigned leg_count(void)
{
	return __atomic_load_n(&table->legs, __ATOMIC_RELAXED);
}

/* Milliseconds times 64, and never the same twice: see lib/base/id.h. */
uint64_t leg_new_id(void)
{
	struct timeval tv;
	uint64_t now, last, next;

	gettimeofday(&tv, NULL);
	now = ((uint64_t)tv.tv_sec * 1000 + (uint64_t)tv.tv_usec / 1000) * 64;
	last = __atomic_load_n(&table->serial, __ATOMIC_RELAXED);
	do {
		next = now > last ? now : last + 1;
	} while(!__atomic_compare_exchange_n(&table->serial, &last, next, 0,
			__ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return ID_NODE_BIT | (uint64_t)table->node << 48
		   | (next & 0xffffffffffffULL);
}

struct leg *leg_find(uint64_t id)
{
	struct leg *l;

	for(l = table->buckets[bucket(id)]; l && l->id != id; l = l->next)
		;
	return l;
}

struct leg *leg_add(uint64_t id, unsigned partition, enum leg_side side)
{
	struct leg *l = shm_mallocxz(sizeof(*l));

	if(!l)
		return NULL;
	l->id = id;
	id_format(l->name, 'l', id);
	strcpy(l->call, "-");
	l->partition = partition;
	l->side = side;
	l->state = side == LEG_UAS ? LEG_OFFERED : LEG_INVITED;
	l->trunk = l->tenant = l->gw.at = -1;
	l->dead_at = now_ms() + (uint64_t)acd.unanswered_s * 1000;
	l->next = table->buckets[bucket(id)];
	table->buckets[bucket(id)] = l;
	__atomic_add_fetch(&table->legs, 1, __ATOMIC_RELAXED);
	return l;
}

void leg_free(struct leg *l)
{
	struct leg **at = &table->buckets[bucket(l->id)];

	while(*at && *at != l)
		at = &(*at)->next;
	if(*at)
		*at = l->next;
	leg_release(l);
	trunk_leave(l->trunk);
	merge_leave(l->merge);
	trunk_leave(l->tenant);
	reliable_free(l);
	early_free(l);
	if(l->dlg)
		tmb.free_dlg(l->dlg);
	shm_clear(&l->contact);
	shm_clear(&l->flow);
	shm_clear(&l->memo);
	shm_clear(&l->offer);
	shm_clear(&l->session.sdp);
	shm_clear(&l->gw.group);
	shm_clear(&l->gw.user);
	shm_clear(&l->gw.identity);
	shm_clear(&l->ack_body);
	shm_free(l);
	__atomic_sub_fetch(&table->legs, 1, __ATOMIC_RELAXED);
}

void leg_touch(struct leg *l)
{
	if(l->state != LEG_UP)
		return;
	l->dead_at = now_ms() + (uint64_t)acd.age_s * 1000;
	l->probed = false;
}

void leg_hold(struct leg *l, struct cell *t)
{
	leg_release(l);
	atomic_inc(&t->ref_count);
	l->held = t;
}

void leg_release(struct leg *l)
{
	if(l->held)
		tmb.unref_cell(l->held);
	l->held = NULL;
}

void leg_each(void (*fn)(struct leg *l, void *arg), void *arg)
{
	unsigned i;

	for(i = 0; i < BUCKETS; i++) {
		struct leg *l;

		if(!__atomic_load_n(&table->buckets[i], __ATOMIC_RELAXED))
			continue;
		lock_set_get(locks, i);
		for(l = table->buckets[i]; l; l = l->next)
			fn(l, arg);
		lock_set_release(locks, i);
	}
}

static struct trunk_calls *trunk_find(const str *name)
{
	struct trunk_calls *t, *empty = NULL;
	int i;

	for(i = 0; i < TRUNKS; i++) {
		t = &table->trunks[i];
		if(t->len == name->len && !memcmp(t->name, name->s, t->len))
			return t;
		if(!empty && !t->calls)
			empty = t;
	}
	if(empty) {
		memcpy(empty->name, name->s, name->len);
		empty->len = name->len;
	}
	return empty;
}

int trunk_enter(const str *name, int limit)
{
	struct trunk_calls *t = NULL;

	if(name->len <= 0 || name->len > TRUNK_NAME)
		return -1;
	lock_get(&table->trunk_lock);
	t = trunk_find(name);
	if(t && (limit <= 0 || t->calls < limit))
		t->calls++;
	else
		t = NULL;
	lock_release(&table->trunk_lock);
	return t ? (int)(t - table->trunks) : -1;
}

void trunk_leave(int place)
{
	if(place < 0)
		return;
	lock_get(&table->trunk_lock);
	table->trunks[place].calls--;
	lock_release(&table->trunk_lock);
}

/* A name stays in its place as long as it has calls. */
str trunk_name(int place)
{
	struct trunk_calls *t = place < 0 ? NULL : &table->trunks[place];

	return t ? (str){t->name, t->len} : (str)STR_NULL;
}
