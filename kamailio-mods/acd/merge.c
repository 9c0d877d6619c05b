/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "kamailio-mods/acd/merge.h"
#include "core/locking.h"
#include "core/mem/shm_mem.h"
#include "core/parser/parse_cseq.h"
#include "core/parser/parse_from.h"

#define BUCKETS 4096

struct merged {
	struct merged *next;
	uint64_t key;
};

static struct merged **buckets;
static gen_lock_set_t *locks; /* taken last of all, for no more than a walk */

int merge_init(void)
{
	buckets = shm_mallocxz(BUCKETS * sizeof(*buckets));
	locks = lock_set_alloc(BUCKETS);
	return buckets && locks && lock_set_init(locks) ? 0 : ENOMEM;
}

static uint64_t fnv(uint64_t h, const str *s)
{
	int i;

	for(i = 0; i < s->len; i++)
		h = (h ^ (unsigned char)s->s[i]) * 0x100000001b3ULL;
	return (h ^ 0xff) * 0x100000001b3ULL; /* where one text ends counts */
}

uint64_t merge_key(sip_msg_t *m)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	h = fnv(h, &m->callid->body);
	h = fnv(h, &get_from(m)->tag_value);
	h = fnv(h, &get_cseq(m)->number);
	return h ? h : 1;
}

static struct merged **find(uint64_t key)
{
	struct merged **at = &buckets[key % BUCKETS];

	while(*at && (*at)->key != key)
		at = &(*at)->next;
	return at;
}

int merge_enter(uint64_t key)
{
	struct merged **at, *e = shm_malloc(sizeof(*e));
	int err = 0;

	if(!e)
		return ENOMEM;
	*e = (struct merged){NULL, key};
	lock_set_get(locks, key % BUCKETS);
	at = find(key);
	if(*at)
		err = EEXIST;
	else
		*at = e;
	lock_set_release(locks, key % BUCKETS);
	if(err)
		shm_free(e);
	return err;
}

void merge_leave(uint64_t key)
{
	struct merged **at, *e;

	if(!key)
		return;
	lock_set_get(locks, key % BUCKETS);
	at = find(key);
	e = *at;
	if(e)
		*at = e->next;
	lock_set_release(locks, key % BUCKETS);
	if(e)
		shm_free(e);
}
