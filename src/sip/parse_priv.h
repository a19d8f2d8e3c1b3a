/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From a pre-scanned request to its meaning: libosip2 reads the headers (in
 * the arena, without the body), and what it does not check is checked here.
 */
#ifndef CONFAB_PARSE_PRIV_H
#define CONFAB_PARSE_PRIV_H

#include "prescan_priv.h"
#include "scan_priv.h"
#include "sip.h"
#include "uri_priv.h"
#include "via_priv.h"

struct parser;

struct parsed {
	enum sip_method method;
	struct uri_parts ruri, from_uri, to_uri;
	struct via via;
	struct sip_nameaddr from, to;
	struct view call_id;
	uint32_t cseq;
	struct view type, charset; /* Content-Type's */
	struct view encoding;      /* Content-Encoding, or empty */
	int status;                /* 0, or the answer this deserves */
	char reason[64];           /* then */
};

struct parser *parser_new(void);
void parser_free(struct parser *p); /* NULL is allowed */

/* Views in out point into the packet and into p: they are valid until the
 * next call. Even when status is not 0 method and via are set, as far as
 * they could be read. */
void parser_run(struct parser *p, struct parsed *out,
		const struct prescan *pre);
/* Bytes that the last run took from the arena. */
size_t parser_used(const struct parser *p);

#endif
