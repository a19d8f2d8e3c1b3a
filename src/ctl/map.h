/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * confabctl jabber map add, passwd and import: what deals with the passwords
 * of accounts elsewhere. They go to confabd by its socket, and nowhere else.
 */
#ifndef CONFAB_MAP_H
#define CONFAB_MAP_H

#include <jansson.h>
#include <stdbool.h>

#include "buf.h"

/* Whether the words "jabber map add ..." are one of these. */
bool map_is_ours(int argc, char **argv);
/* argv: from "jabber" on. password_file: NULL: the terminal, or standard
 * input. *answer is like one of confabd's. An errno value when the socket
 * failed. */
int map_run(json_t **answer, int fd, int argc, char **argv,
	    const char *password_file);

/* ---- for map*.c ---- */

json_t *map_refusal(const char *why);
/* One request and its answer; takes request. */
int map_ask(json_t **out, int fd, json_t *request);
/* jabber map import [FILE ...]: map_import.c. */
int map_import(json_t **answer, int fd, const char *word, int argc,
	       char **argv);

#endif
