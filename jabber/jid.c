/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses of XMPP, by their syntax. */
#include "jid.h"

#include "ascii.h"
#include "utf8.h"

void jid_split(struct jid *out, struct view text)
{
	struct view bare;

	view_cut(text, '/', &bare, &out->resource);
	if (!view_cut(bare, '@', &out->local, &out->domain)) {
		out->local = VIEW_NONE;
		out->domain = bare;
	}
}

struct view jid_bare(struct view text)
{
	struct view bare, rest;

	view_cut(text, '/', &bare, &rest);
	return bare;
}

bool jid_is_host(struct view text)
{
	char before = '.';

	if (!text.n || text.n > 253 || !utf8_valid(text))
		return false;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (!ascii_is_alnum(c) && c != '-' && c != '.' &&
		    (unsigned char)c < 0x80)
			return false;
		if (c == '.' && before == '.')
			return false;
		before = c;
	}
	return before != '.';
}

/* RFC 7622 3.3.1 forbids these in a local part, spaces and controls too. */
static bool is_local(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if ((unsigned char)v.p[i] <= ' ' || v.p[i] == 0x7f ||
		    view_has(VIEW("\"&'/:<>@"), v.p[i]))
			return false;
	return utf8_valid(v);
}

const char *jid_fault(struct view text)
{
	struct jid j;

	jid_split(&j, text);
	if (view_has(text, '/'))
		return "has a resource (\"/...\"), which does not belong here";
	if (!j.local.n || !j.domain.n)
		return "is no \"name@domain\"";
	if (j.local.n > JID_PART_MAX)
		return "is too long";
	if (!is_local(j.local))
		return "has characters that may not be before the \"@\"";
	if (!jid_is_host(j.domain))
		return "has no host name after the \"@\"";
	return NULL;
}
