/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

#include "kamailio-mods/acd/indialog.h"
#include "kamailio-mods/acd/probe.h"
#include "kamailio-mods/acd/restore.h"
#include "kamailio-mods/acd/sip.h"
#include "kamailio-mods/acd/stats.h"
#include "kamailio-mods/acd/store.h"
#include "lib/base/directory.h"
#include "lib/bus/bus.h"
#include "core/route.h"
#include "core/mem/shm_mem.h"

#define RECORD_MS 500 /* one question to Redis */
#define ASK_MS 3000 /* a request waits so long for its leg */
#define COMMAND_MS 120000 /* and leg.restore for the leg's address */
#define AGAIN_MS 100
#define SWEEP_MS 2000
#define ASKS_MAX 4096 /* requests that wait at once */

/* A request on its way to the link process, in shared memory. */
struct ask {
	unsigned partition, hash, label;
	uint64_t leg;
	bool transaction;
	unsigned msg_flags;
	struct receive_info rcv;
	int len;
	char buf[];
};

/* One leg that is wanted; of the link process. */
struct want {
	TAILQ_ENTRY(want) link;
	struct bus *bus;
	unsigned partition;
	uint64_t leg, until, next; /* next: 0 while Redis is asked */
	struct ask *ask; /* NULL: a command, or an address that came */
	bool swept; /* looked at because an address came */
	char call[24];
};

static TAILQ_HEAD(, want) wants = TAILQ_HEAD_INITIALIZER(wants);
static int pipe_fds[2] = {-1, -1};
static unsigned *waiting; /* asks that nobody has answered */

int restore_init(void)
{
	waiting = shm_mallocxz(sizeof(*waiting));
	if(!waiting)
		return ENOMEM;
	return pipe2(pipe_fds, O_NONBLOCK | O_CLOEXEC) < 0 ? errno : 0;
}

int restore_fd(void)
{
	return pipe_fds[0];
}

/* ---- SIP workers -------------------------------------------------------- */

static void ask_free(struct ask *a)
{
	if(!a)
		return;
	__atomic_sub_fetch(waiting, 1, __ATOMIC_RELAXED);
	shm_free(a);
}

static struct ask *ask_make(const sip_msg_t *m, unsigned partition,
		uint64_t id)
{
	struct ask *a = shm_malloc(sizeof(*a) + m->len + 1);

	if(!a)
		return NULL;
	memset(a, 0, sizeof(*a));
	a->partition = partition;
	a->leg = id;
	a->rcv = m->rcv;
	a->msg_flags = m->msg_flags;
	a->len = m->len;
	memcpy(a->buf, m->buf, m->len);
	a->buf[m->len] = 0;
	return a;
}

int restore_ask(sip_msg_t *m, struct cell *t, unsigned partition, uint64_t id)
{
	struct ask *a;

	if(__atomic_load_n(waiting, __ATOMIC_RELAXED) >= ASKS_MAX)
		return ENOSPC;
	a = ask_make(m, partition, id);
	if(!a)
		return ENOMEM;
	__atomic_add_fetch(waiting, 1, __ATOMIC_RELAXED);
	a->transaction = t != NULL;
	if(t && tmb.t_suspend(m, &a->hash, &a->label) != 0) {
		ask_free(a);
		return EPROTO;
	}
	if(write(pipe_fds[1], &a, sizeof(a)) == sizeof(a))
		return 0;
	ask_free(a);
	return ENOSPC;
}

/* ---- carrying a request out --------------------------------------------- */

static void with_transaction(sip_msg_t *m, const struct ask *a, int err)
{
	struct cell *t;

	/* By its Via, like a retransmission: tm knows m by its number then. */
	if(tmb.t_check(m, NULL) <= 0)
		return;
	t = tmb.t_gett();
	if(!t || t == T_UNDEFINED)
		return; /* it has waited too long */
	if(t->hash_index == a->hash && t->label == a->label)
		indialog_replay(m, t, a->leg, err);
	tmb.unref_cell(t);
	tmb.t_sett(T_UNDEFINED, T_BR_UNDEFINED);
}

/* err: why the leg could not be restored, 0: it is here. */
static void replay(struct ask *a, int err)
{
	static unsigned number;
	int before = get_route_type();
	sip_msg_t m;

	memset(&m, 0, sizeof(m));
	m.id = ++number;
	m.buf = a->buf;
	m.len = (unsigned)a->len;
	m.rcv = a->rcv;
	m.pid = getpid();
	m.set_global_address = default_global_address;
	m.set_global_port = default_global_port;
	if(parse_msg(m.buf, m.len, &m) < 0 || sip_parse(&m)) {
		free_sip_msg(&m);
		return; /* not possible: a worker has parsed it */
	}
	m.msg_flags = a->msg_flags & FL_FORCE_RPORT;
	set_route_type(REQUEST_ROUTE);
	if(a->transaction)
		with_transaction(&m, a, err);
	else if(!err)
		indialog_replay(&m, NULL, a->leg, 0);
	set_route_type(before);
	free_sip_msg(&m);
}

/* ---- the leg ------------------------------------------------------------ */

