/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The gateway's two doors: what SIP users send to its addresses, and what
 * comes of their accounts; and its life.
 */
#include "pgate.h"

#include <errno.h>

#include "log.h"
#include "pgate_priv.h"

/* ---- asks ---- */

static void ask_destroy(void *obj)
{
	struct pask *ask = obj;

	gate_req_free(&ask->req);
}

void pask_answer(struct pask *ask, int status, unsigned retry_after,
		 struct view words)
{
	gate_req_answer(&ask->req, status, retry_after, words);
}

static struct pask *ask_new(struct pgate *g, const struct gate_msg *m,
			    const struct pmap_target *t, gate_answer_h *h,
			    void *arg)
{
	struct pask *ask = mem_new(sizeof(*ask), ask_destroy);

	ask->gate = g;
	ask->target = *t;
	gate_req_init(&ask->req, m,
		      (struct view *const[]){ &ask->target.name, NULL }, h,
		      arg);
	return ask;
}

/* ---- the door of SIP ---- */

/* One that he has, and that can't be used. */
static const struct pacct *useless(const struct pask *ask)
{
	const struct pacct *a = NULL;

	while ((a = pacct_next(ask->gate, a)))
		if (addr_eq(a->owner, ask->req.from) && !pacct_serves(a) &&
		    view_eqs(ask->target.proto, a->proto->id) &&
		    (!ask->target.account || ask->target.account == a->id))
			return a;
	return NULL;
}

void pask_no_account(struct buf *b, const struct pask *ask)
{
	const struct pmap_proto *p = pmap_proto(ask->gate->map,
						ask->target.proto);
	const struct pacct *a = useless(ask);

	if (!a) {
		buf_addf(b, "ERROR: You have no %s account.",
			 p ? p->title : "such");
		return;
	}
	buf_adds(b, "ERROR: Your account ");
	pacct_title(b, a);
	if (a->state == PACCT_DISABLED) {
		buf_adds(b, " is switched off.");
	} else {
		buf_adds(b, " can't be used: ");
		buf_addv(b, buf_view(&a->trouble));
		buf_addc(b, '.');
	}
}

static void refuse_no_account(struct pask *ask)
{
	struct buf b = { 0 };

	pask_no_account(&b, ask);
	pask_answer(ask, ask->req.kind == GATE_TEXT ? 403 : 200, 0,
		    ask->req.kind == GATE_TEXT ? buf_view(&b) : VIEW_NONE);
	buf_free(&b);
}

static void serve(struct pask *ask, struct pacct *a)
{
	if (pcmd_run(ask, a))
		return;
	if (ask->target.kind == PMAP_NAME && a)
		ptalk_message(ask, a);
	else if (ask->target.kind == PMAP_NAME)
		refuse_no_account(ask);
	else if (ask->req.kind != GATE_TEXT)
		pask_answer(ask, 200, 0, VIEW_NONE);
	else
		pask_answer(ask, 404, 0,
			    VIEW("Nobody reads here: :help lists the "
				 "commands of this gateway."));
}

static void take(struct pgate *g, const struct gate_msg *m,
		 const struct pmap_target *t, gate_answer_h *h, void *arg)
{
	struct pask *ask = ask_new(g, m, t, h, arg);

	serve(ask, t->proto.n ? pacct_pick(g, m->from, t) : NULL);
	mem_deref(ask);
}

static void take_mapped(struct pgate *g, const struct gate_msg *m,
			gate_answer_h *h, void *arg)
{
	struct pmap_target t = { .kind = PMAP_NAME };
	const struct pacct *b;
	struct pacct *a = pgate_mapped(g, m->from, m->to->user, m->to->host,
				       &b);
	struct pask *ask;

	if (!a) {
		gate_refuse_now(h, arg, 404, 0, VIEW_NONE);
		return;
	}
	t.proto = view_str(a->proto->id);
	t.name = view_str(b->name);
	ask = ask_new(g, m, &t, h, arg);
	ptalk_message(ask, a);
	mem_deref(ask);
}

static void op_message(void *gw, const struct gate_msg *m, gate_answer_h *h,
		       void *arg)
{
	struct pgate *g = gw;
	struct pmap_target t;
	struct buf text = { 0 };

	if (!g->running)
		gate_refuse_now(h, arg, 503, 5, VIEW_NONE);
	else if (pmap_from_sip(g->map, m->to->user, m->to->host, VIEW_NONE,
			       &t, &text))
		take_mapped(g, m, h, arg);
	else if (t.kind == PMAP_BAD)
		gate_refuse_now(h, arg, (int)t.status, 0, t.why);
	else
		take(g, m, &t, h, arg);
	buf_free(&text);
}

static bool op_has(void *gw, struct view user, struct view host)
{
	const struct pgate *g = gw;

	(void)user;
	return pmap_is_ours(g->map, host);
}

