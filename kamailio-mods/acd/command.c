/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "kamailio-mods/acd/command.h"
#include "kamailio-mods/acd/drain.h"
#include "kamailio-mods/acd/fence.h"
#include "kamailio-mods/acd/indialog.h"
#include "kamailio-mods/acd/link.h"
#include "kamailio-mods/acd/over.h"
#include "kamailio-mods/acd/probe.h"
#include "kamailio-mods/acd/refer.h"
#include "kamailio-mods/acd/registrations.h"
#include "kamailio-mods/acd/request.h"
#include "kamailio-mods/acd/restore.h"
#include "kamailio-mods/acd/session.h"
#include "kamailio-mods/acd/stats.h"
#include "kamailio-mods/acd/store.h"
#include "kamailio-mods/acd/uac.h"
#include "kamailio-mods/acd/uas.h"
#include "lib/bus/bus.h"

#define RECORD_MS 100 /* a 200 waits for its record this long */
#define MEMO_MAX 512

/* ---- records ------------------------------------------------------------ */

/* Writes the leg's record as it is now; how: XX or NX as of SET, NULL: in any
 * case. 0: done runs. */
static int store(struct bus *bus, const struct leg *l, const char *how,
		bus_reply_h *done, void *arg)
{
	char key[64], record[STORE_MAX];
	int n = store_encode(l, record, sizeof(record));
	struct str argv[4] = {STR_LIT("SET"),
			{key, (size_t)snprintf(key, sizeof(key), "{p%u}:leg:%s",
						  l->partition, l->name)},
			{record, n > 0 ? (size_t)n : 0}, str_c(how)};

	if(n < 0)
		return EMSGSIZE;
	return bus_command(bus, argv, how ? 4 : 3, RECORD_MS, done, arg);
}

static void store_if_lacking(struct leg *l, void *bus)
{
	if(l->state == LEG_UP && store(bus, l, "NX", NULL, NULL))
		LM_WARN("event=record_not_stored leg=%s call=%s\n", l->name,
				l->call);
}

void command_records(struct bus *bus)
{
	leg_each(store_if_lacking, bus);
}

static void set_memo(struct leg *l, struct str memo)
{
	if(memo.len && memo.len <= MEMO_MAX)
		shm_put(&l->memo, memo.p, (int)memo.len);
}

/* ---- leg.answer: the record first, then the 200 ------------------------- */

struct answer {
	uint64_t leg;
	unsigned hash, label;
	size_t len;
	char sdp[];
};

static void answer_stored(int err, const struct str *v, size_t n, void *arg)
{
	struct answer *a = arg;
	struct leg *l;

	leg_lock(a->leg);
	l = leg_find(a->leg);
	if(err)
		LM_WARN("event=record_not_stored leg=%s reason=\"%s\"\n",
				l ? l->name : "-", strerror(err));
	if(l && l->state == LEG_OFFERED && l->invite == INVITE_SERVER
			&& l->hash == a->hash && l->label == a->label)
		uas_answer(l, (struct str){a->sdp, a->len});
	leg_unlock(a->leg);
	free(a);
}

static void on_answer(struct bus *bus, struct leg *l, const struct msg *m)
{
	struct str sdp = msg_get(m, F_SDP);
	struct answer *a;

	if(l->state == LEG_UP && l->side == LEG_UAS && !l->wait_ack) {
		/* an owner that lost our leg.confirmed with its commits */
		notice_leg(M_LEG_CONFIRMED, l);
		notice_send();
		return;
	}
	if(l->state != LEG_OFFERED || l->invite != INVITE_SERVER)
		return;
	set_memo(l, msg_get(m, F_MEMO));
	a = malloc(sizeof(*a) + sdp.len);
	if(!a)
		return;
	*a = (struct answer){l->id, l->hash, l->label, sdp.len};
	memcpy(a->sdp, sdp.p, sdp.len);
	if(store(bus, l, NULL, answer_stored, a)) {
		free(a);
		uas_answer(l, sdp); /* Redis is away: the call is not */
	}
}

/* ---- the others: the leg is there and locked ---------------------------- */

static void on_progress(struct bus *bus, struct leg *l, const struct msg *m)
{
	uas_progress(l, (unsigned)msg_num(m, F_CODE), msg_get(m, F_REASON),
			msg_get(m, F_SDP));
}

static unsigned final_code(const struct msg *m, unsigned otherwise)
{
	uint64_t code = msg_num(m, F_CODE);

	return code >= 300 && code <= 699 ? (unsigned)code : otherwise;
}

static void on_reject(struct bus *bus, struct leg *l, const struct msg *m)
{
	if(l->state == LEG_OFFERED)
		uas_refuse(l, final_code(m, 480), msg_get(m, F_REASON),
				(unsigned)msg_num(m, F_Q850));
}

static void on_ack(struct bus *bus, struct leg *l, const struct msg *m)
{
	uac_ack(l, msg_get(m, F_SDP));
}

static void on_reoffer(struct bus *bus, struct leg *l, const struct msg *m)
{
	uac_reoffer(l, msg_get(m, F_SDP));
}

