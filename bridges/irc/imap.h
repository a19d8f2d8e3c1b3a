/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SIP addresses of people and channels of IRC, behind a gateway host of ours,
 * here gw.org with the delimiter "*" (c below); "libera" is the label of a
 * network:
 *
 *   bob*libera@gw.org          the user with this nick    IMAP_PERSON
 *   %23dev*libera@gw.org       the channel #dev           IMAP_CHANNEL
 *   libera@gw.org              the network itself         IMAP_NETWORK
 *
 * In a SIP user part what cannot stand there is percent-encoded, and so is
 * what IRC does not have in UTF-8; "=2A" (the hex of c) is a c that divides
 * nothing, "=3D" a "=" before two hex digits. A "%" that is not before two hex
 * digits is taken for c as well ("bob%libera"), as is "%25", and a "#" as it
 * is for "%23": people write so. The network is what stands behind the last
 * c.
 *
 * Nicks and channels are the same ones whatever letter case the network folds
 * (names.h). The canonical form is folded as ASCII has it: what more a network
 * folds makes two of one there at worst, and never one of two.
 *
 * Pure; one thread. Texts that come out are views into a buffer of the
 * caller's, emptied first.
 */
#ifndef CONFAB_IRC_IMAP_H
#define CONFAB_IRC_IMAP_H

#include "buf.h"

enum { IMAP_USER_MAX = 384, IMAP_NETWORK_MAX = 64 };

struct imap; /* reference-counted */

enum imap_kind { IMAP_BAD, IMAP_PERSON, IMAP_CHANNEL, IMAP_NETWORK };

struct imap_target {
	enum imap_kind kind;
	struct view network; /* as configured */
	struct view name;    /* nick or channel, UTF-8, as written */
	struct view why;     /* IMAP_BAD: what is wrong, what is right */
	unsigned status;     /* IMAP_BAD: of SIP: 484, 404 (no such network) */
};

/* ircdomain: "host[=c]", c "*" where it is not given. EINVAL with why. */
int imap_new(struct imap **mp, struct view ircdomain, struct buf *why);
/* A network; EINVAL with why (a label with c, "%", "@", blanks), EEXIST
 * (without letter case). */
int imap_network(struct imap *m, struct view label, struct buf *why);
/* Not there any more; ENOENT. */
int imap_network_gone(struct imap *m, struct view label);
/* Borrowed: as configured; empty: there is none. */
struct view imap_network_find(const struct imap *m, struct view label);

bool imap_is_ours(const struct imap *m, struct view host);
/* What "sip:user@host" means, user escaped as it came. ENOENT: host is not
 * ours. */
int imap_from_sip(const struct imap *m, struct view user, struct view host,
		  struct imap_target *out, struct buf *text);
/* The one address that imap_from_sip() takes back to t, appended as
 * "sip:user@host". EBADMSG: no nick, no channel, or no such network. */
int imap_to_sip(const struct imap *m, const struct imap_target *t,
		struct buf *out);

/* The same person's canonical address as the hub has it, appended:
 * "irc:libera/bob", folded. With a user's AOR behind it the inbox of a
 * conversation: "irc:libera/bob/sip:alice@example.org". A "/" of a channel's
 * name is a "," there, which no name has. */
void imap_addr(struct buf *out, struct view network, struct view name,
	       struct view aor);
/* Back, of the resource of such an address ("bob/sip:alice@example.org"):
 * name is appended, aor a view into resource, or empty. EBADMSG. */
int imap_addr_cut(struct view resource, struct buf *name, struct view *aor);
/* What may be a nick on any network: more than RFC 2812 has, and nothing that
 * a server takes for more than one, for a channel or for a mask. */
bool imap_is_nick(struct view nick);

#endif
