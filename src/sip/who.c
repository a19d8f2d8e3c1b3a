/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One memchr() a line, and one address. */
#include "who_priv.h"

#include "hash.h"
#include "scan_priv.h"

enum { ADDRESS_MAX = 256 };

static bool is_named(struct view line, struct view name, char compact)
{
	struct view rest = line;

	if (view_istarts(line, name))
		rest = view_from(line, name.n);
	else if (line.n && (line.p[0] | 0x20) == compact)
		rest = view_from(line, 1);
	else
		return false;
	while (rest.n && (*rest.p == ' ' || *rest.p == '\t'))
		rest = view_from(rest, 1);
	return rest.n && *rest.p == ':';
}

static struct view value_of(struct view line)
{
	struct view name, value;

	view_cut(line, ':', &name, &value);
	return view_trim(value);
}

static bool line_ends(struct view line)
{
	return !line.n || line.p[0] == '\r';
}

static struct view value_find(struct view packet, bool asserted)
{
	struct view from = VIEW_NONE, line, rest = packet;

	while (view_cut(rest, '\n', &line, &rest) && !line_ends(line)) {
		if (asserted &&
		    is_named(line, VIEW("P-Asserted-Identity"), 0))
			return value_of(line);
		if (!from.p && is_named(line, VIEW("From"), 'f'))
			from = value_of(line);
		if (from.p && !asserted)
			break;
	}
	return from;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static char unescaped(struct view *v)
{
	int high = v->n > 2 && *v->p == '%' ? hex(v->p[1]) : -1;
	int low = high < 0 ? -1 : hex(v->p[2]);
	char c = low < 0 ? *v->p : (char)(high << 4 | low);

	*v = view_from(*v, low < 0 ? 1 : 3);
	return c;
}

/* Up to its parameters, in which a user's name may seem to end as well. */
static size_t address_put(char dst[ADDRESS_MAX], struct view uri)
{
	size_t n = 0;

	while (uri.n && n < ADDRESS_MAX && *uri.p != ';' && *uri.p != '?')
		dst[n++] = unescaped(&uri);
	return n;
}

uint64_t who_speaks(struct view packet, bool asserted)
{
	struct view uri, rest;
	char address[ADDRESS_MAX];
	size_t n = 0;

	if (!scan_split_uri(&uri, &rest, value_find(packet, asserted)))
		n = address_put(address, uri);
	return hash_iview(view_mem(address, n));
}
