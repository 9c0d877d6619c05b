/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtp/worker/item.h"

#include <errno.h>

#include "lib/base/escape.h"

static int refuse(const char **whyp, const char *why)
{
	*whyp = why;
	return EINVAL;
}

/* Every part of the name is a plain one: nothing leaves the directory. */
static bool confined(struct str name)
{
	struct str part;

	if (!name.len || name.p[0] == '/' || memchr(name.p, '\0', name.len))
		return false;
	while (str_cut(&name, '/', &part))
		if (!part.len || part.p[0] == '.')
			return false;
	return true;
}

int item_parse(struct str key, struct arena *a, struct item *item,
	       const char **whyp)
{
	struct str kind, rest = key;

	memset(item, 0, sizeof(*item));
	str_cut(&rest, ':', &kind);
	if (str_eq(kind, STR_LIT("file"))) {
		if (escape_get(a, rest, &item->file))
			return refuse(whyp, "badly encoded");
		return confined(item->file) ? 0 : refuse(whyp,
			"leaves the prompts' directory");
	}
	if (!str_eq(kind, STR_LIT("say")) ||
	    !str_cut(&rest, ':', &item->language))
		return refuse(whyp, "neither file:NAME nor say:LANG:TEXT");
	return escape_get(a, rest, &item->text)
		? refuse(whyp, "badly encoded") : 0;
}