/* To an UPDATE: no ACK will come. */
static void update_answer(struct leg *l, unsigned code, const struct msg *m)
{
	struct lines h = {.used = 0};

	l->update = INVITE_NONE;
	lines_contact(&h, l);
	if(code < 300 && l->state == LEG_UP)
		session_answer(l, &h, msg_get(m, F_SDP));
	if(uas_reply(l, l->update_hash, l->update_label,
			   code < 200 || code > 699 ? 500 : code, msg_get(m, F_REASON),
			   &h, msg_get(m, F_SDP), false))
		LM_WARN("event=reply_not_sent leg=%s call=%s code=%u\n", l->name,
				l->call, code);
}

static void on_reanswer(struct bus *bus, struct leg *l, const struct msg *m)
{
	unsigned hash, label, code = (unsigned)msg_num(m, F_CODE);
	struct lines h = {.used = 0};

	if(tid_parse(msg_get(m, F_TID), &hash, &label))
		return;
	if(l->update == INVITE_SERVER && hash == l->update_hash
			&& label == l->update_label) {
		update_answer(l, code, m);
		return;
	}
	if(l->invite != INVITE_SERVER || hash != l->hash
			|| label != l->label || l->state != LEG_UP || code < 200
			|| code > 699)
		return; /* cancelled since */
	l->invite = INVITE_NONE;
	if(code < 300) {
		lines_contact(&h, l);
		session_answer(l, &h, msg_get(m, F_SDP));
	}
	if(uas_reply(l, hash, label, code, msg_get(m, F_REASON), &h,
			   msg_get(m, F_SDP), true))
		LM_WARN("event=reply_not_sent leg=%s call=%s code=%u\n", l->name,
				l->call, code);
}

static void on_respond(struct bus *bus, struct leg *l, const struct msg *m)
{
	unsigned hash, label, code = (unsigned)msg_num(m, F_CODE);
	struct lines h = {.used = 0};

	if(tid_parse(msg_get(m, F_TID), &hash, &label) || code < 200
			|| code > 699)
		return;
	if(code < 300)
		lines_contact(&h, l);
	if(uas_reply(l, hash, label, code, msg_get(m, F_REASON), &h, STR_NONE,
			   false))
		LM_WARN("event=reply_not_sent leg=%s call=%s code=%u\n", l->name,
				l->call, code);
}

static void on_send_info(struct bus *bus, struct leg *l, const struct msg *m)
{
	struct str type = msg_get(m, F_CONTENT_TYPE);
	struct lines h = {.used = 0};

	if(l->state != LEG_UP)
		return;
	lines_add(&h, "Content-Type: %.*s", (int)type.len, type.p);
	request_other(l, "INFO", &h, msg_get(m, F_BODY));
}

static void on_notify(struct bus *bus, struct leg *l, const struct msg *m)
{
	refer_notify(l, (unsigned)msg_num(m, F_CODE), msg_get(m, F_REASON));
}

static void on_memo(struct bus *bus, struct leg *l, const struct msg *m)
{
	set_memo(l, msg_get(m, F_MEMO));
	if(l->state == LEG_UP && store(bus, l, NULL, NULL, NULL))
		LM_WARN("event=record_not_stored leg=%s call=%s\n", l->name,
				l->call);
}

static void end_up(struct leg *l)
{
	struct ending e = {"local", "ended", l->end_code, l->end_q850, STR_NULL};
	struct lines h = {.used = 0};

	if(l->wait_ack) { /* RFC 3261 15: no BYE before the ACK */
		l->bye_after_ack = true;
		return;
	}
	if(l->invite == INVITE_SERVER)
		uas_reply(l, l->hash, l->label, 487, STR_NONE, &h, STR_NONE, true);
	if(leg_owes_ack(l))
		request_ack(l);
	request_bye(l, l->end_q850);
	leg_over(l, &e);
}

static void on_end(struct bus *bus, struct leg *l, const struct msg *m)
{
	l->end_code = (unsigned)msg_num(m, F_CODE);
	l->end_q850 = (unsigned)msg_num(m, F_Q850);
	switch(l->state) {
		case LEG_OFFERED:
			uas_refuse(l, final_code(m, 487), msg_get(m, F_REASON),
					l->end_q850);
			break;
		case LEG_INVITED:
			if(l->ending)
				break;
			l->ending = true;
			l->end_by = now_ms() + acd.end_ms;
			uac_cancel(l);
			break;
		case LEG_UP:
			end_up(l);
			break;
	}
}

/* ---- leg.announce ------------------------------------------------------- */

static void alive(struct leg *l, void *arg)
{
	if(l->partition != *(unsigned *)arg)
		return;
	notice_leg(M_LEG_ALIVE, l);
	notice_text(F_NODE, acd.node);
	notice_text(F_STATE, leg_state_name(l->state));
	if(l->dlg)
		notice_str(F_CALL_ID, &l->dlg->id.call_id);
	notice_str(F_MEMO, &l->memo);
	notice_send();
}

