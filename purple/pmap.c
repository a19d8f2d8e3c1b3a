/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Protocols of libpurple, and SIP addresses that mean people there. */
#include "pmap.h"

#include <errno.h>
#include <string.h>

#include "ascii.h"
#include "mem.h"
#include "utf8.h"

enum { PROTOS_MAX = 64, USER_MAX = 3 * PMAP_NAME_MAX + 32 };

#define CLOSED(name, year) name " was closed in " year

/* What Debian 12 has, what purplemap may have of old, and what became of
 * it. */
static const struct pmap_proto known[] = {
	{ "prpl-jabber", "xmpp", "XMPP", NULL, true },
	{ "prpl-irc", "irc", "IRC", NULL, true },
	{ "prpl-simple", "simple", "SIMPLE", NULL, false },
	{ "prpl-gg", "gg", "Gadu-Gadu", NULL, false },
	{ "prpl-bonjour", "bonjour", "Bonjour", NULL, false },
	{ "prpl-novell", "groupwise", "GroupWise", NULL, false },
	{ "prpl-meanwhile", "sametime", "Sametime", NULL, false },
	{ "prpl-zephyr", "zephyr", "Zephyr", NULL, false },
	{ "prpl-sipe", "sipe", "Skype for Business", NULL, false },
	{ "prpl-mm-sms", "sms", "SMS", NULL, false },
	{ "prpl-eionrobb-discord", "discord", "Discord", NULL, false },
	{ "prpl-eionrobb-rocketchat", "rocketchat", "Rocket.Chat", NULL,
	  false },
	{ "prpl-msn", "msn", "MSN", CLOSED("MSN", "2014"), false },
	{ "prpl-msn-pecan", "msn-pecan", "MSN", CLOSED("MSN", "2014"),
	  false },
	{ "prpl-aim", "aim", "AIM", CLOSED("AIM", "2017"), false },
	{ "prpl-icq", "icq", "ICQ", CLOSED("ICQ", "2024"), false },
	{ "prpl-oscar", "oscar", "AIM and ICQ",
	  "AIM and ICQ were closed in 2017 and 2024", false },
	{ "prpl-yahoo", "yahoo", "Yahoo", CLOSED("Yahoo! Messenger", "2018"),
	  false },
	{ "prpl-yahoojp", "yahoojp", "Yahoo Japan",
	  CLOSED("Yahoo! Messenger", "2018"), false },
	{ "prpl-mxit", "mxit", "Mxit", CLOSED("Mxit", "2016"), false },
	{ "prpl-myspace", "myspace", "MySpaceIM",
	  CLOSED("MySpaceIM", "2013"), false },
	{ "prpl-facebook", "facebook", "Facebook",
	  "Facebook closed its chat to other programs in 2015", false },
};

enum { KNOWN = sizeof(known) / sizeof(known[0]) };

static const struct {
	const char *name, *id;
} aliases[] = {
	{ "gtalk", "prpl-jabber" },
	{ "jabber", "prpl-jabber" },
	{ "prpl-xmpp", "prpl-jabber" },
};

/* A protocol that the operator allowed; texts are owned. */
struct proto {
	struct pmap_proto p;
	char *id, *label; /* or NULL: p's are static */
};

struct pmap {
	char *domain;                /* owned */
	struct proto proto[PROTOS_MAX];
	size_t count;
};

/* ---- what is configured ---- */

static void pmap_destroy(void *obj)
{
	struct pmap *m = obj;

	for (size_t i = 0; i < m->count; i++) {
		mem_free(m->proto[i].id);
		mem_free(m->proto[i].label);
	}
	mem_free(m->domain);
}

static int complain(struct buf *why, struct view text, const char *words)
{
	buf_addc(why, '"');
	buf_addv(why, view_head(text, 128));
	buf_adds(why, "\" ");
	buf_adds(why, words);
	return EINVAL;
}

static bool made_of(struct view v, const char *more, size_t max)
{
	if (!v.n || v.n > max)
		return false;
	for (size_t i = 0; i < v.n; i++)
		if (!ascii_is_alnum(v.p[i]) &&
		    !view_has(view_str(more), v.p[i]))
			return false;
	return true;
}

int pmap_new(struct pmap **mp, struct view domain, struct buf *why)
{
	struct view text = view_trim(domain);
	struct pmap *m;

	if (!made_of(text, ".-", 200))
		return complain(why, text, "is no host name");
	m = mem_new(sizeof(*m), pmap_destroy);
	m->domain = view_dup(text);
	for (size_t i = 0; i < KNOWN; i++)
		m->proto[m->count++].p = known[i];
	*mp = m;
	return 0;
}

static struct proto *by_id(const struct pmap *m, struct view id)
{
	for (size_t i = 0; i < m->count; i++)
		if (view_ieqs(id, m->proto[i].p.id))
			return (struct proto *)(uintptr_t)&m->proto[i];
	return NULL;
}

