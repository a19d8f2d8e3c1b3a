/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The gateway's two doors: what SIP users send to its addresses, and what
 * comes for their seats; and its life.
 */
#include "igate.h"

#include "igate_priv.h"
#include "log.h"
#include "mem.h"

static const struct igate_module *const modules[IGATE_MODULES] = {
	[IGATE_PUPPETS] = &igate_puppets,
	[IGATE_VISITS] = &igate_visits,
	[IGATE_TALKS] = &igate_talks,
};

const struct igate_module *igate_module(size_t i)
{
	return modules[i];
}

/* ---- the door of SIP ---- */

static bool op_has(void *gw, struct view user, struct view host)
{
	const struct igate *g = gw;

	(void)user;
	return imap_is_ours(g->map, host);
}

static void op_presence(void *gw, struct addr *user,
			const struct presence_state *p)
{
	struct igate *g = gw;

	if (g->running)
		italks_presence(g, user, p);
}

static const struct gateway_ops gateway_ops = {
	.name = "irc",
	.has = op_has,
	.message = igate_message,
	.settled = italks_settled,
	.presence = op_presence,
	.watch = italks_watch,
	.unwatch = italks_unwatch,
	.show = italks_show,
};

static void op_fanout(void *arg, struct room *room, struct msg *msg,
		      struct member *const *members, size_t count)
{
	struct igate *g = arg;

	for (size_t i = 0; i < count && !room->inbox; i++)
		hub_on_member_failed(g->conf.hub, members[i]->id, msg->seq,
				     false, VIEW("nobody of IRC can be a "
						 "member of a room"));
	if (room->inbox &&
	    !ivisits_fanout(arg, room, msg, members, count))
		italks_fanout(arg, room, msg, members, count);
}

/* Nobody of IRC is a member of a room: a conversation's end is told by its
 * own module. */
static void op_tell(void *arg, struct room *room, const struct addr *to,
		    struct view text)
{
	(void)arg;
	(void)room;
	log_debug("irc %.*s: not told: %.*s", VIEW_ARG(to->text),
		  VIEW_ARG(text));
}

/* ---- the door of IRC ---- */

void igate_parcel(struct seat *s, const struct ircp *p)
{
	for (size_t i = 0; i < IGATE_MODULES && s->gate->running; i++)
		if (modules[i]->parcel && modules[i]->parcel(s, p))
			return;
}

void igate_up(struct seat *s)
{
	for (size_t i = 0; i < IGATE_MODULES; i++)
		if (modules[i]->up)
			modules[i]->up(s);
}

void igate_down(struct seat *s, enum lost_why why, struct view text)
{
	for (size_t i = 0; i < IGATE_MODULES; i++)
		if (modules[i]->down)
			modules[i]->down(s, why, text);
}

void igate_gone(struct seat *s)
{
	for (size_t i = 0; i < IGATE_MODULES; i++)
		if (modules[i]->gone)
			modules[i]->gone(s);
}

/* ---- life ---- */

static const char **own_texts(struct igate_conf *c, size_t i)
{
	const char **const text[] = { &c->domain, &c->nick_suffix,
				      &c->contact };

	return i < sizeof(text) / sizeof(text[0]) ? text[i] : NULL;
}

static void copy_texts(struct igate_conf *c)
{
	const char **text;

	for (size_t i = 0; (text = own_texts(c, i)); i++)
		*text = mem_strdup(*text ? *text : "");
}

static void free_texts(struct igate_conf *c)
{
	const char **text;

	for (size_t i = 0; (text = own_texts(c, i)); i++)
		mem_free((char *)(uintptr_t)*text);
}

static int start_modules(struct igate *g)
{
	int err = 0;

	for (size_t i = 0; i < IGATE_MODULES && !err; i++)
		if (modules[i]->start)
			err = modules[i]->start(g);
	return err;
}

int igate_new(struct igate **gp, const struct igate_conf *conf,
	      struct buf *why)
{
	struct igate *g = mem_zalloc(sizeof(*g));
	int err = 0;

	g->conf = *conf;
	copy_texts(&g->conf);
	g->map = mem_ref(conf->map);
	seats_init(g);
	igate_share_init(g);
	if (g->map)
		err = hub_add_gateway(conf->hub, &gateway_ops, g);
	if (err)
		buf_adds(why, "there is a gateway to IRC already");
	if (!err)
		err = start_modules(g);
	if (err) {
		igate_free(g);
		return err;
	}
	bridge_members(conf->bridge, op_fanout, op_tell, g);
	*gp = g;
	return 0;
}

void igate_reconf(struct igate *g, const struct igate_conf *conf)
{
	struct igate_conf old = g->conf;

	g->conf = *conf;
	copy_texts(&g->conf);
	free_texts(&old);
}

static bool is_ours(struct view network)
{
	return view_eqs(network, "irc");
}

void igate_load_visit(const struct store_visit *v, void *arg)
{
	for (size_t i = 0; i < IGATE_MODULES; i++)
		if (modules[i]->load_visit && is_ours(v->network))
			modules[i]->load_visit(arg, v);
}

void igate_load_kept(const struct store_kept *k, void *arg)
{
	if (is_ours(k->network))
		seats_load(arg, k);
	for (size_t i = 0; i < IGATE_MODULES; i++)
		if (modules[i]->load_kept && is_ours(k->network))
			modules[i]->load_kept(arg, k);
}

int igate_start(struct igate *g)
{
	g->running = true;
	return 0;
}

void igate_stop(struct igate *g)
{
	if (!g->running)
		return;
	for (size_t i = 0; i < IGATE_MODULES; i++)
		if (modules[i]->stop)
			modules[i]->stop(g);
	g->running = false;
	seats_stop(g);
}

void igate_free(struct igate *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < IGATE_MODULES; i++)
		if (modules[i]->free)
			modules[i]->free(g);
	seats_free(g);
	igate_share_free(g);
	mem_deref(g->map);
	free_texts(&g->conf);
	mem_free(g);
}

void igate_account_changed(struct igate *g, struct addr *owner,
			   struct view network)
{
	if (g->running)
		seats_changed(g, owner, network);
}

void igate_user_changed(struct igate *g, struct addr *user, bool gone)
{
	if (!g->running)
		return;
	seats_user(g, user, gone);
	for (size_t i = 0; i < IGATE_MODULES && gone; i++)
		if (modules[i]->forget)
			modules[i]->forget(g, user);
}

void igate_network_changed(struct igate *g, struct view network)
{
	struct seat *s = NULL;
	size_t pos = 0;

	while (g->running && (s = seat_each(g, &pos, s)))
		if (view_ieq(s->network, network))
			seats_changed(g, s->aor, network);
}

void igate_network_off(struct igate *g, struct view network,
		       struct view words)
{
	if (g->running)
		seats_cut(g, network, words);
}

int igate_status(struct igate *g, struct sink *out)
{
	int err = seats_status(g, out);

	for (size_t i = 0; i < IGATE_MODULES && !err; i++)
		if (modules[i]->status)
			err = modules[i]->status(g, out);
	return err;
}
