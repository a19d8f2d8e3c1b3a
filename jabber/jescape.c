/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Escaping in addresses: percents, backslashes (XEP-0106), equal signs. */
#include "jescape.h"

#include <errno.h>
#include <string.h>

#include "ascii.h"
#include "jid_prep.h"
#include "utf8.h"

/* The byte that v's second and third character spell; -1: none. */
static int hex_after(struct view v)
{
	return v.n < 3 ? -1 : ascii_hex_byte(v.p + 1);
}

static void add_hex(struct buf *out, char lead, char c)
{
	buf_addc(out, lead);
	buf_addc(out, ascii_hex_digit((unsigned char)c >> 4));
	buf_addc(out, ascii_hex_digit((unsigned char)c));
}

/* ---- percents ---- */

static void add_percent(struct buf *out, struct view text, struct view plain)
{
	for (size_t i = 0; i < text.n; i++) {
		if (ascii_is_alnum(text.p[i]) || view_has(plain, text.p[i]))
			buf_addc(out, text.p[i]);
		else
			add_hex(out, '%', text.p[i]);
	}
}

void jesc_user(struct buf *out, struct view text)
{
	/* RFC 3261 25.1: mark, and user-unreserved. */
	add_percent(out, text, VIEW("-_.!~*'()&=+$,;?/"));
}

void jesc_param(struct buf *out, struct view text)
{
	add_percent(out, text, VIEW("-_.!~*'()"));
}

bool jesc_is_text(struct view text)
{
	while (text.n) {
		uint32_t cp = utf8_next(&text);

		if (cp == UTF8_BAD || cp < 0x20 || (cp >= 0x7f && cp < 0xa0) ||
		    cp == 0xfffe || cp == 0xffff)
			return false;
	}
	return true;
}

int jesc_plain(struct buf *out, struct view escaped)
{
	size_t before = out->n;

	while (escaped.n) {
		bool percent = *escaped.p == '%';
		int c = percent ? hex_after(escaped) : *escaped.p;

		if (percent && c < 0)
			return EBADMSG;
		buf_addc(out, (char)c);
		escaped = view_from(escaped, percent ? 3 : 1);
	}
	return jesc_is_text(view_from(buf_view(out), before)) ? 0 : EBADMSG;
}

/* ---- backslashes ---- */

/* XEP-0106 3: what may not stand in a local part, and the "\". */
static const struct {
	char c;
	char hex[3];
} ten[] = {
	{ ' ', "20" }, { '"', "22" }, { '&', "26" }, { '\'', "27" },
	{ '/', "2f" }, { ':', "3a" }, { '<', "3c" }, { '>', "3e" },
	{ '@', "40" }, { '\\', "5c" },
};

enum { TEN = sizeof(ten) / sizeof(ten[0]) };

/* What the sequence at the front of v stands for, or 0. Only lower case: that
 * is how prepared JIDs have it. */
static char sequence(struct view v)
{
	for (size_t i = 0; i < TEN && v.n > 2 && *v.p == '\\'; i++)
		if (!memcmp(v.p + 1, ten[i].hex, 2))
			return ten[i].c;
	return 0;
}

static const char *escape_of(struct view v)
{
	if (*v.p == '\\' && !sequence(v))
		return NULL;
	for (size_t i = 0; i < TEN; i++)
		if (ten[i].c == *v.p)
			return ten[i].hex;
	return NULL;
}

static void escape(struct buf *out, struct view name)
{
	for (; name.n; name = view_from(name, 1)) {
		const char *hex = escape_of(name);

		buf_addc(out, hex ? '\\' : *name.p);
		buf_adds(out, hex ? hex : "");
	}
}

static void unescape(struct buf *out, struct view local)
{
	while (local.n) {
		char c = sequence(local);

		buf_addc(out, c ? c : *local.p);
		local = view_from(local, c ? 3 : 1);
	}
}

int jesc_local(struct buf *out, struct view name)
{
	struct buf folded = { 0 }, local = { 0 }, again = { 0 };
	struct view v;
	int err = jid_fold(&folded, name);

	v = buf_view(&folded);
	/* XEP-0106 4.1: none at the ends */
	if (!err && (*v.p == ' ' || v.p[v.n - 1] == ' '))
		err = EBADMSG;
	if (!err) {
		escape(&local, v);
		err = jid_prep_local(&again, buf_view(&local));
	}
	if (!err && !view_eq(buf_view(&local), buf_view(&again)))
		err = EBADMSG;
	if (!err)
		buf_addv(out, buf_view(&local));
	buf_free(&folded);
	buf_free(&local);
	buf_free(&again);
	return err;
}

int jesc_name(struct buf *out, struct view local)
{
	struct buf name = { 0 }, again = { 0 };
	int err;

	unescape(&name, local);
	err = jesc_local(&again, buf_view(&name));
	if (!err && !view_eq(buf_view(&again), local))
		err = EBADMSG;
	if (!err)
		buf_addv(out, buf_view(&name));
	buf_free(&name);
	buf_free(&again);
	return err;
}

/* ---- equal signs ---- */

static bool needs_mark(struct view v, const struct jesc_marks *k)
{
	if (*v.p == '=')
		return hex_after(v) >= 0;
	return (*v.p == '\\' && k->literal) || (k->c && *v.p == k->c);
}

void jesc_mark(struct buf *out, struct view text, const struct jesc_marks *k)
{
	for (; text.n; text = view_from(text, 1)) {
		if (k->d && *text.p == k->d)
			buf_addc(out, k->c);
		else if (needs_mark(text, k))
			add_hex(out, '=', *text.p);
		else
			buf_addc(out, *text.p);
	}
}

void jesc_unmark(struct buf *out, struct view text, struct jesc_marks *k)
{
	while (text.n) {
		int c = *text.p == '=' ? hex_after(text) : -1;
		bool mark = c == '=' || c == '\\' || (c > 0 && c == k->c);

		if (mark)
			buf_addc(out, (char)c);
		else
			buf_addc(out, k->d && *text.p == k->c ? k->d
							      : *text.p);
		if (c == '\\')
			k->literal = true;
		text = view_from(text, mark ? 3 : 1);
	}
}
