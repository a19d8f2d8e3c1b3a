/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pre-scan: one pass over a packet's header section before any parser
 * sees it. It finds the lines and the body's length, and refuses what would
 * cost too much or could be read in two ways: too many lines or parameters,
 * bare CR or LF, control characters, a Content-Length that is not plain
 * digits, doubles of headers that may stand once.
 */
#ifndef CONFAB_PRESCAN_PRIV_H
#define CONFAB_PRESCAN_PRIV_H

#include "sip.h"

enum {
	PRESCAN_LINES = 64,
	PRESCAN_VIAS = 16,    /* shown to the parser */
	PRESCAN_PARAMS = 32,  /* of one value */
	PRESCAN_COMMAS = 128, /* in all lines */
};

enum prescan_hdr {
	HDR_OTHER, HDR_VIA, HDR_FROM, HDR_TO, HDR_CALL_ID, HDR_CSEQ,
	HDR_MAX_FORWARDS, HDR_LENGTH, HDR_TYPE, HDR_ENCODING, HDR_REQUIRE,
	HDR_EXPIRES, HDR_USER_AGENT, HDR_ACCEPT, HDR_AUTHORIZATION,
	HDR_PROXY_AUTH, HDR_ASSERTED, HDR_CONTACT, HDR_PATH, HDR_SUPPORTED,
	HDR_EVENT, HDR_IF_MATCH, HDR_RECORD_ROUTE, HDR_TEXT, HDR_COUNT,
};

struct prescan_line {
	enum prescan_hdr id;
	struct view name, value; /* value trimmed; folds are still in it */
};

struct prescan {
	bool response;
	struct view start;                 /* the first line */
	struct view method, ruri, version; /* of a request */
	struct prescan_line line[PRESCAN_LINES];
	size_t lines;
	struct view first[HDR_COUNT]; /* the first value of each kind */
	size_t vias;
	size_t size;                  /* of the section and its empty line */
	bool has_length;
	uint64_t length;              /* Content-Length */
	int status;                   /* 0, or the answer this deserves */
	const char *reason;           /* then: static text */
};

/* packet starts at the first line (no empty lines before it). Even when
 * status is not 0 the lines found so far are there, to answer with. */
void prescan(struct prescan *out, struct view packet, size_t head_max);

/* Bytes of CR and LF before a start line (RFC 3261 7.5). */
size_t prescan_blank(struct view packet);
/* Bytes of the header section with its empty line, or 0: not all there. The
 * search starts at from, which moves on. */
size_t prescan_head(struct view stream, size_t *from);

#endif
