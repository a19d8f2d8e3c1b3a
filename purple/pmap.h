/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Protocols of libpurple, and SIP addresses of people and rooms there, behind
 * a gateway host of ours, here gw.org:
 *
 *   carol%40example.org@xmpp.gw.org    carol@example.org by XMPP  PMAP_NAME
 *   carol%40example.org@gw.org;proto=xmpp   the same
 *   xmpp.gw.org                        the account itself         PMAP_SELF
 *   purple@gw.org                      the gateway                PMAP_GATE
 *
 * The first label of the host is the protocol's. Whether a name is a person's
 * or a room's nobody can tell from it: see pgate_priv.h.
 *
 * Pure; one thread.
 */
#ifndef CONFAB_PURPLE_PMAP_H
#define CONFAB_PURPLE_PMAP_H

#include "buf.h"

enum { PMAP_NAME_MAX = 320, PMAP_LABEL_MAX = 32, PMAP_ID_MAX = 64 };

struct pmap; /* reference-counted */

/* A protocol, as built in (purplemap's ext_prot, and old names). */
struct pmap_proto {
	const char *id;     /* "prpl-jabber" */
	const char *label;  /* "xmpp" */
	const char *title;  /* "XMPP", for people */
	const char *dead;   /* why it is unsupported, in words; or NULL */
	bool allowed;       /* without purple_allow */
};

enum pmap_kind { PMAP_BAD, PMAP_NAME, PMAP_SELF, PMAP_GATE };

struct pmap_target {
	enum pmap_kind kind;
	struct view proto;   /* canonical id */
	struct view name;    /* as libpurple wants it, UTF-8 */
	uint64_t account;    /* of ";account=17"; 0: not said */
	struct view why;     /* PMAP_BAD */
	unsigned status;     /* PMAP_BAD: 404, 482 (";proto=purple"), 484 */
};

/* domain: "gw.org"; EINVAL with why. */
int pmap_new(struct pmap **mp, struct view domain, struct buf *why);
/* "prpl-eionrobb-discord" may be used, under this label. EINVAL, EEXIST with
 * why. */
int pmap_allow(struct pmap *m, struct view id, struct view label,
	       struct buf *why);
/* All that there are, by place; NULL behind the last. */
const struct pmap_proto *pmap_at(const struct pmap *m, size_t i);
/* Why nobody can log in with this account there any more, in words; NULL: it
 * may be tried. */
const char *pmap_dead(const struct pmap_proto *p, struct view login);
/* By any of its names ("gtalk", "prpl-jabber", "xmpp"), of those allowed or
 * dead; NULL: unknown or not allowed. Borrowed. */
const struct pmap_proto *pmap_proto(const struct pmap *m, struct view name);

bool pmap_is_ours(const struct pmap *m, struct view host);
/* user escaped as it came, params those of the URI. ENOENT: host is not
 * ours. */
int pmap_from_sip(const struct pmap *m, struct view user, struct view host,
		  struct view params, struct pmap_target *out,
		  struct buf *text);
/* They are of what the old module, or we, have sent: ";proto=purple". */
bool pmap_is_loop(struct view params);
/* The one address of what params say as well, such as
 * "sip:carol;account=17@xmpp.gw.org", appended. ELOOP: ";proto=purple";
 * ENOENT: not ours, or not readable. */
int pmap_canon(const struct pmap *m, struct view user, struct view host,
	       struct view params, struct buf *out);
/* name with all that divides escaped, appended, and back. EBADMSG. */
void pmap_escape(struct buf *out, struct view name);
int pmap_unescape(struct buf *out, struct view escaped);
/* Appends "sip:user@host"; an empty name: the account itself, and without a
 * proto the gateway. EBADMSG: no such protocol or name. account: of several of
 * a user, or 0. */
int pmap_to_sip(const struct pmap *m, struct view proto, struct view name,
		uint64_t account, struct buf *out);
/* One form of a name, appended: of prpl-jabber a bare JID in lower case, of
 * prpl-irc folded by RFC 1459, else as it is. EBADMSG. */
int pmap_name(struct buf *out, struct view proto, struct view name);

#endif
