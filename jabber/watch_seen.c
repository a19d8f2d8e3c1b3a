/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was heard of the contacts of our users, resource by resource. */
#include <string.h>

#include "mem.h"
#include "roster.h"
#include "utf8.h"
#include "watch_priv.h"

static uint64_t pair_hash(const struct addr *user, const struct addr *addr)
{
	return user->hash ^ hash_u64(addr->hash);
}

struct contact *contact_find(const struct gate *g, const struct addr *user,
			     const struct addr *addr)
{
	struct hnode *n = htable_find(&watches_of(g)->contacts,
				      pair_hash(user, addr));

	for (; n; n = htable_more(n)) {
		struct contact *c = CONTAINER(n, struct contact, by_bare);

		if (addr_eq(c->addr, addr) &&
		    addr_eq(c->mine->person->aor, user))
			return c;
	}
	return NULL;
}

struct contact *contact_get(struct mine *m, struct addr *addr)
{
	struct gate *g = m->person->gate;
	struct contact *c = contact_find(g, m->person->aor, addr);

	if (c || m->contacts.count >= CONTACTS_MAX)
		return c;
	c = mem_zalloc(sizeof(*c));
	c->mine = m;
	c->addr = mem_ref(addr);
	list_init(&c->spots);
	list_init(&c->looks);
	list_append(&m->contacts, &c->node);
	htable_add(&watches_of(g)->contacts, &c->by_bare,
		   pair_hash(m->person->aor, addr));
	return c;
}

void contact_clear(struct contact *c)
{
	struct lnode *n;

	while ((n = list_shift(&c->spots)))
		mem_free(CONTAINER(n, struct spot, node));
	c->heard = false;
}

void contact_free(struct contact *c)
{
	struct lnode *n;

	contact_clear(c);
	while ((n = list_shift(&c->looks))) {
		struct look *l = CONTAINER(n, struct look, node);

		mem_deref(l->target);
		mem_free(l);
	}
	list_remove(&c->mine->contacts, &c->node);
	htable_del(&watches_of(c->mine->person->gate)->contacts, &c->by_bare);
	mem_deref(c->addr);
	mem_free(c);
}

void contact_shown(const struct contact *c)
{
	struct person *p = c->mine->person;
	struct lnode *n, *nx;

	LIST_EACH (&c->looks, n, nx)
		hub_gate_shown(p->gate->conf.hub, p->aor,
			       CONTAINER(n, struct look, node)->target);
}

/* ---- resources ---- */

static struct spot *spot_find(const struct contact *c, struct view resource)
{
	struct lnode *n, *nx;

	LIST_EACH (&c->spots, n, nx) {
		struct spot *s = CONTAINER(n, struct spot, node);

		if (view_eq(s->place.id, resource))
			return s;
	}
	return NULL;
}

static void spot_free(struct contact *c, struct spot *s)
{
	if (!s)
		return;
	list_remove(&c->spots, &s->node);
	mem_free(s);
}

#define NS_IDLE "urn:xmpp:idle:1" /* XEP-0319 */

static enum show show_of(const struct elem *e)
{
	return show_of_word(view_trim(elem_child_words(e, "show",
						       NS_CLIENT)));
}

/* RFC 6121 4.7.2.3: -128 to 127; what is none is 0. */
static int priority_of(const struct elem *e)
{
	struct view v = view_trim(elem_child_words(e, "priority", NS_CLIENT));
	bool minus = v.n && v.p[0] == '-';
	uint64_t n;

	if (view_u64(&n, minus ? view_from(v, 1) : v, 127))
		return 0;
	return minus ? -(int)n : (int)n;
}

static struct view put(char **p, struct view v)
{
	struct view out = { *p, v.n };

	if (v.n)
		memcpy(*p, v.p, v.n);
	*p += v.n;
	return out;
}

static struct spot *spot_new(struct view resource, const struct elem *e)
{
	struct view note = view_trim(elem_child_words(e, "status",
						      NS_CLIENT));
	struct view lang = view_head(elem_get(e, "xml:lang"), 35);
	struct spot *s;
	char *p;

	note = view_head(note, utf8_cut(note, NOTE_KEPT));
	s = mem_zalloc(sizeof(*s) + resource.n + note.n + lang.n);
	p = s->text;
	s->place = (struct presence_place){
		.id = put(&p, resource),
		.show = show_of(e),
		.note = put(&p, note),
		.lang = put(&p, lang),
		.priority = priority_of(e),
		.idle = elem_has(e, "idle", NS_IDLE),
	};
	return s;
}

/* The one that was heard of longest ago makes room. */
static void make_room(struct contact *c)
{
	struct spot *oldest = NULL;
	struct lnode *n, *nx;

	if (c->spots.count < PRESENCE_PLACES_MAX)
		return;
	LIST_EACH (&c->spots, n, nx)
		oldest = CONTAINER(n, struct spot, node);
	spot_free(c, oldest);
}

static void take(struct contact *c, struct view resource,
		 const struct elem *e)
{
	bool gone = elem_get(e, "type").n;

	/* of the bare JID: of all of them */
	if (gone && !resource.n)
		contact_clear(c);
	else
		spot_free(c, spot_find(c, resource));
	c->heard = true;
	if (gone)
		return;
	make_room(c);
	list_prepend(&c->spots, &spot_new(resource, e)->node);
}

/* Anybody may show himself to an account: those take no contact's place. */
static bool is_stranger(const struct person *p, const struct addr *addr)
{
	return roster_is_known(p) && !roster_find(p, watch_bare(addr));
}

/* Of contacts whom nobody watches only accounts are told once: at their
 * login. */
static struct contact *contact_for(struct person *p, struct addr *addr)
{
	struct contact *c = contact_find(p->gate, p->aor, addr);

	return c || !p->account || is_stranger(p, addr) ?
		       c :
		       contact_get(mine_get(p), addr);
}

void seen_presence(struct person *p, struct addr *addr, struct view resource,
		   const struct elem *e)
{
	struct contact *c = contact_for(p, addr);

	if (!c)
		return;
	take(c, resource, e);
	contact_shown(c);
}

void contact_state(const struct contact *c, struct presence_state *out)
{
	struct lnode *n, *nx;

	out->count = 0;
	LIST_EACH (&c->spots, n, nx)
		out->place[out->count++] =
			CONTAINER(n, struct spot, node)->place;
	presence_sort(out);
}
