/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Prints docs/protocol.md from messages.def:
 *
 *	ninja -C build/<preset> protocol-doc
 *	build/<preset>/tools/protocol-doc >docs/protocol.md
 */
#include <stdio.h>

#include "lib/base/msg.h"

struct use {
	enum msg_field field;
	int how; /* 2 required, 1 optional, 0 ends the list */
};

/* In the order of messages.def, which is the order in which they are read. */
#define R(f) {F_##f, 2},
#define O(f) {F_##f, 1},
#define MSG(sym, name, dir, list, doc)                                         \
	static const struct use uses_##sym[] = {list {0, 0}};
#include "lib/base/messages.def"
#undef R
#undef O

#define MSG(sym, name, dir, list, doc) [M_##sym] = uses_##sym,
static const struct use *const uses[] = {
#include "lib/base/messages.def"
};

static const char *const kinds[][2] = {
	[K_TEXT] = {"text", "UTF-8 on one line, no control characters"},
	[K_BODY] = {"body", "any bytes"},
	[K_NUM] = {"number", "decimal, 0 to 2^63-1"},
	[K_INT] = {"signed", "decimal, a minus sign in front when it is below 0"},
	[K_ID] = {"id", "a letter and 16 hexadecimal digits, `l0001018f3c5a2b40`"},
	[K_BOOL] = {"bool", "`0` or `1`"},
	[K_LIST] = {"list", "items separated by commas, their parts by colons; "
		    "`%`, comma and colon inside a part are percent-encoded"},
};

struct direction {
	enum msg_dir dir;
	const char *title, *words, *stamps;
};

static const struct direction directions[] = {
	{DIR_EVENT, "Events", "From nodes and people to the owner of a "
	 "partition, in the stream `{pN}:in`. The producer stamps them with "
	 "who it is, its start and its number: of every (`src`, `boot`) the "
	 "owner takes each `seq` once, in order. `time` is the stream's, "
	 "added by who reads it.", "`src` `boot` `seq` `time`"},
	{DIR_NODE, "Commands", "From the owner to one start of one acd node or "
	 "media worker, in the stream `{pN}:out:<node>:<boot>`. A node drops "
	 "a name it has carried out, and does not carry out a command after "
	 "its `not_after` (a leg it cannot serve any more is then told with "
	 "`leg.gone`).", "`id` `not_after`"},
	{DIR_NG, "Requests to rtpengine", "Carried out by the engine itself, by "
	 "the ng protocol, when the commit they belong to is confirmed and "
	 "its lease still lasts. They never travel through Redis.", "none"},
	{DIR_INNER, "Inner events", "What the engine tells its core: replies, "
	 "timers, configuration. They are stepped and committed like events "
	 "of the stream, and stand in the replay log only.", "`time`"},
	{DIR_JOURNAL, "Journal", "Rows on their way to PostgreSQL, in the stream "
	 "`{pN}:journal`. A row's name is inserted once.", "`id`"},
	{DIR_PUSH, "Pushes", "What agents and wallboards see, in the stream "
	 "`{pN}:push`. Nothing is decided by them.", "`id`"},
};

static const char head[] =
"<!-- Made by tools/protocol-doc from lib/base/messages.def: change it there. -->\n"
"# Protocol\n"
"\n"
"Every message that travels through Redis, is stepped by the core or is\n"
"written to the journal. A message is flat field-value pairs; the first is\n"
"`t` and the type:\n"
"\n"
"    XRANGE {p1}:in - + COUNT 1\n"
"    t media.dtmf leg l0001018f3c5a2b40 digit 5 ms 80 src worker-1 boot 66a1b2 seq 17\n"
"\n"
"In replay logs and records the same is one line,\n"
"`t=media.dtmf leg=l0001018f3c5a2b40 digit=5 ...`, with space, `%`, `=` and\n"
"control bytes percent-encoded.\n"
"\n"
"A field that a message does not have in this table is passed over, so that a\n"
"newer sender can talk to an older reader. A type that is not here, a value\n"
"not of its kind or a required field that is missing makes the message\n"
"malformed: it is counted and passed over, the stream goes on behind it. An\n"
"empty value and no value are the same.\n"
"\n"
"Times are milliseconds of Redis' clock since 1970; a name that ends in `_ms`\n"
"is a duration in milliseconds. `docs/architecture.md`, \"The bus\", has the\n"
"streams and the rules.\n"
"\n";

static void print_kinds(void)
{
	printf("## Kinds of values\n\n| kind | written as |\n|---|---|\n");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		printf("| %s | %s |\n", kinds[i][0], kinds[i][1]);
}

static void print_stamps(void)
{
	static const enum msg_field f[] = {F_SRC, F_BOOT, F_SEQ, F_TIME, F_ID,
					   F_NOT_AFTER};

	printf("\n## Stamps\n\nAdded by the carrier; every message of a "
	       "direction may have them.\n\n| field | kind | what it says |\n"
	       "|---|---|---|\n");
	for (size_t i = 0; i < sizeof(f) / sizeof(*f); i++)
		printf("| `%s` | %s | %s |\n", msg_field_name(f[i]),
		       kinds[msg_field_kind(f[i])][0], msg_field_doc(f[i]));
}

/* A table's cell ends at a bar. */
static void print_cell(const char *text)
{
	for (; *text; text++) {
		if (*text == '|')
			putchar('\\');
		putchar(*text);
	}
}

static void print_message(enum msg_type type)
{
	const struct use *u = uses[type];

	printf("\n### %s\n\n", msg_type_name(type));
	print_cell(msg_type_doc(type));
	printf(".\n");
	if (u->how)
		printf("\n| field | | kind | what it says |\n|---|---|---|---|\n");
	for (; u->how; u++) {
		printf("| `%s` | %s | %s | ", msg_field_name(u->field),
		       u->how == 2 ? "required" : "optional",
		       kinds[msg_field_kind(u->field)][0]);
		print_cell(msg_field_doc(u->field));
		printf(" |\n");
	}
}

static void print_direction(const struct direction *d)
{
	printf("\n## %s\n\n%s\n\nStamps: %s.\n", d->title, d->words, d->stamps);
	for (int t = M_NONE + 1; t < MSG_NTYPES; t++)
		if (msg_type_dir((enum msg_type)t) == d->dir)
			print_message((enum msg_type)t);
}

int main(void)
{
	printf("%s", head);
	print_kinds();
	print_stamps();
	for (size_t i = 0; i < sizeof(directions) / sizeof(*directions); i++)
		print_direction(&directions[i]);
	return fflush(stdout) || ferror(stdout);
}
