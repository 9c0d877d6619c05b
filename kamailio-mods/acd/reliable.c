/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <strings.h>

#include "kamailio-mods/acd/over.h"
#include "kamailio-mods/acd/reliable.h"
#include "kamailio-mods/acd/uas.h"
#include "lib/base/header.h"
#include "core/mem/shm_mem.h"
#include "core/rand/kam_rand.h"

#define T1_MS 500

struct progress {
	unsigned code; /* 0: none */
	str reason, sdp;
};

struct reliable {
	unsigned rseq; /* of `sent` */
	struct progress sent; /* code 0: acknowledged */
	struct progress next; /* waits for that; code 200: the answer */
	bool answered; /* an 18x with SDP was acknowledged */
	unsigned every_ms;
	uint64_t at, by; /* again; no more */
};

static void clear(struct progress *p)
{
	p->code = 0;
	shm_clear(&p->reason);
	shm_clear(&p->sdp);
}

static int fill(struct progress *p, unsigned code, struct str reason,
		struct str sdp)
{
	clear(p);
	if(shm_put(&p->reason, reason.p, (int)reason.len)
			|| shm_put(&p->sdp, sdp.p, (int)sdp.len))
		return ENOMEM;
	p->code = code;
	return 0;
}

int reliable_init(struct leg *l, sip_msg_t *m)
{
	if(!sip_has_option(m, "Require", "100rel"))
		return 0;
	l->reliable = shm_mallocxz(sizeof(*l->reliable));
	if(!l->reliable)
		return ENOMEM;
	l->reliable->rseq = kam_rand() % 0x7fffff + 1;
	return 0;
}

void reliable_free(struct leg *l)
{
	if(!l->reliable)
		return;
	clear(&l->reliable->sent);
	clear(&l->reliable->next);
	shm_free(l->reliable);
	l->reliable = NULL;
}

static void send_again(struct leg *l)
{
	struct reliable *r = l->reliable;
	struct lines h = {.used = 0};

	lines_contact(&h, l);
	lines_add(&h, "Require: 100rel");
	lines_add(&h, "RSeq: %u", r->rseq);
	if(uas_reply(l, l->hash, l->label, r->sent.code, ours(&r->sent.reason),
			   &h, ours(&r->sent.sdp), true))
		LM_WARN("event=reply_not_sent leg=%s call=%s code=%u\n", l->name,
				l->call, r->sent.code);
}

static void first(struct leg *l)
{
	struct reliable *r = l->reliable;

	r->rseq++;
	r->every_ms = T1_MS;
	r->at = now_ms() + T1_MS;
	r->by = now_ms() + 64 * T1_MS;
	send_again(l);
}

void reliable_progress(struct leg *l, unsigned code, struct str reason,
		struct str sdp)
{
	struct reliable *r = l->reliable;
	bool busy = r->sent.code != 0;

	if(l->offered_late || r->next.code == 200)
		return;
	if(r->answered)
		sdp = STR_NONE; /* one answer is enough: RFC 6337 3.1.1 */
	if(fill(busy ? &r->next : &r->sent, code, reason, sdp))
		LM_WARN("event=reply_not_sent leg=%s call=%s code=%u\n", l->name,
				l->call, code);
	else if(!busy)
		first(l);
}

bool reliable_defers(struct leg *l, struct str sdp)
{
	struct reliable *r = l->reliable;

	return r && r->sent.code && !fill(&r->next, 200, STR_NONE, sdp);
}

bool reliable_answered(const struct leg *l)
{
	return l->reliable && l->reliable->answered;
}

/* RAck: response number, CSeq number, method. */
static bool matches(const struct leg *l, sip_msg_t *m)
{
	str value = sip_header(m, "RAck");
	struct header_rack r;

	return value.len > 0 && !header_rack(ours(&value), &r)
		   && r.rseq == l->reliable->rseq && r.cseq == l->server_cseq
		   && str_eq(r.method, STR_LIT("INVITE"));
}

int reliable_prack(struct leg *l, sip_msg_t *m)
{
	struct reliable *r = l->reliable;

	if(!r || !r->sent.code || !matches(l, m))
		return 481;
	r->answered = r->answered || r->sent.sdp.len;
	clear(&r->sent);
	return sip_sdp(m).len > 0 ? 488 : 200;
}

void reliable_next(struct leg *l)
{
	struct reliable *r = l->reliable;
	str sdp;

	if(!r || r->sent.code || !r->next.code)
		return;
	if(r->next.code != 200) {
		r->sent = r->next;
		memset(&r->next, 0, sizeof(r->next));
		first(l);
		return;
	}
	sdp = r->next.sdp;
	r->next.sdp = (str)STR_NULL;
	r->next.code = 0;
	uas_answer(l, ours(&sdp)); /* the leg may be gone with r */
	shm_clear(&sdp);
}

uint64_t reliable_at(const struct leg *l)
{
	return l->reliable && l->reliable->sent.code ? l->reliable->at : 0;
}

void reliable_due(struct leg *l, uint64_t now)
{
	struct reliable *r = l->reliable;

	if(now >= r->by) {
		LM_NOTICE("event=no_prack leg=%s call=%s\n", l->name, l->call);
		uas_refuse(l, 504, STR_LIT("No PRACK"), 102);
		return;
	}
	r->every_ms *= 2;
	r->at = now + r->every_ms;
	send_again(l);
}
