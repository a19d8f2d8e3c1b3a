/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A user's insides, for person.c (who there is), person_login.c (in and out)
 * and person_wait.c (what time brings).
 */
#ifndef CONFAB_JABBER_PERSON_PRIV_H
#define CONFAB_JABBER_PERSON_PRIV_H

#include "gate_priv.h"

static inline struct wheel *person_wheel(const struct person *p)
{
	return loop_wheel(p->gate->conf.loop);
}

/* ---- person.c ---- */

/* All modules forget him; he is freed. */
void person_gone(struct person *p);

/* ---- person_login.c ---- */

extern const struct xlink_ops person_ops; /* of his account */
/* Out, whatever it is; or out, and another has his place. */
void person_log_out(struct person *p);
void person_give_place(struct person *p);
/* He is told that he is out by himself. */
void person_say_offline(struct person *p);

/* ---- person_wait.c ---- */

/* Something is a reason not to forget him, or not to log him out. */
bool person_is_kept(const struct person *p);
/* All who wait hear err. */
void person_waited(struct person *p, int err);
/* Nobody hears of anything any more. */
void person_wait_free(struct person *p);

#endif
