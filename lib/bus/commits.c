/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <time.h>

#include <hiredis/hiredis.h>

#include "lib/bus/batch.h"
#include "lib/bus/commits.h"

/* appendfsync everysec loses two seconds at most; so does a primary that no
 * replica hears, before it refuses. */
#define KEEP_MS 5000
#define KEEP_MAX 50000 /* confirmed ones; at 2 KB each, 100 MB */
#define TOKEN_AT 4 /* FCALL jf_commit_7 1 {pN} token ... */

struct commit {
	TAILQ_ENTRY(commit) link;
	struct commits *owner;
	struct args args; /* refers to what is in the batch */
	struct batch batch;
	uint64_t number, made_ms, sent_us;
	unsigned flying;
	bool confirmed, orphan; /* orphan: its owner has forgotten it */
};

struct commits {
	struct bus *bus;
	unsigned partition;
	struct commits_handlers h;
	char token[40], generation[64];
	uint64_t last, confirmed, resent;
	uint64_t waiting_ms; /* when about the oldest unconfirmed was made */
	struct commit *next; /* being gathered, or NULL */
	TAILQ_HEAD(commit_list, commit) kept; /* oldest first */
};

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void commit_free(struct commit *k)
{
	args_release(&k->args);
	batch_release(&k->batch);
	free(k);
}

static void forget(struct commits *c, struct commit *k)
{
	TAILQ_REMOVE(&c->kept, k, link);
	if (k->flying)
		k->orphan = true;
	else
		commit_free(k);
}

static void forget_all(struct commits *c)
{
	struct commit *k;

	while ((k = TAILQ_FIRST(&c->kept)))
		forget(c, k);
	if (c->next)
		commit_free(c->next);
	c->next = NULL;
}

/* While Redis is away, what it may have lost is kept. */
static void forget_old(struct commits *c)
{
	uint64_t upto = commits_waiting(c) ? c->waiting_ms : link_clock_ms();
	struct commit *k;

	while ((k = TAILQ_FIRST(&c->kept)) && k->confirmed && !k->flying &&
	       (k->made_ms + KEEP_MS < upto ||
		k->number + KEEP_MAX < c->confirmed))
		forget(c, k);
}

int commits_alloc(struct commits **cp, struct bus *bus, unsigned partition,
		  const struct commits_handlers *h)
{
	struct commits *c = calloc(1, sizeof(*c));

	if (!c)
		return ENOMEM;
	c->bus = bus;
	c->partition = partition;
	c->h = *h;
	TAILQ_INIT(&c->kept);
	*cp = c;
	return 0;
}

void commits_free(struct commits *c)
{
	if (!c)
		return;
	forget_all(c);
	free(c);
}

void commits_begin(struct commits *c, const char *token,
		   const char *generation, uint64_t have)
{
	forget_all(c);
	snprintf(c->token, sizeof(c->token), "%s", token);
	snprintf(c->generation, sizeof(c->generation), "%s", generation);
	c->last = c->confirmed = have;
}

/* ---- sending ------------------------------------------------------------ */

static bool already(struct str reason, uint64_t number)
{
	uint64_t have;
	struct str word;

	str_cut(&reason, ' ', &word);
	return str_eq(word, STR_LIT("GAP")) && !str_u64(reason, &have) &&
	       have >= number;
}

static void confirm(struct commit *k)
{
	struct commits *c = k->owner;

	if (k->confirmed)
		return;
	k->confirmed = true;
	if (k->number > c->confirmed) {
		c->confirmed = k->number;
		c->waiting_ms = k->made_ms;
	}
	c->h.on_confirmed(k->number, now_us() - k->sent_us, c->h.arg);
}

static void on_reply(int err, const redisReply *r, void *arg)
{
	struct commit *k = arg;

	k->flying--;
	if (k->orphan) {
		if (!k->flying)
			commit_free(k);
		return;
	}
	if (err && err != EPROTO)
		return; /* it is sent again after the reconnect */
	if (!err || already(reply_str(r), k->number))
		confirm(k);
	else if (!k->confirmed)
		k->owner->h.on_refused(reply_str(r), k->owner->h.arg);
}

