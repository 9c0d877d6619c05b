/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file state.h  The core's objects.
 *
 * Every struct here is a record: records.def lists which of its members are
 * stored with every step that changed them. Members that are not listed are
 * links, rebuilt by core_load(). Whoever changes a stored member calls
 * record_changed() on it in the same step.
 */
#ifndef JF_CORE_STATE_H
#define JF_CORE_STATE_H

#include <sys/queue.h>

/* Out of memory: the object is not in the table, hh.tbl stays NULL. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "lib/base/heap.h"
#include "lib/base/id.h"
#include "lib/base/rank.h"
#include "router-engine/core/core.h"

#define CONTACT_STATE(sym, name, doc) CONTACT_##sym,
enum contact_state {
#include "router-engine/core/states.def"
	CONTACT_NSTATES
};
#undef CONTACT_STATE
#define AGENT_STATE(sym, name, doc) AGENT_##sym,
enum agent_state {
#include "router-engine/core/states.def"
	AGENT_NSTATES
};
#undef AGENT_STATE
#define LEG_STATE(sym, name, doc) LEG_##sym,
enum leg_state {
#include "router-engine/core/states.def"
	LEG_NSTATES
};
#undef LEG_STATE
#define SEGMENT_KIND(sym, name, doc) SEGMENT_##sym,
enum segment_kind {
#include "router-engine/core/states.def"
	SEGMENT_NKINDS
};
#undef SEGMENT_KIND
#define LEG_ROLE(sym, name, doc) ROLE_##sym,
enum leg_role {
#include "router-engine/core/states.def"
	LEG_NROLES
};
#undef LEG_ROLE
#define LEG_OP(sym, name, doc) OP_##sym,
enum leg_op {
#include "router-engine/core/states.def"
	LEG_NOPS
};
#undef LEG_OP

/* Owned text; p is NUL-terminated, or NULL when len is 0. */
struct text {
	char *p;
	size_t len;
};

static inline struct str text_str(const struct text *t)
{
	return (struct str){t->p, t->len};
}

#define RECORD_KIND(sym, name) RECORD_##sym,
enum record_kind {
#include "router-engine/core/records.def"
	RECORD_NKINDS
};
#undef RECORD_KIND

/* First member of every record. */
struct record {
	enum record_kind kind;
	bool dirty; /* in core->dirty */
	bool gone; /* deleted by this step */
	TAILQ_ENTRY(record) dirty_link;
	struct heap_node timer; /* of the owner, see timer_set() */
};

struct tenant {
	struct record rec;
	uint64_t id, version;
	struct text name, domain, language;
	struct text code_ready, code_pause, code_logout;
	bool named; /* since conf.begin */
	struct agent **agents, **users; /* by id, by user: idle.h */
	size_t nagents, agents_cap;
	struct rank idle; /* agents who are free: idle.h */
	uint64_t *idle_set; /* the same, bit i: agents[i] */
	size_t first_pool, npools; /* pools.h */
	UT_hash_handle hh;
};

struct queue {
	struct record rec;
	uint64_t id, tenant, version, level, cls;
	int64_t priority; /* seconds of waiting */
	uint64_t announce_ms, ring_ms, wrapup_limit_ms, refusal_ms;
	uint64_t overdue_ms; /* 0: never */
	struct text strategy; /* idle.h */
	struct text name, language, skill, steps, greeting, music, hold_music;
	bool named;
	struct step *stepv; /* steps.h; none: the configuration is on its way */
	size_t nsteps;
	UT_hash_handle hh;
};

struct number {
	struct record rec;
	struct text number;
	uint64_t tenant, version, queue;
	bool named;
	UT_hash_handle hh;
};

