/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/escape.h"
#include "lib/base/log.h"
#include "router-engine/store/recorder.h"

struct recorder {
	FILE *f;
	char *path;
	struct arena arena;
};

static void line(struct recorder *r, unsigned partition,
		 const char *generation, const char *word, struct str text)
{
	if (!r->f)
		return;
	fprintf(r->f, "%u %s %s%s", partition, generation, word,
		*word && text.len ? " " : "");
	fwrite(text.p ? text.p : "", 1, text.len, r->f);
	putc('\n', r->f);
}

void recorder_load(struct recorder *r, unsigned partition,
		   const char *generation)
{
	if (r)
		line(r, partition, generation, "load", STR_NONE);
}

static struct str escaped(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, escape_size(s) + 1);

	return p ? (struct str){p, escape_put(p, s)} : STR_NONE;
}

void recorder_record(struct recorder *r, unsigned partition,
		     const char *generation, const struct core_record *rec)
{
	struct str kind, id, text;

	if (!r)
		return;
	kind = escaped(&r->arena, rec->kind);
	id = escaped(&r->arena, rec->id);
	text = arena_printf(&r->arena, "%.*s %.*s %.*s", STR_FMT(kind),
			    STR_FMT(id), STR_FMT(rec->value));
	line(r, partition, generation, "record", text);
	arena_reset(&r->arena);
}

void recorder_event(struct recorder *r, unsigned partition,
		    const char *generation, const struct msg *m)
{
	if (!r)
		return;
	line(r, partition, generation, "", msg_format(m, &r->arena));
	arena_reset(&r->arena);
}

void recorder_decisions(struct recorder *r, unsigned partition,
			const char *generation, const struct core_out *out)
{
	if (!r)
		return;
	for (size_t i = 0; i < out->neffects; i++) {
		const struct msg *m = &out->effects[i].m;

		if (m->type != M_JOURNAL_DECISION)
			continue;
		line(r, partition, generation, "decision",
		     msg_format(m, &r->arena));
		arena_reset(&r->arena);
	}
}

void recorder_flush(struct recorder *r)
{
	if (r && r->f && fflush(r->f))
		log_error("record.failed", "file=%s error=\"%s\"", r->path,
			  strerror(errno));
}

static int reopen(struct recorder *r)
{
	if (r->f)
		fclose(r->f);
	r->f = fopen(r->path, "ae");
	if (!r->f)
		return errno;
	setvbuf(r->f, NULL, _IOFBF, 1 << 16);
	return 0;
}

void recorder_reopen(struct recorder *r)
{
	if (r && reopen(r))
		log_error("record.failed", "file=%s error=\"%s\"", r->path,
			  strerror(errno));
}

int recorder_alloc(struct recorder **rp, const char *path)
{
	struct recorder *r = calloc(1, sizeof(*r));
	int err = ENOMEM;

	if (!r)
		return ENOMEM;
	arena_init(&r->arena);
	r->path = strdup(path);
	if (r->path)
		err = reopen(r);
	if (err)
		recorder_free(r);
	else
		*rp = r;
	return err;
}

void recorder_free(struct recorder *r)
{
	if (!r)
		return;
	if (r->f)
		fclose(r->f);
	arena_release(&r->arena);
	free(r->path);
	free(r);
}
