/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Passwords: from a file of their own, the environment, or the config. */
#ifndef CONFAB_SECRET_H
#define CONFAB_SECRET_H

#include "buf.h"

/*
 * Fills in *secret (owned, replaced): the environment variable
 * CONFAB_<kind>_<LABEL>_PASSWORD (letters in upper case, all else "_") goes
 * first, then the first line of file (relative to the folder of config), then
 * what *secret holds already (then config itself must be closed to others).
 * EACCES: a file that others can read; why says which mode is right.
 */
int secret_load(char **secret, const char *kind, const char *label,
		const char *file, const char *config, struct buf *why);

#endif
