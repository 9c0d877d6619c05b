/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * router-engine: decides who talks to whom.
 *
 *	core/	the decisions: a pure function
 *	store/	what surrounds them: partitions, configuration, journal
 *	io/	one asynchronous client for each system outside
 *	ctl/	the control socket, and jackfieldctl
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/log.h"
#include "lib/health/health.h"
#include "router-engine/ctl/metrics.h"
#include "router-engine/ctl/server.h"
#include "router-engine/io/loop.h"
#include "router-engine/store/engine.h"
#include "router-engine/store/replay.h"
#include "router-engine/store/settings.h"

static const char usage[] =
	"usage: router-engine --config FILE [--check-config]\n"
	"       router-engine --replay FILE\n"
	"       router-engine --version | --help\n\n"
	"  --config FILE    engine.yaml\n"
	"  --check-config   read it, say what is wrong with it, and end\n"
	"  --replay FILE    step a replay log again, print the decisions, and\n"
	"                   fail when one differs from the recorded one\n";

struct options {
	const char *config, *replay;
	int check;
};

/* True: go on. False: *statusp is the exit status. */
static bool options_read(struct options *o, int argc, char **argv,
			 int *statusp)
{
	static const struct option v[] = {
		{"config", required_argument, NULL, 'c'},
		{"check-config", no_argument, NULL, 'k'},
		{"replay", required_argument, NULL, 'r'},
		{"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int c;

	*statusp = 0;
	while ((c = getopt_long(argc, argv, "c:r:h", v, NULL)) != -1) {
		if (c == 'c')
			o->config = optarg;
		else if (c == 'k')
			o->check = 1;
		else if (c == 'r')
			o->replay = optarg;
		else if (c == 'v')
			return puts("router-engine " JF_VERSION), false;
		else if (c == 'h')
			return fputs(usage, stdout), false;
		else
			return *statusp = 2, false;
	}
	if (optind == argc && (o->config || o->replay))
		return true;
	fputs(usage, stderr);
	*statusp = 2;
	return false;
}

static int replay(const char *path)
{
	FILE *f = fopen(path, "re");
	struct replay_result r;
	int err;

	if (!f) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return 1;
	}
	err = replay_run(f, stdout, stderr, &r);
	fclose(f);
	if (err)
		fprintf(stderr, "%s: %s\n", path,
			err == EPROTO ? r.fault : strerror(err));
	fprintf(stderr, "%llu events, %llu decisions, %llu differ\n",
		(unsigned long long)r.events, (unsigned long long)r.decisions,
		(unsigned long long)r.differing);
	return err || r.differing ? 1 : 0;
}

static void on_hup(int signo, void *arg)
{
	(void)signo;
	log_info("reload", "reason=HUP");
	engine_reload(arg);
}

static int serve_health(struct health **hp, struct engine *e,
			const struct settings *s)
{
	const struct health_conf conf = {s->metrics, metrics_write,
					 metrics_missing, e};
	int err = s->metrics ? health_alloc(hp, e->base, &conf) : 0;

	if (err)
		log_error("setting", "field=metrics address=%s error=\"%s\"",
			  s->metrics, strerror(err));
	return err;
}

static int serve(const struct settings *s)
{
	struct engine e = {0};
	struct loop *loop;
	struct ctl *ctl = NULL;
	struct health *health = NULL;
	int err = loop_alloc(&loop, on_hup, &e), signo;

	if (err)
		return 1;
	err = engine_start(&e, loop_base(loop), s);
	if (err) {
		loop_free(loop);
		return 1;
	}
	err = ctl_alloc(&ctl, &e, s->control);
	if (err) {
		log_error("setting", "field=control socket=%s error=\"%s\"",
			  s->control, strerror(err));
		e.failed = true;
	} else if (serve_health(&health, &e, s)) {
		e.failed = true;
	} else {
		log_info("started", "engine=%s version=" JF_VERSION, s->name);
		signo = loop_run(loop);
		log_info("stopping", "signal=%d", signo);
	}
	health_free(health);
	engine_stop(&e);
	ctl_free(ctl);
	loop_free(loop);
	return e.failed ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct options o = {0};
	struct settings s;
	char err[512] = "";
	int status;

	if (!options_read(&o, argc, argv, &status))
		return status;
	if (o.replay)
		return replay(o.replay);
	if (settings_load(&s, o.config, err, sizeof(err))) {
		fprintf(stderr, "%s\n", err);
		return 1;
	}
	log_init("router-engine");
	if (s.log_level && log_level_set(s.log_level))
		fprintf(stderr, "%s: log_level: must be debug, info, warn or "
			"error\n", o.config);
	if (o.check)
		printf("%s is well-formed\n", o.config);
	else
		status = serve(&s);
	settings_release(&s);
	return status;
}
