/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "kamailio-mods/acd/notice.h"
#include "kamailio-mods/acd/stats.h"
#include "kamailio-mods/acd/store.h"
#include "core/mem/shm_mem.h"

#define NOTICE_MAX 65536
#define PIPE_BYTES (1 << 20)

static int pipe_fds[2] = {-1, -1};

static struct {
	struct notice head;
	bool overflow;
	size_t used;
	char data[NOTICE_MAX];
} out; /* of this process */

int notice_init(void)
{
	if(pipe2(pipe_fds, O_NONBLOCK | O_CLOEXEC) < 0)
		return errno;
	if(fcntl(pipe_fds[1], F_SETPIPE_SZ, PIPE_BYTES) < 0)
		LM_WARN("event=pipe_small reason=\"%s\"\n", strerror(errno));
	return 0;
}

int notice_fd(void)
{
	return pipe_fds[0];
}

void notice_begin(enum msg_type type, unsigned partition)
{
	memset(&out.head, 0, sizeof(out.head));
	out.head.type = type;
	out.head.partition = partition;
	out.overflow = false;
	out.used = 0;
}

void notice_leg(enum msg_type type, const struct leg *l)
{
	notice_begin(type, l->partition);
	out.head.leg = l->id;
	notice_text(F_LEG, l->name);
}

/* Length of the UTF-8 sequence at s (RFC 3629), 0: not one. */
static int utf8_len(const unsigned char *s, int left)
{
	int i, n = s[0] < 0x80 ? 1 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
			: (s[0] & 0xf0) == 0xe0 ? 3 : s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : 0;

	if(n == 0 || n > left)
		return 0;
	for(i = 1; i < n; i++)
		if((s[i] & 0xc0) != 0x80)
			return 0;
	if((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f)
			|| (s[0] == 0xf0 && s[1] < 0x90)
			|| (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

static void clean_text(char *text, int len)
{
	unsigned char *s = (unsigned char *)text;
	int i = 0, n;

	while(i < len) {
		n = utf8_len(s + i, len - i);
		if(n == 0 || s[i] < 0x20 || s[i] == 0x7f) {
			s[i] = n ? ' ' : '?';
			n = 1;
		}
		i += n;
	}
}

void notice_put(enum msg_field field, const char *s, int len)
{
	struct notice_field f = {field, (uint32_t)len};

	if(!s || len <= 0 || !msg_type_field(out.head.type, field))
		return;
	if(out.used + sizeof(f) + len > NOTICE_MAX) {
		out.overflow = true;
		return;
	}
	memcpy(out.data + out.used, &f, sizeof(f));
	out.used += sizeof(f);
	memcpy(out.data + out.used, s, len);
	if(msg_field_kind(field) == K_TEXT)
		clean_text(out.data + out.used, len);
	out.used += len;
	out.head.n++;
}

void notice_str(enum msg_field field, const str *s)
{
	if(s)
		notice_put(field, s->s, s->len);
}

void notice_text(enum msg_field field, const char *s)
{
	notice_put(field, s, (int)strlen(s));
}

void notice_num(enum msg_field field, uint64_t n)
{
	char b[24];

	notice_put(field, b,
			snprintf(b, sizeof(b), "%llu", (unsigned long long)n));
}

void notice_store(const struct leg *l)
{
	int n = store_encode(l, out.data + out.used, NOTICE_MAX - out.used);

	if(n < 0) {
		LM_WARN("event=record_too_long leg=%s call=%s\n", l->name, l->call);
		return;
	}
	out.head.record = RECORD_STORE;
	out.used += n;
}

void notice_store_only(const struct leg *l)
{
	notice_begin(M_NONE, l->partition);
	out.head.leg = l->id;
	notice_store(l);
	notice_send();
}

void notice_delete(void)
{
	out.head.record = RECORD_DELETE;
}

int notice_send(void)
{
	struct notice *n;

	if(out.overflow) {
		stat_inc(stat_dropped);
		return EMSGSIZE;
	}
	n = shm_malloc(sizeof(*n) + out.used);
	if(!n) {
		stat_inc(stat_dropped);
		return ENOMEM;
	}
	*n = out.head;
	n->size = out.used;
	memcpy(n->data, out.data, out.used);
	if(write(pipe_fds[1], &n, sizeof(n)) != sizeof(n)) { /* whole or not */
		LM_ERR("event=notice_lost type=%s reason=\"%s\"\n",
				msg_type_name(n->type), strerror(errno));
		shm_free(n);
		stat_inc(stat_dropped);
		return ENOSPC;
	}
	return 0;
}

void notice_unpack(const struct notice *n, struct msg *m, struct str *record)
{
	const char *p = n->data;
	struct notice_field f;
	unsigned i;

	msg_init(m, n->type);
	for(i = 0; i < n->n; i++) {
		memcpy(&f, p, sizeof(f));
		p += sizeof(f);
		msg_put(m, f.field, (struct str){p, f.len});
		p += f.len;
	}
	*record = n->record == RECORD_STORE
			? (struct str){p, (size_t)(n->data + n->size - p)} : STR_NONE;
}
