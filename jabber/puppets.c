/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Links by the component: as the hub wants them, and the module. */
#include <errno.h>

#include "jid.h"
#include "jid_prep.h"
#include "jnick.h"
#include "mem.h"
#include "puppet_priv.h"

static struct pups *pups_of(const struct gate *g)
{
	return g->state[GATE_PUPPETS];
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
	hub_on_notice(plink_hub(l), l->leg, true, buf_view(&b));
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
	wheel_stop(plink_wheel(l), &l->soon);
	wheel_stop(plink_wheel(l), &l->again);
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
