/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses of SIP that mean people and channels of IRC. */
#include "imap.h"

#include <errno.h>
#include <string.h>

#include "ascii.h"
#include "hash.h"
#include "mem.h"
#include "names.h"
#include "utf8.h"

/* RFC 3261 25.1: what may stand in a user part as it is, without what labels
 * are made of and without "=", which marks. */
#define DELIMITERS "!$&'()*+,/;?_~"

enum { NETWORKS_MAX = 256 };

struct imap {
	char *host;       /* owned */
	char c;
	char **networks;  /* owned, and each */
	size_t network_count;
};

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

static bool is_text(struct view text)
{
	while (text.n) {
		uint32_t cp = utf8_next(&text);

		if (cp == UTF8_BAD || cp < 0x20 || (cp >= 0x7f && cp < 0xa0) ||
		    cp == 0xfffe || cp == 0xffff)
			return false;
	}
	return true;
}

/* ---- what is configured ---- */

static void imap_destroy(void *obj)
{
	struct imap *m = obj;

	for (size_t i = 0; i < m->network_count; i++)
		mem_free(m->networks[i]);
	mem_free(m->networks);
	mem_free(m->host);
}

static int complain(struct buf *why, struct view text, const char *words)
{
	buf_addc(why, '"');
	buf_addv(why, view_head(text, 128));
	buf_adds(why, "\" ");
	buf_adds(why, words);
	return EINVAL;
}

static bool is_host(struct view v)
{
	if (!v.n || v.n > 253)
		return false;
	for (size_t i = 0; i < v.n; i++)
		if (!ascii_is_alnum(v.p[i]) && v.p[i] != '.' && v.p[i] != '-')
			return false;
	return true;
}

int imap_new(struct imap **mp, struct view ircdomain, struct buf *why)
{
	struct view text = view_trim(ircdomain), host, mark;
	bool has = view_cut(text, '=', &host, &mark);
	struct imap *m;

	if (!is_host(host))
		return complain(why, text, "is no host name");
	if (has && (mark.n != 1 || !view_has(VIEW(DELIMITERS), *mark.p)))
		return complain(why, text,
				"has no delimiter after its \"=\" that can "
				"be one in a SIP address; these can: "
				DELIMITERS);
	m = mem_new(sizeof(*m), imap_destroy);
	m->host = view_dup(host);
	m->c = has ? *mark.p : '*';
	*mp = m;
	return 0;
}

static bool is_label(const struct imap *m, struct view label)
{
	if (!label.n || label.n > IMAP_NETWORK_MAX)
		return false;
	for (size_t i = 0; i < label.n; i++) {
		char c = label.p[i];

		if (c == m->c ||
		    (!ascii_is_alnum(c) && !view_has(VIEW("._-"), c)))
			return false;
	}
	return true;
}

static size_t find(const struct imap *m, struct view label)
{
	size_t i = 0;

	while (i < m->network_count && !view_ieqs(label, m->networks[i]))
		i++;
	return i;
}

int imap_network(struct imap *m, struct view label, struct buf *why)
{
	if (!is_label(m, label) || m->network_count == NETWORKS_MAX)
		return complain(why, label,
				"can't be the name of a network in a SIP "
				"address: letters, digits and ._- can, at "
				"most 64, without the delimiter");
	if (find(m, label) < m->network_count) {
		complain(why, label, "is the name of two networks");
		return EEXIST;
	}
	m->networks = mem_array(m->networks, m->network_count + 1,
				sizeof(*m->networks));
	m->networks[m->network_count++] = view_dup(label);
	return 0;
}

int imap_network_gone(struct imap *m, struct view label)
{
	size_t i = find(m, label);

	if (i == m->network_count)
		return ENOENT;
	mem_free(m->networks[i]);
	m->networks[i] = m->networks[--m->network_count];
	return 0;
}

struct view imap_network_find(const struct imap *m, struct view label)
{
	size_t i = find(m, label);

	return i < m->network_count ? view_str(m->networks[i]) : VIEW_NONE;
}

bool imap_is_ours(const struct imap *m, struct view host)
{
	return view_ieqs(host, m->host);
}

/* ---- names ---- */

bool imap_is_nick(struct view v)
{
	if (!v.n || v.n > IRCB_NICK_MAX - 4 || !is_text(v) ||
	    view_has(VIEW("$+~-0123456789"), v.p[0]))
		return false;
	for (size_t i = 0; i < v.n; i++)
		if (view_has(VIEW(" ,!@*?#&:%/\"<>"), v.p[i]))
			return false;
	return true;
}

static bool is_channel(struct view v)
{
	return ircb_is_channel(v) && is_text(v);
}

/* ---- from SIP ---- */

/* "%HH" once; what is no escape stays. False: it is no text. */
static bool plain(struct buf *out, struct view escaped)
{
	while (escaped.n) {
		int c = *escaped.p == '%' ? hex_after(escaped) : -1;

		buf_addc(out, c < 0 ? *escaped.p : (char)c);
		escaped = view_from(escaped, c < 0 ? 1 : 3);
	}
	return is_text(buf_view(out));
}

/* Back from "=HH", of what imap_to_sip() writes so. */
static void unmark(struct buf *out, const struct imap *m, struct view v)
{
	while (v.n) {
		int c = *v.p == '=' ? hex_after(v) : -1;
		bool mark = c == '=' || c == '%' || (c > 0 && c == m->c);

		buf_addc(out, mark ? (char)c : *v.p);
		v = view_from(v, mark ? 3 : 1);
	}
}

