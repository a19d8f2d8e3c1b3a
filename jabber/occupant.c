/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who is in rooms, and what comes for each. Handlers may free the occupant:
 * whoever calls one holds a reference, and looks at freed.
 */
#include "occupant_priv.h"

#include <errno.h>

#include "clock.h"
#include "mem.h"

enum { SUBJECT_MS = 5 * 1000 }; /* in, but no subject comes */

/* ---- what comes ---- */

static void presence(struct occupant *o, const struct elem *e,
		     struct view nick)
{
	if (view_eqs(elem_get(e, "type"), "error"))
		occupant_error(o, e);
	else
		occupant_presence(o, e, nick);
}

/* An invitation is for those who tell of it. */
static bool is_invitation(const struct elem *e)
{
	struct elem x;

	return elem_child(&x, e, "x", NS_MUC_USER) &&
	       elem_has(&x, "invite", NULL);
}

static bool take(struct occupant *o, const struct elem *e, struct view nick)
{
	if (elem_is(e, "iq", NULL) ||
	    (elem_is(e, "message", NULL) && !nick.n && is_invitation(e)))
		return false;
	o->heard_ms = now_ms();
	if (o->state != OCCUPANT_IN && o->state != OCCUPANT_JOINING)
		return true; /* of a stay that is over */
	if (!elem_is(e, "presence", NULL))
		occupant_message(o, e, nick);
	else if (!o->stale)
		presence(o, e, nick);
	/* the subject may be long in coming where there is much history */
	if (o->state == OCCUPANT_JOINING && o->self && !o->locked)
		occupant_wait(o, SUBJECT_MS);
	return true;
}

static bool is_for(const struct occupant *o, const struct xlink *x,
		   struct view room, struct view to)
{
	if (o->link != x || !view_eq(buf_view(&o->room), room))
		return false;
	return x->kind == XLINK_ACCOUNT || view_ieq(to, buf_view(&o->from));
}

bool occupants_stanza(struct gate *g, struct xlink *x, const struct elem *e)
{
	struct view from = elem_get(e, "from"), room, nick;
	struct hnode *n;

	if (!view_cut(from, '/', &room, &nick))
		room = from;
	for (n = htable_find(&g->occupants, hash_view(room)); n;
	     n = htable_more(n)) {
		struct occupant *o = CONTAINER(n, struct occupant, by_room);
		bool taken;

		if (!is_for(o, x, room, elem_get(e, "to")))
			continue;
		mem_ref(o);
		taken = o->state != OCCUPANT_OUT && take(o, e, nick);
		mem_deref(o);
		return taken;
	}
	return false;
}

/* ---- the link ---- */

static struct occupant **all_of(const struct gate *g, const struct xlink *x,
				size_t *count)
{
	struct occupant **v = mem_array(NULL, g->occupants.count + 1,
					sizeof(*v));
	struct hnode *n = NULL;
	size_t pos = 0;

	*count = 0;
	while ((n = htable_each(&g->occupants, &pos, n))) {
		struct occupant *o = CONTAINER(n, struct occupant, by_room);

		if (o->link == x && o->state != OCCUPANT_OUT)
			v[(*count)++] = mem_ref(o);
	}
	return v;
}

void occupants_up(struct gate *g, struct xlink *x)
{
	size_t count;
	struct occupant **v = all_of(g, x, &count);

	for (size_t i = 0; i < count; i++) {
		if (!v[i]->freed && v[i]->state == OCCUPANT_WAITING)
			occupant_join_now(v[i]);
		mem_deref(v[i]);
	}
	mem_free(v);
}

static void link_lost(struct occupant *o)
{
	bool was = o->state == OCCUPANT_IN;

	occupant_still(o, OCCUPANT_WAITING);
	o->known = false;
	o->stale = o->link->kind == XLINK_ACCOUNT;
	if (was && o->ops->lost)
		o->ops->lost(o, VIEW("the connection was lost"), o->arg);
}

void occupants_down(struct gate *g, struct xlink *x)
{
	size_t count;
	struct occupant **v = all_of(g, x, &count);

	for (size_t i = 0; i < count; i++) {
		if (!v[i]->freed && v[i]->state != OCCUPANT_OUT)
			link_lost(v[i]);
		mem_deref(v[i]);
	}
	mem_free(v);
}

