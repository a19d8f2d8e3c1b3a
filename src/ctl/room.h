/* SPDX-License-Identifier: GPL-3.0-or-later */
/* confabctl purple room join ... --password-file FILE: a room's password goes
 * to confabd by its socket, and is in nobody's list of processes. */
#ifndef CONFAB_ROOM_H
#define CONFAB_ROOM_H

#include <jansson.h>
#include <stdbool.h>

/* Whether the words are this. */
bool room_is_ours(int argc, char **argv, const char *password_file);
/* As map_run(). */
int room_run(json_t **answer, int fd, int argc, char **argv,
	     const char *password_file);

#endif
