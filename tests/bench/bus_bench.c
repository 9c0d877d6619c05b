/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bus between two processes: this one is a node, its child the owner of
 * a partition, and every event makes one commit with two records, a command,
 * a push and a row.
 *
 *	bus_bench [--port PORT]		without: with a redis-server of its own
 *
 * round trip: event sent to command read, one at a time, and with many under
 * way. Redis' CPU is what it says itself (INFO cpu).
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/base/id.h"
#include "lib/bus/owner.h"

#define ONE_BY_ONE 3000 /* events */
#define FLOOD 40000
#define UNDER_WAY 100
#define LIMIT_S 30

/* What the owner's process tells the node's. */
struct shared {
	bool acquired;
	struct owner_stats stats;
};

struct bench {
	struct event_base *base;
	struct bus *bus;
	struct shared *shared;
	uint64_t *sent_us, *took_us; /* per event; one trip after the other */
	unsigned want, sent, got, under_way;
	char cpu[4096]; /* INFO cpu */
};

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void die(const char *what)
{
	fprintf(stderr, "bus_bench: %s\n", what);
	exit(1);
}

static void figure(const char *name, double value, const char *unit)
{
	printf("{\"bench\":\"bus\",\"figure\":\"%s\",\"value\":%.3f,"
	       "\"unit\":\"%s\"}\n", name, value, unit);
	fflush(stdout);
}

/* ---- the owner's process ------------------------------------------------ */

struct engine {
	struct shared *shared;
	char boot[64]; /* the node's */
};

static void on_acquired(struct owner *o, unsigned partition,
			const char *generation, uint64_t now,
			const struct owner_record *records, size_t n, void *arg)
{
	struct engine *e = arg;

	(void)o;
	(void)partition;
	(void)generation;
	(void)now;
	(void)records;
	(void)n;
	e->shared->acquired = true;
}

static void on_lost(struct owner *o, unsigned partition, const char *reason,
		    void *arg)
{
	(void)o;
	(void)partition;
	(void)arg;
	die(reason);
}

static void fill_command(struct msg *m, const char *leg)
{
	msg_init(m, M_MEDIA_HEAR);
	msg_put(m, F_LEG, str_c(leg));
	msg_put(m, F_HEARS, str_c("l00000000000000ab:100"));
}

static void fill_push(struct msg *m, const char *leg)
{
	msg_init(m, M_PUSH_HEARD);
	msg_put(m, F_LEG, str_c(leg));
	msg_put(m, F_CONTACT, STR_LIT("c00000000000000ab"));
	msg_put(m, F_TENANT, STR_LIT("1"));
	msg_put(m, F_TIME, STR_LIT("1700000000000"));
	msg_put(m, F_ROLE, STR_LIT("caller"));
	msg_put(m, F_HEARD, STR_LIT("music"));
}

static void fill_row(struct msg *m)
{
	msg_init(m, M_JOURNAL_SEGMENT);
	msg_put(m, F_SEGMENT, STR_LIT("s00000000000000ab"));
	msg_put(m, F_CONTACT, STR_LIT("c00000000000000ab"));
	msg_put(m, F_TENANT, STR_LIT("1"));
	msg_put(m, F_ORDINAL, STR_LIT("3"));
	msg_put(m, F_KIND, STR_LIT("queue"));
	msg_put(m, F_BEGIN, STR_LIT("1700000000000"));
	msg_put(m, F_END, STR_LIT("1700000010000"));
	msg_put(m, F_CAUSE, STR_LIT("offered"));
}

static void on_event(struct owner *o, unsigned partition, const struct msg *m,
		     struct str stream_id, void *arg)
{
	static const char contact[] =
		"state=queued queue=1 enqueued=1700000000000 tenant=1 "
		"number=%2B12025550100 caller=%2B12025550199 segment=3 "
		"begin=1700000000000 leg=l00000000000000ab priority=0 class=0";
	struct engine *e = arg;
	struct owner_effect v[3];
	struct owner_record r[2];
	char leg[ID_LEN + 1];
	struct msg sent[3];

