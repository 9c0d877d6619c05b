/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * acd: call legs on command.
 *
 * What Kamailio sees of the module: parameters, script functions, start. Read
 * leg.h (what a leg is), then uas.c and uac.c (the two ways in which one
 * begins), indialog.c, command.c, and link.c (how all of it meets Redis).
 */
#include <errno.h>

#include "kamailio-mods/acd/acd.h"
#include "kamailio-mods/acd/bans.h"
#include "kamailio-mods/acd/digest.h"
#include "kamailio-mods/acd/directory.h"
#include "kamailio-mods/acd/drain.h"
#include "kamailio-mods/acd/guard.h"
#include "kamailio-mods/acd/indialog.h"
#include "kamailio-mods/acd/leg.h"
#include "kamailio-mods/acd/link.h"
#include "kamailio-mods/acd/merge.h"
#include "kamailio-mods/acd/notice.h"
#include "kamailio-mods/acd/own.h"
#include "kamailio-mods/acd/patience.h"
#include "kamailio-mods/acd/registrations.h"
#include "kamailio-mods/acd/repeat.h"
#include "kamailio-mods/acd/restore.h"
#include "kamailio-mods/acd/rpc.h"
#include "kamailio-mods/acd/spare.h"
#include "kamailio-mods/acd/stats.h"
#include "kamailio-mods/acd/tag.h"
#include "kamailio-mods/acd/uas.h"
#include "lib/base/directory.h"
#include "core/cfg/cfg_struct.h"
#include "core/fmsg.h"
#include "core/kemi.h"
#include "core/mem/shm_mem.h"
#include "core/mod_fix.h"
#include "core/pt.h"

#pragma GCC visibility push(default)
MODULE_VERSION
extern struct module_exports exports;
int mod_register(char *path, int *dlflags, void *p1, void *p2);
#pragma GCC visibility pop

#define PARTITIONS_MAX 64

struct acd_settings acd = {
	.redis = "127.0.0.1:6379", .node = "", .liveness = "", .partitions = 1,
	.confirm_ms = 100, .failover_ms = 3000, .first_ms = 2000,
	.ack_ms = 32000, .end_ms = 32000, .unanswered_s = 1800, .age_s = 14400, .session_s = 1800, .min_se_s = 90,
	.next_ms = 300, .trusted_flag = 7, .pinned_flag = 8,
	.ping_ms = 10000, .escape_route = "ACD_ESCAPE",
	.agent_route = "ACD_AGENT", .trunk_route = "ACD_TRUNK",
};
struct tm_binds tmb;

int shm_put(str *dst, const char *s, int len)
{
	shm_clear(dst);
	if(len <= 0)
		return 0;
	dst->s = shm_malloc(len);
	if(!dst->s) {
		SHM_MEM_ERROR;
		return ENOMEM;
	}
	memcpy(dst->s, s, len);
	dst->len = len;
	return 0;
}

void shm_clear(str *s)
{
	if(s->s)
		shm_free(s->s);
	*s = (str)STR_NULL;
}

/* ---- script functions --------------------------------------------------- */

static int ki_offer(sip_msg_t *m, str *kind, str *where, str *who, int limit)
{
	struct offer o = {.kind = *kind, .who = *who, .limit = limit};

	if(directory_place(ours(where), (unsigned)acd.partitions, &o.tenant,
			   &o.partition)) {
		LM_ERR("event=bad_place place=\"%.*s\" "
			   "fix=\"tenant:partition, partition below %d\"\n",
				STR_FMT(where), acd.partitions);
		return -1;
	}
	return uas_offer(m, &o);
}

static int w_offer(sip_msg_t *m, char *kind, char *where, char *who,
		char *limit)
{
	str k, w, n;
	int l;

	if(fixup_get_svalue(m, (gparam_t *)kind, &k) < 0
			|| fixup_get_svalue(m, (gparam_t *)where, &w) < 0
			|| fixup_get_svalue(m, (gparam_t *)who, &n) < 0
			|| fixup_get_ivalue(m, (gparam_t *)limit, &l) < 0) {
		LM_ERR("event=bad_argument function=acd_offer\n");
		return -1;
	}
	return ki_offer(m, &k, &w, &n, l);
}

