/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Members of our room as occupants of the other: they come with their first
 * word, and leave with their membership. */
#include <errno.h>

#include "jnick.h"
#include "log.h"
#include "mem.h"
#include "puppet_priv.h"

enum {
	LEFT_MS = 60 * 1000,
	REFUSED_MS = 10 * 60 * 1000,
	KICKED_MS = 24 * 3600 * 1000,
};

static struct wheel *wheel_of(const struct puppet *p)
{
	return loop_wheel(p->link->pups->gate->conf.loop);
}

static struct puppet *puppet_find(const struct plink *l, const struct addr *a)
{
	struct lnode *n, *nx;

	LIST_EACH (&l->puppets, n, nx) {
		struct puppet *p = CONTAINER(n, struct puppet, in_link);

		if (p->state != PUPPET_LEFT && addr_eq(p->who, a))
			return p;
	}
	return NULL;
}

static void puppet_free(struct puppet *p)
{
	wheel_stop(wheel_of(p), &p->timer);
	occupant_free(p->o);
	list_remove(&p->link->puppets, &p->in_link);
	buf_free(&p->nick);
	mem_deref(p->who);
	mem_free(p);
}

void puppets_free(struct plink *l)
{
	struct lnode *n;

	while ((n = list_first(&l->puppets)) != NULL)
		puppet_free(CONTAINER(n, struct puppet, in_link));
	l->puppet_count = 0;
}

static void on_over(struct wtimer *t)
{
	puppet_free(CONTAINER(t, struct puppet, timer));
}

/* Nothing of his is there any more. */
static void puppet_out(struct puppet *p, enum puppet_state state, uint64_t ms)
{
	if (p->o) {
		buf_clear(&p->nick);
		buf_addv(&p->nick, occupant_nick(p->o));
		p->link->puppet_count--;
	}
	p->state = state;
	occupant_free(p->o);
	p->o = NULL;
	wheel_start(wheel_of(p), &p->timer, ms, on_over);
}

/* ---- what happens to him there ---- */

static void on_joined(struct occupant *o, bool fresh, size_t count,
		      struct view subject, void *arg)
{
	struct puppet *p = arg;

	(void)o;
	(void)fresh;
	(void)count;
	(void)subject;
	p->state = PUPPET_IN;
	p->been_in = true;
	plink_soon(p->link);
}

static void on_heard(struct occupant *o, const struct occupant_heard *h,
		     void *arg)
{
	struct puppet *p = arg;

	if (h->kind != MSG_SUBJECT)
		talk_heard(p->link, o, h);
	else if (plink_listener(p->link) == o)
		hub_on_subject(plink_hub(p->link), p->link->leg, SUBJECT_SET,
			       h->nick, h->text);
}

static void on_whisper(struct occupant *o, const struct occupant_heard *h,
		       void *arg)
{
	const struct puppet *p = arg;

	talk_whispered(p->link, o, h);
}

static void on_said(struct occupant *o, uint64_t tag, int err,
		    struct view words, void *arg)
{
	struct puppet *p = arg;

	(void)o;
	if (tag)
		talk_said(p->link, tag, err, words);
}

static void on_lost(struct occupant *o, struct view words, void *arg)
{
	struct puppet *p = arg;

	(void)o;
	p->state = PUPPET_COMING;
	plink_check(p->link, LOST_NET, words);
	plink_soon(p->link);
}

static void tell_him(const struct puppet *p, const char *words,
		     struct view why)
{
	struct plink *l = p->link;
	struct room *room = hub_room_by_id(plink_hub(l), l->room);
	struct buf b = { 0 };

	if (!room)
		return;
	buf_adds(&b, "*** You are out of xmpp:");
	buf_adds(&b, l->place);
	if (why.n) {
		buf_adds(&b, " (");
		buf_addv(&b, view_head(why, 200));
		buf_addc(&b, ')');
	}
	buf_adds(&b, words);
	hub_gate_tell(plink_hub(l), room->addr, p->who, buf_view(&b));
	buf_free(&b);
}

/* Nobody elsewhere keeps out whoever rules here. */
static int put_out(struct member *m, bool ban, struct view notice,
		   const struct room_by *by)
{
	const struct hub_member_change c = {
		.what = MEMBER_SET_STATE | MEMBER_SET_ROLE,
		.state = MEMBER_BANNED,
		.role = ROLE_MEMBER,
		.notice = notice,
		.by = *by,
	};

	return ban && m->role < ROLE_ADMIN ?
		       hub_member_change(m, &c, NULL, NULL) :
		       hub_member_kick(m, notice, by, NULL, NULL);
}

static void expel(const struct puppet *p, bool ban, struct view why)
{
	struct plink *l = p->link;
	struct room *room = hub_room_by_id(plink_hub(l), l->room);
	struct member *m = room ? room_member(room, p->who) : NULL;
	const struct room_by by = { NULL, why };
	struct buf b = { 0 };

	if (!m)
		return;
	buf_adds(&b, "*** ");
	buf_addv(&b, m->nick);
	buf_adds(&b, ban && m->role < ROLE_ADMIN ?
		     " was banned, as from xmpp:" :
		     " was removed, as from xmpp:");
	buf_adds(&b, l->place);
	if (put_out(m, ban, buf_view(&b), &by))
		plink_trouble(l, "who was kicked there could not be removed",
			      m->nick);
	else
		tell_him(p, ", and so out of this room.", why);
	buf_free(&b);
}

