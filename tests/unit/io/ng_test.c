/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ng client against an rtpengine of a few lines: a UDP socket whose
 * answers the test chooses.
 */
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "router-engine/io/alarm.h"
#include "router-engine/io/ng.h"
#include "tests/unit/io/unit.h"

#define SDP "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\n"                       \
	"c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n"

struct world {
	struct event_base *base;
	struct event *ev;
	int fd;
	struct ngc *ng;
	bool deaf; /* to pings */
	unsigned drop; /* so many of the next commands get no answer */
	bool refuse;
	unsigned forgets; /* the command of this number, from 1 */
	unsigned asked; /* commands, pings apart */
	char cookies[8][64], bodies[8][512];
	/* told by the client */
	unsigned results, ups, downs;
	enum msg_type type;
	uint64_t token;
	char addr[64], cause[32];
	unsigned want; /* end the loop at so many results */
};

static void reply(struct world *w, const char *cookie, const char *body,
		  const struct sockaddr_in *to)
{
	char text[2048];
	int n = snprintf(text, sizeof(text), "%s %s", cookie, body);

	sendto(w->fd, text, (size_t)n, 0, (const struct sockaddr *)to,
	       sizeof(*to));
}

static void on_command(struct world *w, const char *cookie, const char *body,
		       const struct sockaddr_in *from)
{
	char text[1024];

	if (w->asked < 8) {
		snprintf(w->cookies[w->asked], 64, "%.63s", cookie);
		snprintf(w->bodies[w->asked], 512, "%.511s", body);
	}
	w->asked++;
	if (w->drop) {
		w->drop--;
		return;
	}
	if (w->forgets == w->asked)
		snprintf(text, sizeof(text),
			 "d6:result5:error12:error-reason15:Unknown call-ide");
	else if (w->refuse)
		snprintf(text, sizeof(text),
			 "d6:result5:error12:error-reason3:booe");
	else
		snprintf(text, sizeof(text), "d6:result2:ok3:sdp%zu:%se",
			 strlen(SDP), SDP);
	reply(w, cookie, text, from);
}

static void on_udp(evutil_socket_t fd, short what, void *arg)
{
	struct world *w = arg;
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	char buf[4096], *space;
	ssize_t n = recvfrom(fd, buf, sizeof(buf) - 1, 0,
			     (struct sockaddr *)&from, &len);

	(void)what;
	if (n <= 0)
		return;
	buf[n] = '\0';
	space = strchr(buf, ' ');
	assert_non_null(space);
	*space = '\0';
	if (!strstr(space + 1, "4:ping"))
		on_command(w, buf, space + 1, &from);
	else if (!w->deaf)
		reply(w, buf, "d6:result4:ponge", &from);
}

static void on_result(unsigned partition, const struct msg *m, void *arg)
{
	struct world *w = arg;

	assert_int_equal(partition, 3);
	w->results++;
	w->type = m->type;
	w->token = msg_num(m, F_TOKEN);
	str_copy(w->addr, sizeof(w->addr), msg_get(m, F_ADDR));
	str_copy(w->cause, sizeof(w->cause), msg_get(m, F_CAUSE));
	if (w->results == w->want)
		event_base_loopbreak(w->base);
}

static void on_health(const struct msg *m, void *arg)
{
	struct world *w = arg;

	if (m->type == M_RTPENGINE_UP)
		w->ups++;
	else
		w->downs++;
	if (!w->want)
		event_base_loopbreak(w->base);
}

static int setup(void **state)
{
	static struct world w;
	struct ngc_handlers h = {on_result, on_health, &w};
	struct sockaddr_in addr = {.sin_family = AF_INET};
	socklen_t len = sizeof(addr);
	char text[32];

	memset(&w, 0, sizeof(w));
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	w.base = event_base_new();
	w.fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (bind(w.fd, (struct sockaddr *)&addr, len))
		return -1;
	getsockname(w.fd, (struct sockaddr *)&addr, &len);
	snprintf(text, sizeof(text), "127.0.0.1:%u", ntohs(addr.sin_port));
	w.ev = event_new(w.base, w.fd, EV_READ | EV_PERSIST, on_udp, &w);
	event_add(w.ev, NULL);
	*state = &w;
	return ngc_alloc(&w.ng, w.base, &h) ||
	       ngc_add(w.ng, "rtp-1", text, NULL);
}

static int teardown(void **state)
{
	struct world *w = *state;

	ngc_free(w->ng);
	event_free(w->ev);
	event_base_free(w->base);
	close(w->fd);
	return 0;
}

static void ask(struct world *w, enum msg_type type, const char *leg,
		const char *token)
{
	struct msg m;

	msg_init(&m, type);
	msg_put(&m, F_LEG, str_c(leg));
	msg_put(&m, F_TOKEN, str_c(token));
	msg_put(&m, F_RTPENGINE, STR_LIT("rtp-1"));
	if (type != M_NG_DELETE)
		msg_put(&m, F_POINT, STR_LIT("127.0.0.1:9000"));
	if (type == M_NG_NEGOTIATE || type == M_NG_ACCEPT)
		msg_put(&m, F_SDP, STR_LIT(SDP));
	assert_int_equal(ngc_request(w->ng, 3, &m), 0);
}

/* Runs until `want` results came, at most 3 s. */
static void run(struct world *w, unsigned want)
{
	struct timeval tv = {3, 0};

	w->want = want;
	event_base_loopexit(w->base, &tv);
	event_base_dispatch(w->base);
	assert_int_equal(w->results, want);
}

static const char leg[] = "l0001000000000001";

