/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Command tables: "#join" of a room and "status" of confabctl are rows of
 * one shape. The table gives names, argument counts, rights and the help
 * text; the caller gives the meaning.
 */
#ifndef CONFAB_CMDTAB_H
#define CONFAB_CMDTAB_H

#include <stddef.h>

#include "view.h"

enum { CMD_ARGS_MAX = 8 };

struct cmd {
	const char *name;    /* lower case */
	const char *aliases; /* space-separated, or NULL; not in the help */
	unsigned role;       /* what the caller must be; its own numbers */
	unsigned min, max;   /* words after the name */
	const char *usage;   /* "<user> [room]", or "" */
	const char *help;    /* one line, no dot */
	void (*run)(void);   /* cast by the owner of the table; may be NULL */
};

struct cmdline {
	struct view name;               /* borrowed from the text */
	struct view argv[CMD_ARGS_MAX]; /* borrowed */
	size_t argc;                    /* words, may exceed CMD_ARGS_MAX */
	struct view rest;               /* all after the name, trimmed */
};

/* Splits "name arg arg" at spaces and tabs; CR, LF or NUL ends the line.
 * EBADMSG when there is no name. */
int cmdline_parse(struct cmdline *out, struct view text);

/* The row whose name or alias is name (case-insensitive), or NULL. */
const struct cmd *cmd_find(const struct cmd *table, size_t count,
			   struct view name);
/* The row whose name is nearest, for "did you mean"; NULL if none is near. */
const struct cmd *cmd_nearest(const struct cmd *table, size_t count,
			      struct view name);
/* Edit distance, at most 64 bytes are compared; for suggestions. */
size_t text_distance(struct view a, struct view b);

#endif
