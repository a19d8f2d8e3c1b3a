/* SPDX-License-Identifier: GPL-3.0-or-later */
/* confabctl buddies import FILE ...: lists of people for many users. */
#ifndef CONFAB_BUDDIES_IMPORT_H
#define CONFAB_BUDDIES_IMPORT_H

#include <jansson.h>
#include <stdbool.h>

/* Whether these words are "buddies import ...". */
bool buddies_is_ours(int argc, char **argv);
/* argv: the files. *answer is like one of confabd's. An errno value when the
 * socket failed. */
int buddies_import(json_t **answer, int fd, int argc, char **argv);

#endif
