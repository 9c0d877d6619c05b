/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Workers of a few lines: sockets on loopback that write, close or keep
 * silent as the test chooses. */
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "router-engine/io/alarm.h"
#include "router-engine/io/watch.h"
#include "tests/unit/io/unit.h"

struct world {
	struct event_base *base;
	struct watch *watch;
	int listener, link;
	struct event *accept, *beat;
	char addr[32];
	unsigned downs, beats, end_after_beats;
	char boot[32];
};

static void on_down(struct str node, struct str boot, const char *reason,
		    void *arg)
{
	struct world *w = arg;

	assert_str(node, "worker-1");
	assert_non_null(reason);
	str_copy(w->boot, sizeof(w->boot), boot);
	w->downs++;
	event_base_loopbreak(w->base);
}

static void on_accept(evutil_socket_t fd, short what, void *arg)
{
	struct world *w = arg;

	(void)what;
	w->link = accept(fd, NULL, NULL);
}

static void on_beat(evutil_socket_t fd, short what, void *arg)
{
	struct world *w = arg;

	(void)fd;
	(void)what;
	if (w->link >= 0 && send(w->link, ".", 1, MSG_NOSIGNAL) == 1)
		w->beats++;
	if (w->beats && w->beats == w->end_after_beats)
		event_base_loopbreak(w->base);
}

static int setup(void **state)
{
	static struct world w;
	struct sockaddr_in addr = {.sin_family = AF_INET};
	const struct timeval tick = {0, 100000};
	socklen_t len = sizeof(addr);

	memset(&w, 0, sizeof(w));
	w.link = -1;
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	w.base = event_base_new();
	w.listener = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(w.listener, (struct sockaddr *)&addr, len) ||
	    listen(w.listener, 5))
		return -1;
	getsockname(w.listener, (struct sockaddr *)&addr, &len);
	snprintf(w.addr, sizeof(w.addr), "127.0.0.1:%u",
		 ntohs(addr.sin_port));
	w.accept = event_new(w.base, w.listener, EV_READ | EV_PERSIST,
			     on_accept, &w);
	w.beat = event_new(w.base, -1, EV_PERSIST, on_beat, &w);
	event_add(w.accept, NULL);
	event_add(w.beat, &tick);
	*state = &w;
	return watch_alloc(&w.watch, w.base, on_down, &w);
}

static void stop_listening(struct world *w)
{
	if (w->accept)
		event_free(w->accept);
	if (w->listener >= 0)
		close(w->listener);
	w->accept = NULL;
	w->listener = -1;
}

static int teardown(void **state)
{
	struct world *w = *state;

	watch_free(w->watch);
	stop_listening(w);
	event_free(w->beat);
	if (w->link >= 0)
		close(w->link);
	event_base_free(w->base);
	return 0;
}

static void add(struct world *w, const char *boot, bool again)
{
	assert_int_equal(watch_add(w->watch, STR_LIT("worker-1"), str_c(boot),
				   str_c(w->addr), WATCH_SILENCE_MS, again), 0);
}

/* Until somebody breaks the loop, at most 3 s. */
static void run(struct world *w)
{
	struct timeval tv = {3, 0};

	event_base_loopexit(w->base, &tv);
	event_base_dispatch(w->base);
}

static bool down(struct world *w, const char *boot)
{
	return watch_is_down(w->watch, STR_LIT("worker-1"), str_c(boot));
}

static void test_alive(void **state)
{
	struct world *w = *state;

	w->end_after_beats = 8;
	add(w, "b1", true);
	run(w);
	assert_int_equal(w->beats, 8);
	assert_int_equal(w->downs, 0);
	assert_false(down(w, "b1"));
}

static void test_end_is_seen_at_once(void **state)
{
	struct world *w = *state;
	uint64_t begin;

	w->end_after_beats = 3;
	add(w, "b1", true);
	run(w);
	stop_listening(w);
	close(w->link);
	w->link = -1;
	begin = alarm_now_ms();
	run(w);
	assert_int_equal(w->downs, 1);
	assert_string_equal(w->boot, "b1");
	assert_in_range(alarm_now_ms() - begin, 0, 250);
	assert_true(down(w, "b1"));
	assert_false(down(w, "b2"));
}

static void test_silence(void **state)
{
	struct world *w = *state;
	uint64_t begin;

	w->end_after_beats = 3;
	add(w, "b1", true);
	run(w);
	event_del(w->beat);
	begin = alarm_now_ms();
	run(w);
	assert_int_equal(w->downs, 1);
	assert_in_range(alarm_now_ms() - begin, 200, 450);
}

static void test_never_there(void **state)
{
	struct world *w = *state;

	stop_listening(w);
	add(w, "b1", true);
	run(w);
	assert_int_equal(w->downs, 1);
}

/* A false alarm: the same boot is watched again only after a node.up. */
static void test_only_node_up_heals(void **state)
{
	struct world *w = *state;

	event_del(w->beat);
	add(w, "b1", true);
	run(w);
	assert_int_equal(w->downs, 1);
	add(w, "b1", false);
	assert_true(down(w, "b1"));
	add(w, "b1", true);
	assert_false(down(w, "b1"));
	add(w, "b2", false);
	run(w);
	assert_string_equal(w->boot, "b2");
}

static void test_bad_address(void **state)
{
	struct world *w = *state;
	static const char *const bad[] = {"", "127.0.0.1", "[::1]:5", "x:1",
					  "127.0.0.1:0", "127.0.0.1:99999"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_not_equal(
			watch_add(w->watch, STR_LIT("worker-1"), STR_LIT("b"),
				  str_c(bad[i]), WATCH_SILENCE_MS,
				  true), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_alive),
		TEST(test_end_is_seen_at_once),
		TEST(test_silence),
		TEST(test_never_there),
		TEST(test_only_node_up_heals),
		TEST(test_bad_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