	id_format(leg, 'l', msg_num(m, F_AGENT));
	fill_command(&sent[0], leg);
	fill_push(&sent[1], leg);
	fill_row(&sent[2]);
	v[0] = (struct owner_effect){STR_LIT("node"), str_c(e->boot), 0,
				     &sent[0]};
	v[1] = (struct owner_effect){.m = &sent[1]};
	v[2] = (struct owner_effect){.m = &sent[2]};
	r[0] = (struct owner_record){STR_LIT("contact"), str_c(leg + 14),
				     str_c(contact)};
	r[1] = (struct owner_record){STR_LIT("producer"), STR_LIT("node"),
				     msg_get(m, F_SEQ)};
	owner_commit(o, partition, stream_id, r, 2, v, 3);
}

static void on_committed(struct owner *o, unsigned partition, uint64_t number,
			 void *arg)
{
	struct engine *e = arg;

	(void)partition;
	(void)number;
	e->shared->stats = *owner_stats(o);
}

static void on_wiped(struct owner *o, unsigned partition, void *arg)
{
	(void)o;
	(void)partition;
	(void)arg;
	die("Redis was wiped");
}

static void own(uint16_t port, const char *boot, struct shared *shared)
{
	struct event_base *base = event_base_new();
	struct bus_conf bc = {.host = "127.0.0.1", .port = port,
			      .name = "engine", .partitions = 1};
	struct engine e = {.shared = shared};
	struct owner_conf oc = {.name = "engine", .partitions = 1,
				.h = {on_acquired, on_lost, on_event,
				      on_committed, on_wiped, &e}};
	struct owner *o;
	struct bus *bus;

	snprintf(e.boot, sizeof(e.boot), "%s", boot);
	if (!base || bus_alloc(&bus, base, &bc) || owner_alloc(&o, bus, &oc))
		die("no memory");
	event_base_dispatch(base);
}

/* ---- the node ----------------------------------------------------------- */

static void send_one(struct bench *b)
{
	struct arena a;
	struct msg m;

	arena_init(&a);
	msg_init(&m, M_AGENT_READY);
	msg_put_num(&m, &a, F_AGENT, b->sent);
	msg_put(&m, F_ACTOR, STR_LIT("phone"));
	b->sent_us[b->sent++] = now_us();
	if (bus_send(b->bus, 0, &m, 0, NULL, NULL))
		die("an event cannot be sent");
	arena_release(&a);
}

static void send_more(struct bench *b)
{
	while (b->sent < b->want && b->sent - b->got < b->under_way)
		send_one(b);
}

static void on_command(unsigned partition, const struct msg *m, void *arg)
{
	struct bench *b = arg;
	uint64_t id;

	(void)partition;
	if (id_parse(msg_get(m, F_LEG), 'l', &id) || id != b->got)
		die("a command is not the next one");
	b->took_us[b->got] = now_us() - b->sent_us[b->got];
	b->got++;
	send_more(b);
	if (b->got == b->want)
		event_base_loopbreak(b->base);
}

static void on_info(int err, const struct str *v, size_t n, void *arg)
{
	struct bench *b = arg;

	if (err || n != 1 || str_copy(b->cpu, sizeof(b->cpu), v[0]))
		die("INFO cpu gave nothing");
	event_base_loopbreak(b->base);
}

static double info_number(const struct bench *b, const char *name)
{
	const char *p = strstr(b->cpu, name);

	return p ? strtod(p + strlen(name), NULL) : 0;
}

/* Seconds of CPU that Redis has used. */
static double redis_cpu_s(struct bench *b)
{
	const struct str info[] = {STR_LIT("INFO"), STR_LIT("cpu")};

	if (bus_command(b->bus, info, 2, 2000, on_info, b))
		die("Redis is not there");
	event_base_dispatch(b->base);
	return info_number(b, "used_cpu_user:") +
	       info_number(b, "used_cpu_sys:");
}

static int by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

struct run {
	double seconds, cpu_s;
	struct owner_stats before, after;
	unsigned from, n;
};

static struct run trips(struct bench *b, unsigned n, unsigned under_way)
{
	struct run r = {.from = b->got, .n = n};
	uint64_t begin;

