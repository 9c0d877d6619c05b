/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An owner's commands to a media worker, a line each; "frame": 20 ms go by. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/base/log.h"
#include "rtp/voice/g711.h"
#include "rtp/worker/jobs.h"
#include "rtp/worker/worker.h"

#define MUST(what)                                                             \
	do {                                                                   \
		if (!(what))                                                   \
			abort();                                               \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct worker w;
static struct conf conf = {.name = "w", .partitions = 1, .first_port = 40000,
			   .last_port = 40063};

/* ---- in place of the bus: nobody listens --------------------------------- */

uint64_t bus_now(const struct bus *b)
{
	(void)b;
	return 1;
}

void report_up_to(struct worker *to, unsigned partition)
{
	MUST(to == &w && partition == 0);
}

void report_alive(struct worker *to, unsigned partition)
{
	MUST(to == &w && partition == 0);
}

void report_played(struct leg *leg, const char *cause, const char *reason,
		   void *arg)
{
	(void)reason;
	MUST(leg && cause && arg == &w);
}

void report_not_played(struct worker *to, unsigned partition, struct str id,
		       uint64_t play, const char *reason)
{
	(void)to, (void)partition, (void)id, (void)play;
	MUST(reason);
}

void report_removed(struct worker *to, unsigned partition, struct str id,
		    const struct leg *leg)
{
	(void)to, (void)partition, (void)id, (void)leg;
}

static void on_recorded(const struct record_result *r, void *arg)
{
	MUST(arg == &w && r->file[0] != '/');
}

static void on_digit(struct leg *leg, char digit, unsigned ms, void *arg)
{
	(void)leg, (void)digit, (void)ms, (void)arg;
}

static void on_mixed(void *arg)
{
	(void)arg;
	record_frame(w.recorder);
}

/* ---- one worker for all inputs -------------------------------------------- */

static void start(void)
{
	const struct mixer_handlers h = {on_digit, report_played, on_mixed, &w};
	static char dir[] = "/tmp/worker_fuzz.XXXXXX";
	/* no program speaks: an empty template is refused */
	struct prompts_conf prompts = {.dir = dir, .tts = {.command = " ",
							   .cache = dir}};
	struct recorder_conf recorder = {.dir = dir, .name = "w",
		.mixer = &w.mixer, .on_recorded = on_recorded, .arg = &w};

	MUST(mkdtemp(dir));
	log_level_set("error");
	g711_tables();
	conf.addr.s_addr = htonl(INADDR_LOOPBACK);
	w.conf = &conf;
	w.base = event_base_new();
	MUST(w.base && !jobs_alloc(&w.files, w.base, 1) &&
	     !jobs_alloc(&w.writer, w.base, 1));
	MUST(!prompts_alloc(&w.prompts, w.files, w.files, &prompts));
	mixer_init(&w.mixer, w.prompts, &h);
	recorder.writer = w.writer;
	MUST(!recorder_alloc(&w.recorder, &recorder));
}

static void end(void)
{
	struct leg *leg, *tmp;

	HASH_ITER(hh, w.mixer.legs, leg, tmp)
	mixer_remove(&w.mixer, leg);
	record_end_all(w.recorder);
	while (recorder_count(w.recorder))
		event_base_loop(w.base, EVLOOP_ONCE);
	event_base_loop(w.base, EVLOOP_NONBLOCK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = {(const char *)data, size}, line;
	struct arena a;
	struct msg m;

	if (!w.base)
		start();
	arena_init(&a);
	while (str_cut(&rest, '\n', &line)) {
		if (str_eq(line, STR_LIT("frame")))
			mixer_frame(&w.mixer);
		else if (!msg_scan(&m, line, &a, NULL, 0))
			worker_on_command(0, &m, &w);
		arena_reset(&a);
	}
	end();
	arena_release(&a);
	return 0;
}
