/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "lib/base/id.h"

char *id_format(char buf[ID_LEN + 1], char kind, uint64_t id)
{
	buf[0] = kind;
	for (int i = ID_LEN - 1; i; i--, id >>= 4)
		buf[i] = "0123456789abcdef"[id & 15];
	buf[ID_LEN] = '\0';
	return buf;
}

int id_parse(struct str s, char kind, uint64_t *idp)
{
	if (s.len != ID_LEN || s.p[0] != kind)
		return EINVAL;
	return str_hex((struct str){s.p + 1, s.len - 1}, idp);
}
