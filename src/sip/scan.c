/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Small scanners over header values: tokens, quoted strings, parameters and
 * the name-addr of From and To.
 */
#include "scan_priv.h"

#include <errno.h>
#include <string.h>

enum { IS_TOKEN = 1, IS_URI = 2 };

/* token and URI characters; a URI's: unreserved, reserved, '%' and the
 * brackets of an IPv6 reference (RFC 3261 25.1, RFC 2732). */
static const unsigned char classes[128] = {
	['!'] = IS_TOKEN | IS_URI, ['#'] = 0, ['$'] = IS_URI,
	['%'] = IS_TOKEN | IS_URI, ['&'] = IS_URI,
	['\''] = IS_TOKEN | IS_URI, ['('] = IS_URI, [')'] = IS_URI,
	['*'] = IS_TOKEN | IS_URI, ['+'] = IS_TOKEN | IS_URI, [','] = IS_URI,
	['-'] = IS_TOKEN | IS_URI, ['.'] = IS_TOKEN | IS_URI, ['/'] = IS_URI,
	['0' ... '9'] = IS_TOKEN | IS_URI, [':'] = IS_URI, [';'] = IS_URI,
	['='] = IS_URI, ['?'] = IS_URI, ['@'] = IS_URI,
	['A' ... 'Z'] = IS_TOKEN | IS_URI, ['['] = IS_URI, [']'] = IS_URI,
	['_'] = IS_TOKEN | IS_URI, ['`'] = IS_TOKEN,
	['a' ... 'z'] = IS_TOKEN | IS_URI, ['~'] = IS_TOKEN | IS_URI,
};

bool scan_is_token(char c)
{
	return (unsigned char)c < 128 && classes[(int)c] & IS_TOKEN;
}

bool scan_is_uri(char c)
{
	return (unsigned char)c < 128 && classes[(int)c] & IS_URI;
}

bool scan_is_lws(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool scan_token_only(struct view v)
{
	struct view left = v;

	scan_token(&left);
	return v.n && !left.n;
}

void scan_lws(struct view *v)
{
	while (v->n && scan_is_lws(*v->p))
		*v = view_from(*v, 1);
}

struct view scan_token(struct view *v)
{
	size_t n = 0;
	struct view token;

	while (n < v->n && scan_is_token(v->p[n]))
		n++;
	token = view_head(*v, n);
	*v = view_from(*v, n);
	return token;
}

bool scan_char(struct view *v, char c)
{
	scan_lws(v);
	if (!v->n || *v->p != c)
		return false;

	*v = view_from(*v, 1);
	scan_lws(v);
	return true;
}

size_t scan_quoted(struct view v)
{
	size_t i;

	for (i = 1; i < v.n; i++) {
		if (v.p[i] == '\\')
			i++;
		else if (v.p[i] == '"')
			return i + 1;
	}
	return 0;
}

size_t scan_until(struct view v, char stop)
{
	size_t i = 0, quoted;
	bool angle = false;

	while (i < v.n) {
		char c = v.p[i];

		if (c == stop && !angle)
			break;
		if (c == '<' || c == '>')
			angle = c == '<';
		quoted = c == '"' ? scan_quoted(view_from(v, i)) : 1;
		i += quoted ? quoted : v.n - i;
	}
	return i;
}

/* A parameter's value: quoted string, token or host (RFC 3261 25.1,
 * gen-value); IPv6 with or without brackets, as Via's received has it. */
static size_t value_len(struct view v)
{
	size_t n = 0;

	if (v.n && *v.p == '"')
		return scan_quoted(v);
	while (n < v.n && (scan_is_token(v.p[n]) || v.p[n] == '[' ||
			   v.p[n] == ']' || v.p[n] == ':' || v.p[n] == '/' ||
			   v.p[n] == '@'))
		n++;
	return n;
}

int scan_param(struct sip_param *out, struct view *rest)
{
	size_t n;

	scan_lws(rest);
	if (!rest->n)
		return ENOENT;

	out->text = *rest;
	if (!scan_char(rest, ';'))
		return EBADMSG;
	out->name = scan_token(rest);
	if (!out->name.n)
		return EBADMSG;
	out->value = VIEW_NONE;
	out->has_value = scan_char(rest, '=');
	if (out->has_value) {
		n = value_len(*rest);
		out->value = view_head(*rest, n);
		*rest = view_from(*rest, n);
	}
	out->text.n -= rest->n;
	return 0;
}

int scan_split_uri(struct view *uri, struct view *rest, struct view value)
{
	size_t n = 0;

	if (value.n && *value.p == '"') {
		n = scan_quoted(value);
		if (!n)
			return EBADMSG;
		value = view_from(value, n);
		scan_lws(&value);
		if (!value.n || *value.p != '<')
			return EBADMSG;
	}
	n = scan_until(value, '<');
	if (n == value.n || view_has(view_head(value, n), ';')) {
		n = 0;
		while (n < value.n && scan_is_uri(value.p[n]) &&
		       value.p[n] != ';')
			n++;
		*uri = view_head(value, n);
		*rest = view_from(value, n);
		return n ? 0 : EBADMSG;
	}
	value = view_from(value, n + 1);
	if (!view_cut(value, '>', uri, rest) || !uri->n)
		return EBADMSG;
	return 0;
}

int scan_nameaddr(struct sip_nameaddr *out, struct view value)
{
	struct sip_param param;
	struct view rest;
	int err;

	memset(out, 0, sizeof(*out));
	value = view_trim(value);
	err = scan_split_uri(&out->uri, &rest, value);
	if (err)
		return err;

	while ((err = scan_param(&param, &rest)) == 0) {
		if (!view_ieqs(param.name, "tag"))
			continue;
		if (out->has_tag || !scan_token_only(param.value))
			return EBADMSG;
		out->tag = param.value;
		out->has_tag = true;
	}
	return err == ENOENT ? 0 : err;
}
