/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Addresses of SIP and of XMPP, each in the other's terms. Two ways:
 *
 * People and rooms of XMPP behind a gateway host of ours, here gw.org with
 * the delimiter "*" (c below), of which an alias is a host that is a JID too:
 *
 *   bob*x.org@gw.org            bob@x.org                     JMAP_PERSON
 *   al*dev*rooms.x.org@gw.org   dev@rooms.x.org, nick al      JMAP_ROOM
 *   *dev*rooms.x.org@gw.org     the same, nick not said       JMAP_ROOM
 *   pm*Jo*dev*rooms.x.org@gw.org  dev@rooms.x.org/Jo          JMAP_PM
 *   12345@icq.gw.org            the same JID; an alias        JMAP_PERSON
 *   icq.gw.org                  the service; an alias         JMAP_SERVICE
 *
 * People and rooms of SIP at a domain that an XMPP server gives us, a zone:
 *
 *   alice@example.org           alice@sip.example.org
 *   bob@other.org               bob\40other.org@sip.example.org
 *
 * On the SIP side what cannot stand in a user part is percent-encoded; there
 * "=2A" (the hex of c) is a c that divides nothing, "=3D" a "=" before two
 * hex digits, and "=5C" a "\" that XEP-0106 would not leave as it is. Hosts
 * are A-labels there, and U-labels in JIDs. Each direction undoes the other.
 *
 * Pure but for the names remembered; one thread. Texts that come out are
 * views into a buffer of the caller's, who owns it: it is emptied first, and
 * the views are valid until he changes it.
 */
#ifndef CONFAB_JABBER_JMAP_H
#define CONFAB_JABBER_JMAP_H

#include "buf.h"

/* Bytes of a SIP user part, escaped: none longer is read or made. */
enum { JMAP_USER_MAX = 384 };

struct jmap; /* reference-counted */

enum jmap_kind {
	JMAP_BAD,     /* leads nowhere: see status and why */
	JMAP_PERSON,  /* bare */
	JMAP_ROOM,    /* bare; nick: ours in it, may be empty */
	JMAP_PM,      /* bare: the room; nick: the occupant's */
	JMAP_SERVICE, /* bare: a host without a user: an alias, a transport */
};

/* What one address means. bare is prepared (RFC 6122); a nick is as it was
 * written, in valid UTF-8 without controls: see jnick.h. */
struct jmap_target {
	enum jmap_kind kind;
	struct view bare, nick; /* borrowed: the buffer's or the caller's */
	struct view why;        /* JMAP_BAD: what is wrong, what is right */
	unsigned status;        /* JMAP_BAD: of SIP, 484, or 482 for a loop */
};

/* A SIP address: user is escaped, and empty for a host alone. */
struct jmap_sip {
	struct view user, host; /* borrowed: the buffer's */
};

/* ---- configuration; EINVAL with why appended, in words ---- */

/* jdomain: "host[=c]", c "*" where it is not given: one of !$&'()*+,/;?_~ .
 * A jmap knows at most names_max names (0: 262144); see jmap_remember(). */
int jmap_new(struct jmap **mp, struct view jdomain, size_t names_max,
	     struct buf *why);
/* One alias, "host[=d]": its users have every c for a d in their JIDs. */
int jmap_alias(struct jmap *m, struct view text, struct buf *why);
/* "N;alias1[=d];...;aliasN[=d];" (the old module's), with the last ";" or
 * without it. Empty: none. */
int jmap_aliases(struct jmap *m, struct view text, struct buf *why);

/* What the users of a zone are to SIP. */
enum jmap_zone { JMAP_USERS, JMAP_ROOMS };

/* xmpp is a domain of ours on an XMPP server (a component's, or that of our
 * rooms), sip the SIP domain that is meant by it. The first zone of a kind
 * takes those of all other SIP domains too. */
int jmap_zone(struct jmap *m, enum jmap_zone kind, struct view sip,
	      struct view xmpp, struct buf *why);

/* ---- XMPP addresses behind our hosts ---- */

/* The host of a SIP URI is jdomain's or an alias's. */
bool jmap_is_ours(const struct jmap *m, struct view host);
/* What "sip:user@host" means, user as escaped as it came. ENOENT: host is not
 * ours. 0: out tells, with JMAP_BAD where it means nothing: no address by
 * 4.5's rules, no UTF-8, no JID (484), or one that is a SIP address of ours
 * again (482). */
int jmap_from_sip(const struct jmap *m, struct view user, struct view host,
		  struct jmap_target *out, struct buf *text);
/* The one SIP address that jmap_from_sip() takes back to t: kind, bare and
 * nick count. EBADMSG: there is no such JID, or no form for it (a server
 * without a name before it: speak as the registrar). ELOOP: it is at a domain
 * of ours, which nobody outside may speak for: see jmap_aor(). EMSGSIZE. */
int jmap_to_sip(const struct jmap *m, const struct jmap_target *t,
		struct jmap_sip *out, struct buf *text);

/* The resource behind "gr" in the parameters of a SIP URI (RFC 7247 6.3),
 * prepared and appended; ENOENT, EBADMSG. */
int jmap_resource(struct buf *out, struct view params);
/* Appends ";gr=" and the resource, escaped. */
void jmap_gr(struct buf *out, struct view resource);

/* ---- SIP addresses at our domains in XMPP ---- */

/* The zone of this XMPP domain (of a JID's, in any letter case): its kind. */
bool jmap_zone_of(const struct jmap *m, struct view domain,
		  enum jmap_zone *kind);
/* The bare JID that stands for "sip:user@host" (user escaped): the zone's
 * domain is spelled as configured, in lower case, as XEP-0114 wants it.
 * ENOENT: no zone of this kind. EBADMSG: there cannot be such a JID. */
int jmap_jid(const struct jmap *m, enum jmap_zone kind,
	     const struct jmap_sip *sip, struct view *bare, struct buf *text);
/* Back: whose a bare JID at a zone is, spelled as he was remembered, else in
 * lower case. ENOENT: at no zone of ours. EBADMSG: nobody's (no form that
 * jmap_jid() makes). */
int jmap_aor(const struct jmap *m, struct view bare, struct jmap_sip *out,
	     struct buf *text);
/* SIP users differ in letter case, JIDs do not: notes the spelling of one who
 * is known to exist (registered, or has an account); the first keeps the JID.
 * 0 also when noted already. EEXIST: another spelling has it: this one must
 * not speak or be spoken to by XMPP. ENOSPC: names_max. ENOENT, EBADMSG. */
int jmap_remember(struct jmap *m, enum jmap_zone kind,
		  const struct jmap_sip *sip);
/* No longer exists. */
void jmap_forget(struct jmap *m, enum jmap_zone kind,
		 const struct jmap_sip *sip);

#endif