struct agent {
	struct record rec;
	uint64_t id, tenant, version;
	struct text name, user, skills, languages, groups;
	bool srtp; /* its phone is offered SRTP */
	unsigned state; /* enum agent_state; written by agent_enter() */
	unsigned next; /* state after wrap-up, when asked for meanwhile */
	uint64_t since; /* entry into the state */
	uint64_t idle_since; /* last end of work, or first ready after log-in */
	uint64_t calls, talk_ms; /* since log-in */
	uint64_t not_before; /* left alone until then: refused */
	uint64_t due; /* end of wrap-up or of being left alone; 0 none */
	struct text cause; /* why the state was entered */
	uint64_t offer, contact; /* what it works on; 0 none */
	bool registered;
	struct text node, boot; /* where it registered */
	struct text contact_uri, received; /* received: behind NAT */
	struct text socket; /* of ours, which its NAT lets through */
	uint64_t expires; /* the registration, unless it is refreshed */
	bool named, retired; /* retired: its row is gone, it still works */
	struct tenant *home; /* idle.h; NULL: in no list of agents */
	size_t index; /* in home->agents */
	uint64_t *pools; /* pools.h */
	struct rank_node idle; /* in home->idle while seated */
	bool seated;
	UT_hash_handle hh;
};

struct offer {
	struct record rec;
	uint64_t id, contact, agent, leg;
	struct text number; /* outside; no agent then */
	uint64_t begin, due; /* ring timeout */
	UT_hash_handle hh;
};

enum { HOLDS_CALLER = 1, HOLDS_AGENT = 2 };

struct contact {
	struct record rec;
	uint64_t id, tenant, queue;
	struct text number, caller, diverted_from, trunk, call_id, source;
	unsigned state; /* enum contact_state; written by contact_enter() */
	uint64_t begin, enqueued, answered, ended;
	uint64_t ticket; /* grows with each that is enqueued; 0: rebuilt */
	uint64_t cls;
	int64_t priority; /* seconds of waiting */
	uint64_t caller_leg, agent_leg, agent, offer;
	uint64_t referrer; /* leg that is told what became of its REFER */
	unsigned segment_kind; /* of the open segment */
	uint64_t segment, segment_begin, segment_agent, segment_offer;
	uint64_t segments; /* ordinal of the last one */
	uint64_t parts; /* recordings begun in the open segment */
	uint64_t announced; /* last position told; 0 none */
	uint64_t due; /* of waiting, or end of patience with a prompt */
	uint64_t tell_due; /* next announcement */
	uint64_t step, step_from; /* steps.h; from: when it came into line */
	bool overdue; /* goes before all classes */
	unsigned holders; /* HOLDS_CALLER, HOLDS_AGENT: who holds */
	uint64_t recording; /* under way; 0 none */
	uint64_t talk_ms, hold_ms, wrapup_ms, wait_ms;
	struct text outcome, phase, by;
	uint64_t code, q850;
	struct rank_node place, news, seek; /* line.h */
	struct pool *pool; /* that it is sought for in; line.h */
	bool told_alone; /* a decision says that nobody was free */
	bool listed; /* in core->arriving */
	UT_hash_handle hh, arriving;
};

struct leg {
	struct record rec;
	uint64_t id, tenant, contact, offer, agent;
	uint64_t replaces; /* the leg whose place it takes when it is up */
	uint64_t serial; /* grows with each leg, whoever named it */
	unsigned role, state; /* state is written by leg_enter() */
	struct text node, boot, trunk, call_id;
	uint64_t begin, answered;
	/* rtpengine: what is asked of it, and what it said */
	struct text rtpengine, outer_sdp, local_sdp, inner, point, codec;
	struct text offered_sdp; /* in a re-INVITE that is not answered yet */
	struct text outer, told, left; /* move.h; left: rtpengine moved from */
	bool pinned; /* they send RTP from where their SDP says */
	bool srtp; /* they are offered SRTP */
	bool reoffering; /* our re-INVITE is under way */
	unsigned op; /* enum leg_op awaited */
	uint64_t token; /* of the last request */
	struct text tid; /* re-INVITE to be answered after this op */
	bool reoffer_late; /* that re-INVITE brought no SDP */
	bool reoffer_holds; /* its SDP asks us not to send, or to send nothing */
	/* the worker: where, and what it was told */
	struct text worker, worker_boot;
	uint64_t port;
	bool added;
	struct text hears, prompts;
	bool loop;
	uint64_t play; /* number of the last playback */
	bool playing;
	/* how it ended */
	struct text by, cause, reason;
	uint64_t ended, code, q850;
	bool measured;
	uint64_t packets, lost, jitter_us, mos100;
	uint64_t due; /* last wait for figures, or for another node */
	bool adopted; /* announced, not yet put in its contact: rebuild.c */
	bool named; /* since its node's announce.begin */
	bool stranded; /* its node is gone: takeover.c */
	UT_hash_handle hh;
};

