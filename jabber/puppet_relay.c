/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The relay of a link: one occupant who listens, and speaks for all who cannot
 * speak for themselves. The hub's laws forbid to call up from within an op,
 * and a join may fail at once: so an op only notes what is wanted, and the
 * rest happens at the end of the turn.
 */
#include "puppet_priv.h"

#include <errno.h>

enum { PUPPETS_MAX = 200, AGAIN_MS = 10 * 60 * 1000 };

void plink_check(struct plink *l, enum lost_why why, struct view words)
{
	if (plink_listener(l))
		return;
	past_lost(l);
	talk_free(l); /* the hub has it, and begins anew */
	l->up = l->came = l->topic = false;
	hub_on_lost(plink_hub(l), l->leg, why, words);
}

static void on_joined(struct occupant *o, bool fresh, size_t count,
		      struct view subject, void *arg)
{
	struct plink *l = arg;

	(void)o;
	(void)fresh;
	(void)count;
	l->came = true;
	buf_clear(&l->subject);
	buf_addv(&l->subject, subject);
	plink_soon(l);
}

static void on_heard(struct occupant *o, const struct occupant_heard *h,
		     void *arg)
{
	struct plink *l = arg;

	if (h->kind != MSG_SUBJECT) {
		talk_heard(l, o, h);
		return;
	}
	if (h->own)
		l->topic = false;
	hub_on_subject(plink_hub(l), l->leg,
		       h->own ? SUBJECT_OURS : SUBJECT_SET,
		       h->nick, h->text);
}

/* Others come and go there. Of our own occupants the room knows. */
static void tell_people(const struct plink *l, enum occupant_event what,
			struct view nick, struct view other,
			struct view words)
{
	static const enum hub_change changes[] = {
		[OCCUPANT_CAME] = PEOPLE_CAME,
		[OCCUPANT_WENT] = PEOPLE_WENT,
		[OCCUPANT_RENAMED] = PEOPLE_RENAMED,
		[OCCUPANT_KICKED] = PEOPLE_KICKED,
		[OCCUPANT_BANNED] = PEOPLE_KICKED,
	};
	const struct hub_people p = {
		changes[what], nick,
		changes[what] == PEOPLE_KICKED && !other.n ?
			VIEW("the room") : other,
		words, occupant_count(l->relay),
	};

	if (l->up && !puppet_has_nick(l, nick))
		hub_on_people(plink_hub(l), l->leg, &p);
}

static void on_happened(struct occupant *o, enum occupant_event what,
			const struct occupant_who *who, struct view other,
			struct view words, void *arg)
{
	struct plink *l = arg;

	(void)o;
	if (what <= OCCUPANT_BANNED)
		tell_people(l, what, who->nick, other, words);
	if (what == OCCUPANT_MUTED)
		plink_trouble(l, "the room there has taken our voice", words);
}

static void on_said(struct occupant *o, uint64_t tag, int err,
		    struct view words, void *arg)
{
	struct plink *l = arg;

	(void)o;
	if (tag) {
		talk_said(l, tag, err, words);
	} else if (err && l->topic) {
		l->topic = false;
		hub_on_subject(plink_hub(l), l->leg, SUBJECT_REFUSED,
			       VIEW_NONE, words);
	}
}

static void on_again(struct wtimer *t)
{
	struct plink *l = CONTAINER(t, struct plink, again);

	l->join = true;
	plink_soon(l);
}

static void on_gone(struct occupant *o, enum occupant_gone why,
		    struct view words, void *arg)
{
	struct plink *l = arg;

	(void)o;
	plink_trouble(l, "we are out of the room there", words);
	plink_check(l, why == GONE_OTHER ? LOST_NET : LOST_REFUSED, words);
	if (l->up)
		wheel_start(plink_wheel(l), &l->again, AGAIN_MS, on_again);
	plink_soon(l);
}

static void on_lost(struct occupant *o, struct view words, void *arg)
{
	struct plink *l = arg;

	(void)o;
	plink_check(l, LOST_NET, words);
	plink_soon(l);
}

static void on_whisper(struct occupant *o, const struct occupant_heard *h,
		       void *arg)
{
	talk_whispered(arg, o, h);
}

static const struct occupant_ops relay_ops = {
	.joined = on_joined,
	.heard = on_heard,
	.whisper = on_whisper,
	.happened = on_happened,
	.said = on_said,
	.gone = on_gone,
	.lost = on_lost,
};

static struct gate_link link_conf(const struct plink *l)
{
	const struct gate_conf *gc = &l->pups->gate->conf;
	struct gate_link c = { .max_puppets = PUPPETS_MAX, .password = "" };

	if (gc->link)
		gc->link(view_str(l->label), &c, gc->link_arg);
	return c;
}

/* "imc-lobby@sip.x.org/gw": no user of ours is called so, or his words there
 * would be taken for the room's. */
static int relay_jid(const struct plink *l, struct buf *out)
{
	struct room *room = hub_room_by_id(plink_hub(l), l->room);
	struct buf user = { 0 };
	int err = ENOENT;

	if (room) {
		buf_adds(&user, "imc-");
		buf_addv(&user, room_name(room));
		err = plink_jid(l->pups, out, buf_view(&user),
				room_domain(room));
	}
	buf_free(&user);
	return err;
}

static int relay_open(struct plink *l)
{
	const struct gate_link c = link_conf(l);
	struct occupant_conf conf = {
		.gate = l->pups->gate,
		.link = l->pups->gate->component,
		.room = view_str(l->place),
		.nick = view_str(l->nick),
		.password = view_str(c.password),
		.since_ms = l->last_ms,
		.rejoin_after_kick = true,
		.ops = &relay_ops,
		.arg = l,
	};
	int err;

	buf_clear(&l->from);
	err = relay_jid(l, &l->from);
	l->max = c.max_puppets;
	l->expels = c.expels;
	l->bans = c.bans;
	conf.from = buf_view(&l->from);
	if (!err)
		err = occupant_new(&l->relay, &conf);
	if (err)
		hub_on_lost(plink_hub(l), l->leg, LOST_CONFIG,
			    err == EEXIST ?
				    VIEW("the component is in this room "
					 "already, by another link") :
				    VIEW("there is no address for this room "
					 "at the component"));
	return err;
}

/* Not from within on_joined(): what the hub sends then would be taken for what
 * was lost before. */
static void came(struct plink *l)
{
	l->came = false;
	l->up = true;
	hub_on_attached(plink_hub(l), l->leg, occupant_nick(l->relay));
	hub_on_subject(plink_hub(l), l->leg, SUBJECT_FOUND, VIEW_NONE,
		       buf_view(&l->subject));
	past_begin(l);
}

static void on_soon(struct wtimer *t)
{
	struct plink *l = CONTAINER(t, struct plink, soon);

	if (!l->relay && relay_open(l))
		return;
	if (l->join)
		occupant_join(l->relay);
	l->join = false;
	if (l->came && occupant_state(l->relay) == OCCUPANT_IN)
		came(l);
	talk_step(l);
}

void plink_soon(struct plink *l)
{
	wheel_start(plink_wheel(l), &l->soon, 0, on_soon);
}