static void test_negotiate_is_two_commands(void **state)
{
	struct world *w = *state;

	ask(w, M_NG_NEGOTIATE, leg, "5");
	run(w, 1);
	assert_int_equal(w->type, M_NG_REPLIED);
	assert_int_equal(w->token, 5);
	assert_int_equal(w->asked, 2);
	assert_non_null(strstr(w->bodies[0], "5:offer"));
	assert_non_null(strstr(w->bodies[1], "6:answer"));
	assert_string_equal(w->addr, "127.0.0.1:4000");
}

static void test_lost_command_is_sent_again_with_its_cookie(void **state)
{
	struct world *w = *state;

	w->drop = 2;
	ask(w, M_NG_PROPOSE, leg, "1");
	run(w, 1);
	assert_int_equal(w->type, M_NG_REPLIED);
	assert_int_equal(w->asked, 3);
	assert_string_equal(w->cookies[0], w->cookies[1]);
	assert_string_equal(w->cookies[0], w->cookies[2]);
}

static void test_silence_fails_after_a_second(void **state)
{
	struct world *w = *state;
	uint64_t begin = alarm_now_ms();

	w->drop = 1000;
	ask(w, M_NG_DELETE, leg, "1");
	run(w, 1);
	assert_int_equal(w->type, M_NG_FAILED);
	assert_string_equal(w->cause, "silent");
	assert_in_range(alarm_now_ms() - begin, 950, 1400);
}

static void test_refused(void **state)
{
	struct world *w = *state;

	w->refuse = true;
	ask(w, M_NG_PROPOSE, leg, "1");
	run(w, 1);
	assert_int_equal(w->type, M_NG_FAILED);
	assert_string_equal(w->cause, "refused");
}

/* An SDP that rtpengine cannot serve is refused without asking it. */
static void test_hopeless_sdp(void **state)
{
	struct world *w = *state;
	struct msg m;

	msg_init(&m, M_NG_NEGOTIATE);
	msg_put(&m, F_LEG, str_c(leg));
	msg_put(&m, F_TOKEN, STR_LIT("1"));
	msg_put(&m, F_RTPENGINE, STR_LIT("rtp-1"));
	msg_put(&m, F_POINT, STR_LIT("127.0.0.1:9000"));
	msg_put(&m, F_SDP, STR_LIT("v=0\r\n"));
	assert_int_equal(ngc_request(w->ng, 3, &m), 0);
	assert_int_equal(w->results, 0); /* never before it returned */
	run(w, 1);
	assert_string_equal(w->cause, "refused");
	assert_int_equal(w->asked, 0);
}

static void test_unknown_rtpengine(void **state)
{
	struct world *w = *state;
	struct msg m;

	msg_init(&m, M_NG_DELETE);
	msg_put(&m, F_LEG, str_c(leg));
	msg_put(&m, F_TOKEN, STR_LIT("1"));
	msg_put(&m, F_RTPENGINE, STR_LIT("rtp-9"));
	assert_int_equal(ngc_request(w->ng, 3, &m), 0);
	run(w, 1);
	assert_string_equal(w->cause, "silent");
}

/* Started anew between the two commands: the first one comes again, once. */
static void test_rtpengine_forgot(void **state)
{
	struct world *w = *state;

	w->forgets = 2;
	ask(w, M_NG_NEGOTIATE, leg, "1");
	run(w, 1);
	assert_int_equal(w->type, M_NG_REPLIED);
	assert_int_equal(w->asked, 4);
	assert_non_null(strstr(w->bodies[2], "5:offer"));
	assert_string_not_equal(w->cookies[2], w->cookies[0]);
	w->forgets = 6;
	w->asked = 4;
	ask(w, M_NG_NEGOTIATE, leg, "2");
	run(w, 2);
	assert_int_equal(w->asked, 8);
}

/* One at a time for a leg, and of those behind only the newest. */
static void test_one_leg_in_order(void **state)
{
	struct world *w = *state;

	ask(w, M_NG_NEGOTIATE, leg, "1");
	ask(w, M_NG_NEGOTIATE, leg, "2");
	ask(w, M_NG_DELETE, leg, "3");
	run(w, 2);
	assert_int_equal(w->asked, 3);
	assert_non_null(strstr(w->bodies[2], "6:delete"));
	assert_int_equal(w->token, 3);
}

static void test_cancelled(void **state)
{
	struct world *w = *state;

	ask(w, M_NG_PROPOSE, leg, "1");
	ask(w, M_NG_PROPOSE, leg, "2");
	ngc_cancel(w->ng, 2); /* another partition's */
	ngc_cancel(w->ng, 3);
	ask(w, M_NG_PROPOSE, "l0001000000000002", "7");
	run(w, 1);
	assert_int_equal(w->token, 7);
	assert_int_equal(w->asked, 1);
}

static void test_health(void **state)
{
	struct world *w = *state;
	uint64_t begin = alarm_now_ms();

	event_base_dispatch(w->base); /* ends at the first news */
	assert_int_equal(w->ups, 1);
	assert_in_range(alarm_now_ms() - begin, 0, 400);
	w->deaf = true;
	event_base_dispatch(w->base);
	assert_int_equal(w->downs, 1);
	assert_in_range(alarm_now_ms() - begin, 1400, 2600);
	w->deaf = false;
	event_base_dispatch(w->base);
	assert_int_equal(w->ups, 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_negotiate_is_two_commands),
		TEST(test_lost_command_is_sent_again_with_its_cookie),
		TEST(test_silence_fails_after_a_second),
		TEST(test_refused),
		TEST(test_hopeless_sdp),
		TEST(test_unknown_rtpengine),
		TEST(test_rtpengine_forgot),
		TEST(test_one_leg_in_order),
		TEST(test_cancelled),
		TEST(test_health),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
