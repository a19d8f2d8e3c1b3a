/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SIP URIs (RFC 3261 19.1, RFC 3859 and 3860 for pres and im), in views.
 * Escapes are checked and left as they stand: whoever needs a name unescapes
 * it once.
 */
#include "ascii.h"
#include "uri_priv.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "scan_priv.h"

static bool chars_ok(struct view v)
{
	size_t i;

	for (i = 0; i < v.n; i++) {
		if (!scan_is_uri(v.p[i]))
			return false;
		if (v.p[i] == '%' &&
		    (i + 2 >= v.n || !ascii_is_hex(v.p[i + 1]) ||
		     !ascii_is_hex(v.p[i + 2])))
			return false;
	}
	return true;
}

static bool scheme_ok(struct view v)
{
	size_t i;

	if (!v.n || !ascii_is_alnum(*v.p) || (*v.p >= '0' && *v.p <= '9'))
		return false;
	for (i = 1; i < v.n; i++) {
		char c = v.p[i];

		if (!ascii_is_alnum(c) && c != '+' && c != '-' && c != '.')
			return false;
	}
	return true;
}

static bool scheme_is_chat(struct view v)
{
	return view_ieqs(v, "sip") || view_ieqs(v, "sips") ||
	       view_ieqs(v, "im") || view_ieqs(v, "pres");
}

/* "[2001:db8::1]", of which the digits are checked by who connects. */
static size_t ipv6_len(struct view v)
{
	size_t i;

	for (i = 1; i < v.n; i++) {
		if (v.p[i] == ']')
			return i > 2 ? i + 1 : 0;
		if (!ascii_is_hex(v.p[i]) && v.p[i] != ':' && v.p[i] != '.')
			return 0;
	}
	return 0;
}

static size_t name_len(struct view v)
{
	size_t n = 0;

	while (n < v.n && (ascii_is_alnum(v.p[n]) || v.p[n] == '-' ||
			   v.p[n] == '.' || v.p[n] == '_'))
		n++;
	return n;
}

static int hostport_scan(struct sip_uri *u, struct view v)
{
	size_t n = v.n && *v.p == '[' ? ipv6_len(v) : name_len(v);
	uint64_t port = 0;

	if (!n)
		return EBADMSG;
	u->host = view_head(v, n);
	v = view_from(v, n);
	if (!v.n)
		return 0;
	if (*v.p != ':' || view_u64(&port, view_from(v, 1), 65535) || !port)
		return EBADMSG;
	u->port = (uint16_t)port;
	return 0;
}

/* All after the scheme's colon. */
static int rest_scan(struct uri_parts *out, struct view v)
{
	struct view left, headers;

	if (view_cut(v, '@', &left, &v)) {
		out->password = view_cut(left, ':', &out->uri.user, &left);
		if (!out->uri.user.n || view_has(v, '@'))
			return EBADMSG;
	} else {
		v = left;
	}
	out->headers = view_cut(v, '?', &v, &headers);
	view_cut(v, ';', &v, &out->uri.params);
	return hostport_scan(&out->uri, v);
}

int uri_scan(struct uri_parts *out, struct view text)
{
	struct view rest;

	memset(out, 0, sizeof(*out));
	if (!chars_ok(text) || !view_cut(text, ':', &out->uri.scheme, &rest) ||
	    !scheme_ok(out->uri.scheme) || !rest.n)
		return EBADMSG;

	out->chat = scheme_is_chat(out->uri.scheme);
	return out->chat ? rest_scan(out, rest) : 0;
}

/* The next byte off v, which uri_scan() has found well formed. */
static int take_byte(struct view *v)
{
	int c = (unsigned char)*v->p;
	size_t n = 1;

	if (c == '%' && v->n > 2) {
		c = ascii_hex_byte(v->p + 1);
		n = 3;
	}
	*v = view_from(*v, n);
	return c;
}

bool uri_user_is(struct view a, struct view b)
{
	while (a.n && b.n) {
		if (take_byte(&a) != take_byte(&b))
			return false;
	}
	return !a.n && !b.n;
}

bool uri_user_is_plain(struct view user)
{
	while (user.n) {
		bool escaped = *user.p == '%';
		int c = take_byte(&user);

		if (escaped && c && c < 0x80 &&
		    (isalnum(c) || strchr("-_.!~*'()", c)))
			return false;
	}
	return true;
}

int sip_uri_parse(struct sip_uri *out, struct view text)
{
	struct uri_parts parts;
	int err;

	memset(out, 0, sizeof(*out));
	if (text.n > SIP_URI_MAX)
		return EBADMSG;
	err = uri_scan(&parts, text);
	if (err)
		return err;
	if (!parts.chat || parts.password || parts.headers ||
	    parts.uri.user.n > SIP_USER_MAX)
		return EBADMSG;
	*out = parts.uri;
	return 0;
}

/* ---- comparing ---- */

static bool param_find(struct view params, struct view name, struct view *out)
{
	struct view param, key;

	while (params.n) {
		view_cut(params, ';', &param, &params);
		view_cut(param, '=', &key, out);
		if (view_ieq(key, name))
			return true;
	}
	return false;
}

/* These count even where only one of the two has them. */
static bool is_telling(struct view name)
{
	static const char *const names[] = { "user", "ttl", "method", "maddr",
					     "transport" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (view_ieqs(name, names[i]))
			return true;
	return false;
}

/* What a says, b does not contradict. */
static bool params_agree(struct view a, struct view b)
{
	struct view param, key, value, other;

	while (a.n) {
		view_cut(a, ';', &param, &a);
		view_cut(param, '=', &key, &value);
		if (!param_find(b, key, &other)) {
			if (is_telling(key))
				return false;
		} else if (!view_ieq(value, other)) {
			return false;
		}
	}
	return true;
}

/* The same text is the same URI, even one that has a parameter twice. */
bool uri_same(struct view a, struct view b)
{
	struct sip_uri x, y;

	return !sip_uri_parse(&x, a) && !sip_uri_parse(&y, b) &&
	       view_ieq(x.scheme, y.scheme) && uri_user_is(x.user, y.user) &&
	       view_ieq(x.host, y.host) && x.port == y.port &&
	       (view_eq(x.params, y.params) ||
		(params_agree(x.params, y.params) &&
		 params_agree(y.params, x.params)));
}
