/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SASL over AUTHENTICATE (IRCv3): which mechanism, and what to say in it. The
 * lines are the caller's.
 */
#ifndef CONFAB_IRCB_SASL_H
#define CONFAB_IRCB_SASL_H

#include "buf.h"

struct ircb_sasl;

enum { IRCB_SASL_CHUNK = 400 };

enum ircb_mech { IRCB_MECH_EXTERNAL, IRCB_MECH_SCRAM, IRCB_MECH_PLAIN,
		 IRCB_MECHS };

struct ircb_sasl_conf {
	struct view wanted;  /* "EXTERNAL", "PLAIN", ...; empty: the best */
	struct view login, password;
	bool has_cert; /* a certificate of ours is shown */
	unsigned without; /* bits of mechanisms that came to nothing */
	bool private;  /* nobody can read the line: TLS, or loopback */
};

const char *ircb_mech_name(enum ircb_mech m);
/* Is it a name of ours? Without letter case. */
bool ircb_mech_known(struct view name);
/* The first that conf and the server ("PLAIN,EXTERNAL", empty: it does not
 * say) allow. ENOENT: none. */
int ircb_sasl_pick(enum ircb_mech *out, const struct ircb_sasl_conf *conf,
		   struct view offered);

enum ircb_mech ircb_sasl_mech(const struct ircb_sasl *s);
/* conf is not kept. mem_deref() wipes it. */
struct ircb_sasl *ircb_sasl_new(enum ircb_mech m,
				const struct ircb_sasl_conf *conf);
/* The parameter of one AUTHENTICATE of the server. 0 with *answer true: out
 * holds the whole answer in base64, to be sent in pieces by
 * ircb_sasl_chunk(); false: more is to come. EACCES: the server does not know
 * our password; other errors: it is nonsense. */
int ircb_sasl_step(struct ircb_sasl *s, struct view param, struct buf *out,
		   bool *answer);
/* Did all that the mechanism wants happen? To be asked when the server says
 * that we are in: SCRAM servers have to show that they know the password. */
bool ircb_sasl_complete(const struct ircb_sasl *s);
/* Takes the next parameter of AUTHENTICATE off *rest; *last: it ends the
 * answer. "+" stands for an empty one. */
struct view ircb_sasl_chunk(struct view *rest, bool *last);

#endif