static void announce(unsigned partition)
{
	link_say_up(partition);
	registrations_tell(partition);
	notice_begin(M_ANNOUNCE_BEGIN, partition);
	notice_text(F_NODE, acd.node);
	notice_send();
	leg_each(alive, &partition);
	notice_begin(M_ANNOUNCE_END, partition);
	notice_text(F_NODE, acd.node);
	notice_send();
}

static void on_probe(struct bus *bus, struct leg *l, const struct msg *m)
{
	if(l->state == LEG_UP && !l->wait_ack && !l->probe_at)
		probe_send(l);
}

/* ---- the table ---------------------------------------------------------- */

static const struct {
	enum msg_type type;
	void (*run)(struct bus *bus, struct leg *l, const struct msg *m);
} table[] = {
	{M_LEG_PROGRESS, on_progress},
	{M_LEG_ANSWER, on_answer},
	{M_LEG_REJECT, on_reject},
	{M_LEG_ACK, on_ack},
	{M_LEG_REOFFER, on_reoffer},
	{M_LEG_REANSWER, on_reanswer},
	{M_LEG_RESPOND, on_respond},
	{M_LEG_SEND_INFO, on_send_info},
	{M_LEG_NOTIFY, on_notify},
	{M_LEG_END, on_end},
	{M_LEG_MEMO, on_memo},
	{M_LEG_PROBE, on_probe},
};

static void gone(unsigned partition, struct str leg, const char *reason)
{
	stat_inc(stat_gone);
	notice_begin(M_LEG_GONE, partition);
	notice_put(F_LEG, leg.p, (int)leg.len);
	notice_text(F_REASON, reason);
	notice_send();
}

/* The leg of a command, locked; NULL (and not locked): told as gone. */
static struct leg *leg_of(unsigned partition, const struct msg *m)
{
	struct str name = msg_get(m, F_LEG);
	struct leg *l;
	uint64_t id;

	if(id_parse(name, 'l', &id))
		return NULL;
	leg_lock(id);
	l = leg_find(id);
	if(!l) {
		leg_unlock(id);
		gone(partition, name, "no such leg");
		return NULL;
	}
	l->commanded = true;
	l->first_by = 0;
	leg_touch(l);
	if(msg_get(m, F_CONTACT).len)
		str_copy(l->call, sizeof(l->call), msg_get(m, F_CONTACT));
	return l;
}

void command_run(unsigned partition, const struct msg *m, void *arg)
{
	struct leg *l;
	uint64_t id;
	size_t i;

	if(fence_look(arg)) {
		fence_keep(partition, m, false);
		return;
	}
	link_drain(); /* events that came before are told before */
	stat_inc(stat_commands);
	LM_DBG("event=command type=%s leg=%.*s\n", msg_type_name(m->type),
			(int)msg_get(m, F_LEG).len, msg_get(m, F_LEG).p);
	if(m->type == M_LEG_INVITE) {
		uac_invite(partition, m);
		return;
	}
	if(m->type == M_LEG_FORGET) {
		if(!id_parse(msg_get(m, F_LEG), 'l', &id))
			fence_forget(arg, partition, id);
		return;
	}
	if(m->type == M_LEG_RESTORE) {
		restore_command(arg, partition, m);
		return;
	}
	if(m->type == M_LEG_ANNOUNCE) {
		announce(partition);
		return;
	}
	if(m->type == M_NODE_CALLS) {
		drain_set(partition, msg_num(m, F_DRAINING) != 0);
		return;
	}
	l = leg_of(partition, m);
	if(!l)
		return;
	id = l->id;
	for(i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if(table[i].type == m->type) {
			table[i].run(arg, l, m);
			break;
		}
	leg_unlock(id);
}

/* Ending is never too late; a memo or a ringing tone is not worth a call;
 * what else is missed leaves the two sides with different ideas of the leg,
 * so the leg ends. */
void command_late(unsigned partition, const struct msg *m, void *arg)
{
	struct leg *l;
	uint64_t id;

	if(fence_look(arg)) {
		fence_keep(partition, m, true);
		return;
	}
	switch(m->type) {
		case M_LEG_INVITE:
			gone(partition, msg_get(m, F_LEG), "came too late");
			return;
		case M_LEG_END:
		case M_LEG_REJECT:
		case M_LEG_RESTORE:
		case M_LEG_FORGET:
		case M_NODE_CALLS:
			command_run(partition, m, arg);
			return;
		case M_LEG_ANNOUNCE:
		case M_MEDIA_ANNOUNCE:
		case M_LEG_MEMO:
		case M_LEG_PROBE:
		case M_LEG_PROGRESS:
		case M_LEG_SEND_INFO:
		case M_LEG_NOTIFY:
			return;
		default:
			break;
	}
	l = leg_of(partition, m);
	if(!l)
		return;
	id = l->id;
	LM_WARN("event=command_late type=%s leg=%s call=%s\n",
			msg_type_name(m->type), l->name, l->call);
	on_end(arg, l, m);
	leg_unlock(id);
}
