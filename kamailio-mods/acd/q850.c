/* SPDX-License-Identifier: GPL-2.0-or-later */
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
