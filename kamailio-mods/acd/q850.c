/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <strings.h>

#include "kamailio-mods/acd/q850.h"

static const struct {
	unsigned short code, cause;
} map[] = {
	{400, 41}, {401, 21}, {402, 21}, {403, 21}, {404, 1}, {405, 63},
	{406, 79}, {407, 21}, {408, 102}, {410, 22}, {413, 127}, {414, 127},
	{415, 79}, {416, 127}, {420, 127}, {421, 127}, {423, 127}, {480, 18},
	{481, 41}, {482, 25}, {483, 25}, {484, 28}, {485, 1}, {486, 17},
	{487, 16}, {488, 65}, {500, 41}, {501, 79}, {502, 38}, {503, 41},
	{504, 102}, {505, 127}, {513, 127}, {600, 17}, {603, 21}, {604, 1},
	{606, 65},
};

static struct str trim(struct str s)
{
	while(s.len && (*s.p == ' ' || *s.p == '\t'))
		s.p++, s.len--;
	while(s.len && strchr(" \t\r\n", s.p[s.len - 1]))
		s.len--;
	return s;
}

static unsigned one_reason(struct str value)
{
	struct str part;
	uint64_t cause;

	if(!str_cut(&value, ';', &part))
		return 0;
	part = trim(part);
	if(part.len != 5 || strncasecmp(part.p, "Q.850", 5))
		return 0;
	while(str_cut(&value, ';', &part)) {
		part = trim(part);
		if(part.len < 7 || strncasecmp(part.p, "cause=", 6))
			continue;
		part = trim((struct str){part.p + 6, part.len - 6});
		return !str_u64(part, &cause) && cause > 0 && cause < 128
					   ? (unsigned)cause : 0;
	}
	return 0;
}

unsigned q850_parse(struct str reason)
{
	struct str part;
	unsigned cause = 0;

	while(!cause && str_cut(&reason, ',', &part))
		cause = one_reason(part);
	return cause;
}

unsigned q850_of_code(unsigned code)
{
	unsigned i;

	if(code < 300)
		return 16;
	for(i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if(map[i].code == code)
			return map[i].cause;
	return 127;
}
