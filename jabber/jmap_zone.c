/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SIP addresses at the domains that an XMPP server gives us, and the letter
 * case of their users, which JIDs do not keep.
 */
#include <errno.h>
#include <string.h>

#include "jescape.h"
#include "jid.h"
#include "jid_prep.h"
#include "jmap_priv.h"
#include "mem.h"

/* One allocation. */
struct jmap_name {
	struct hnode node; /* first: who takes jmap down frees it by this */
	size_t jid_n, user_n;
	char text[];       /* the bare JID; the user part, escaped */
};

_Static_assert(!offsetof(struct jmap_name, node), "node is first");

static struct view name_jid(const struct jmap_name *n)
{
	return view_mem(n->text, n->jid_n);
}

static struct view name_user(const struct jmap_name *n)
{
	return view_mem(n->text + n->jid_n, n->user_n);
}

static struct jmap_name *find_name(const struct jmap *m, struct view jid)
{
	struct hnode *n = htable_find(&m->names, hash_view(jid));

	for (; n; n = htable_more(n)) {
		struct jmap_name *name = CONTAINER(n, struct jmap_name, node);

		if (view_eq(name_jid(name), jid))
			return name;
	}
	return NULL;
}

/* ---- SIP to XMPP ---- */

static const struct jmap_pair *pair_for(const struct jmap *m,
					enum jmap_zone kind, struct view ascii)
{
	const struct jmap_pair *first = NULL;

	for (size_t i = 0; i < m->pair_count; i++) {
		const struct jmap_pair *p = &m->pairs[i];

		if (p->kind == kind && jmap_host_is(&p->sip, ascii))
			return p;
		if (p->kind == kind && !first)
			first = p;
	}
	return first;
}

/* A user with an "@" of his own (folding may uncover one) is told from one of
 * another domain by that his domain is always said. */
static int put_jid(struct buf *out, const struct jmap_pair *p,
		   struct view user, struct view ascii)
{
	struct buf name = { 0 };
	int err = jid_fold(&name, user);

	if (!jmap_host_is(&p->sip, ascii) || view_has(buf_view(&name), '@')) {
		buf_addc(&name, '@');
		buf_addv(&name, ascii);
	}
	if (!err)
		err = jesc_local(out, buf_view(&name));
	buf_addc(out, '@');
	buf_adds(out, p->xmpp.jid);
	buf_free(&name);
	return err;
}

/* The name of a user part, which is short enough in its plainest form too. */
static int read_user(struct buf *name, struct buf *user, struct view escaped)
{
	if (!escaped.n || escaped.n > JMAP_USER_MAX ||
	    jesc_plain(name, escaped))
		return EBADMSG;
	jesc_user(user, buf_view(name));
	return user->n <= JMAP_USER_MAX ? 0 : EBADMSG;
}

/* Appends the JID, and the user part with no more escapes than it needs. */
static int make_jid(struct buf *out, struct buf *user, const struct jmap *m,
		    enum jmap_zone kind, const struct jmap_sip *sip)
{
	const struct jmap_pair *p;
	struct buf ascii = { 0 }, name = { 0 };
	int err = jid_host_ascii(&ascii, sip->host);

	p = pair_for(m, kind, buf_view(&ascii));
	if (!p)
		err = ENOENT;
	if (!err)
		err = read_user(&name, user, sip->user);
	if (!err)
		err = put_jid(out, p, buf_view(&name), buf_view(&ascii));
	buf_free(&ascii);
	buf_free(&name);
	return err;
}

int jmap_jid(const struct jmap *m, enum jmap_zone kind,
	     const struct jmap_sip *sip, struct view *bare, struct buf *text)
{
	struct buf jid = { 0 }, user = { 0 };
	int err = make_jid(&jid, &user, m, kind, sip);

	if (!err) {
		buf_clear(text);
		buf_addv(text, buf_view(&jid));
		*bare = buf_view(text);
	}
	buf_free(&jid);
	buf_free(&user);
	return err;
}

/* ---- XMPP to SIP ---- */

static const struct jmap_pair *zone_of(const struct jmap *m,
				       struct view domain)
{
	const struct jmap_pair *p = NULL;
	struct buf ascii = { 0 };

	if (!jid_host_ascii(&ascii, domain))
		p = jmap_pair_of(m, buf_view(&ascii));
	buf_free(&ascii);
	return p;
}

bool jmap_zone_of(const struct jmap *m, struct view domain,
		  enum jmap_zone *kind)
{
	const struct jmap_pair *p = zone_of(m, domain);

