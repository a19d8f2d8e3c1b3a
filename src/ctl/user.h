/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * confabctl user add, passwd and import: what deals with passwords. They stay
 * in this process: confabd gets what digest needs of them.
 */
#ifndef CONFAB_USER_H
#define CONFAB_USER_H

#include <jansson.h>
#include <stdbool.h>

#include "buf.h"

/* Whether a command of "user" is one of these. */
bool user_is_ours(const char *command);
/* argv: the command and its words. password_file: NULL: the terminal, or
 * standard input. *answer is like one of confabd's. An errno value when the
 * socket failed. */
int user_run(json_t **answer, int fd, int argc, char **argv,
	     const char *password_file);

/* ---- for user*.c ---- */

/* Where users log in; as confabd says. */
struct user_place {
	char *domain, *realm; /* owned */
};
/* A row of put-users: [name, realm, HA1 ...], with the HA1s of a password. */
json_t *user_row(const struct user_place *place, struct view name,
		 struct view password);
json_t *user_refusal(const char *why);
/* confabctl user import FILE [FILE ...]: user_import.c. */
int user_import(json_t **answer, int fd, const struct user_place *place,
		int argc, char **argv);

#endif
