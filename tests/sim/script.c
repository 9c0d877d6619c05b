/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "tests/sim/script.h"

/* Steps come, change and go while people wait. */
static const char *steps_of(const struct script *s, unsigned queue)
{
	static const char *const some[] = {
		"",
		"steps=0:french%20>%3D%205%20and%20group%20day:,2000:not%20"
		"agent%20a4:staffed%20%3D%200,9000:any:",
		"steps=1000:french%20>%3D%204:free%20%3D%200,3000:language%20"
		"zh:,20000:any:",
	};

	return some[(s->version + queue) % 3];
}

static const char *const strategies[] = {"longest_idle", "fewest_calls",
					   "least_talk", "in_order"};

const char *script_line(struct script *s)
{
	unsigned i = s->step++;

	if (i == 1)
		return "t=conf.begin";
	if (i == 2)
		return "t=conf.tenant tenant=1 version=1 name=demo domain=demo "
		       "language=en code_ready=*70 code_pause=*71 "
		       "code_logout=*72";
	if (i == 3 || i == 4)
		snprintf(s->out, LINE, "t=conf.queue queue=%u tenant=1 "
			 "version=%u name=q language=zh %s greeting=say:en:hi "
			 "music=file:m announce_ms=3000 ring_ms=5000 "
			 "wrapup_limit_ms=%u refusal_ms=2000 priority=%u "
			 "overdue_ms=%u class=%u strategy=%s %s",
			 i - 2, s->version, i == 4 ? "skill=french level=3"
			 : "level=0", i == 3 ? 2000 : 0, i == 4 ? 7 : 0,
			 s->version % 4 * 4000, i == 4 ? s->version % 3 : 0,
			 strategies[(s->version + i) % 4], steps_of(s, i));
	else if (i == 5 || i == 6)
		snprintf(s->out, LINE, "t=conf.number number=%u00 tenant=1 "
			 "version=1 queue=%u", i - 4, i - 4);
	else if (i < 7 + AGENTS)
		snprintf(s->out, LINE, "t=conf.agent agent=%u tenant=1 "
			 "version=%u name=A user=a%u skills=french:%u groups=%s "
			 "languages=en%s", i - 6, s->version, i - 6, i % 6,
			 i % 2 ? "day" : "night", i % 3 ? ",zh" : "");
	else {
		s->step = 0;
		s->version++;
		return "t=conf.end";
	}
	/* now and then one agent's row is missing */
	if (i == 9 && s->version % 3 == 2)
		snprintf(s->out, LINE, "t=conf.number number=300 tenant=1 "
			 "version=1 queue=1");
	return s->out;
}