static void fly(struct commit *k)
{
	struct commits *c = k->owner;

	k->args.v[TOKEN_AT] = str_c(c->token);
	if (!link_command(c->bus->link, k->args.v, k->args.n, LINK_FOREVER_MS,
			  on_reply, k))
		k->flying++;
}

bool commits_resume(struct commits *c, const char *token, uint64_t have)
{
	struct commit *k = TAILQ_FIRST(&c->kept);

	snprintf(c->token, sizeof(c->token), "%s", token);
	if (have > c->last || (have < c->last && (!k || k->number > have + 1)))
		return false;
	TAILQ_FOREACH(k, &c->kept, link) {
		if (k->number <= have) {
			k->flying++; /* the handler may commit, and forget */
			confirm(k);
			k->flying--;
			continue;
		}
		c->resent++;
		fly(k);
	}
	return true;
}

/* What is kept goes out again behind the new beginning: its commands and rows
 * are not lost, and the snapshot that follows has the last word. */
int commits_rebase(struct commits *c)
{
	struct commit *k = TAILQ_FIRST(&c->kept);
	struct args x;
	int err;

	args_init(&x);
	args_fcall(&x, "jf_rebase_7", c->partition);
	args_add(&x, str_c(c->token));
	args_num(&x, k ? k->number : c->last + 1);
	args_num(&x, c->last + 1);
	err = args_failed(&x) ? ENOMEM
		: link_command(c->bus->link, x.v, x.n, LINK_FOREVER_MS, NULL,
			       NULL);
	args_release(&x);
	TAILQ_FOREACH(k, &c->kept, link) {
		if (err)
			break;
		c->resent++;
		fly(k);
	}
	return err;
}

uint64_t commits_waiting(const struct commits *c)
{
	return c->last - c->confirmed;
}

uint64_t commits_last(const struct commits *c)
{
	return c->last;
}

uint64_t commits_resent(const struct commits *c)
{
	return c->resent;
}

/* ---- gathering ---------------------------------------------------------- */

static struct commit *gather(struct commits *c)
{
	if (c->next)
		return c->next;
	c->next = calloc(1, sizeof(*c->next));
	if (!c->next)
		return NULL;
	c->next->owner = c;
	args_init(&c->next->args);
	batch_init(&c->next->batch);
	return c->next;
}

uint64_t commits_add(struct commits *c, const struct owner_record *records,
		     size_t nrecords, const struct owner_effect *effects,
		     size_t neffects)
{
	struct commit *k = gather(c);
	char prefix[96];

	if (!k) {
		errno = ENOMEM;
		return 0;
	}
	snprintf(prefix, sizeof(prefix), "%u.%s.%llu", c->partition,
		 c->generation, (unsigned long long)c->last + 1);
	for (size_t i = 0; i < nrecords; i++)
		batch_record(&k->batch, &records[i]);
	for (size_t i = 0; i < neffects; i++)
		batch_effect(&k->batch, prefix, &effects[i]);
	if (batch_failed(&k->batch)) {
		errno = ENOMEM;
		return 0;
	}
	return c->last + 1;
}

size_t commits_gathered(const struct commits *c)
{
	return c->next ? c->next->batch.nrecords + c->next->batch.neffects : 0;
}

uint64_t commits_send(struct commits *c, struct str stream_id)
{
	struct commit *k = gather(c);

	forget_old(c);
	if (k) {
		args_fcall(&k->args, "jf_commit_7", c->partition);
		args_add(&k->args, str_c(c->token));
		args_num(&k->args, c->last + 1);
		args_add(&k->args, stream_id);
		batch_write(&k->batch, &k->args);
	}
	if (!k || args_failed(&k->args)) {
		errno = ENOMEM;
		return 0;
	}
	c->next = NULL;
	k->made_ms = link_clock_ms();
	if (!commits_waiting(c))
		c->waiting_ms = k->made_ms;
	k->number = ++c->last;
	k->sent_us = now_us();
	TAILQ_INSERT_TAIL(&c->kept, k, link);
	fly(k);
	return k->number;
}
