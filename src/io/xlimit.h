/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An XML stream as a server sends it (RFC 6120 4 and 11), read by expat with
 * the limits that expat lacks: whatever comes, it takes little memory and
 * little time. No I/O. The accounts' streams (xtree.h) and the component link
 * build on it; and documents of presence, whose root is then the "stream", and
 * what is in it the "stanzas".
 *
 * Refused are DOCTYPE (and so all entities but XML's own five), comments and
 * processing instructions, text between stanzas, and what is beyond the
 * limits. A peer that always uses new names would fill expat's tables: from
 * time to time they begin anew, between two stanzas.
 */
#ifndef CONFAB_XLIMIT_H
#define CONFAB_XLIMIT_H

#include "buf.h"

struct xlimit;

/* Of one stanza, but where it says otherwise. depth is at most 64, attrs
 * 128. */
struct xlimit_max {
	size_t bytes;  /* as they come */
	/* Of names, namespaces, attributes and texts with all prefixes
	 * resolved, as whoever keeps them would store them. */
	size_t expanded;
	size_t tag;    /* bytes of one tag */
	size_t value;  /* bytes of one attribute's value */
	unsigned depth;    /* elements in elements; the stanza counts */
	unsigned nodes;    /* elements and pieces of text; a line is one */
	unsigned children; /* elements and texts in one element */
	unsigned attrs;    /* of one element */
};

#define XLIMIT_DEFAULTS \
	((struct xlimit_max){ 256 * 1024, 512 * 1024, 32 * 1024, 3072, 32, \
			      10000, 2000, 100 })

/* An element's start. All is borrowed, and valid only within the handler. */
struct xlimit_tag {
	struct view ns, name;
	/* Pairs of name and value, both NUL-terminated. Attributes with a
	 * namespace are left out: who looks for "from" must not find
	 * somebody's "x:from". But xml:lang is there, by that name. */
	const char *const *attrs;
	size_t attr_count; /* pairs */
};

/* Handlers; none may free the reader, each may xlimit_stop(). */
struct xlimit_ops {
	/* depth 0 is the stream's header, 1 a stanza. */
	void (*start)(const struct xlimit_tag *tag, unsigned depth, void *arg);
	/* A piece of text, in a stanza. */
	void (*text)(struct view text, void *arg);
	/* depth as its start had it; after 1 a stanza is complete, after 0
	 * the stream. */
	void (*end)(unsigned depth, void *arg);
};

/* max is copied; NULL: XLIMIT_DEFAULTS; ops must outlive the reader. Free with
 * mem_deref(). */
struct xlimit *xlimit_new(const struct xlimit_max *max,
			  const struct xlimit_ops *ops, void *arg);
/* Reads on. ECANCELED: xlimit_stop() was called, *used tells how much was
 * read until then. EBADMSG: refused, see xlimit_condition(); what is fed
 * after either is ignored, with the same result. used may be NULL. */
int xlimit_feed(struct xlimit *x, struct view bytes, size_t *used);
/* From within a handler: no more; the handlers do not run any more. */
void xlimit_stop(struct xlimit *x);
/* What comes next is a new stream, as after SASL's <success/>: from within
 * end() with depth 1, behind the stanza that just ended; or between feeds,
 * also after an error. */
void xlimit_restart(struct xlimit *x);
/* The stream error (RFC 6120 4.9.3) to send: "restricted-xml"; NULL: none. */
const char *xlimit_condition(const struct xlimit *x);
/* Why, in words. */
const char *xlimit_why(const struct xlimit *x);
/* Are we between two stanzas, with the stream open? */
bool xlimit_is_between(const struct xlimit *x);
/* An attribute's value, or NULL. */
const char *xlimit_attr(const struct xlimit_tag *tag, const char *name);

#endif
