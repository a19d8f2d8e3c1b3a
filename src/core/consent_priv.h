/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules of presence, inside: consent.c keeps them, consent_say.c does what
 * users say of them. */
#ifndef CONFAB_CONSENT_PRIV_H
#define CONFAB_CONSENT_PRIV_H

#include "consent.h"
#include "hub_priv.h"

enum { LISTENERS = 8 };

struct asked {
	struct hnode by_addr;
	struct addr *addr;   /* ref */
	struct list rules;   /* the newest last */
	uint64_t last;       /* the number of the last question: he may still
				answer it when there is nothing left of it, so
				it is never another's: the row that has it
				stays, without a rule if need be */
	struct addr *spent;  /* ref; whom such a row is about; NULL: none */
	size_t open;         /* questions */
};

struct rule {
	struct hnode by_pair;
	struct lnode node;
	struct asked *user;  /* borrowed */
	struct addr *other;  /* ref */
	enum consent now;
	uint64_t number, asked_ms;
};

struct consents {
	struct htable rules; /* owned */
	struct htable users; /* owned */
	struct consent_listener listener[LISTENERS];
	size_t listeners;
};

/* NULL: he has no rules. */
struct asked *consent_user(const struct hub *h, const struct addr *addr);
struct asked *consent_user_get(struct hub *h, struct addr *addr);
/* Without a state yet: consent_change() follows. */
struct rule *consent_rule_new(struct hub *h, struct asked *u,
			      struct addr *other);
/* Written and told. r is gone after CONSENT_NONE. */
void consent_change(struct hub *h, struct rule *r, enum consent now);
/* Without "sip:" or "xmpp:". */
struct view consent_shown(const struct addr *a);
/* What the rules of this one's network are of. */
const struct consent_words *consent_words_of(const struct hub *h,
					     const struct addr *other);

#endif