static int fixup_offer(void **param, int n)
{
	return n == 4 ? fixup_igp_null(param, 1) : fixup_spve_null(param, 1);
}

static int ki_ban(sip_msg_t *m, str *subject, str *cause, int seconds)
{
	return bans_add(subject, cause, seconds);
}

static int w_ban(sip_msg_t *m, char *subject, char *cause, char *seconds)
{
	str s, c;
	int n;

	if(fixup_get_svalue(m, (gparam_t *)subject, &s) < 0
			|| fixup_get_svalue(m, (gparam_t *)cause, &c) < 0
			|| fixup_get_ivalue(m, (gparam_t *)seconds, &n) < 0) {
		LM_ERR("event=bad_argument function=acd_ban\n");
		return -1;
	}
	return ki_ban(m, &s, &c, n);
}

static int fixup_ban(void **param, int n)
{
	return n == 3 ? fixup_igp_null(param, 1) : fixup_spve_null(param, 1);
}

static int w_shape(sip_msg_t *m, char *p1, char *p2)
{
	return guard_shape(m);
}

static int ki_draining(sip_msg_t *m)
{
	return drain_any() ? 1 : -1;
}

static int w_draining(sip_msg_t *m, char *p1, char *p2)
{
	return ki_draining(m);
}

static int w_request(sip_msg_t *m, char *p1, char *p2)
{
	return indialog_request(m);
}

static int w_cancel(sip_msg_t *m, char *p1, char *p2)
{
	return uas_cancel(m);
}

static cmd_export_t commands[] = {
	{"acd_offer", (cmd_function)w_offer, 4, fixup_offer, 0, REQUEST_ROUTE},
	{"acd_request", (cmd_function)w_request, 0, 0, 0, REQUEST_ROUTE},
	{"acd_cancel", (cmd_function)w_cancel, 0, 0, 0, REQUEST_ROUTE},
	{"acd_shape", (cmd_function)w_shape, 0, 0, 0, ANY_ROUTE},
	{"acd_draining", (cmd_function)w_draining, 0, 0, 0, REQUEST_ROUTE},
	{"acd_ban", (cmd_function)w_ban, 3, fixup_ban, 0, ANY_ROUTE},
	{0, 0, 0, 0, 0, 0},
};

static int ki_request(sip_msg_t *m)
{
	return indialog_request(m);
}

static int ki_cancel(sip_msg_t *m)
{
	return uas_cancel(m);
}

static sr_kemi_t kemi[] = {
	{str_init("acd"), str_init("offer"), SR_KEMIP_INT, ki_offer,
			{SR_KEMIP_STR, SR_KEMIP_STR, SR_KEMIP_STR, SR_KEMIP_INT}},
	{str_init("acd"), str_init("request"), SR_KEMIP_INT, ki_request, {0}},
	{str_init("acd"), str_init("cancel"), SR_KEMIP_INT, ki_cancel, {0}},
	{str_init("acd"), str_init("shape"), SR_KEMIP_INT, guard_shape, {0}},
	{str_init("acd"), str_init("draining"), SR_KEMIP_INT, ki_draining, {0}},
	{str_init("acd"), str_init("ban"), SR_KEMIP_INT, ki_ban,
			{SR_KEMIP_STR, SR_KEMIP_STR, SR_KEMIP_INT}},
	{{0, 0}, {0, 0}, 0, NULL, {0}},
};

int mod_register(char *path, int *dlflags, void *p1, void *p2)
{
	sr_kemi_modules_add(kemi);
	return 0;
}

/* ---- parameters --------------------------------------------------------- */