bool occupants_is_ours(const struct gate *g, struct view room,
		       struct view nick)
{
	struct hnode *n = htable_find(&g->occupants, hash_view(room));

	for (; n; n = htable_more(n)) {
		const struct occupant *o =
			CONTAINER(n, struct occupant, by_room);

		if (o->state != OCCUPANT_OUT &&
		    view_eq(buf_view(&o->room), room) &&
		    view_eq(buf_view(&o->nick), nick))
			return true;
	}
	return false;
}

/* ---- life ---- */

static void destroy(void *obj)
{
	struct occupant *o = obj;

	buf_free(&o->from);
	buf_free(&o->room);
	buf_free(&o->nick);
	buf_free(&o->wanted);
	mem_scrub_free(o->password.p);
	buf_free(&o->subject);
}

static bool is_there(const struct occupant_conf *conf)
{
	const struct gate *g = conf->gate;
	struct hnode *n = htable_find(&g->occupants, hash_view(conf->room));

	for (; n; n = htable_more(n)) {
		const struct occupant *o =
			CONTAINER(n, struct occupant, by_room);

		if (is_for(o, conf->link, conf->room, conf->from))
			return true;
	}
	return false;
}

int occupant_new(struct occupant **op, const struct occupant_conf *conf)
{
	struct occupant *o;

	if (is_there(conf))
		return EEXIST;
	o = mem_new(sizeof(*o), destroy);
	o->gate = conf->gate;
	o->link = conf->link;
	o->ops = conf->ops;
	o->arg = conf->arg;
	buf_addv(&o->from, conf->from);
	buf_addv(&o->room, conf->room);
	buf_addv(&o->wanted, conf->nick);
	buf_addv(&o->nick, conf->nick);
	buf_addv(&o->password, conf->password);
	o->history = conf->history;
	o->since_ms = conf->since_ms;
	o->rejoin_after_kick = conf->rejoin_after_kick;
	o->no_create = conf->no_create;
	list_init(&o->unsaid);
	htable_add(&o->gate->occupants, &o->by_room, hash_view(conf->room));
	*op = o;
	return 0;
}

void occupant_join(struct occupant *o)
{
	if (o->state != OCCUPANT_OUT && o->state != OCCUPANT_WAITING)
		return;
	mem_ref(o);
	occupant_join_now(o);
	mem_deref(o);
}

void occupant_leave(struct occupant *o, struct view words)
{
	occupant_say_bye(o, words);
	occupant_still(o, OCCUPANT_OUT);
	o->was_in = o->been_in = false;
	o->since_ms = 0;
	mem_ref(o);
	unsaid_end(o, EAGAIN, VIEW("left the room"), UINT64_MAX);
	mem_deref(o);
}

void occupant_free(struct occupant *o)
{
	if (!o)
		return;
	o->freed = true;
	occupant_say_bye(o, VIEW_NONE);
	occupant_still(o, OCCUPANT_OUT);
	unsaid_drop(o);
	wheel_stop(occupant_wheel(o), &o->late);
	htable_del(&o->gate->occupants, &o->by_room);
	mem_deref(o);
}

enum occupant_state occupant_state(const struct occupant *o)
{
	return o->state;
}

struct view occupant_room(const struct occupant *o)
{
	return buf_view(&o->room);
}

struct view occupant_nick(const struct occupant *o)
{
	return buf_view(&o->nick);
}

unsigned occupant_public(const struct occupant *o)
{
	return o->open;
}

struct view occupant_topic(const struct occupant *o)
{
	return buf_view(&o->subject);
}

int occupant_rename(struct occupant *o, struct view nick)
{
	struct buf b = { 0 }, to = { 0 };

	if (o->state != OCCUPANT_IN)
		return ENOTCONN;
	occupant_to(o, &to, nick);
	stanza_open(&b, "presence", VIEW_NONE, buf_view(&o->from),
		    buf_view(&to), stanza_id(o->asked));
	elem_close(&b);
	buf_free(&to);
	return occupant_send(o, &b);
}