	r.cpu_s = redis_cpu_s(b);
	r.before = b->shared->stats;
	b->want = b->got + n;
	b->under_way = under_way;
	begin = now_us();
	send_more(b);
	event_base_dispatch(b->base);
	r.seconds = (double)(now_us() - begin) / 1e6;
	r.cpu_s = redis_cpu_s(b) - r.cpu_s;
	r.after = b->shared->stats;
	qsort(b->took_us + r.from, n, sizeof(*b->took_us), by_size);
	return r;
}

static void print_run(const struct bench *b, const struct run *r,
		      const char *how)
{
	uint64_t commits = r->after.commits - r->before.commits;
	char name[80];

	snprintf(name, sizeof(name), "round trip, %s, median", how);
	figure(name, (double)b->took_us[r->from + r->n / 2] / 1e3, "ms");
	snprintf(name, sizeof(name), "round trip, %s, 99 %%", how);
	figure(name, (double)b->took_us[r->from + r->n / 100 * 99] / 1e3,
	       "ms");
	snprintf(name, sizeof(name), "commit to confirmation, %s, mean", how);
	figure(name, (double)(r->after.commit_us_sum - r->before.commit_us_sum)
	       / 1e3 / (double)commits, "ms");
	snprintf(name, sizeof(name), "Redis CPU per event and commit, %s",
		 how);
	figure(name, r->cpu_s * 1e6 / r->n, "us");
}

static void wait_acquired(struct bench *b)
{
	uint64_t begin = now_us();

	while (!b->shared->acquired || !bus_up(b->bus)) {
		if (now_us() - begin > 5000000)
			die("the partition was not acquired");
		event_base_loop(b->base, EVLOOP_NONBLOCK);
		usleep(1000);
	}
}

/* ---- Redis -------------------------------------------------------------- */

static uint16_t free_port(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) ||
	    getsockname(fd, (struct sockaddr *)&a, &n))
		die("no port is free");
	close(fd);
	return ntohs(a.sin_port);
}

static pid_t start_redis(uint16_t port)
{
	char text[8];
	pid_t pid = fork();

	if (pid)
		return pid;
	snprintf(text, sizeof(text), "%u", port);
	if (!freopen("/dev/null", "w", stdout))
		_exit(1);
	execlp("redis-server", "redis-server", "--port", text, "--bind",
	       "127.0.0.1", "--save", "", "--appendonly", "no", NULL);
	_exit(127);
}

static void end(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static pid_t redis_pid, owner_pid;

static void end_both(void)
{
	end(owner_pid);
	end(redis_pid);
}

static void start_node(struct bench *b, uint16_t port)
{
	struct bus_conf conf = {.host = "127.0.0.1", .port = port,
				.name = "node", .partitions = 1};

	b->shared = mmap(NULL, sizeof(*b->shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	b->sent_us = calloc(ONE_BY_ONE + FLOOD, sizeof(*b->sent_us));
	b->took_us = calloc(ONE_BY_ONE + FLOOD, sizeof(*b->took_us));
	b->base = event_base_new();
	if (b->shared == MAP_FAILED || !b->sent_us || !b->took_us ||
	    !b->base || bus_alloc(&b->bus, b->base, &conf) ||
	    bus_inbox_start(b->bus, on_command, NULL, b))
		die("no memory");
}

int main(int argc, char **argv)
{
	uint16_t port = argc > 2 && !strcmp(argv[1], "--port")
		? (uint16_t)atoi(argv[2]) : 0;
	struct bench b = {.want = 0};
	struct run r;

	alarm(LIMIT_S);
	if (!port)
		redis_pid = start_redis(port = free_port());
	start_node(&b, port);
	owner_pid = fork();
	if (!owner_pid) {
		own(port, bus_boot(b.bus), b.shared);
		_exit(0);
	}
	atexit(end_both);
	wait_acquired(&b);
	r = trips(&b, ONE_BY_ONE, 1);
	print_run(&b, &r, "one at a time");
	r = trips(&b, FLOOD, UNDER_WAY);
	print_run(&b, &r, "100 under way");
	figure("commits per second", r.n / r.seconds, "1/s");
	bus_free(b.bus);
	event_base_free(b.base);
	return 0;
}
