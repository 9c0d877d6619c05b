/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "lib/base/escape.h"
#include "lib/bus/bus.h"
#include "router-engine/core/core.h"
#include "router-engine/store/replay.h"

struct decision {
	TAILQ_ENTRY(decision) link;
	char *text;
};

/* One partition of the log: a core, or records until its first event. */
struct track {
	struct core *core;
	bool loading;
	struct arena arena; /* of records */
	struct core_record *records;
	size_t n, cap;
	TAILQ_HEAD(, decision) made; /* not yet compared */
};

struct replay {
	FILE *out, *errors;
	struct replay_result *r;
	uint64_t line;
	struct arena arena; /* of one line */
	struct track tracks[BUS_PARTITIONS_MAX];
};

static int fault(struct replay *rp, const char *what)
{
	snprintf(rp->r->fault, sizeof(rp->r->fault), "line %llu: %s",
		 (unsigned long long)rp->line, what);
	return EPROTO;
}

/* ---- decisions ------------------------------------------------------------------ */

static void differs(struct replay *rp, const char *recorded, const char *made)
{
	rp->r->differing++;
	fprintf(rp->errors, "line %llu: the decision differs\n"
		"  recorded: %s\n  replayed: %s\n",
		(unsigned long long)rp->line, recorded, made);
}

static void decision_drop(struct track *t, struct decision *d)
{
	TAILQ_REMOVE(&t->made, d, link);
	free(d->text);
	free(d);
}

/* Decisions that the log does not have. */
static void leftovers(struct replay *rp, struct track *t, bool tell)
{
	struct decision *d;

	while ((d = TAILQ_FIRST(&t->made))) {
		if (tell)
			differs(rp, "(none)", d->text);
		decision_drop(t, d);
	}
}

static int decision_made(struct replay *rp, struct track *t, struct str who,
			 const struct msg *m)
{
	struct str text = msg_format(m, &rp->arena);
	struct decision *d = calloc(1, sizeof(*d));

	if (!d || !text.p)
		goto fail;
	d->text = strndup(text.p, text.len);
	if (!d->text)
		goto fail;
	TAILQ_INSERT_TAIL(&t->made, d, link);
	rp->r->decisions++;
	fprintf(rp->out, "%.*s %s\n", STR_FMT(who), d->text);
	return 0;
fail:
	free(d);
	return ENOMEM;
}

static void decision_recorded(struct replay *rp, struct track *t,
			      struct str text)
{
	struct decision *d = TAILQ_FIRST(&t->made);
	char *want = strndup(text.len ? text.p : "", text.len);

	if (!want)
		return;
	if (!d)
		differs(rp, want, "(none)");
	else if (strcmp(d->text, want))
		differs(rp, want, d->text);
	if (d)
		decision_drop(t, d);
	free(want);
}

/* ---- lines ------------------------------------------------------------------------- */

static void track_clear(struct replay *rp, struct track *t, bool tell)
{
	leftovers(rp, t, tell);
	core_free(t->core);
	t->core = NULL;
	free(t->records);
	t->records = NULL;
	t->n = t->cap = 0;
	t->loading = false;
	arena_reset(&t->arena);
}

static int on_load(struct replay *rp, struct track *t, unsigned partition)
{
	track_clear(rp, t, true);
	t->loading = true;
	return core_alloc(&t->core, partition);
}

static int record_room(struct track *t)
{
	size_t cap = t->cap ? t->cap * 2 : 64;
	struct core_record *v;

	if (t->n < t->cap)
		return 0;
	v = realloc(t->records, cap * sizeof(*v));
	if (!v)
		return ENOMEM;
	t->records = v;
	t->cap = cap;
	return 0;
}

static int on_record(struct replay *rp, struct track *t, struct str rest)
{
	struct str kind, id, text[2];
	struct core_record *r;

	if (!t->loading)
		return fault(rp, "a record outside of load");
	if (!str_cut(&rest, ' ', &kind) || !str_cut(&rest, ' ', &id) ||
	    escape_get(&t->arena, kind, &text[0]) ||
	    escape_get(&t->arena, id, &text[1]))
		return fault(rp, "a record must be: record KIND ID LINE");
	if (record_room(t))
		return ENOMEM;
	r = &t->records[t->n++];
	r->kind = arena_str(&t->arena, text[0]);
	r->id = arena_str(&t->arena, text[1]);
	r->value = arena_str(&t->arena, rest);
	return t->arena.failed ? ENOMEM : 0;
}

static int load_end(struct replay *rp, struct track *t)
{
	static const struct core_record none[1];
	char text[256] = "";
	int err;

	t->loading = false;
	err = core_load(t->core, t->records ? t->records : none, t->n, text,
			sizeof(text));
	return err == EPROTO ? fault(rp, text) : err;
}

static int on_event(struct replay *rp, struct track *t, struct str who,
		    struct str text)
{
	struct core_out out = {0};
	char why[256];
	struct msg m;
	int err;

	if (!t->core)
		return fault(rp, "an event before load");
	if (msg_scan(&m, text, &rp->arena, why, sizeof(why)))
		return fault(rp, why);
	leftovers(rp, t, true);
	err = t->loading ? load_end(rp, t) : 0;
	if (!err)
		err = core_step(t->core, &m, &out);
	rp->r->events++;
	for (size_t i = 0; i < out.neffects && !err; i++)
		if (out.effects[i].m.type == M_JOURNAL_DECISION)
			err = decision_made(rp, t, who, &out.effects[i].m);
	return err;
}

static int on_line(struct replay *rp, struct str line)
{
	struct str rest = line, number, generation, word, after, who;
	struct track *t;
	uint64_t n;

	if (!str_cut(&rest, ' ', &number) || str_u64(number, &n) ||
	    n >= BUS_PARTITIONS_MAX || !str_cut(&rest, ' ', &generation))
		return fault(rp, "must begin with: PARTITION GENERATION");
	who = (struct str){line.p, (size_t)(generation.p + generation.len -
					    line.p)};
	t = &rp->tracks[n];
	after = rest;
	str_cut(&after, ' ', &word);
	if (str_eq(word, STR_LIT("load")))
		return on_load(rp, t, (unsigned)n);
	if (str_eq(word, STR_LIT("record")))
		return on_record(rp, t, after);
	if (str_eq(word, STR_LIT("decision"))) {
		decision_recorded(rp, t, after);
		return 0;
	}
	return on_event(rp, t, who, rest);
}

int replay_run(FILE *log, FILE *out, FILE *errors,
	       struct replay_result *result)
{
	struct replay *rp = calloc(1, sizeof(*rp));
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;
	int err = 0;

	if (!rp)
		return ENOMEM;
	memset(result, 0, sizeof(*result));
	*rp = (struct replay){.out = out, .errors = errors, .r = result};
	arena_init(&rp->arena);
	for (int i = 0; i < BUS_PARTITIONS_MAX; i++) {
		arena_init(&rp->tracks[i].arena);
		TAILQ_INIT(&rp->tracks[i].made);
	}
	while (!err && (len = getline(&line, &cap, log)) > 0) {
		rp->line++;
		if (line[len - 1] != '\n')
			break; /* cut off when the engine was killed */
		err = on_line(rp, (struct str){line, (size_t)len - 1});
		arena_reset(&rp->arena);
	}
	for (int i = 0; i < BUS_PARTITIONS_MAX; i++) {
		/* The end of the log may lack the last decisions. */
		track_clear(rp, &rp->tracks[i], false);
		arena_release(&rp->tracks[i].arena);
	}
	arena_release(&rp->arena);
	free(line);
	free(rp);
	return err;
}