static void restored(struct leg *l, const struct want *w)
{
	if(w->call[0])
		str_copy(l->call, sizeof(l->call), str_c(w->call));
	notice_leg(M_LEG_RESTORED, l);
	notice_text(F_NODE, acd.node);
	notice_text(F_STATE, l->wait_ack ? "offered" : "up");
	notice_str(F_CALL_ID, &l->dlg->id.call_id);
	notice_str(F_MEMO, &l->memo);
	notice_store(l);
	notice_send();
	stat_inc(stat_restored);
	LM_NOTICE("event=restored leg=%s call=%s\n", l->name, l->call);
	if(w->ask && w->ask->transaction)
		probe_proved(l);
	probe_begin(l, w->ask != NULL);
}

static int restore(const struct want *w, struct str record)
{
	struct leg *l;
	int err;

	leg_lock(w->leg);
	l = leg_find(w->leg);
	if(l && w->call[0])
		str_copy(l->call, sizeof(l->call), str_c(w->call));
	if(store_is_ours(record)) /* else it has just ended, and its record will */
		err = l ? EEXIST : ENOENT;
	else
		err = store_decode(&l, w->leg, w->partition, record);
	if(!err)
		restored(l, w);
	leg_unlock(w->leg);
	return err;
}

static void gone(const struct want *w, int err)
{
	char name[ID_LEN + 1];

	stat_inc(stat_gone);
	notice_begin(M_LEG_GONE, w->partition);
	notice_text(F_LEG, id_format(name, 'l', w->leg));
	notice_text(F_REASON, err == ENOENT ? "no record" : strerror(err));
	notice_send();
	LM_WARN("event=not_restored leg=%s call=%s reason=\"%s\"\n", name,
			w->call[0] ? w->call : "-",
			err == ENOENT ? "no record" : strerror(err));
}

static void done(struct want *w, int err)
{
	TAILQ_REMOVE(&wants, w, link);
	if(err == EEXIST)
		err = 0;
	if(w->ask)
		replay(w->ask, err);
	else if(err && err != EADDRNOTAVAIL && !w->swept) /* another node's */
		gone(w, err);
	ask_free(w->ask);
	free(w);
}

static void on_record(int err, const struct str *v, size_t n, void *arg)
{
	struct want *w = arg;

	if(err == ECANCELED)
		return;
	if(!err)
		err = n < 1 || !v[0].len ? ENOENT : restore(w, v[0]);
	else
		err = EAGAIN;
	if((err == EAGAIN || (err == EADDRNOTAVAIL && !w->ask && !w->swept))
			&& now_ms() < w->until) {
		w->next = now_ms() + AGAIN_MS;
		return;
	}
	done(w, err);
}

static void look(struct want *w)
{
	char key[64], name[ID_LEN + 1];
	struct str argv[2] = {STR_LIT("GET"),
			{key, (size_t)snprintf(key, sizeof(key), "{p%u}:leg:%s",
						  w->partition, id_format(name, 'l', w->leg))}};

	w->next = 0;
	if(bus_command(w->bus, argv, 2, RECORD_MS, on_record, w))
		w->next = now_ms() + AGAIN_MS;
}

static struct want *want(struct bus *bus, unsigned partition, uint64_t leg,
		unsigned ms)
{
	struct want *w = calloc(1, sizeof(*w));

	if(!w)
		return NULL;
	w->bus = bus;
	w->partition = partition;
	w->leg = leg;
	w->until = now_ms() + ms;
	TAILQ_INSERT_TAIL(&wants, w, link);
	return w;
}

void restore_drain(struct bus *bus)
{
	struct ask *v[64];
	struct want *w;
	ssize_t r;

	while((r = read(pipe_fds[0], v, sizeof(v))) > 0)
		for(int i = 0; i < (int)(r / (ssize_t)sizeof(v[0])); i++) {
			w = want(bus, v[i]->partition, v[i]->leg, ASK_MS);
			if(!w) {
				replay(v[i], ENOMEM);
				ask_free(v[i]);
				continue;
			}
			w->ask = v[i];
			look(w);
		}
}

void restore_command(struct bus *bus, unsigned partition,
		const struct msg *m)
{
	struct want *w;
	uint64_t id;

	if(id_parse(msg_get(m, F_LEG), 'l', &id))
		return;
	w = want(bus, partition, id, COMMAND_MS);
	if(!w)
		return;
	if(msg_get(m, F_CONTACT).len)
		str_copy(w->call, sizeof(w->call), msg_get(m, F_CONTACT));
	look(w);
}

/* Names of records: {pN}:leg:<id>. */
static void on_names(int err, const struct str *v, size_t n, void *arg)
{
	unsigned partition;
	struct want *w;
	uint64_t id;
	size_t i;

	if(err && err != ECANCELED)
		LM_WARN("event=records_not_read reason=\"%s\"\n", strerror(err));
	for(i = 0; !err && i < n; i++) {
		if(directory_leg(v[i], (unsigned)acd.partitions, &partition, &id))
			continue;
		w = want(arg, partition, id, ASK_MS);
		if(!w)
			return;
		w->swept = true;
		look(w);
	}
}

void restore_all(struct bus *bus)
{
	struct str argv[2] = {STR_LIT("KEYS"), STR_LIT("{p*}:leg:*")};

	if(bus_command(bus, argv, 2, SWEEP_MS, on_names, bus))
		LM_WARN("event=records_not_read reason=\"no line to Redis\"\n");
}

void restore_tick(struct bus *bus)
{
	struct want *w, *next;
	uint64_t now = now_ms();

	for(w = TAILQ_FIRST(&wants); w; w = next) {
		next = TAILQ_NEXT(w, link);
		if(!w->next || now < w->next)
			continue;
		if(now >= w->until)
			done(w, EAGAIN);
		else
			look(w);
	}
}
