/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An XML element as one flat text: how stanzas cross between confabd and its
 * workers, and how confabd reads and makes them. Only a worker has an XML
 * parser and a serialiser; what it hands on is checked for size and depth,
 * and so is what is taken over here (elem_check()).
 *
 * The form: characters that XML 1.0 does not allow (2.2, Char) stand for its
 * syntax, so that no text can be mistaken for it and nothing is escaped.
 *
 *   element = OPEN name [NS namespace] *(KEY name VALUE value)
 *             *(TEXT text / element) CLOSE
 *
 * A namespace is written where it is not the parent's. Names are local names;
 * of attributes with a prefix there is "xml:lang" only. Comments and the like
 * do not exist. No mixed order is lost: text and children stay in theirs.
 */
#ifndef CONFAB_JABBER_ELEM_H
#define CONFAB_JABBER_ELEM_H

#include "buf.h"

enum {
	ELEM_OPEN = 1, ELEM_KEY = 2, ELEM_VALUE = 3, ELEM_CLOSE = 4,
	ELEM_NS = 5, ELEM_TEXT = 6,
	/* A flat stanza; a frame takes 256 KiB. */
	ELEM_MAX = 240 * 1024,
	ELEM_DEPTH_MAX = 32,
};

/* ---- making ----
 *
 * What these add is clean: characters that XML does not allow go, what is no
 * UTF-8 becomes U+FFFD. Whether all fitted says b->over, at the end. */

/* ns NULL or empty: the parent's. */
void elem_open(struct buf *b, const char *name, const char *ns);
/* Before any text and child; an empty value is left out. */
void elem_attr(struct buf *b, const char *key, struct view value);
void elem_attrs(struct buf *b, const char *key, const char *value);
void elem_attr_u64(struct buf *b, const char *key, uint64_t value);
void elem_text(struct buf *b, struct view text);
void elem_close(struct buf *b);
/* <name xmlns=ns>text</name>, and <name xmlns=ns/> for an empty text. */
void elem_leaf(struct buf *b, const char *name, const char *ns,
	       struct view text);

/* ---- reading ---- */

/* Views into the flat text. */
struct elem {
	struct view name, ns;
	struct view attrs;  /* private: from the first KEY on */
	struct view inside; /* private: text and children */
	struct view all;    /* with its OPEN and CLOSE */
};

/* Is it one whole element of the form above, at most ELEM_MAX long and
 * ELEM_DEPTH_MAX deep, in UTF-8, that can be written as XML wherever it goes:
 * with names that are some, each attribute once? EBADMSG or EMSGSIZE. What
 * comes from a worker is checked once, then read. */
int elem_check(struct view flat);
/* flat was checked; the root's namespace is written. */
void elem_read(struct elem *e, struct view flat);

bool elem_is(const struct elem *e, const char *name, const char *ns);
/* Empty: there is none. */
struct view elem_get(const struct elem *e, const char *key);
/* The next child: start with *pos = 0. False: there is no other. */
bool elem_next(struct elem *child, const struct elem *e, size_t *pos);
/* The first child of this name; ns NULL: of any, name NULL: of any. */
bool elem_child(struct elem *child, const struct elem *e, const char *name,
		const char *ns);
bool elem_has(const struct elem *e, const char *name, const char *ns);
/* Its own text, without that of its children. A view, where there is one
 * piece or none; else the first. */
struct view elem_words(const struct elem *e);
/* All of it. */
void elem_add_text(struct buf *out, const struct elem *e);
/* elem_words() of a child; empty where there is none. */
struct view elem_child_words(const struct elem *e, const char *name,
			     const char *ns);
/* Adds e as it is, to be a child in b of a parent of namespace ns. */
void elem_copy(struct buf *b, const struct elem *e, struct view ns);

#endif
