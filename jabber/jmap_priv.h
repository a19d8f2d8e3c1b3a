/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a jmap is made of; for jmap.c, jmap_xmpp.c and jmap_zone.c. */
#ifndef CONFAB_JABBER_JMAP_PRIV_H
#define CONFAB_JABBER_JMAP_PRIV_H

#include "hash.h"
#include "jmap.h"

enum { JMAP_HOSTS_MAX = 256, JMAP_NAMES_MAX = 262144 };

/* A host of the configuration. */
struct jmap_host {
	char *jid;   /* owned; as it is in JIDs: as configured, prepared */
	char *ascii; /* owned; as it is in DNS and in SIP: to compare by */
};

struct jmap_alias {
	struct jmap_host host;
	char d; /* what a c is for in its JIDs; 0: a c */
};

struct jmap_pair {
	struct jmap_host sip, xmpp;
	enum jmap_zone kind;
};

struct jmap {
	struct jmap_host jdomain;
	char c;
	struct jmap_alias *aliases; /* owned */
	size_t alias_count;
	struct jmap_pair *pairs;    /* owned */
	size_t pair_count;
	struct htable names;        /* of struct jmap_name, by JID */
	size_t names_max;
};

/* The host is this one, in any of its spellings. ascii: of jid_host_ascii()
 * or of a configured host. */
bool jmap_host_is(const struct jmap_host *h, struct view ascii);
const struct jmap_alias *jmap_alias_of(const struct jmap *m,
				       struct view ascii);
const struct jmap_pair *jmap_pair_of(const struct jmap *m, struct view ascii);

#endif
