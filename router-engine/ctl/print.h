/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file print.h  jackfieldctl: answers for people.
 */
#ifndef JF_CTL_PRINT_H
#define JF_CTL_PRINT_H

#include <jansson.h>
#include <stdio.h>

/* Objects as a table, a column per name of the first. Names that end in _ms
 * are durations. nothing: what is printed when there is no row. */
void print_table(FILE *f, const json_t *rows, const char *nothing);
/* One object, a line per name. */
void print_object(FILE *f, const json_t *o);
/* Objects with the same text in this name become one: their numbers are added,
 * texts that differ are told both. */
void print_merge(json_t *rows, const char *name);
/* Sorts objects by up to two of their names (NULL: none). */
void print_sort(json_t *rows, const char *first, const char *second);

#endif
