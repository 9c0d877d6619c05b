/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file leg.h  The table of legs, and what a leg knows.
 *
 * The table is in shared memory, one lock for each bucket. Whoever touches a
 * leg holds its lock, also while it sends: tm links reply headers from the
 * sender's private memory into the transaction, so two processes must never
 * reply on one transaction at once. Nobody holds two legs' locks.
 */
#ifndef ACD_LEG_H
#define ACD_LEG_H

#include "kamailio-mods/acd/acd.h"
#include "kamailio-mods/acd/gateway.h"

enum leg_side { LEG_UAS, LEG_UAC }; /* who sent the first INVITE: they, we */

enum leg_state {
	LEG_OFFERED, /* their INVITE; we wait for a command; next: UP or gone */
	LEG_INVITED, /* our INVITE; we wait for its final reply */
	LEG_UP, /* 2xx; next: BYE of either side */
};

enum leg_invite { /* an INVITE, first or later, that has no final reply */
	INVITE_NONE,
	INVITE_SERVER, /* theirs: hash and label name its transaction */
	INVITE_CLIENT, /* ours */
};

struct session { /* session.h */
	unsigned s, min; /* interval, 0: no timer; their Min-SE */
	bool ours; /* we refresh */
	bool update; /* with UPDATE */
	bool timer; /* they know of timers */
	bool refreshing; /* our INVITE under way is but a refresh */
	uint64_t at, by; /* refresh; the end */
	str sdp; /* ours, when a refresh needs it */
};

struct reliable;

struct leg {
	struct leg *next;
	uint64_t id;
	char name[ID_LEN + 1]; /* the id as text */
	char call[24]; /* the contact's id, for log lines; "-": not told */
	unsigned partition;
	enum leg_side side;
	enum leg_state state;
	dlg_t *dlg; /* RFC 3261 section 12 */
	str contact; /* our Contact: a name-addr */
	str flow; /* where a phone behind NAT or on WebSocket is reached */
	str memo; /* the engine's */
	int trunk; /* place in the table of calls per trunk, -1: none */
	uint64_t merge; /* name of the INVITE that began it (merge.h), or 0 */
	int tenant; /* the same of the tenant's calls */
	struct { /* our INVITE goes to one gateway of a group after another */
		int at; /* which one; -1: it does not */
		struct tried tried;
		str group, user; /* the number that is called */
		str identity; /* From, for who is trusted */
		bool trusted, hidden, pinned;
		bool again; /* it is not the first one */
		uint64_t by; /* the next one when nothing has come; 0: it did */
	} gw;

	enum leg_invite invite;
	unsigned hash, label;
	enum leg_invite update; /* an UPDATE with an offer, likewise */
	unsigned update_hash, update_label; /* of theirs */
	struct reliable *reliable; /* our 18x need PRACK: reliable.h */
	dlg_t *early; /* dialog of their 18x: early.h */
	unsigned early_rseq; /* the last that we acknowledged */
	bool early_answered; /* one of those answered our offer */
	struct session session;
	bool offered_late; /* their INVITE had no SDP: the ACK answers ours */
	bool late; /* ours had none: leg.ack answers theirs */
	bool asked_again; /* credentials were sent: not a second time */
	str offer; /* body of our INVITE, while it may be repeated */
	bool commanded; /* an engine has spoken about this leg */
	bool ending; /* leg.end came while our INVITE is under way */
	bool probed; /* too old, and asked whether it is there */
	bool bye_after_ack; /* and while our 2xx is not acknowledged */
	unsigned end_code, end_q850;

	struct cell *held; /* INVITE transaction whose 2xx we may repeat */
	bool wait_ack; /* our 2xx is not acknowledged */
	bool acked; /* their 2xx is; ack_body is what a repeated ACK has */
	str ack_body;
	unsigned invite_cseq; /* of our last INVITE: its ACK repeats it */
	unsigned server_cseq; /* of their last INVITE */

	/* on the monotonic clock, ms; 0: not running */
	uint64_t first_by; /* first command */
	uint64_t trying_by; /* 100, unless something better was said */
	uint64_t ack_by; /* ACK to our 2xx */
	uint64_t owed_by; /* leg.ack, for the ACK that we owe */
	uint64_t again_at; /* our re-INVITE met theirs: once more */
	uint64_t end_by; /* forget a leg that is ending */
	uint64_t dead_at; /* too old */
	uint64_t probe_at; /* ask whether the other side is there: probe.h */
};

int leg_table_init(void);
void leg_table_free(void);
void leg_lock(uint64_t id);
void leg_unlock(uint64_t id);
unsigned leg_count(void);

/* Their 2xx awaits our ACK, and that awaits the answer to a late offer. */
static inline bool leg_owes_ack(const struct leg *l)
{
	return l->state == LEG_UP && l->invite == INVITE_NONE && l->late
		   && !l->acked;
}

/* The dialog in which requests go now: before their 2xx that of their 18x. */
static inline dlg_t *leg_dialog(const struct leg *l)
{
	return l->early ? l->early : l->dlg;
}

/* Something happened in it: it is not too old yet. */
void leg_touch(struct leg *l);

/* A new id of this node. */
uint64_t leg_new_id(void);
/* The leg, or NULL. Locked by the caller, as all below. */
struct leg *leg_find(uint64_t id);
/* NULL: no shared memory. */
struct leg *leg_add(uint64_t id, unsigned partition, enum leg_side side);
void leg_free(struct leg *l);

/* Keeps the transaction: tm would forget it 5 s after the final reply. */
void leg_hold(struct leg *l, struct cell *t);
void leg_release(struct leg *l);

/* Calls fn for each leg, its bucket locked; fn must not free it. */
void leg_each(void (*fn)(struct leg *l, void *arg), void *arg);

/* One more call on the trunk, unless it has `limit` (0: no limit) already.
 * Its place, or -1: over the limit, or no place. */
int trunk_enter(const str *name, int limit);
void trunk_leave(int place);
/* Its name; empty for -1. */
str trunk_name(int place);

#endif
