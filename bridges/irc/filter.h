/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The gate before libircclient 1.9: no line that one of its bugs could be
 * reached with gets through, and nothing that it wants to say gets out.
 */
#ifndef CONFAB_IRCB_FILTER_H
#define CONFAB_IRCB_FILTER_H

#include "line.h"

/* The name that the library thinks is its own: no server may use it. */
#define IRCB_LIBRARY_NICK "~"

enum ircb_gate {
	IRCB_GATE_LIBRARY, /* the library may have what out holds */
	IRCB_GATE_OUTSIDE, /* handled without it */
	IRCB_GATE_REFUSED  /* nonsense of the server: nobody gets it */
};

enum { IRCB_LIBRARY_PARAMS = 9 };

/* out gets one line with CR LF, written anew: a prefix, a command that the
 * library knows, one to nine parameters, at most 510 bytes, no CTCP. */
enum ircb_gate ircb_filter_in(struct buf *out, const struct ircb_line *l);

/* What the library sends: true for the login that we do ourselves (it is
 * swallowed), false for a surprise (as well, and worth a line in the log). */
bool ircb_filter_swallows(struct view line);

#endif