static param_export_t params[] = {
	{"redis", PARAM_STRING, &acd.redis},
	{"node", PARAM_STRING, &acd.node},
	{"liveness", PARAM_STRING, &acd.liveness},
	{"partitions", PARAM_INT, &acd.partitions},
	{"secret", PARAM_STR, &acd.secret},
	{"confirm_ms", PARAM_INT, &acd.confirm_ms},
	{"failover_ms", PARAM_INT, &acd.failover_ms},
	{"first_command_ms", PARAM_INT, &acd.first_ms},
	{"ack_ms", PARAM_INT, &acd.ack_ms},
	{"end_ms", PARAM_INT, &acd.end_ms},
	{"unanswered_s", PARAM_INT, &acd.unanswered_s},
	{"age_s", PARAM_INT, &acd.age_s},
	{"session_s", PARAM_INT, &acd.session_s},
	{"min_se_s", PARAM_INT, &acd.min_se_s},
	{"ping_ms", PARAM_INT, &acd.ping_ms},
	{"trusted_flag", PARAM_INT, &acd.trusted_flag},
	{"pinned_flag", PARAM_INT, &acd.pinned_flag},
	{"next_ms", PARAM_INT, &acd.next_ms},
	{"offer_100rel", PARAM_INT, &acd.offer_100rel},
	{"escape_route", PARAM_STRING, &acd.escape_route},
	{"agent_route", PARAM_STRING, &acd.agent_route},
	{"trunk_route", PARAM_STRING, &acd.trunk_route},
	{"credential", PARAM_STRING | PARAM_USE_FUNC, (void *)digest_add},
	{0, 0, 0},
};

static bool is_name(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-_");

	return n > 0 && n <= 32 && !s[n];
}

static int check(void)
{
	if(!is_name(acd.node)) {
		LM_ERR("node=\"%s\": say a name of a-z 0-9 - _, at most 32 long\n",
				acd.node);
		return EINVAL;
	}
	if(acd.partitions < 1 || acd.partitions > PARTITIONS_MAX) {
		LM_ERR("partitions=%d: say 1 to %d\n", acd.partitions,
				PARTITIONS_MAX);
		return EINVAL;
	}
	if(acd.secret.len < 16) {
		LM_ERR("secret: say at least 16 characters, the same at all nodes\n");
		return EINVAL;
	}
	if(acd.confirm_ms < 1 || acd.failover_ms < 1 || acd.first_ms < 1 || acd.ack_ms < 1
			|| acd.end_ms < 1 || acd.unanswered_s < 1 || acd.age_s < 1
			|| acd.min_se_s < 1 || acd.next_ms < 1
			|| acd.ping_ms < 5) {
		LM_ERR("a time must be 1 or more\n");
		return EINVAL;
	}
	return 0;
}

/* ---- start -------------------------------------------------------------- */

static int mod_init(void)
{
	if(check() || tag_self_test())
		return -1;
	if(spare_init()) {
		LM_ERR("load the module sl before acd\n");
		return -1;
	}
	if(load_tm_api(&tmb) < 0) {
		LM_ERR("load tm.so before acd.so\n");
		return -1;
	}
	if(directory_init() || bans_init() || registrations_init()) {
		LM_ERR("load htable.so and usrloc.so before acd.so\n");
		return -1;
	}
	if(faked_msg_init() < 0 || leg_table_init() || gateway_init()
			|| merge_init() || link_init() || own_init() || restore_init()
			|| repeat_init() || drain_init()
			|| notice_init() || rpc_init() || stats_init()) {
		LM_ERR("event=start_failed\n");
		return -1;
	}
	patience_init();
	register_procs(1);
	cfg_register_child(1);
	return 0;
}

static int child_init(int rank)
{
	int pid;

	if(rank != PROC_MAIN)
		return 0;
	/* 1: its own line to tcp_main, to send over TCP, TLS and WebSocket */
	pid = fork_process(PROC_RPC, "acd link", 1);
	if(pid < 0)
		return -1;
	if(pid > 0)
		return 0;
	if(cfg_child_init())
		exit(-1);
	link_run();
	exit(-1);
}

static void mod_destroy(void)
{
	leg_table_free();
}

struct module_exports exports = {
	"acd", DEFAULT_DLFLAGS, commands, params, 0, 0, 0, mod_init, child_init,
	mod_destroy,
};
