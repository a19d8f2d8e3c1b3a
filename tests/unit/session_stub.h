/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sessions for tests of what is above them: no bridge, no worker. What is
 * sent is written down as XML, one stanza a line, in wire; what the network
 * says is given as XML (single quotes, no entities but &lt; and &amp;).
 */
#ifndef CONFAB_SESSION_STUB_H
#define CONFAB_SESSION_STUB_H

#include <errno.h>
#include <string.h>

#include "elem.h"
#include "mem.h"
#include "session.h"
#include "test.h"

struct session {
	struct session_conf conf;
	char label[128];
	int state;       /* 0 off, 1 starting, 2 up */
	uint64_t tags[64]; /* of what was sent, not told of yet */
	size_t tag_count;
	struct session *next;
};

static struct buf wire;         /* what was sent: "label: <xml>\n" */
static struct session *sessions;
static int new_err, start_err, send_err; /* what these answer */

/* ---- flat to XML ---- */

static inline void xml_escape(struct buf *b, struct view v)
{
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '<')
			buf_adds(b, "&lt;");
		else if (v.p[i] == '&')
			buf_adds(b, "&amp;");
		else
			buf_addc(b, v.p[i]);
	}
}

static inline void flat_to_xml(struct buf *b, struct view flat)
{
	struct view open[ELEM_DEPTH_MAX + 1];
	bool in_start = false;
	size_t depth = 0, i = 0;

	while (i < flat.n) {
		char mark = flat.p[i++];
		struct view piece = view_from(flat, i);

		piece.n = 0;
		while (i + piece.n < flat.n &&
		       (unsigned char)flat.p[i + piece.n] > ELEM_TEXT)
			piece.n++;
		piece.p = flat.p + i;
		i += piece.n;
		if (in_start && mark != ELEM_NS && mark != ELEM_KEY &&
		    mark != ELEM_VALUE) {
			in_start = false;
			if (mark == ELEM_CLOSE) {
				buf_adds(b, "/>");
				depth--;
				continue;
			}
			buf_addc(b, '>');
		}
		switch (mark) {
		case ELEM_OPEN:
			buf_addc(b, '<');
			buf_addv(b, piece);
			open[depth++] = piece;
			in_start = true;
			break;
		case ELEM_NS:
			if (view_eqs(piece, "jabber:client"))
				break;
			buf_adds(b, " xmlns='");
			buf_addv(b, piece);
			buf_addc(b, '\'');
			break;
		case ELEM_KEY:
			buf_addc(b, ' ');
			buf_addv(b, piece);
			break;
		case ELEM_VALUE:
			buf_adds(b, "='");
			xml_escape(b, piece);
			buf_addc(b, '\'');
			break;
		case ELEM_TEXT:
			xml_escape(b, piece);
			break;
		default:
			buf_adds(b, "</");
			buf_addv(b, open[--depth]);
			buf_addc(b, '>');
		}
	}
}

/* ---- XML to flat ---- */

static inline void xml_text(struct buf *b, const char *p, size_t n)
{
	while (n) {
		size_t used = 1;

		if (n >= 4 && !memcmp(p, "&lt;", 4)) {
			buf_addc(b, '<');
			used = 4;
		} else if (n >= 5 && !memcmp(p, "&amp;", 5)) {
			buf_addc(b, '&');
			used = 5;
		} else {
			buf_addc(b, *p);
		}
		p += used;
		n -= used;
	}
}

static inline const char *xml_start(struct buf *b, const char *p, bool root)
{
	size_t n = strcspn(p, " />");
	struct buf attrs = { 0 }, ns = { 0 };

	buf_addc(b, ELEM_OPEN);
	buf_add(b, p, n);
	p += n;
	while (*p == ' ') {
		size_t k = strcspn(++p, "="), v;

		v = strcspn(p + k + 2, "'");
		if (k == 5 && !memcmp(p, "xmlns", 5)) {
			buf_add(&ns, p + k + 2, v);
		} else {
			buf_addc(&attrs, ELEM_KEY);
			buf_add(&attrs, p, k);
			buf_addc(&attrs, ELEM_VALUE);
			xml_text(&attrs, p + k + 2, v);
		}
		p += k + 2 + v + 1;
	}
	if (root && !ns.n)
		buf_adds(&ns, "jabber:client");
	if (ns.n) {
		buf_addc(b, ELEM_NS);
		buf_addv(b, buf_view(&ns));
	}
	buf_addv(b, buf_view(&attrs));
	buf_free(&attrs);
	buf_free(&ns);
	return p;
}

static inline void xml_to_flat(struct buf *b, const char *p)
{
	bool root = true;

	while (*p) {
		size_t n = strcspn(p, "<");

		if (n) {
			buf_addc(b, ELEM_TEXT);
			xml_text(b, p, n);
			p += n;
		} else if (p[1] == '/') {
			buf_addc(b, ELEM_CLOSE);
			p += strcspn(p, ">") + 1;
		} else {
			p = xml_start(b, p + 1, root);
			root = false;
			if (*p == '/') {
				buf_addc(b, ELEM_CLOSE);
				p++;
			}
			p++;
		}
	}
}

