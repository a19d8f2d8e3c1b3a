/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Links by the component. One occupant, the relay, is in the place for each
 * of them; it listens, and speaks for all who cannot speak for themselves. The
 * hub's laws forbid to call up from within an op, and a join may fail at once:
 * so an op only notes what is wanted, and the rest happens at the end of the
 * turn.
 */
#include <errno.h>

#include "jid.h"
#include "jid_prep.h"
#include "jnick.h"
#include "log.h"
#include "mem.h"
#include "puppet_priv.h"

enum { PUPPETS_MAX = 200, AGAIN_MS = 10 * 60 * 1000 };

static struct pups *pups_of(const struct gate *g)
{
	return g->state[GATE_PUPPETS];
}

static struct hub *hub_of(const struct plink *l)
{
	return l->pups->gate->conf.hub;
}

static struct wheel *wheel_of(const struct plink *l)
{
	return loop_wheel(l->pups->gate->conf.loop);
}

static struct plink *plink_find(const struct pups *p, uint64_t leg)
{
	struct hnode *n = htable_find(&p->links, hash_u64(leg));

	for (; n; n = htable_more(n))
		if (CONTAINER(n, struct plink, by_leg)->leg == leg)
			return CONTAINER(n, struct plink, by_leg);
	return NULL;
}

void plink_trouble(struct plink *l, const char *what, struct view words)
{
	struct buf b = { 0 };

	buf_adds(&b, what);
	if (words.n) {
		buf_adds(&b, ": ");
		buf_addv(&b, view_head(words, 200));
	}
	hub_on_notice(hub_of(l), l->leg, true, buf_view(&b));
	buf_free(&b);
}

struct occupant *plink_listener(const struct plink *l)
{
	struct lnode *n, *nx;

	if (l->relay && occupant_state(l->relay) == OCCUPANT_IN)
		return l->relay;
	LIST_EACH (&l->puppets, n, nx) {
		struct puppet *p = CONTAINER(n, struct puppet, in_link);

		if (p->state == PUPPET_IN)
			return p->o;
	}
	return NULL;
}

void plink_check(struct plink *l, enum lost_why why, struct view words)
{
	if (plink_listener(l))
		return;
	past_lost(l);
	talk_free(l); /* the hub has it, and begins anew */
	l->up = l->came = l->topic = false;
	hub_on_lost(hub_of(l), l->leg, why, words);
}

int plink_jid(const struct pups *p, struct buf *out, struct view user,
	      struct view host)
{
	const struct jmap_sip sip = { user, host };
	struct buf text = { 0 };
	struct view bare;
	int err = jmap_jid(p->gate->map, JMAP_USERS, &sip, &bare, &text);

	if (!err) {
		buf_addv(out, bare);
		buf_adds(out, "/gw");
	}
	buf_free(&text);
	return err ? EBADMSG : 0;
}