static void on_gone(struct occupant *o, enum occupant_gone why,
		    struct view words, void *arg)
{
	struct puppet *p = arg;
	struct plink *l = p->link;
	bool kicked = why == GONE_KICKED || why == GONE_BANNED;

	(void)o;
	puppet_out(p, PUPPET_REFUSED, kicked ? KICKED_MS : REFUSED_MS);
	if (kicked && l->expels)
		expel(p, why == GONE_BANNED && l->bans, words);
	else if (kicked)
		tell_him(p, ". What you say here is passed on under the name "
			    "of the link.", words);
	else
		log_info("link %s: the puppet of %.*s is out: %.*s", l->label,
			 VIEW_ARG(p->who->text), VIEW_ARG(words));
	plink_check(l, LOST_NET, words);
	plink_soon(l);
}

static const struct occupant_ops puppet_ops = {
	.joined = on_joined,
	.heard = on_heard,
	.whisper = on_whisper,
	.said = on_said,
	.gone = on_gone,
	.lost = on_lost,
};

/* ---- coming ---- */

static int puppet_open(struct puppet *p, struct view shown)
{
	struct plink *l = p->link;
	struct buf from = { 0 }, nick = { 0 };
	struct occupant_conf conf = {
		.gate = l->pups->gate,
		.link = l->pups->gate->component,
		.room = view_str(l->place),
		.no_create = true,
		.ops = &puppet_ops,
		.arg = p,
	};
	int err = plink_jid(l->pups, &from, p->who->user, p->who->host);

	if (!err)
		err = jnick_choose(&nick, shown, p->who->user, VIEW_NONE);
	if (!err) {
		conf.from = buf_view(&from);
		conf.nick = buf_view(&nick);
		err = occupant_new(&p->o, &conf);
	}
	buf_free(&from);
	buf_free(&nick);
	return err;
}

static struct puppet *puppet_new(struct plink *l, const struct member *m)
{
	struct puppet *p = mem_zalloc(sizeof(*p));

	p->link = l;
	p->who = mem_ref(m->addr);
	list_append(&l->puppets, &p->in_link);
	if (puppet_open(p, m->nick)) {
		p->state = PUPPET_REFUSED;
		wheel_start(wheel_of(p), &p->timer, REFUSED_MS, on_over);
		return p;
	}
	l->puppet_count++;
	occupant_join(p->o);
	return p;
}

struct puppet *puppet_of(struct plink *l, const struct msg *m)
{
	struct room *room = hub_room_by_id(plink_hub(l), l->room);
	struct member *mb = NULL;
	struct puppet *p;

	if (l->own && room && !m->origin && m->kind <= MSG_EMOTE &&
	    view_eqs(m->from->network, "sip"))
		mb = room_member(room, m->from);
	if (!mb || mb->state != MEMBER_JOINED || mb->leaving)
		return NULL;
	p = puppet_find(l, m->from);
	if (!p && l->puppet_count < l->max)
		p = puppet_new(l, mb);
	return p && p->state != PUPPET_REFUSED ? p : NULL;
}

bool puppet_is_nick(const struct plink *l, struct view nick)
{
	struct lnode *n, *nx;

	LIST_EACH (&l->puppets, n, nx) {
		const struct puppet *p =
			CONTAINER(n, struct puppet, in_link);

		if (view_eq(nick, p->o ? occupant_nick(p->o) :
					 buf_view(&p->nick)) &&
		    p->been_in && p->state != PUPPET_REFUSED)
			return true;
	}
	return false;
}

bool puppet_has_nick(const struct plink *l, struct view nick)
{
	struct lnode *n, *nx;

	LIST_EACH (&l->puppets, n, nx) {
		const struct puppet *p =
			CONTAINER(n, struct puppet, in_link);

		if (view_eq(nick, p->o ? occupant_nick(p->o) :
					 buf_view(&p->nick)))
			return true;
	}
	return false;
}

/* ---- what happens to him here ---- */

static void each_of(const struct pups *ps, const struct member *m,
		    void (*h)(struct puppet *p, const struct member *m))
{
	struct hnode *n = NULL;
	size_t pos = 0;

	while ((n = htable_each(&ps->links, &pos, n)) != NULL) {
		struct plink *l = CONTAINER(n, struct plink, by_leg);
		struct puppet *p;

		if (l->room != m->room->id)
			continue;
		p = puppet_find(l, m->addr);
		if (p)
			h(p, m);
	}
}

static void leaves(struct puppet *p, const struct member *m)
{
	struct plink *l = p->link;

	(void)m;
	puppet_out(p, PUPPET_LEFT, LEFT_MS);
	plink_check(l, LOST_NET, VIEW("nobody of ours is there any more"));
}

static void renames(struct puppet *p, const struct member *m)
{
	struct buf nick = { 0 };

	if (p->o && !jnick_prep(&nick, m->nick))
		(void)occupant_rename(p->o, buf_view(&nick));
	buf_free(&nick);
}

static void on_went(struct member *m, enum room_way way,
		    const struct room_by *by, void *arg)
{
	(void)way;
	(void)by;
	each_of(arg, m, leaves);
}

static void on_changed(struct member *m, const struct member_before *before,
		       const struct room_by *by, void *arg)
{
	(void)by;
	if (before->what & MEMBER_SET_NICK)
		each_of(arg, m, renames);
}

void puppets_watch(struct pups *p)
{
	const struct hub_room_watch w = {
		.went = on_went,
		.changed = on_changed,
		.arg = p,
	};

	if (!p->watching)
		p->watching = !hub_watch_rooms(p->gate->conf.hub, &w);
}
