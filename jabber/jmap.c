/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a jmap is made of: the hosts of the configuration. */
#include <errno.h>
#include <string.h>

#include "jid.h"
#include "jid_prep.h"
#include "jmap_priv.h"
#include "mem.h"

/* RFC 3261 25.1: what may stand in a user part as it is, without what hosts
 * are made of ("-", ".", letters) and without "=", which marks. */
#define DELIMITERS "!$&'()*+,/;?_~"

bool jmap_host_is(const struct jmap_host *h, struct view ascii)
{
	return view_eqs(ascii, h->ascii);
}

const struct jmap_alias *jmap_alias_of(const struct jmap *m, struct view ascii)
{
	for (size_t i = 0; i < m->alias_count; i++)
		if (jmap_host_is(&m->aliases[i].host, ascii))
			return &m->aliases[i];
	return NULL;
}

const struct jmap_pair *jmap_pair_of(const struct jmap *m, struct view ascii)
{
	for (size_t i = 0; i < m->pair_count; i++)
		if (jmap_host_is(&m->pairs[i].xmpp, ascii))
			return &m->pairs[i];
	return NULL;
}

static void host_free(struct jmap_host *h)
{
	mem_free(h->jid);
	mem_free(h->ascii);
}

static void jmap_destroy(void *obj)
{
	struct jmap *m = obj;
	struct hnode *n;

	host_free(&m->jdomain);
	for (size_t i = 0; i < m->alias_count; i++)
		host_free(&m->aliases[i].host);
	for (size_t i = 0; i < m->pair_count; i++) {
		host_free(&m->pairs[i].sip);
		host_free(&m->pairs[i].xmpp);
	}
	while ((n = htable_pop(&m->names)))
		mem_free(n);
	htable_free(&m->names);
	mem_free(m->aliases);
	mem_free(m->pairs);
}

/* ---- reading the configuration ---- */

static int complain(struct buf *why, struct view text, const char *words)
{
	buf_addc(why, '"');
	buf_addv(why, text);
	buf_adds(why, "\" ");
	buf_adds(why, words);
	return EINVAL;
}

static int host_read(struct jmap_host *h, struct view text, struct buf *why)
{
	struct buf jid = { 0 }, ascii = { 0 };
	int err = jid_is_host(text) ? jid_prep_host(&jid, text) : EBADMSG;

	if (!err)
		err = jid_host_ascii(&ascii, text);
	if (!err) {
		h->jid = buf_take(&jid);
		h->ascii = buf_take(&ascii);
	}
	buf_free(&jid);
	buf_free(&ascii);
	return err ? complain(why, text, "is no host name") : 0;
}

/* Each name is for one thing only: else an address would mean two. */
static int check_new(const struct jmap *m, const struct jmap_host *h,
		     struct view text, struct buf *why)
{
	struct view ascii = view_str(h->ascii);

	if (m->alias_count + m->pair_count >= JMAP_HOSTS_MAX)
		return complain(why, text, "is one host too many (256)");
	if (m->jdomain.ascii && jmap_host_is(&m->jdomain, ascii))
		return complain(why, text, "is the jdomain already");
	if (jmap_alias_of(m, ascii))
		return complain(why, text, "is an alias already");
	if (jmap_pair_of(m, ascii))
		return complain(why, text, "is a domain of our own already");
	return 0;
}

/* "host[=c]"; *c stays where there is no "=c". */
static int read_host_char(struct jmap_host *h, char *c, struct view text,
			  struct buf *why)
{
	struct view host, mark;
	bool has = view_cut(text, '=', &host, &mark);

	if (has && mark.n != 1)
		return complain(why, text,
				"has no single character after its \"=\"");
	if (has)
		*c = *mark.p;
	return host_read(h, host, why);
}

int jmap_new(struct jmap **mp, struct view jdomain, size_t names_max,
	     struct buf *why)
{
	struct jmap *m = mem_new(sizeof(*m), jmap_destroy);
	int err;

