/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>

#include "lib/base/id.h"

char *id_format(char buf[ID_LEN + 1], char kind, uint64_t id)
{
	snprintf(buf, ID_LEN + 1, "%c%016llx", kind, (unsigned long long)id);
	return buf;
}

int id_parse(struct str s, char kind, uint64_t *idp)
{
	if (s.len != ID_LEN || s.p[0] != kind)
		return EINVAL;
	return str_hex((struct str){s.p + 1, s.len - 1}, idp);
}
