/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words from one user to another by himself: no room is about. */
#ifndef CONFAB_IMC_DIRECT_H
#define CONFAB_IMC_DIRECT_H

#include "ask.h"

/* The user whom the request's URI names: no room and not the manager, but one
 * of our domain who has an account or was heard before, or, for users of our
 * domain, one of a domain that we may send to. Referenced; or NULL. */
struct addr *direct_person(const struct ask *a);
/* A user of our domain who has an account, or whose devices are known. */
bool direct_knows(const struct imc *i, const struct addr *user);
/* text goes to a->person, whatever it begins with. Answers a, now or after
 * the commit: 202, he gets it, at once or when he is there; 403, he has
 * blocked the sender. */
void direct_say(struct ask *a, struct view text,
		const struct sip_request *req);

#endif