	m->c = '*';
	m->names_max = names_max ? names_max : JMAP_NAMES_MAX;
	err = read_host_char(&m->jdomain, &m->c, view_trim(jdomain), why);
	if (!err && !view_has(VIEW(DELIMITERS), m->c))
		err = complain(why, jdomain,
			       "has a delimiter that cannot be one in a SIP "
			       "address; these can: " DELIMITERS);
	if (err)
		mem_deref(m);
	else
		*mp = m;
	return err;
}

/* Seen, no letter, nothing that other rules give a meaning. */
static bool is_alias_char(char d)
{
	if (d <= ' ' || d >= 0x7f || view_has(VIEW("=;\\.-"), d))
		return false;
	return !((d >= '0' && d <= '9') || ((d | 0x20) >= 'a' &&
					    (d | 0x20) <= 'z'));
}

int jmap_alias(struct jmap *m, struct view text, struct buf *why)
{
	struct jmap_alias a = { 0 };
	int err;

	text = view_trim(text);
	err = read_host_char(&a.host, &a.d, text, why);
	if (!err && a.d && !is_alias_char(a.d))
		err = complain(why, text,
			       "has a delimiter that cannot be one in a JID: "
			       "use a sign such as %, # or |");
	if (!err)
		err = check_new(m, &a.host, text, why);
	if (err) {
		host_free(&a.host);
		return err;
	}
	m->aliases = mem_array(m->aliases, m->alias_count + 1, sizeof(a));
	m->aliases[m->alias_count++] = a;
	return 0;
}

int jmap_aliases(struct jmap *m, struct view text, struct buf *why)
{
	struct view count, list = view_trim(text), one;
	uint64_t want, n = 0;
	int err = 0;

	if (!list.n)
		return 0;
	view_cut(list, ';', &count, &list);
	if (view_u64(&want, view_trim(count), JMAP_HOSTS_MAX))
		return complain(why, text, "does not begin with a number of "
					   "aliases (N;alias1[=c];...)");
	while (!err && list.n) {
		view_cut(list, ';', &one, &list);
		err = view_trim(one).n
			      ? jmap_alias(m, one, why)
			      : complain(why, text, "has an empty alias");
		n++;
	}
	if (!err && n != want)
		err = complain(why, text, "does not have as many aliases as "
					  "it says at its beginning");
	return err;
}

static bool has_sip(const struct jmap *m, const struct jmap_pair *p)
{
	for (size_t i = 0; i < m->pair_count; i++)
		if (m->pairs[i].kind == p->kind &&
		    jmap_host_is(&p->sip, view_str(m->pairs[i].sip.ascii)))
			return true;
	return false;
}

static int check_pair(const struct jmap *m, const struct jmap_pair *p,
		      struct view sip, struct buf *why)
{
	struct view ascii = view_str(p->sip.ascii);

	if (jmap_host_is(&m->jdomain, ascii) || jmap_alias_of(m, ascii))
		return complain(why, sip, "leads to XMPP: it cannot be the "
					  "SIP domain of our own too");
	if (has_sip(m, p))
		return complain(why, sip, "has a domain in XMPP already");
	return 0;
}

int jmap_zone(struct jmap *m, enum jmap_zone kind, struct view sip,
	      struct view xmpp, struct buf *why)
{
	struct jmap_pair p = { .kind = kind };
	int err;

	sip = view_trim(sip);
	xmpp = view_trim(xmpp);
	err = host_read(&p.sip, sip, why);
	if (!err)
		err = host_read(&p.xmpp, xmpp, why);
	if (!err)
		err = check_pair(m, &p, sip, why);
	if (!err)
		err = check_new(m, &p.xmpp, xmpp, why);
	if (err) {
		host_free(&p.sip);
		host_free(&p.xmpp);
		return err;
	}
	m->pairs = mem_array(m->pairs, m->pair_count + 1, sizeof(p));
	m->pairs[m->pair_count++] = p;
	return 0;
}
