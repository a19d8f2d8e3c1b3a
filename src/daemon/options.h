/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The option table, and what its rows mean. For conf*.c only. */
#ifndef CONFAB_OPTIONS_H
#define CONFAB_OPTIONS_H

#include "conf.h"

enum opt_type { OPT_STR, OPT_LIST, OPT_INT, OPT_BOOL };

/* Says in why what would be right; 0 = fine. */
typedef int (opt_check_h)(const char *value, struct buf *why);

struct opt {
	const char *key;
	enum opt_type type;
	size_t offset;      /* in the section's struct */
	const char *def;    /* as written in the file; "" for no text */
	bool required;      /* must not be empty */
	bool reload;        /* SIGHUP takes a change; else a restart does */
	long min, max;      /* OPT_INT */
	opt_check_h *check; /* each text; not called for empty ones */
	const char *help;   /* lines of at most 74 columns */
	const char *example; /* in the sample, where it is not def */
};

struct opt_section {
	const char *name;   /* NULL: the top level */
	bool titled;        /* name "label" { ... }, many */
	bool reload;        /* titled: as of an option, for all of them */
	const struct opt *opts;
	size_t count;
	const char *help;
	const char *sample; /* label in the sample's commented example */
	size_t array, array_count; /* titled: offsets in struct conf */
	size_t size;        /* titled: of one element; label comes first */
	size_t offset;      /* untitled: in struct conf */
	bool off;           /* untitled: an example in the sample, as what is
			       written there would turn something on */
};

enum { LIMIT_OPTS = 23, GATEWAY_OPTS = 32, COMPONENT_OPTS = 8,
       IRC_OPTS = 31, IRC_GATEWAY_OPTS = 14, PURPLE_GATEWAY_OPTS = 21,
       PURPLE_OPTS = 6, LINK_OPTS = 9 };
extern const struct opt limit_opts[LIMIT_OPTS];
extern const struct opt gateway_opts[GATEWAY_OPTS];
extern const struct opt component_opts[COMPONENT_OPTS];
extern const struct opt irc_opts[IRC_OPTS];
extern const struct opt irc_gateway_opts[IRC_GATEWAY_OPTS];
extern const struct opt purple_gateway_opts[PURPLE_GATEWAY_OPTS];
extern const struct opt purple_opts[PURPLE_OPTS];
extern const struct opt link_opts[LINK_OPTS];

/* The passwords that n's other options say where to find; config: the file
 * that it is out of. */
int conf_irc_secrets(struct conf_irc *n, const char *config, struct buf *why);

/* For more than one file. */
opt_check_h check_domain, check_file, check_visible, check_line;

extern const struct opt_section opt_sections[];
extern const size_t opt_section_count;

#endif