/* Of a mapped user parameters mean nothing. */
static int op_address(void *gw, struct view user, struct view host,
		      struct view params, struct buf *out)
{
	const struct pgate *g = gw;

	if (pmap_is_ours(g->map, host))
		return pmap_canon(g->map, user, host, params, out);
	buf_adds(out, "sip:");
	buf_addv(out, user);
	buf_addc(out, '@');
	buf_addv(out, host);
	return 0;
}

static bool op_loops(void *gw, struct view params)
{
	(void)gw;
	return pmap_is_loop(params);
}

static bool op_between(void *gw, struct addr *from, struct view user,
		       struct view host)
{
	const struct pacct *b;

	return pgate_mapped(gw, from, user, host, &b);
}

static void op_registered(void *gw, struct addr *user, bool here)
{
	struct pgate *g = gw;
	struct pacct *a = NULL;

	while (g->running && (a = pacct_next(g, a))) {
		if (!addr_eq(a->owner, user))
			continue;
		if (here && !a->here)
			a->refused = false;
		a->here = here;
		pacct_look(a);
	}
}

static void op_presence(void *gw, struct addr *user,
			const struct presence_state *p)
{
	struct pgate *g = gw;

	if (g->running)
		pshow_presence(g, user, p);
}

static const struct gateway_ops gateway_ops = {
	.name = "purple",
	.has = op_has,
	.message = op_message,
	.settled = ptalk_settled,
	.registered = op_registered,
	.presence = op_presence,
	.watch = pshow_watch,
	.unwatch = pshow_unwatch,
	.show = pshow_show,
	.address = op_address,
	.loops = op_loops,
	.between = op_between,
};

static void op_fanout(void *arg, struct room *room, struct msg *msg,
		      struct member *const *members, size_t count)
{
	ptalk_fanout(arg, room, msg, members, count);
}

/* Nobody there is a member of a room. */
static void op_tell(void *arg, struct room *room, const struct addr *to,
		    struct view text)
{
	(void)arg;
	(void)room;
	log_debug("purple %.*s: not told: %.*s", VIEW_ARG(to->text),
		  VIEW_ARG(text));
}

/* ---- the door of the networks ---- */

void pgate_parcel(struct pacct *a, const struct purp *p)
{
	switch (p->verb) {
	case PURP_HEARD:
		if (p->place.n)
			proom_parcel(a, p);
		else
			ptalk_heard(a, p);
		break;
	case PURP_IS_TYPING:
		ptalk_typing(a, p);
		break;
	case PURP_FAILED:
		ptalk_failed(a, p);
		break;
	case PURP_NOTICE:
		ptalk_notice(a, p);
		break;
	case PURP_SHOW:
	case PURP_CONTACT:
		pshow_parcel(a, p);
		break;
	case PURP_ASKED:
	case PURP_ASK_OVER:
	case PURP_QUESTION:
	case PURP_QUESTION_OVER:
		pauth_parcel(a, p);
		break;
	default:
		proom_parcel(a, p);
		break;
	}
}

void pgate_up(struct pacct *a)
{
	pshow_up(a);
	proom_up(a);
	ptalk_awake(a);
}

void pgate_down(struct pacct *a)
{
	proom_down(a);
	pauth_down(a);
	pshow_down(a);
}

void pgate_gone(struct pacct *a)
{
	ptalk_gone(a);
	pauth_down(a);
	proom_gone(a);
	pshow_gone(a);
}

/* ---- life ---- */

static struct addr *self_of(const struct pgate *g)
{
	struct buf text = { 0 };
	struct addr *a = NULL;

	if (!pmap_to_sip(g->map, VIEW_NONE, VIEW_NONE, 0, &text) &&
	    addr_parse(&a, buf_view(&text)))
		a = NULL;
	buf_free(&text);
	return a;
}

int pgate_new(struct pgate **gp, const struct pgate_conf *conf,
	      struct buf *why)
{
	struct pgate *g = mem_zalloc(sizeof(*g));
	int err;

	g->conf = *conf;
	g->conf.domain = mem_strdup(conf->domain);
	g->map = mem_ref(conf->map);
	list_init(&g->order);
	list_init(&g->queue);
	list_init(&g->jobs);
	pgate_share_init(g);
	pauth_start(g);
	g->self = self_of(g);
	err = g->self ? hub_add_gateway(conf->hub, &gateway_ops, g) : EINVAL;
	if (err) {
		buf_adds(why, "there is no place for it");
		pauth_stop(g);
		pgate_free(g);
		return err;
	}
	bridge_members(conf->bridge, op_fanout, op_tell, g);
	*gp = g;
	return 0;
}