static struct proto *by_label(const struct pmap *m, struct view label)
{
	for (size_t i = 0; i < m->count; i++)
		if (view_ieqs(label, m->proto[i].p.label))
			return (struct proto *)(uintptr_t)&m->proto[i];
	return NULL;
}

static void set_label(struct proto *p, struct view label)
{
	mem_free(p->label);
	p->label = view_dup(label);
	p->p.label = p->label;
}

static int allow_new(struct pmap *m, struct view id, struct view label,
		     struct buf *why)
{
	struct proto *p;

	if (m->count == PROTOS_MAX)
		return complain(why, id, "is one protocol too many");
	if (!label.n)
		label = view_starts(id, VIEW("prpl-")) ? view_from(id, 5) :
							 id;
	label = view_head(label, PMAP_LABEL_MAX);
	if (by_label(m, label)) {
		complain(why, label, "is the label of two protocols");
		return EEXIST;
	}
	p = &m->proto[m->count++];
	p->id = view_dup(id);
	set_label(p, label);
	p->p = (struct pmap_proto){ p->id, p->label, p->label, NULL, true };
	return 0;
}

int pmap_allow(struct pmap *m, struct view id, struct view label,
	       struct buf *why)
{
	struct proto *p = by_id(m, id), *other = by_label(m, label);

	if (!made_of(id, "-_.", PMAP_ID_MAX))
		return complain(why, id, "can't be the id of a protocol");
	if (label.n && !made_of(label, "-", PMAP_LABEL_MAX))
		return complain(why, label,
				"can't be a label: letters, digits and - "
				"can");
	if (label.n && other && other != p) {
		complain(why, label, "is the label of two protocols");
		return EEXIST;
	}
	if (!p)
		return allow_new(m, id, label, why);
	if (p->p.dead)
		return complain(why, id, p->p.dead);
	p->p.allowed = true;
	if (label.n)
		set_label(p, label);
	return 0;
}

const struct pmap_proto *pmap_at(const struct pmap *m, size_t i)
{
	return i < m->count ? &m->proto[i].p : NULL;
}

static bool is_google(struct view login)
{
	struct view user, host, rest;

	if (!view_cut(login, '@', &user, &host))
		return false;
	(void)view_cut(host, '/', &host, &rest);
	return view_ieqs(host, "gmail.com") ||
	       view_ieqs(host, "googlemail.com");
}

const char *pmap_dead(const struct pmap_proto *p, struct view login)
{
	if (!p->dead && !strcmp(p->id, "prpl-jabber") && is_google(login))
		return "Google Talk was closed in 2022";
	return p->dead;
}

const struct pmap_proto *pmap_proto(const struct pmap *m, struct view name)
{
	const struct proto *p;

	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (view_ieqs(name, aliases[i].name))
			name = view_str(aliases[i].id);
	p = by_id(m, name);
	if (!p)
		p = by_label(m, name);
	return p && (p->p.allowed || p->p.dead) ? &p->p : NULL;
}

/* ---- names ---- */

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

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* RFC 1459 2.2: {}|^ are the lower case of []\~. */
static char fold(char c)
{
	static const char from[] = "[]\\~", to[] = "{}|^";
	const char *at = c ? strchr(from, c) : NULL;

	return at ? to[at - from] : lower(c);
}

int pmap_name(struct buf *out, struct view proto, struct view name)
{
	bool jabber = view_ieqs(proto, "prpl-jabber");
	bool irc = view_ieqs(proto, "prpl-irc");
	struct view rest;

	if (jabber)
		(void)view_cut(name, '/', &name, &rest);
	/* RFC 1459 2.3.1: these are between names */
	if (irc && (view_has(name, ' ') || view_has(name, ',')))
		return EBADMSG;
	if (!name.n || name.n > PMAP_NAME_MAX || !is_text(name))
		return EBADMSG;
	for (size_t i = 0; i < name.n; i++)
		buf_addc(out, jabber ? lower(name.p[i]) :
			      irc    ? fold(name.p[i]) :
				       name.p[i]);
	return 0;
}

void pmap_escape(struct buf *out, struct view v)
{
	for (; v.n; v = view_from(v, 1)) {
		unsigned char c = (unsigned char)*v.p;

		if (ascii_is_alnum(*v.p) ||
		    view_has(VIEW("-_.!~*'()"), *v.p)) {
			buf_addc(out, *v.p);
			continue;
		}
		buf_addc(out, '%');
		buf_addc(out, ascii_hex_digit(c >> 4));
		buf_addc(out, ascii_hex_digit(c));
	}
}

int pmap_unescape(struct buf *out, struct view v)
{
	size_t at = out->n;

	while (v.n) {
		int c;

		if (*v.p != '%') {
			buf_addc(out, *v.p);
			v = view_from(v, 1);
			continue;
		}
		c = v.n < 3 ? -1 : ascii_hex_byte(v.p + 1);
		if (c < 0)
			return EBADMSG;
		buf_addc(out, (char)c);
		v = view_from(v, 3);
	}
	return is_text(view_from(buf_view(out), at)) ? 0 : EBADMSG;
}

