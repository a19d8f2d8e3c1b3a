/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Flat elements: made by appending, read by scanning. */
#include "elem.h"

#include <errno.h>
#include <string.h>

#include "utf8.h"
#include "xml.h"

enum { ATTRS_MAX = 64 };

/* ---- making ---- */

void elem_open(struct buf *b, const char *name, const char *ns)
{
	buf_addc(b, ELEM_OPEN);
	buf_adds(b, name);
	if (!ns || !*ns)
		return;
	buf_addc(b, ELEM_NS);
	buf_adds(b, ns);
}

void elem_attr(struct buf *b, const char *key, struct view value)
{
	if (!value.n)
		return;
	buf_addc(b, ELEM_KEY);
	buf_adds(b, key);
	buf_addc(b, ELEM_VALUE);
	xml_clean(b, value);
}

void elem_attrs(struct buf *b, const char *key, const char *value)
{
	elem_attr(b, key, view_str(value));
}

void elem_attr_u64(struct buf *b, const char *key, uint64_t value)
{
	buf_addc(b, ELEM_KEY);
	buf_adds(b, key);
	buf_addc(b, ELEM_VALUE);
	buf_add_u64(b, value);
}

void elem_text(struct buf *b, struct view text)
{
	if (!text.n)
		return;
	buf_addc(b, ELEM_TEXT);
	xml_clean(b, text);
}

void elem_close(struct buf *b)
{
	buf_addc(b, ELEM_CLOSE);
}

void elem_leaf(struct buf *b, const char *name, const char *ns,
	       struct view text)
{
	elem_open(b, name, ns);
	elem_text(b, text);
	elem_close(b);
}

/* ---- reading ---- */

static bool is_mark(char c)
{
	return c >= ELEM_OPEN && c <= ELEM_TEXT;
}

/* Keeps its address at the end, unlike view_from(). */
static void advance(struct view *v, size_t n)
{
	v->p += n;
	v->n -= n;
}

/* Takes what stands before the next mark off *v. */
static struct view take(struct view *v)
{
	struct view piece = *v;

	piece.n = 0;
	while (piece.n < v->n && !is_mark(v->p[piece.n]))
		piece.n++;
	advance(v, piece.n);
	return piece;
}

static bool at(const struct view *v, int mark)
{
	return v->n && v->p[0] == mark;
}

/* Takes the mark, if it is this one, and the piece behind it. */
static bool take_if(struct view *v, int mark, struct view *piece)
{
	if (!at(v, mark))
		return false;
	advance(v, 1);
	*piece = take(v);
	return true;
}

/* Nothing here ends a tag or begins another attribute, nor is it a prefix. Of
 * what lies beyond ASCII, parsers do not agree what is a name; XMPP has none
 * of that. */