static void bad(struct imap_target *t, unsigned status, struct view why)
{
	*t = (struct imap_target){ .kind = IMAP_BAD, .status = status,
				   .why = why };
}

/* At the last c or "%"; false: there is none. */
static bool cut(const struct imap *m, struct view v, struct view *name,
		struct view *network)
{
	for (size_t i = v.n; i--;)
		if (v.p[i] == m->c || v.p[i] == '%') {
			*name = view_head(v, i);
			*network = view_from(v, i + 1);
			return true;
		}
	return false;
}

/* Of text without percents; name and network are views into it. */
static void read_target(const struct imap *m, struct view v,
			struct imap_target *t, struct view *name)
{
	struct view label = v;
	bool divided = cut(m, v, name, &label);

	*t = (struct imap_target){ .kind = IMAP_NETWORK };
	t->network = imap_network_find(m, label);
	if (!t->network.n && divided)
		bad(t, 404, VIEW("ERROR: There is no such network; an address "
				 "is like nick*network or "
				 "%23channel*network."));
	else if (!t->network.n)
		bad(t, 484, VIEW("ERROR: The network is missing; an address "
				 "is like nick*network or "
				 "%23channel*network."));
	else if (divided)
		t->kind = IMAP_PERSON;
}

static void read_name(const struct imap *m, struct imap_target *t,
		      struct view name, struct buf *text)
{
	struct buf b = { 0 };

	unmark(&b, m, name);
	buf_clear(text);
	buf_addv(text, buf_view(&b));
	buf_free(&b);
	t->name = buf_view(text);
	if (is_channel(t->name))
		t->kind = IMAP_CHANNEL;
	else if (!imap_is_nick(t->name))
		bad(t, 484, VIEW("ERROR: That can be neither a nick nor a "
				 "channel."));
}

/* "bob%dalnet", where "%da" looks like an escape: what stands behind the last
 * "%" is a network of ours. */
static bool read_percent(const struct imap *m, struct view user,
			 struct imap_target *t, struct buf *text)
{
	struct view name, label, network;
	struct buf b = { 0 };
	bool ok = view_rcut(user, '%', &name, &label);

	network = ok ? imap_network_find(m, label) : VIEW_NONE;
	ok = network.n && plain(&b, name);
	if (ok) {
		*t = (struct imap_target){ .kind = IMAP_PERSON,
					   .network = network };
		read_name(m, t, buf_view(&b), text);
	}
	buf_free(&b);
	return ok;
}

int imap_from_sip(const struct imap *m, struct view user, struct view host,
		  struct imap_target *out, struct buf *text)
{
	struct buf b = { 0 };
	struct view name;

	buf_clear(text);
	if (!imap_is_ours(m, host))
		return ENOENT;
	if (!user.n || user.n > IMAP_USER_MAX || !plain(&b, user))
		bad(out, 484, VIEW("ERROR: This address can't be read."));
	else
		read_target(m, buf_view(&b), out, &name);
	if (out->kind == IMAP_PERSON)
		read_name(m, out, name, text);
	else if (out->kind == IMAP_BAD && user.n <= IMAP_USER_MAX)
		(void)read_percent(m, user, out, text);
	buf_free(&b);
	return 0;
}

/* ---- to SIP ---- */

static bool needs_mark(const struct imap *m, struct view v)
{
	return *v.p == m->c || *v.p == '%' ||
	       (*v.p == '=' && hex_after(v) >= 0);
}

static void add_name(struct buf *out, const struct imap *m, struct view v)
{
	for (; v.n; v = view_from(v, 1)) {
		if (needs_mark(m, v))
			add_hex(out, '=', *v.p);
		else if (ascii_is_alnum(*v.p) ||
			 view_has(VIEW("-_.!~*'()&=+$,;?/"), *v.p))
			buf_addc(out, *v.p);
		else
			add_hex(out, '%', *v.p);
	}
}

static bool is_right(const struct imap_target *t)
{
	switch (t->kind) {
	case IMAP_PERSON:
		return imap_is_nick(t->name);
	case IMAP_CHANNEL:
		return is_channel(t->name);
	case IMAP_NETWORK:
		return !t->name.n;
	default:
		return false;
	}
}

int imap_to_sip(const struct imap *m, const struct imap_target *t,
		struct buf *out)
{
	struct view network = imap_network_find(m, t->network);

	if (!network.n || !is_right(t))
		return EBADMSG;
	buf_adds(out, "sip:");
	if (t->kind != IMAP_NETWORK) {
		add_name(out, m, t->name);
		buf_addc(out, m->c);
	}
	buf_addv(out, network);
	buf_addc(out, '@');
	buf_adds(out, m->host);
	return 0;
}

/* ---- as the hub has it ---- */

static void add_folded(struct buf *out, struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		buf_addc(out, v.p[i] == '/' ? ',' :
			      ircb_fold(IRCB_ASCII, v.p[i]));
}

void imap_addr(struct buf *out, struct view network, struct view name,
	       struct view aor)
{
	buf_adds(out, "irc:");
	add_folded(out, network);
	buf_addc(out, '/');
	add_folded(out, name);
	if (aor.n) {
		buf_addc(out, '/');
		buf_addv(out, aor);
	}
}

int imap_addr_cut(struct view resource, struct buf *name, struct view *aor)
{
	struct view folded;

	view_cut(resource, '/', &folded, aor);
	if (!folded.n)
		return EBADMSG;
	for (size_t i = 0; i < folded.n; i++)
		buf_addc(name, folded.p[i] == ',' ? '/' : folded.p[i]);
	return 0;
}
