/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a REGISTER says (RFC 3261 10.2, RFC 3327, RFC 5626 4.2). Pure. */
#ifndef CONFAB_REGISTER_PRIV_H
#define CONFAB_REGISTER_PRIV_H

#include "buf.h"
#include "prescan_priv.h"

enum {
	REGISTER_CONTACTS = 10,
	REGISTER_INSTANCE_MAX = 128,
};

struct register_contact {
	struct view uri;
	struct sip_uri parts;
	struct view instance; /* without quotes and <>, or empty */
	uint32_t reg_id;      /* 0: none */
	uint32_t expires;     /* s; as the header or the usual where it has
				 none */
};

struct reg {
	struct register_contact contact[REGISTER_CONTACTS];
	size_t count;
	bool star;            /* "Contact: *" and nothing else */
	bool path_supported, outbound_supported;
	bool first_ob;        /* the first Path URI has ob */
	struct buf path;      /* one line; owned */
	int status;           /* 0, or the answer this deserves */
	const char *reason;   /* then; static, or NULL */
};

/* usual: seconds where nobody says how many. reg_free() afterwards in any
 * case. */
void reg_read(struct reg *out, const struct prescan *pre, uint32_t usual);
void reg_free(struct reg *r);
/* Adds the option tags of a list that are not known for this method. */
void reg_unknown(struct buf *out, struct view list, enum sip_method method);
/* It is in Supported or Require. */
bool reg_supports(const struct prescan *pre, const char *tag);

#endif