/* ---- what tests do ---- */

/* label NULL: the only or newest one. */
static inline struct session *stub_session(const char *label)
{
	struct session *s = sessions;

	while (s && label && strcmp(s->label, label) != 0)
		s = s->next;
	if (!s)
		fail_msg("there is no session %s", label ? label : "");
	return s;
}

static inline void stub_up(const char *label, const char *own)
{
	struct session *s = stub_session(label);

	assert_int_equal(s->state, 1);
	s->state = 2;
	s->conf.uph(s, view_str(own), s->conf.arg);
}

static inline void stub_lost(const char *label, enum lost_why why,
			     const char *text)
{
	struct session *s = stub_session(label);

	assert_int_not_equal(s->state, 0);
	s->state = 0;
	s->tag_count = 0;
	s->conf.losth(s, why, view_str(text), s->conf.arg);
}

/* The network says this. */
static inline void stub_in(const char *label, const char *xml)
{
	struct session *s = stub_session(label);
	struct buf b = { 0 };

	assert_int_equal(s->state, 2);
	xml_to_flat(&b, xml);
	assert_int_equal(elem_check(buf_view(&b)), 0);
	s->conf.parcelh(s, buf_view(&b), s->conf.arg);
	buf_free(&b);
}

/* All that was sent and is to be told of has this fate. */
static inline void stub_sent(const char *label, int err, const char *text)
{
	struct session *s = stub_session(label);
	size_t n = s->tag_count;
	uint64_t tags[64];

	memcpy(tags, s->tags, sizeof(tags));
	s->tag_count = 0;
	for (size_t i = 0; i < n; i++)
		s->conf.senth(s, tags[i], err, view_str(text), s->conf.arg);
}

/* All of what was sent since the last call. */
static inline void assert_wire(const char *lines)
{
	assert_string_equal(buf_str(&wire), lines);
	buf_clear(&wire);
}

static inline size_t wire_count(const char *words)
{
	size_t n = 0;

	for (const char *p = buf_str(&wire); (p = strstr(p, words)); p++)
		n++;
	return n;
}

static inline bool wire_has(const char *words)
{
	return strstr(buf_str(&wire), words) != NULL;
}

static inline void stub_open(void)
{
	buf_init(&wire, 0);
	sessions = NULL;
	new_err = start_err = send_err = 0;
}

static inline void stub_close(void)
{
	assert_null(sessions);
	buf_free(&wire);
}

/* ---- session.h ---- */

int session_new(struct session **sp, const struct session_conf *conf)
{
	struct session *s;

	if (new_err)
		return new_err;
	s = mem_zalloc(sizeof(*s));
	s->conf = *conf;
	view_copy(s->label, sizeof(s->label), view_str(conf->label));
	s->next = sessions;
	sessions = s;
	*sp = s;
	return 0;
}

int session_start(struct session *s)
{
	if (start_err)
		return start_err;
	if (s->state)
		return EALREADY;
	s->state = 1;
	return 0;
}

void session_stop(struct session *s)
{
	s->state = 0;
	s->tag_count = 0;
}

int session_settings(struct session *s, const struct bridge_setting *settings,
		     size_t count)
{
	(void)s;
	(void)settings;
	return count > WIRE_SETTINGS_MAX ? EINVAL : 0;
}

static inline int stub_write(struct session *s, const char *rcpt, size_t n,
			     struct view parcel)
{
	if (s->state != 2)
		return ENOTCONN;
	if (send_err)
		return send_err;
	if (!parcel.n)
		return 0; /* only to be told of */
	assert_int_equal(elem_check(parcel), 0);
	buf_adds(&wire, s->label);
	if (n) {
		buf_adds(&wire, " to ");
		buf_add(&wire, rcpt, n);
	}
	buf_adds(&wire, ": ");
	flat_to_xml(&wire, parcel);
	buf_addc(&wire, '\n');
	return 0;
}

int session_send(struct session *s, uint64_t tag, struct view parcel)
{
	int err = stub_write(s, NULL, 0, parcel);

	if (!err && tag) {
		assert_true(s->tag_count < 64);
		s->tags[s->tag_count++] = tag;
	}
	return err;
}

int session_send_many(struct session *s, struct view parcel,
		      struct view rcpts)
{
	struct view one;
	int err = 0;

	while (!err && view_cut(rcpts, '\n', &one, &rcpts))
		err = stub_write(s, one.p, one.n, parcel);
	return err;
}

bool session_is_up(const struct session *s)
{
	return s->state == 2;
}

void session_free(struct session *s)
{
	struct session **p = &sessions;

	if (!s)
		return;
	while (*p != s)
		p = &(*p)->next;
	*p = s->next;
	mem_free(s);
}

size_t session_count(const struct bridge *b)
{
	size_t n = 0;

	(void)b;
	for (struct session *s = sessions; s; s = s->next)
		n += s->state != 0;
	return n;
}

#endif
