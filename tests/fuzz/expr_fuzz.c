/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An expression over agents, and one over the moment; what parses is
 * evaluated. */
#include <stdint.h>
#include <stdlib.h>

#include "router-engine/core/expr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct expr_agent a = {
		.skills = STR_LIT("french:4,dynamodb:5"),
		.languages = STR_LIT("fr,en"), .groups = STR_LIT("experts"),
		.user = STR_LIT("anna")};
	static const struct expr_moment m = {.staffed = 2, .free = 1};
	/* a copy of its own size: a byte read behind it is seen */
	char *copy = malloc(size ? size : 1), err[200];
	struct str text = {copy, size};
	struct expr e;

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	if (!expr_parse(text, EXPR_PEOPLE, &e, err, sizeof(err)))
		expr_holds(&e, &a);
	if (!expr_parse(text, EXPR_MOMENT, &e, err, sizeof(err)))
		expr_now(&e, &m);
	free(copy);
	return 0;
}
