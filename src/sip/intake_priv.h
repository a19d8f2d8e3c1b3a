/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What came by UDP and waits for its turn. The sockets are read empty first,
 * so that nobody's request gets lost among others' in the kernel; then some
 * are served, those of who says little first; and so on in turn.
 */
#ifndef CONFAB_INTAKE_PRIV_H
#define CONFAB_INTAKE_PRIV_H

#include "uas_priv.h"

struct intake;

int intake_new(struct intake **ip, struct sip *s);
void intake_free(struct intake *in); /* NULL is allowed */

/* u->packet waits from now on, or was refused. */
void intake_put(struct intake *in, struct uas *u);
/* Something was answered: more may be served. */
void intake_resume(struct intake *in);
size_t intake_count(const struct intake *in);

#endif
