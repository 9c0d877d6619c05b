/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtp/worker/prompt.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <uthash.h>

#include "rtp/worker/item.h"
#include "rtp/worker/jobs.h"

#define BYTES_MAX ((size_t)64 << 20)

/* struct prompt is what others see of it. */
struct entry {
	struct prompt pub;
	UT_hash_handle hh; /* in the order of last use */
	struct prompts *owner;
	bool listed;	       /* in the table */
	unsigned refs;	       /* of players, and one while it is loaded */
	struct timespec mtime; /* of a file, when it was loaded */
	int16_t *pcm;
	size_t n;
	int err;		 /* of loading */
	char path[TTS_PATH_MAX]; /* file: where it is */
	char key[];		 /* the item */
};

struct prompts {
	struct prompts_conf conf;
	struct jobs *files, *speech;
	struct entry *table;
	size_t bytes;
};

int prompts_alloc(struct prompts **pp, struct jobs *files, struct jobs *speech,
		  const struct prompts_conf *conf)
{
	struct prompts *p = calloc(1, sizeof(*p));

	if (!p)
		return ENOMEM;
	p->conf = *conf;
	p->files = files;
	p->speech = speech;
	if (!p->conf.bytes_max)
		p->conf.bytes_max = BYTES_MAX;
	*pp = p;
	return 0;
}

/* ---- the table --------------------------------------------------------------
 */

static void entry_free(struct entry *e)
{
	e->owner->bytes -= e->n * sizeof(*e->pcm);
	free(e->pcm);
	free(e);
}

static void unlist(struct entry *e)
{
	if (!e->listed)
		return;
	HASH_DEL(e->owner->table, e);
	e->listed = false;
	if (!e->refs)
		entry_free(e);
}

/* The entry that was not used for longest goes first. */
static void evict(struct prompts *p)
{
	struct entry *e, *tmp;

	HASH_ITER(hh, p->table, e, tmp)
	{
		if (p->bytes <= p->conf.bytes_max)
			return;
		if (!e->refs)
			unlist(e);
	}
}

void prompts_free(struct prompts *p)
{
	struct entry *e, *tmp;

	if (!p)
		return;
	HASH_ITER(hh, p->table, e, tmp)
	unlist(e);
	free(p);
}

size_t prompts_bytes(const struct prompts *p)
{
	return p->bytes;
}

void prompts_put(struct prompts *p, struct prompt *prompt)
{
	struct entry *e = (struct entry *)prompt;

	if (!e || --e->refs)
		return;
	if (!e->listed)
		entry_free(e);
	else if (e->pub.state == PROMPT_FAILED)
		unlist(e); /* the next one who asks may be luckier */
	else
		evict(p);
}

/* ---- loading
 * ----------------------------------------------------------------- */

static int refuse(struct entry *e, int err, const char *why)
{
	snprintf(e->pub.error, sizeof(e->pub.error), "%.60s: %.90s", e->key,
		 why);
	return err;
}

static bool below(const char *dir, const char *path)
{
	char real_dir[PATH_MAX], real[PATH_MAX];
	size_t n;

	if (!realpath(dir, real_dir) || !realpath(path, real))
		return true; /* not there: opening it will say so */
	n = strlen(real_dir);
	return !strncmp(real_dir, real, n) && real[n] == '/';
}

static int file_path(struct entry *e, struct str name)
{
	const char *suffix = memchr(name.p, '.', name.len) ? "" : ".wav";
	const char *dir = e->owner->conf.dir;
	int n = snprintf(e->path, sizeof(e->path), "%s/%.*s%s", dir,
			 STR_FMT(name), suffix);

	if ((size_t)n >= sizeof(e->path))
		return refuse(e, ENAMETOOLONG, "name too long");
	if (!below(dir, e->path))
		return refuse(e, EINVAL, "leaves the prompts' directory");
	return 0;
}

static int locate(struct entry *e, struct arena *a)
{
	char why[WAV_ERROR_MAX];
	const char *wrong = "";
	struct item item;
	int err = item_parse(str_c(e->key), a, &item, &wrong);

	if (err)
		return refuse(e, err, wrong);
	if (item.file.len)
		return file_path(e, item.file);
	err = tts_render(&e->owner->conf.tts, item.language, item.text,
			 e->path, why);
	return err ? refuse(e, err, why) : 0;
}

/* On a thread: touches nothing but the entry's own fields. */
static void load(void *arg)
{
	struct entry *e = arg;
	char why[WAV_ERROR_MAX];
	struct stat st;
	struct arena a;

	arena_init(&a);
	e->err = locate(e, &a);
	arena_release(&a);
	if (e->err)
		return;
	if (!stat(e->path, &st))
		e->mtime = st.st_mtim;
	e->err = wav_load(e->path, &e->pcm, &e->n, why);
	if (e->err)
		refuse(e, e->err, why);
}

static void loaded(void *arg)
{
	struct entry *e = arg;
	struct prompts *p = e->owner;

	e->pub.state = e->err ? PROMPT_FAILED : PROMPT_READY;
	e->pub.pcm = e->pcm;
	e->pub.n = e->n;
	p->bytes += e->n * sizeof(*e->pcm);
	prompts_put(p, &e->pub);
	evict(p);
}

static struct jobs *loader_of(struct prompts *p, struct str item)
{
	return item.len > 4 && !memcmp(item.p, "say:", 4) ? p->speech
							  : p->files;
}

static struct entry *entry_new(struct prompts *p, struct str item)
{
	struct entry *e = calloc(1, sizeof(*e) + item.len + 1);

	if (!e)
		return NULL;
	e->owner = p;
	e->refs = 2;
	memcpy(e->key, item.p, item.len);
	if (jobs_add(loader_of(p, item), load, loaded, e)) {
		free(e);
		return NULL;
	}
	HASH_ADD_KEYPTR(hh, p->table, e->key, item.len, e);
	e->listed = true;
	return e;
}

static bool stale(const struct entry *e)
{
	struct stat st;

	if (e->pub.state == PROMPT_LOADING)
		return false;
	return e->pub.state == PROMPT_FAILED || stat(e->path, &st) ||
	       st.st_mtim.tv_sec != e->mtime.tv_sec ||
	       st.st_mtim.tv_nsec != e->mtime.tv_nsec;
}

struct prompt *prompts_get(struct prompts *p, struct str item)
{
	struct entry *e;

	HASH_FIND(hh, p->table, item.p, item.len, e);
	if (e && stale(e)) {
		unlist(e);
		e = NULL;
	}
	if (e) { /* to the end of the order of use */
		HASH_DEL(p->table, e);
		HASH_ADD_KEYPTR(hh, p->table, e->key, item.len, e);
		e->refs++;
	} else {
		e = entry_new(p, item);
	}
	return e ? &e->pub : NULL;
}