void pgate_reconf(struct pgate *g, const struct pgate_conf *conf)
{
	char *old = (char *)(uintptr_t)g->conf.domain;
	bool unmap = g->conf.mapped_users && !conf->mapped_users;

	g->conf = *conf;
	g->conf.domain = mem_strdup(conf->domain);
	mem_free(old);
	if (unmap)
		pshow_unmap(g);
	if (g->running)
		pacct_read_policies(g);
}

void pgate_load_visit(const struct store_visit *v, void *arg)
{
	if (view_eqs(v->network, "purple"))
		proom_load(arg, v);
}

void pgate_load_kept(const struct store_kept *k, void *arg)
{
	pclaim_load(arg, k);
}

int pgate_start(struct pgate *g)
{
	g->running = true;
	pacct_read_all(g);
	return 0;
}

void pgate_stop(struct pgate *g)
{
	if (!g->running)
		return;
	g->running = false;
	pauth_stop(g);
	paccts_stop(g);
}

void pgate_free(struct pgate *g)
{
	if (!g)
		return;
	ptalk_free(g);
	paccts_free(g);
	proom_free(g);
	pclaim_free(g);
	pshow_free(g);
	pauth_free(g);
	pgate_share_free(g);
	mem_deref(g->self);
	mem_deref(g->map);
	mem_free((char *)(uintptr_t)g->conf.domain);
	mem_free(g);
}

void pgate_account_changed(struct pgate *g, uint64_t id)
{
	if (g->running)
		pacct_read(g, id);
}

/* ---- the operator ---- */

int pgate_login_now(struct pgate *g, uint64_t id, struct buf *why)
{
	struct pacct *a = pacct_find(g, id);

	if (!a)
		return ENOENT;
	pacct_online(a);
	buf_adds(why, pacct_state_name(a->state));
	if (a->trouble.n) {
		buf_adds(why, ": ");
		buf_addv(why, buf_view(&a->trouble));
	}
	return 0;
}

int pgate_logout_now(struct pgate *g, uint64_t id)
{
	struct pacct *a = pacct_find(g, id);

	if (!a)
		return ENOENT;
	pacct_offline(a);
	return 0;
}

int pgate_account_state(const struct pgate *g, uint64_t id,
			struct pgate_state *out)
{
	const struct pacct *a = pacct_find(g, id);

	if (!a)
		return ENOENT;
	out->name = pacct_state_name(a->state);
	out->since_ms = a->since_ms;
	out->trouble = buf_view(&a->trouble);
	return 0;
}

size_t pgate_reload(struct pgate *g)
{
	return g->running ? pacct_retry_all(g) : 0;
}

int pgate_join(struct pgate *g, uint64_t id, const struct pgate_join *j)
{
	struct pacct *a = pacct_find(g, id);
	struct buf name = { 0 };
	struct pgate_join in = *j;
	int err = a ? pgate_name(&name, a, j->name) : ENOENT;

	in.name = buf_view(&name);
	if (!err)
		err = proom_enter(a, &in);
	buf_free(&name);
	return err;
}

int pgate_leave(struct pgate *g, uint64_t id, struct view name)
{
	struct pacct *a = pacct_find(g, id);
	struct buf one = { 0 };
	int err = a ? pgate_name(&one, a, name) : ENOENT;

	if (!err)
		err = proom_leave(a, buf_view(&one), VIEW_NONE);
	buf_free(&one);
	return err;
}

int pgate_contacts(struct pgate *g, uint64_t id, struct sink *out)
{
	const struct pacct *a = pacct_find(g, id);

	if (a)
		pshow_list(a, out);
	return a ? 0 : ENOENT;
}

int pgate_rooms(struct pgate *g, uint64_t id, struct sink *out)
{
	const struct pacct *a = pacct_find(g, id);

	if (a)
		proom_list(a, out);
	return a ? 0 : ENOENT;
}

int pgate_contact(struct pgate *g, uint64_t id, struct view name, bool add)
{
	struct pacct *a = pacct_find(g, id);
	struct purp p = { .verb = add ? PURP_ADD : PURP_REMOVE };
	struct buf one = { 0 };
	int err = a ? pgate_name(&one, a, name) : ENOENT;

	p.who = buf_view(&one);
	if (!err)
		err = pacct_send(a, &p, NULL, NULL);
	if (!err && add)
		pshow_meet(a, p.who);
	buf_free(&one);
	return err;
}

int pgate_status(struct pgate *g, struct sink *out)
{
	const struct pacct *a = NULL;
	int err = 0;

	while (!err && (a = pacct_next(g, a)))
		err = sink_printf(out, "%llu %s %s %s: %s%s%.*s\n",
				  (unsigned long long)a->id,
				  a->owner->text.p, a->proto->id, a->name,
				  pacct_state_name(a->state),
				  a->trouble.n ? ": " : "",
				  VIEW_ARG(buf_view(&a->trouble)));
	return err;
}
