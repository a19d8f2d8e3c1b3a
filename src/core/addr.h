/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Addresses of people and places on any network: one canonical text and views
 * into it. Immutable but for what is counted, reference-counted; the same
 * text is the same object for as long as somebody holds it. One thread only.
 *
 *   sip:alice@example.org            network "sip", user, host
 *   xmpp:room@rooms.example/Nick     network "xmpp", user, host, resource
 *   irc:libera/#lobby                network "irc", host "libera", resource
 */
#ifndef CONFAB_ADDR_H
#define CONFAB_ADDR_H

#include <stdbool.h>

#include "hash.h"
#include "view.h"

struct addr {
	struct view text;     /* canonical; a NUL follows it */
	struct view network;
	struct view user, host, resource; /* empty where there is none */
	uint32_t places; /* of this user, without bans; counted by members */
	uint32_t owned;  /* places where he is an owner */
	union {
		struct hnode known; /* private: addr.c's table */
		struct {
			struct hnode *known_next;
			uint64_t hash; /* of text: that of known */
		};
	};
};

enum { ADDR_MAX = 1024 };

/* From parts: network and host are lowered (the parts of SIP users keep their
 * case), the rest is taken as it is. EBADMSG for an empty network or host, a
 * part with NUL, CR, LF or a separator of its own, EMSGSIZE over ADDR_MAX. */
int addr_new(struct addr **ap, struct view network, struct view user,
	     struct view host, struct view resource);
/* From a canonical text or one in the forms above. */
int addr_parse(struct addr **ap, struct view text);
bool addr_eq(const struct addr *a, const struct addr *b);
bool addr_is(const struct addr *a, const char *network);

#endif