static bool is_name(struct view v)
{
	if (!v.n || (v.p[0] >= '0' && v.p[0] <= '9') || v.p[0] == '-' ||
	    v.p[0] == '.')
		return false;
	for (size_t i = 0; i < v.n; i++) {
		unsigned char c = (unsigned char)v.p[i];

		if (c != '_' && c != '-' && c != '.' &&
		    !(c >= '0' && c <= '9') &&
		    !((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
			return false;
	}
	return true;
}

static bool is_key(struct view v)
{
	return view_eqs(v, "xml:lang") ||
	       (is_name(v) && !view_eqs(v, "xmlns"));
}

/* Namespaces in XML 3: these can't be declared, and would end the stream of
 * whoever gets them. */
static bool is_ns(struct view v)
{
	return !view_eqs(v, "http://www.w3.org/XML/1998/namespace") &&
	       !view_eqs(v, "http://www.w3.org/2000/xmlns/");
}

/* Each key once. */
static bool check_attrs(struct view *v)
{
	struct view keys[ATTRS_MAX], value;
	size_t n = 0;

	while (n < ATTRS_MAX && take_if(v, ELEM_KEY, &keys[n])) {
		if (!is_key(keys[n]) || !take_if(v, ELEM_VALUE, &value))
			return false;
		for (size_t i = 0; i < n; i++)
			if (view_eq(keys[i], keys[n]))
				return false;
		n++;
	}
	return !at(v, ELEM_KEY);
}

static bool check_start(struct view *v)
{
	struct view piece;

	if (!take_if(v, ELEM_OPEN, &piece) || !is_name(piece))
		return false;
	if (take_if(v, ELEM_NS, &piece) && !is_ns(piece))
		return false;
	return check_attrs(v);
}

/* A root, its content and its end; nothing behind it. */
static bool is_element(struct view v)
{
	struct view piece;
	unsigned depth = 0;

	do {
		if (at(&v, ELEM_OPEN)) {
			if (++depth > ELEM_DEPTH_MAX || !check_start(&v))
				return false;
		} else if (at(&v, ELEM_CLOSE)) {
			depth--;
			advance(&v, 1);
		} else if (!depth || !take_if(&v, ELEM_TEXT, &piece)) {
			return false;
		}
	} while (depth && v.n);
	return !depth && !v.n;
}

static bool has_ns(struct view flat)
{
	struct view name;

	return take_if(&flat, ELEM_OPEN, &name) && at(&flat, ELEM_NS);
}

/* Of UTF-8: nothing but marks and what XML 1.0 allows (2.2). */
static bool is_text(struct view v)
{
	for (size_t i = 0; i < v.n; i++) {
		unsigned char c = (unsigned char)v.p[i];

		if (c < 0x20 && c != '\t' && c != '\n' && c != '\r' &&
		    !is_mark((char)c))
			return false;
		/* U+FFFE, U+FFFF */
		if (c == 0xef && v.n - i > 2 &&
		    (unsigned char)v.p[i + 1] == 0xbf &&
		    (unsigned char)v.p[i + 2] >= 0xbe)
			return false;
	}
	return true;
}

int elem_check(struct view flat)
{
	if (flat.n > ELEM_MAX)
		return EMSGSIZE;
	return flat.n && is_element(flat) && has_ns(flat) &&
			       utf8_valid(flat) && is_text(flat) ?
		       0 :
		       EBADMSG;
}

/* Skips what is left of an element whose start was taken. */
static void skip(struct view *v)
{
	unsigned depth = 1;
	size_t i;

	for (i = 0; i < v->n && depth; i++)
		depth += (v->p[i] == ELEM_OPEN) - (v->p[i] == ELEM_CLOSE);
	advance(v, i);
}

static struct view between(const char *from, const char *to)
{
	return view_mem(from, (size_t)(to - from));
}

/* Takes an element off *v, which begins with it. */
static void read_one(struct elem *e, struct view *v, struct view ns)
{
	const char *start = v->p;
	struct view piece;

	take_if(v, ELEM_OPEN, &e->name);
	e->ns = ns;
	take_if(v, ELEM_NS, &e->ns);
	e->attrs = *v;
	while (take_if(v, ELEM_KEY, &piece))
		take_if(v, ELEM_VALUE, &piece);
	e->attrs = between(e->attrs.p, v->p);
	e->inside = *v;
	skip(v);
	e->inside = between(e->inside.p, v->p - 1);
	e->all = between(start, v->p);
}

void elem_read(struct elem *e, struct view flat)
{
	read_one(e, &flat, VIEW_NONE);
}

bool elem_is(const struct elem *e, const char *name, const char *ns)
{
	return (!name || view_eqs(e->name, name)) &&
	       (!ns || view_eqs(e->ns, ns));
}

struct view elem_get(const struct elem *e, const char *key)
{
	struct view v = e->attrs, k, value;

	while (take_if(&v, ELEM_KEY, &k)) {
		take_if(&v, ELEM_VALUE, &value);
		if (view_eqs(k, key))
			return value;
	}
	return VIEW_NONE;
}

bool elem_next(struct elem *child, const struct elem *e, size_t *pos)
{
	struct view v = e->inside, piece;

	advance(&v, *pos);
	while (take_if(&v, ELEM_TEXT, &piece))
		;
	if (!v.n)
		return false;
	read_one(child, &v, e->ns);
	*pos = e->inside.n - v.n;
	return true;
}

bool elem_child(struct elem *child, const struct elem *e, const char *name,
		const char *ns)
{
	size_t pos = 0;

	while (elem_next(child, e, &pos))
		if (elem_is(child, name, ns))
			return true;
	return false;
}

bool elem_has(const struct elem *e, const char *name, const char *ns)
{
	struct elem child;

	return elem_child(&child, e, name, ns);
}

/* The next piece of e's own text. */
static bool next_text(struct view *piece, struct view *v)
{
	struct elem child;

	while (v->n) {
		if (take_if(v, ELEM_TEXT, piece))
			return true;
		read_one(&child, v, VIEW_NONE);
	}
	return false;
}

struct view elem_words(const struct elem *e)
{
	struct view v = e->inside, piece;

	return next_text(&piece, &v) ? piece : VIEW_NONE;
}

void elem_add_text(struct buf *out, const struct elem *e)
{
	struct view v = e->inside, piece;

	while (next_text(&piece, &v))
		buf_addv(out, piece);
}

struct view elem_child_words(const struct elem *e, const char *name,
			     const char *ns)
{
	struct elem child;

	return elem_child(&child, e, name, ns) ? elem_words(&child) :
						 VIEW_NONE;
}

void elem_copy(struct buf *b, const struct elem *e, struct view ns)
{
	struct view rest = e->all, piece;

	take_if(&rest, ELEM_OPEN, &piece);
	take_if(&rest, ELEM_NS, &piece);
	buf_addc(b, ELEM_OPEN);
	buf_addv(b, e->name);
	if (!view_eq(e->ns, ns)) {
		buf_addc(b, ELEM_NS);
		buf_addv(b, e->ns);
	}
	buf_addv(b, rest);
}
