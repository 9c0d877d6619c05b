/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "kamailio-mods/acd/acd.h"
#include "kamailio-mods/acd/directory.h"
#include "kamailio-mods/acd/gateway.h"
#include "lib/base/directory.h"
#include "lib/bus/bus.h"
#include "core/mem/mem.h"
#include "modules/htable/ht_api.h"
#include "modules/htable/api.h"

#define DEADLINE_MS 2000

/* One hash of Redis and its table here. */
static struct copy {
	const char *hash;
	str table;
	char **keys; /* what we have put there */
	size_t n;
} copies[] = {
	{"numbers", str_init("number"), NULL, 0},
	{"trunks", str_init("trunk"), NULL, 0},
	{"credentials", str_init("credential"), NULL, 0},
	{"tenants", str_init("tenant"), NULL, 0},
	{"gateways", STR_NULL, NULL, 0}, /* gateway.c's own table */
};

#define COPIES (sizeof(copies) / sizeof(copies[0]))

static htable_api_t ht;
static char version[64], wanted[64]; /* of what we have; of what is read */
static unsigned reading; /* hashes whose replies are under way */
static bool failed;

int directory_init(void)
{
	return htable_load_api(&ht) < 0 ? ENOENT : 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void drop_keys(char **keys, size_t n)
{
	size_t i;

	for(i = 0; i < n; i++)
		free(keys[i]);
	free(keys);
}

static char **keys_of(const struct str *v, size_t n)
{
	char **keys = calloc(n ? n : 1, sizeof(*keys));
	size_t i;

	for(i = 0; keys && i < n; i++) {
		keys[i] = strndup(v[i * 2].p, v[i * 2].len);
		if(!keys[i]) {
			drop_keys(keys, i);
			return NULL;
		}
	}
	if(keys)
		qsort(keys, n, sizeof(*keys), by_name);
	return keys;
}

/* n pairs of field and value take the place of what the table had. */
static int replace(struct copy *c, const struct str *v, size_t n)
{
	char **keys = keys_of(v, n);
	size_t i;

	if(!keys)
		return ENOMEM;
	for(i = 0; i < n; i++) {
		str name = theirs(v[i * 2]);
		int_str value = {.s = theirs(v[i * 2 + 1])};

		if(ht.set(&c->table, &name, AVP_VAL_STR, &value, 1) < 0)
			LM_ERR("event=directory_full table=%.*s\n", STR_FMT(&c->table));
	}
	for(i = 0; i < c->n; i++)
		if(!bsearch(&c->keys[i], keys, n, sizeof(*keys), by_name)) {
			str name = {c->keys[i], strlen(c->keys[i])};

			ht.rm(&c->table, &name);
		}
	drop_keys(c->keys, c->n);
	c->keys = keys;
	c->n = n;
	return 0;
}

/* The script asks for this name, which nobody can dial: who is not in the
 * directory before it is here may well be in it. */
static void say_loaded(void)
{
	str name = str_init(" loaded");
	int_str value = {.s = {version, strlen(version)}};

	ht.set(&copies[0].table, &name, AVP_VAL_STR, &value, 1);
}

static void on_hash(int err, const struct str *v, size_t n, void *arg)
{
	struct copy *c = arg;

	if(!err && !c->table.len)
		gateway_load(v, n / 2);
	else if(!err)
		err = replace(c, v, n / 2);
	failed |= err != 0;
	if(--reading)
		return;
	if(failed)
		return; /* the next look reads again */
	strcpy(version, wanted);
	say_loaded();
	LM_NOTICE("event=directory version=%s numbers=%zu trunks=%zu "
			  "credentials=%zu\n", version, copies[0].n, copies[1].n,
			copies[2].n);
}

static void read_all(struct bus *bus)
{
	size_t i;

	failed = false;
	for(i = 0; i < COPIES; i++) {
		struct str argv[2] = {STR_LIT("HGETALL"), str_c(copies[i].hash)};

		if(bus_command(bus, argv, 2, DEADLINE_MS, on_hash, &copies[i]))
			failed = true;
		else
			reading++;
	}
}

static void on_version(int err, const struct str *v, size_t n, void *arg)
{
	reading--;
	/* No version: nobody has written it, or Redis was emptied. What we have
	 * stays good until somebody says otherwise. */
	if(err || n < 1 || !v[0].len || str_eq(v[0], str_c(version)))
		return;
	if(str_copy(wanted, sizeof(wanted), v[0]))
		return;
	read_all(arg);
}

const char *directory_version(void)
{
	return version;
}

void directory_look(struct bus *bus)
{
	struct str argv[2] = {STR_LIT("GET"), STR_LIT("directory")};

	if(reading)
		return;
	if(!bus_command(bus, argv, 2, DEADLINE_MS, on_version, bus))
		reading++;
}

int directory_agent(const str *aor, unsigned *partitionp)
{
	str name = *aor;
	ht_cell_t *cell = ht.get_clone(&copies[2].table, &name);
	unsigned tenant;
	int err = ENOENT;

	if(!cell)
		return ENOENT;
	if((cell->flags & AVP_VAL_STR)
			&& !directory_credential(ours(&cell->value.s),
					(unsigned)acd.partitions, &tenant, partitionp))
		err = 0;
	pkg_free(cell);
	return err;
}

int directory_tenant_calls(unsigned tenant)
{
	char b[16];
	str name = {b, snprintf(b, sizeof(b), "%u", tenant)};
	ht_cell_t *cell = ht.get_clone(&copies[3].table, &name);
	int n = 0;

	if(!cell)
		return 0;
	if(cell->flags & AVP_VAL_STR)
		n = (int)directory_max_calls(ours(&cell->value.s));
	pkg_free(cell);
	return n;
}
