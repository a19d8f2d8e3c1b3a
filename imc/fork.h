/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One text to all devices of a user: a letter each, one result. */
#ifndef CONFAB_IMC_FORK_H
#define CONFAB_IMC_FORK_H

#include "letter.h" /* its conf */

struct way;

/* As letter_send(), down each of the ways, which say what conf's to, flow and
 * binding are. doneh hears the first 2xx at once; else, when all have
 * refused, one status: of a device that may take it later, if there is one.
 * An error: nothing was sent at all. */
int fork_send(struct imc *i, const struct letter_conf *conf,
	      const struct way *ways, size_t count);
/* At the end: nothing is told any more. */
void forks_free(struct imc *i);

#endif
