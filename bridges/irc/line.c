/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The line layer. libircclient's own parser stalls on empty and on long
 * lines, reads beyond those without parameters and knows no tags, so this one
 * sees every byte first.
 */
#include <errno.h>
#include <string.h>

#include "line.h"

int ircb_line_next(struct view *in, struct view *line)
{
	const char *lf = in->n ? memchr(in->p, '\n', in->n) : NULL;
	size_t n;

	if (!lf)
		return in->n >= IRCB_IN_MAX ? EMSGSIZE : EAGAIN;
	n = (size_t)(lf - in->p);
	if (n + 1 > IRCB_IN_MAX)
		return EMSGSIZE;
	*line = view_head(*in, n);
	*in = view_from(*in, n + 1);
	while (line->n && line->p[line->n - 1] == '\r')
		line->n--;
	return 0;
}

static void skip_spaces(struct view *v)
{
	while (v->n && v->p[0] == ' ')
		*v = view_from(*v, 1);
}

/* What stands behind a sign ("@tags", ":prefix") up to the next space. */
static struct view take_signed(struct view *v, char sign)
{
	struct view word;

	if (!v->n || v->p[0] != sign)
		return VIEW_NONE;
	view_cut(view_from(*v, 1), ' ', &word, v);
	skip_spaces(v);
	return word;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static unsigned numeric(struct view v)
{
	if (v.n != 3 || !is_digit(v.p[0]) || !is_digit(v.p[1]) ||
	    !is_digit(v.p[2]))
		return 0;
	return (unsigned)(v.p[0] - '0') * 100 + (unsigned)(v.p[1] - '0') * 10 +
	       (unsigned)(v.p[2] - '0');
}

static bool command_ok(struct view v)
{
	size_t i;

	if (numeric(v))
		return true;
	for (i = 0; i < v.n; i++)
		if (!is_letter(v.p[i]))
			return false;
	return v.n > 0;
}

/* RFC 2812 2.3.1: nick [ [ "!" user ] "@" host ]; a server has neither. */
void ircb_line_split_prefix(struct ircb_line *l)
{
	struct view head = l->prefix;

	view_rcut(l->prefix, '@', &head, &l->host);
	view_cut(head, '!', &l->nick, &l->user);
}

static void take_params(struct ircb_line *l, struct view v)
{
	for (skip_spaces(&v); v.n; skip_spaces(&v)) {
		struct view *p = &l->params[l->count++];

		/* RFC 2812 2.3.1: ':' starts the trailing parameter, and so
		 * does the fifteenth place without it. */
		if (v.p[0] == ':' || l->count == IRCB_PARAMS_MAX) {
			*p = v.p[0] == ':' ? view_from(v, 1) : v;
			return;
		}
		view_cut(v, ' ', p, &v);
	}
}

int ircb_line_parse(struct ircb_line *out, struct view line)
{
	struct view v = line;

	memset(out, 0, sizeof(*out));
	if (view_has(v, '\0') || view_has(v, '\r') || view_has(v, '\n'))
		return EBADMSG;
	out->tags = take_signed(&v, '@');
	out->prefix = take_signed(&v, ':');
	ircb_line_split_prefix(out);
	view_cut(v, ' ', &out->command, &v);
	if (!command_ok(out->command))
		return EBADMSG;
	out->code = numeric(out->command);
	take_params(out, v);
	return 0;
}

struct view ircb_param(const struct ircb_line *l, size_t i)
{
	return i < l->count ? l->params[i] : VIEW_NONE;
}

struct view ircb_last(const struct ircb_line *l)
{
	return l->count ? l->params[l->count - 1] : VIEW_NONE;
}

static bool wire_safe(struct view v)
{
	return !view_has(v, '\r') && !view_has(v, '\n') && !view_has(v, '\0');
}

static bool middle_ok(struct view v)
{
	return v.n && v.p[0] != ':' && !view_has(v, ' ') && wire_safe(v);
}

static int add_params(struct buf *b, const struct view *params, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		bool ok = middle_ok(params[i]);

		if (!ok && (i + 1 < count || !wire_safe(params[i])))
			return EBADMSG;
		buf_adds(b, ok ? " " : " :");
		buf_addv(b, params[i]);
	}
	return 0;
}

static int finish(struct buf *b, size_t start, int err)
{
	buf_adds(b, "\r\n");
	if (!err && (b->over || b->n - start > IRCB_OUT_MAX))
		err = EMSGSIZE;
	if (err)
		b->n = start;
	return err;
}

int ircb_encode(struct buf *b, const char *command, const struct view *params,
		size_t count)
{
	size_t start = b->n;

	if (count > IRCB_PARAMS_MAX)
		return EINVAL;
	buf_adds(b, command);
	return finish(b, start, add_params(b, params, count));
}

int ircb_encode_from(struct buf *b, struct view prefix, struct view command,
		     const struct view *params, size_t count)
{
	size_t start = b->n;

	if (count > IRCB_PARAMS_MAX)
		return EINVAL;
	if (!middle_ok(prefix) || !command_ok(command))
		return EBADMSG;
	buf_addc(b, ':');
	buf_addv(b, prefix);
	buf_addc(b, ' ');
	buf_addv(b, command);
	return finish(b, start, add_params(b, params, count));
}