struct recording {
	struct record rec;
	uint64_t id, contact, segment, tenant, part, left, right, begin, ms;
	struct text file, worker, worker_boot;
	uint64_t due; /* when the worker never tells */
	UT_hash_handle hh;
};

struct node {
	struct record rec;
	struct text name, boot, kind, addr, liveness;
	uint64_t port, ports, next_port;
	bool up;
	bool standby; /* acd: without a service address */
	bool draining; /* gets nothing new */
	unsigned legs; /* that it carries */
	unsigned char *used; /* workers: one per port */
	UT_hash_handle hh;
};

struct rtpengine {
	struct record rec;
	struct text name, addr;
	bool up;
	bool draining;
	unsigned legs; /* that it carries */
	UT_hash_handle hh;
};

/* Last number taken from one boot of one producer. */
struct producer {
	struct record rec;
	struct text name; /* src/boot */
	uint64_t seq, seen;
	UT_hash_handle hh;
};

struct meta {
	struct record rec;
	struct text name; /* "core" */
	uint64_t now, last_id;
	uint64_t rebuild, rebuild_began; /* phase of rebuild.c; 0: none */
	uint64_t due; /* of its phase */
};

struct core {
	unsigned partition;
	struct meta meta;
	struct tenant *tenants;
	struct queue *queues;
	struct number *numbers;
	struct agent *agents;
	struct offer *offers;
	struct contact *contacts;
	struct contact *arriving; /* by Call-ID: those whose caller may come
				   * again at another node */
	struct leg *legs;
	struct recording *recordings;
	struct node *nodes;
	struct rtpengine *rtpengines;
	struct producer *producers;
	struct line *lines; /* who waits: line.h */
	struct rank news;
	struct pool *pools; /* pools.h */
	size_t npools;
	uint64_t *pools_idle, *pools_awaited; /* bit i: pools[i] */
	struct heap timers;
	bool match; /* something changed that may make a match */
	bool failed; /* out of memory in this step */
	bool conf; /* between conf.begin and conf.end */
	/* of the current step */
	TAILQ_HEAD(, record) dirty;
	struct arena arena;
	struct core_effect *effects;
	size_t neffects, effects_cap;
	struct core_record *records;
	size_t nrecords, records_cap;
	uint64_t steps, ignored, stale;
	char fault[160]; /* core_check() */
};

extern const char *const contact_states[CONTACT_NSTATES + 1];
extern const char *const agent_states[AGENT_NSTATES + 1];
extern const char *const leg_states[LEG_NSTATES + 1];
extern const char *const segment_kinds[SEGMENT_NKINDS + 1];
extern const char *const leg_roles[LEG_NROLES + 1];
extern const char *const leg_ops[LEG_NOPS + 1];

/* glibc's sys/queue.h lacks it: the element may leave the list meanwhile. */
#define TAILQ_FOREACH_SAFE_(var, head, field, next)                            \
	for ((var) = TAILQ_FIRST(head);                                        \
	     (var) && ((next) = TAILQ_NEXT(var, field), 1); (var) = (next))

/* The partition's time. */
static inline uint64_t now_of(const struct core *c)
{
	return c->meta.now;
}

/* A new name: grows for ever, sorts by time. */
uint64_t new_id(struct core *c);

/* Replaces owned text; ENOMEM sets c->failed and leaves it empty. */
void text_put(struct core *c, struct text *t, struct str s);
void text_release(struct text *t);

struct tenant *tenant_find(struct core *c, uint64_t id);
struct queue *queue_find(struct core *c, uint64_t id);
struct number *number_find(struct core *c, struct str number);
struct agent *agent_find(struct core *c, uint64_t id);
struct agent *agent_find_user(struct core *c, uint64_t tenant, struct str user);
struct offer *offer_find(struct core *c, uint64_t id);
struct contact *contact_find(struct core *c, uint64_t id);
struct leg *leg_find(struct core *c, uint64_t id);
struct recording *recording_find(struct core *c, uint64_t id);
struct node *node_find(struct core *c, struct str name);
struct rtpengine *rtpengine_find(struct core *c, struct str name);

#endif
