/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "... is writing": RFC 3994 notices, past the journal. */
#ifndef CONFAB_IMC_TYPING_H
#define CONFAB_IMC_TYPING_H

#include "hub.h"

struct imc;

/* from, a member of r who may speak, is writing: notice goes to the members
 * whose devices take such things, once, and nobody hears what became of it.
 * r NULL: nowhere. */
void typing_pass(struct imc *i, struct room *r, const struct addr *from,
		 struct view notice);
/* The same, from one user to another by himself. */
void typing_pass_to(struct imc *i, const struct addr *to,
		    const struct addr *from, struct view notice);

/* from, behind a gateway, is writing to a user, or has stopped. */
void typing_tell(struct imc *i, const struct addr *to,
		 const struct addr *from, bool writes);
/* The message of this id has reached him: to those devices of to that take
 * such reports. */
void typing_report(struct imc *i, const struct addr *to,
		   const struct addr *from, struct view id);

#endif