/* ---- addresses ---- */

/* The label in front of our domain; empty: the domain itself. False: not
 * ours. */
static bool label_of(const struct pmap *m, struct view host,
		     struct view *label)
{
	size_t n = strlen(m->domain);

	*label = VIEW_NONE;
	if (view_ieqs(host, m->domain))
		return true;
	if (host.n < n + 2 || host.p[host.n - n - 1] != '.' ||
	    !view_ieqs(view_from(host, host.n - n), m->domain))
		return false;
	*label = view_head(host, host.n - n - 1);
	return by_label(m, *label) && pmap_proto(m, *label);
}

bool pmap_is_ours(const struct pmap *m, struct view host)
{
	struct view label;

	return label_of(m, host, &label);
}

static struct view param_of(struct view params, const char *name)
{
	struct view one, key, value;

	while (params.n) {
		(void)view_cut(params, ';', &one, &params);
		(void)view_cut(one, '=', &key, &value);
		if (view_ieqs(key, name))
			return view_trim(value);
	}
	return VIEW_NONE;
}

bool pmap_is_loop(struct view params)
{
	return view_ieqs(param_of(params, "proto"), "purple");
}

static int bad(struct pmap_target *t, unsigned status, struct view why)
{
	*t = (struct pmap_target){ .kind = PMAP_BAD, .status = status,
				   .why = why };
	return 0;
}

static int read_name(struct pmap_target *t, struct view user,
		     struct buf *text)
{
	if (user.n > USER_MAX || pmap_unescape(text, user) ||
	    text->n > PMAP_NAME_MAX)
		return bad(t, 484, VIEW("ERROR: This address can't be "
					"read."));
	t->name = buf_view(text);
	t->kind = t->name.n ? PMAP_NAME : PMAP_SELF;
	return 0;
}

static int read_plain(struct pmap_target *t, struct view user)
{
	*t = (struct pmap_target){ .kind = PMAP_GATE };
	if (!user.n || view_ieqs(user, "purple"))
		return 0;
	return bad(t, 404, VIEW("ERROR: An address here is like "
				"name%40server@xmpp.<this host>: the "
				"network is missing."));
}

int pmap_from_sip(const struct pmap *m, struct view user, struct view host,
		  struct view params, struct pmap_target *out,
		  struct buf *text)
{
	struct view label, inside, said = param_of(params, "proto");
	const struct pmap_proto *p;
	uint64_t account = 0;

	buf_clear(text);
	*out = (struct pmap_target){ .kind = PMAP_BAD };
	if (!label_of(m, host, &label))
		return ENOENT;
	if (pmap_is_loop(params))
		return bad(out, 482, VIEW("ERROR: This came from here."));
	if (!label.n)
		label = said;
	(void)view_cut(user, ';', &user, &inside);
	if (view_u64(&account, param_of(inside, "account"), UINT64_MAX) &&
	    view_u64(&account, param_of(params, "account"), UINT64_MAX))
		account = 0;
	if (!label.n)
		return read_plain(out, user);
	p = pmap_proto(m, label);
	if (!p)
		return bad(out, 404, VIEW("ERROR: There is no such network "
					  "here."));
	if (p->dead)
		return bad(out, 404, view_str(p->dead));
	out->proto = view_str(p->id);
	out->account = account;
	return read_name(out, user, text);
}

int pmap_to_sip(const struct pmap *m, struct view proto, struct view name,
		uint64_t account, struct buf *out)
{
	const struct pmap_proto *p = proto.n ? pmap_proto(m, proto) : NULL;

	if ((proto.n && !p) || (!proto.n && name.n) ||
	    name.n > PMAP_NAME_MAX || !is_text(name))
		return EBADMSG;
	buf_adds(out, "sip:");
	if (!p) {
		buf_adds(out, "purple@");
		buf_adds(out, m->domain);
		return 0;
	}
	pmap_escape(out, name);
	if (account)
		buf_addf(out, ";account=%llu", (unsigned long long)account);
	if (name.n || account)
		buf_addc(out, '@');
	buf_adds(out, p->label);
	buf_addc(out, '.');
	buf_adds(out, m->domain);
	return 0;
}

int pmap_canon(const struct pmap *m, struct view user, struct view host,
	       struct view params, struct buf *out)
{
	struct pmap_target t;
	struct buf text = { 0 };
	int err = pmap_from_sip(m, user, host, params, &t, &text);

	if (!err && t.kind == PMAP_BAD)
		err = t.status == 482 ? ELOOP : ENOENT;
	if (!err)
		err = pmap_to_sip(m, t.proto, t.name, t.account, out);
	buf_free(&text);
	return err;
}
