/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/base/escape.h"
#include "lib/base/line.h"

bool line_cut(struct str *restp, struct str *namep, struct str *valuep)
{
	struct str pair;

	if (!str_cut(restp, ' ', &pair))
		return false;
	*valuep = pair;
	if (!str_cut(valuep, '=', namep))
		*namep = *valuep = STR_NONE;
	return true;
}

struct str line_get(struct str line, const char *name, struct arena *a)
{
	struct str n, v, out;

	while (line_cut(&line, &n, &v))
		if (str_eq(n, str_c(name)))
			return escape_get(a, v, &out) ? STR_NONE : out;
	return STR_NONE;
}

uint64_t line_num(struct str line, const char *name)
{
	struct str n, v;
	uint64_t u = 0;

	while (line_cut(&line, &n, &v))
		if (str_eq(n, str_c(name)))
			return str_u64(v, &u) ? 0 : u;
	return 0;
}