	if (p)
		*kind = p->kind;
	return p != NULL;
}

/* name: "user" of p's SIP domain, or "user@host". */
static void put_sip(struct jmap_sip *out, struct buf *text, struct view name,
		    const struct jmap_pair *p)
{
	struct view user, host;
	size_t n;

	if (!view_rcut(name, '@', &user, &host)) {
		user = name;
		host = view_str(p->sip.ascii);
	}
	buf_clear(text);
	jesc_user(text, user);
	n = text->n;
	buf_addv(text, host);
	out->user = view_head(buf_view(text), n);
	out->host = view_from(buf_view(text), n);
}

/* What was read must be what is written for it: of all JIDs that look like
 * his, one is a user's. */
static bool is_his(const struct jmap *m, const struct jmap_pair *p,
		   const struct jmap_sip *sip, struct view jid)
{
	struct buf again = { 0 }, user = { 0 };
	bool same = !make_jid(&again, &user, m, p->kind, sip) &&
		    view_eq(buf_view(&again), jid);

	buf_free(&again);
	buf_free(&user);
	return same;
}

static void use_spelling(struct jmap_sip *sip, struct buf *text,
			 const struct jmap_name *name)
{
	struct buf host = { 0 };

	buf_addv(&host, sip->host);
	buf_clear(text);
	buf_addv(text, name_user(name));
	buf_addv(text, buf_view(&host));
	sip->user = view_head(buf_view(text), name->user_n);
	sip->host = view_from(buf_view(text), name->user_n);
	buf_free(&host);
}

static int read_jid(struct jmap_sip *out, struct buf *text,
		    const struct jmap *m, const struct jmap_pair *p,
		    struct view local)
{
	struct buf jid = { 0 }, name = { 0 };
	const struct jmap_name *known;
	int err = jid_prep_local(&jid, local);

	if (!err)
		err = jesc_name(&name, buf_view(&jid));
	buf_addc(&jid, '@');
	buf_adds(&jid, p->xmpp.jid);
	if (!err) {
		put_sip(out, text, buf_view(&name), p);
		known = find_name(m, buf_view(&jid));
		if (known)
			use_spelling(out, text, known);
		else if (!is_his(m, p, out, buf_view(&jid)))
			err = EBADMSG;
	}
	buf_free(&jid);
	buf_free(&name);
	return err;
}

int jmap_aor(const struct jmap *m, struct view bare, struct jmap_sip *out,
	     struct buf *text)
{
	const struct jmap_pair *p;
	struct jid j;

	jid_split(&j, bare);
	p = zone_of(m, j.domain);
	if (!p)
		return ENOENT;
	if (!j.local.n || view_has(bare, '/'))
		return EBADMSG;
	return read_jid(out, text, m, p, j.local);
}

/* ---- letter case ---- */

static void add_name(struct jmap *m, struct view jid, struct view user)
{
	struct jmap_name *n = mem_zalloc(sizeof(*n) + jid.n + user.n);

	n->jid_n = jid.n;
	n->user_n = user.n;
	memcpy(n->text, jid.p, jid.n);
	memcpy(n->text + jid.n, user.p, user.n);
	htable_add(&m->names, &n->node, hash_view(jid));
}

int jmap_remember(struct jmap *m, enum jmap_zone kind,
		  const struct jmap_sip *sip)
{
	struct buf jid = { 0 }, user = { 0 };
	const struct jmap_name *known = NULL;
	int err = make_jid(&jid, &user, m, kind, sip);

	if (!err)
		known = find_name(m, buf_view(&jid));
	if (known && !view_eq(name_user(known), buf_view(&user)))
		err = EEXIST;
	else if (!err && !known && m->names.count >= m->names_max)
		err = ENOSPC;
	if (!err && !known)
		add_name(m, buf_view(&jid), buf_view(&user));
	buf_free(&jid);
	buf_free(&user);
	return err;
}

void jmap_forget(struct jmap *m, enum jmap_zone kind,
		 const struct jmap_sip *sip)
{
	struct buf jid = { 0 }, user = { 0 };
	struct jmap_name *known = NULL;

	if (!make_jid(&jid, &user, m, kind, sip))
		known = find_name(m, buf_view(&jid));
	if (known && view_eq(name_user(known), buf_view(&user))) {
		htable_del(&m->names, &known->node);
		mem_free(known);
	}
	buf_free(&jid);
	buf_free(&user);
}
