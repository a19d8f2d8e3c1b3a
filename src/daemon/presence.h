/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The presence agent: the package "presence" (RFC 3856) for users of our own
 * domain and for the addresses of gateways.
 *
 * A user is what his devices publish, put together, else whether one is
 * registered. He sees himself; others see him as he has decided
 * (consent.h), or as the operator has for those he was not asked about: until
 * then their subscriptions are pending, and no word tells whether there is
 * such a user. Who is behind an address of a gateway, and who may see him, the
 * gateway says; it hears how our users are (gateway.h).
 */
#ifndef CONFAB_PRESENCE_H
#define CONFAB_PRESENCE_H

#include "buddies.h"
#include "hub.h"
#include "location.h"
#include "sip.h"
#include "users.h"
#include "winfo.h"

struct presence;

/* What holds for whom a user has not decided about. */
enum presence_policy {
	PRESENCE_ASK,   /* he is asked, in chat */
	PRESENCE_ALLOW,
	PRESENCE_DENY,
};

struct presence_conf {
	struct loop *loop;         /* all borrowed */
	struct hub *hub;
	struct sip *sip;           /* while it lives */
	struct location *location;
	const struct users *users;
	const char *domain;        /* copied, as is manager */
	const char *manager;       /* user part: who asks users */
	enum presence_policy policy;
	const struct buddies *buddies; /* lists that are watched */
	struct winfo *winfo;       /* told who watches; while it lives */
};

/* "ask", "allow", "deny"; EINVAL. */
int presence_policy_parse(enum presence_policy *out, const char *word);
/* Errors as sip_package_add(). */
int presence_new(struct presence **pp, const struct presence_conf *conf);
/* For whoever asks from now on. */
void presence_set_policy(struct presence *p, enum presence_policy policy);
/* Before the SIP edge and the hub end. NULL is allowed. */
void presence_quiet(struct presence *p);
/* After the edge. NULL is allowed. */
void presence_free(struct presence *p);

#endif
