/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/base/escape.h"
#include "router-engine/core/say.h"

static bool chinese(struct str language)
{
	return language.len >= 2 && !memcmp(language.p, "zh", 2);
}

static struct str prompt(struct core *c, struct str language, struct str text)
{
	return arena_printf(&c->arena, "say:%s:%.*s",
			    chinese(language) ? "zh" : "en",
			    STR_FMT(escape_item(&c->arena, text)));
}

struct str say_position(struct core *c, struct str language, uint64_t position)
{
	unsigned long long n = position;
	struct str text;

	if (chinese(language))
		text = position == 1
			? STR_LIT("您是下一位，请稍候。")
			: arena_printf(&c->arena,
				"您目前排在第 %llu 位，请稍候。", n);
	else
		text = position == 1
			? STR_LIT("You are next in line.")
			: arena_printf(&c->arena,
				"You are number %llu in line.", n);
	return prompt(c, language, text);
}

static const char *const words_en[AGENT_NSTATES] = {
	[AGENT_OFFLINE] = "You are logged out.",
	[AGENT_PAUSED] = "You are paused.",
	[AGENT_READY] = "You are ready.",
	[AGENT_RESERVED] = "A call is waiting for you.",
	[AGENT_TALKING] = "You are in a call.",
	[AGENT_WRAP_UP] = "You are in wrap-up.",
	[AGENT_NOT_RESPONDING] = "You missed a call.",
};

static const char *const words_zh[AGENT_NSTATES] = {
	[AGENT_OFFLINE] = "您已签出。",
	[AGENT_PAUSED] = "您已示忙。",
	[AGENT_READY] = "您已就绪。",
	[AGENT_RESERVED] = "有来电等待您接听。",
	[AGENT_TALKING] = "您正在通话中。",
	[AGENT_WRAP_UP] = "您正在话后处理。",
	[AGENT_NOT_RESPONDING] = "您有未接来电。",
};

struct str say_agent_state(struct core *c, struct str language,
			   enum agent_state state)
{
	return prompt(c, language, str_c(chinese(language) ? words_zh[state]
							   : words_en[state]));
}