/* ---- the relay ---- */

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
	hub_on_subject(hub_of(l), l->leg, h->own ? SUBJECT_OURS : SUBJECT_SET,
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
		hub_on_people(hub_of(l), l->leg, &p);
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
		hub_on_subject(hub_of(l), l->leg, SUBJECT_REFUSED, VIEW_NONE,
			       words);
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
		wheel_start(wheel_of(l), &l->again, AGAIN_MS, on_again);
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
	struct room *room = hub_room_by_id(hub_of(l), l->room);
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
		hub_on_lost(hub_of(l), l->leg, LOST_CONFIG,
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
	hub_on_attached(hub_of(l), l->leg, occupant_nick(l->relay));
	hub_on_subject(hub_of(l), l->leg, SUBJECT_FOUND, VIEW_NONE,
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
	wheel_start(wheel_of(l), &l->soon, 0, on_soon);
}

/* ---- the hub's ops ---- */

static bool op_has(void *arg, struct view via)
{
	const struct gate *g = arg;

	return view_ieqs(via, "component") || view_ieqs(via, "puppets") ||
	       (via.n && view_ieqs(via, g->conf.component_domain));
}

static int refuse(struct buf *why, const char *words)
{
	buf_adds(why, words);
	return EINVAL;
}

static bool op_own(void *arg, struct view rest)
{
	const struct gate *g = arg;
	struct view local, domain;
	enum jmap_zone kind;

	return view_rcut(rest, '@', &local, &domain) &&
	       jmap_zone_of(g->map, domain, &kind);
}

static int check_place(struct gate *g, struct view rest, struct buf *why)
{
	const char *fault = jid_fault(rest);

	if (fault) {
		buf_adds(why, "\"");
		buf_addv(why, view_head(rest, 200));
		buf_adds(why, "\" ");
		buf_adds(why, fault);
		return refuse(why, "; right would be xmpp:room@service, such "
				   "as xmpp:lobby@rooms.example.org");
	}
	if (op_own(g, rest))
		return refuse(why, "this is a room of our own: it would be "
				   "linked in a circle");
	return 0;
}

static int op_check(void *arg, struct view rest, struct view via,
		    struct buf *viaout, struct buf *why)
{
	struct gate *g = arg;
	int err = check_place(g, rest, why);

	if (!err && !g->component)
		return refuse(why, "there is no component: section "
				   "jabber_component has no domain");
	if (!err)
		buf_adds(viaout, view_ieqs(via, "puppets") ? "puppets" :
							     "component");
	return err;
}

static int set_names(struct plink *pl, const struct leg *leg,
		     struct view rest)
{
	struct buf place = { 0 }, nick = { 0 };
	struct view wish = view_str(leg->nick);
	int err = jid_prep(&place, rest);

	if (!err)
		err = jnick_prep(&nick, wish.n ? wish : VIEW("confab"));
	if (!err) {
		pl->place = view_dup(buf_view(&place));
		pl->nick = view_dup(buf_view(&nick));
	}
	buf_free(&place);
	buf_free(&nick);
	return err;
}

static void plink_free(struct plink *l)
{
	wheel_stop(wheel_of(l), &l->soon);
	wheel_stop(wheel_of(l), &l->again);
	talk_free(l);
	plink_expel_end(l);
	puppets_free(l);
	occupant_free(l->relay);
	past_free(l);
	htable_del(&l->pups->links, &l->by_leg);
	buf_free(&l->from);
	buf_free(&l->subject);
	mem_free(l->label);
	mem_free(l->nick);
	mem_free(l->place);
	mem_free(l);
}

static int plink_new(struct pups *p, const struct leg *leg, struct view rest)
{
	struct plink *l = mem_zalloc(sizeof(*l));

	l->pups = p;
	l->leg = leg->id;
	l->room = leg->room->id;
	l->label = mem_strdup(leg->label);
	l->own = view_eqs(view_str(leg->via), "puppets");
	list_init(&l->puppets);
	list_init(&l->queue);
	list_init(&l->held);
	list_init(&l->found);
	htable_add(&p->links, &l->by_leg, hash_u64(l->leg));
	if (set_names(l, leg, rest)) {
		plink_free(l);
		return EINVAL;
	}
	past_take(l);
	l->join = true;
	if (l->own)
		puppets_watch(p);
	plink_soon(l);
	return 0;
}

static int op_attach(void *arg, struct leg *leg, struct view rest)
{
	struct gate *g = arg;
	struct pups *p = pups_of(g);
	struct plink *l = plink_find(p, leg->id);

	if (!g->component)
		return EINVAL;
	if (!l)
		return plink_new(p, leg, rest);
	l->join = true;
	plink_soon(l);
	return 0;
}

static void op_detach(void *arg, struct leg *leg)
{
	struct plink *l = plink_find(pups_of(arg), leg->id);

	if (!l)
		return;
	if (leg->leaving || leg->room->ending)
		past_forget(l);
	plink_free(l);
}

static int op_deliver(void *arg, struct leg *leg, struct msg *msg)
{
	struct plink *l = plink_find(pups_of(arg), leg->id);

	return l && l->up ? talk_deliver(l, msg) : ENOTCONN;
}

static int op_subject(void *arg, struct leg *leg, struct view text)
{
	struct plink *l = plink_find(pups_of(arg), leg->id);
	int err = ENOTCONN;

	if (l && l->up)
		err = occupant_subject(l->relay, text);
	if (!err)
		l->topic = true;
	return err;
}

static int op_expel(void *arg, struct leg *leg, struct view nick, bool ban,
		    struct view reason)
{
	struct plink *l = plink_find(pups_of(arg), leg->id);

	return l && l->up ? plink_expel(l, nick, ban, reason) : ENOTCONN;
}

static const struct bridge_legs leg_ops = {
	.has = op_has,
	.check = op_check,
	.own = op_own,
	.attach = op_attach,
	.detach = op_detach,
	.deliver = op_deliver,
	.subject = op_subject,
	.expel = op_expel,
	.at = "xmpp",
};

/* ---- the module ---- */

static int puppets_start(struct gate *g)
{
	struct pups *p = mem_zalloc(sizeof(*p));

	p->gate = g;
	list_init(&p->kept);
	g->state[GATE_PUPPETS] = p;
	bridge_legs(g->conf.bridge, &leg_ops, g);
	return 0;
}

static void drop_all(struct pups *p)
{
	struct hnode *n;
	size_t pos = 0;

	while ((n = htable_each(&p->links, &pos, NULL)) != NULL) {
		plink_free(CONTAINER(n, struct plink, by_leg));
		pos = 0;
	}
}

static void puppets_stop(struct gate *g)
{
	if (!pups_of(g))
		return;
	drop_all(pups_of(g));
	hub_unwatch_rooms(g->conf.hub, pups_of(g));
}

static void puppets_end(struct gate *g)
{
	struct pups *p = pups_of(g);

	if (!p)
		return;
	drop_all(p);
	pasts_free(p);
	htable_free(&p->links);
	mem_free(p);
	g->state[GATE_PUPPETS] = NULL;
}

static void load_kept(struct gate *g, const struct store_kept *k)
{
	past_load(pups_of(g), k);
}

const struct gate_module puppets_module = {
	.start = puppets_start,
	.stop = puppets_stop,
	.free = puppets_end,
	.load_kept = load_kept,
};
