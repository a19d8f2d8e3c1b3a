/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MIME as far as a chat message needs it. */
#include <errno.h>
#include <string.h>

#include "mime.h"

#include "ascii.h"

enum { BOUNDARY_MAX = 70 };

/* Takes one line, without its end, off *v; false where no end is left. */
static bool cut_line(struct view *v, struct view *line)
{
	if (!view_cut(*v, '\n', line, v))
		return false;
	if (line->n && line->p[line->n - 1] == '\r')
		line->n--;
	return true;
}

bool mime_head(struct view *v, struct view *head)
{
	struct view line;

	*head = view_mem(v->p, 0);
	while (cut_line(v, &line)) {
		if (line.n)
			continue;
		head->n = (size_t)(line.p - head->p);
		return true;
	}
	return false;
}

struct view mime_value(struct view head, const char *name)
{
	struct view line, key, value;

	while (cut_line(&head, &line)) {
		if (!view_cut(line, ':', &key, &value) ||
		    !view_ieqs(view_trim(key), name))
			continue;
		value.p = key.p + key.n + 1; /* even where nothing follows */
		while (head.n && (head.p[0] == ' ' || head.p[0] == '\t')) {
			cut_line(&head, &line);
			value.n = (size_t)(line.p + line.n - value.p);
		}
		return view_trim(value);
	}
	return VIEW_NONE;
}

/* Bytes up to the next ';' that is not in a quoted string. */
static size_t param_len(struct view v)
{
	bool quoted = false;
	size_t i;

	for (i = 0; i < v.n && (quoted || v.p[i] != ';'); i++) {
		if (v.p[i] == '"')
			quoted = !quoted;
		else if (quoted && v.p[i] == '\\')
			i++;
	}
	return i < v.n ? i : v.n;
}

static struct view unquoted(struct view v)
{
	v = view_trim(v);
	if (v.n >= 2 && v.p[0] == '"' && v.p[v.n - 1] == '"')
		v = view_mem(v.p + 1, v.n - 2);
	return v;
}

struct view mime_param(struct view params, const char *name)
{
	struct view key, value;
	size_t n;

	while (!view_empty(params)) {
		n = param_len(params);
		if (view_cut(view_head(params, n), '=', &key, &value) &&
		    view_ieqs(view_trim(key), name))
			return unquoted(value);
		params = view_from(params, n + 1);
	}
	return VIEW_NONE;
}

/* ---- encodings ---- */

static int sextet(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* RFC 2045 6.8: what is no digit is ignored, '=' ends it. */
static void add_base64(struct buf *out, struct view v)
{
	uint32_t bits = 0;
	unsigned count = 0;

	for (size_t i = 0; i < v.n && v.p[i] != '='; i++) {
		int n = sextet(v.p[i]);

		if (n < 0)
			continue;
		bits = (bits << 6 | (uint32_t)n) & 0xffffff;
		count += 6;
		if (count < 8)
			continue;
		count -= 8;
		buf_addc(out, (char)(bits >> count & 0xff));
	}
}

/* Bytes of what stands at v, which begins with '='. RFC 2045 6.7: an octet in
 * hex, or a line end that is none; anything else stays as it is. */
static size_t add_escape(struct buf *out, struct view v)
{
	if (v.n >= 2 && v.p[1] == '\n')
		return 2;
	if (v.n >= 3 && v.p[1] == '\r' && v.p[2] == '\n')
		return 3;
	if (v.n >= 3 && ascii_hex(v.p[1]) >= 0 && ascii_hex(v.p[2]) >= 0) {
		buf_addc(out,
			 (char)(ascii_hex(v.p[1]) << 4 | ascii_hex(v.p[2])));
		return 3;
	}
	buf_addc(out, '=');
	return 1;
}

static void add_quoted(struct buf *out, struct view v)
{
	while (!view_empty(v)) {
		size_t n = 1;

		if (v.p[0] == '=')
			n = add_escape(out, v);
		else
			buf_addc(out, v.p[0]);
		v = view_from(v, n);
	}
}

bool mime_decode(struct buf *out, struct view encoding, struct view body)
{
	if (view_ieqs(encoding, "base64"))
		add_base64(out, body);
	else if (view_ieqs(encoding, "quoted-printable"))
		add_quoted(out, body);
	else if (view_empty(encoding) || view_ieqs(encoding, "7bit") ||
		 view_ieqs(encoding, "8bit") || view_ieqs(encoding, "binary"))
		buf_addv(out, body);
	else
		return false;
	return true;
}

/* ---- multipart ---- */

/* RFC 2046 5.1.1: bchars */
static bool is_boundary(struct view v)
{
	if (view_empty(v) || v.n > BOUNDARY_MAX || v.p[v.n - 1] == ' ')
		return false;
	for (size_t i = 0; i < v.n; i++) {
		char c = v.p[i], low = c | 0x20;

		if (!(c >= '0' && c <= '9') && !(low >= 'a' && low <= 'z') &&
		    !view_has(VIEW("'()+_,-./:=? "), c))
			return false;
	}
	return true;
}

/* Is this line a delimiter? closing: the last one. */
static bool is_delimiter(const struct mime_parts *mp, struct view line,
			 bool *closing)
{
	if (!view_starts(line, VIEW("--")) ||
	    !view_starts(view_from(line, 2), mp->boundary))
		return false;
	line = view_from(line, 2 + mp->boundary.n);
	*closing = view_starts(line, VIEW("--"));
	return view_empty(view_trim(view_from(line, *closing ? 2 : 0)));
}

/* Takes the next line off rest; the closing one may have no end. */
static bool next_line(struct view *rest, struct view *line)
{
	if (view_empty(*rest))
		return false;
	if (!cut_line(rest, line))
		*rest = VIEW_NONE;
	return true;
}

int mime_parts_next(struct mime_parts *mp, struct view *part)
{
	struct view line;
	bool closing;

	if (mp->last)
		return ENOENT;
	*part = view_mem(mp->rest.p, 0);
	while (next_line(&mp->rest, &line)) {
		if (is_delimiter(mp, line, &closing)) {
			mp->last = closing;
			/* the line end before it is the delimiter's */
			part->n = (size_t)(line.p - part->p);
			if (part->n && part->p[part->n - 1] == '\n')
				part->n--;
			if (part->n && part->p[part->n - 1] == '\r')
				part->n--;
			return 0;
		}
	}
	return EBADMSG;
}

int mime_parts_start(struct mime_parts *mp, struct view body,
		     struct view boundary)
{
	struct view preamble;

	*mp = (struct mime_parts){ .boundary = boundary, .rest = body };
	if (!is_boundary(boundary))
		return EBADMSG;
	return mime_parts_next(mp, &preamble);
}
