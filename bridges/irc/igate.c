/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The gateway's two doors: what SIP users send to its addresses, and what
 * comes for their seats; and its life.
 */
#include "igate.h"

#include <errno.h>
#include <string.h>

#include "igate_priv.h"
#include "log.h"
#include "mem.h"

enum { TEXT_MAX = 9000, FULL_RETRY_S = 30 };

static const struct igate_module *const modules[IGATE_MODULES] = {
	[IGATE_PUPPETS] = &igate_puppets,
	[IGATE_VISITS] = &igate_visits,
	[IGATE_TALKS] = &igate_talks,
};

const struct igate_module *igate_module(size_t i)
{
	return modules[i];
}

/* ---- asks ---- */

static void ask_destroy(void *obj)
{
	struct iask *a = obj;

	mem_deref(a->from);
	mem_deref(a->to);
	buf_free(&a->texts);
}

static void answer(struct iask *a, int status, unsigned retry_after,
		   struct view words)
{
	const struct gate_answer ga = { status, retry_after, words };

	if (a->answered)
		return;
	a->answered = true;
	a->h(&ga, a->arg);
}

void iask_ok(struct iask *a, int status, struct view words)
{
	answer(a, status, 0, words);
}

void iask_refuse(struct iask *a, int status, unsigned retry_after,
		 struct view words)
{
	answer(a, status, retry_after, words);
}

/* Copies v behind what is there; the views are made when all is. */
static size_t put(struct iask *a, struct view v)
{
	size_t at = a->texts.n;

	buf_addv(&a->texts, v);
	buf_addc(&a->texts, '\0');
	return at;
}

static struct iask *ask_new(struct igate *g, const struct gate_msg *m,
			    const struct imap_target *t, gate_answer_h *h,
			    void *arg)
{
	struct iask *a = mem_new(sizeof(*a), ask_destroy);
	struct buf meta = { 0 };
	size_t network, name, text, dedupe, at;

	meta_put(&meta, &m->meta);
	a->gate = g;
	a->from = mem_ref(m->from);
	a->to = mem_ref(m->to);
	a->kind = m->kind;
	a->time_ms = m->time_ms;
	a->h = h;
	a->arg = arg;
	network = put(a, t->network);
	name = put(a, t->name);
	text = put(a, m->text);
	dedupe = put(a, m->dedupe);
	at = put(a, buf_view(&meta));
	a->target.kind = t->kind;
	a->target.network = view_mem(a->texts.p + network, t->network.n);
	a->target.name = view_mem(a->texts.p + name, t->name.n);
	a->text = view_mem(a->texts.p + text, m->text.n);
	a->dedupe = view_mem(a->texts.p + dedupe, m->dedupe.n);
	meta_get(&a->meta, view_mem(a->texts.p + at, meta.n));
	buf_free(&meta);
	return a;
}

/* ---- commands ---- */

struct commands {
	const struct icommand *list;
	size_t count;
};

/* Ours first, then those of the modules in their order. */
static struct commands commands_of(size_t i)
{
	if (!i)
		return (struct commands){ igate_commands, IGATE_COMMANDS };
	return (struct commands){ modules[i - 1]->commands,
				  modules[i - 1]->command_count };
}

static bool has_name(const char *names, struct view name)
{
	struct view v = view_str(names), word;

	while (view_word(&v, " ", &word))
		if (view_ieq(word, name))
			return true;
	return false;
}

static bool is_for(const struct icommand *c, const struct iask *a)
{
	return c->kinds & (1U << a->target.kind);
}

static const struct icommand *command_find(const struct iask *a,
					   struct view name, bool *known)
{
	*known = false;
	for (size_t i = 0; i <= IGATE_MODULES; i++) {
		struct commands cs = commands_of(i);

		for (size_t j = 0; j < cs.count; j++) {
			if (!has_name(cs.list[j].names, name))
				continue;
			*known = true;
			if (is_for(&cs.list[j], a))
				return &cs.list[j];
		}
	}
	return NULL;
}

static void help(struct iask *a)
{
	struct buf b = { 0 };

	for (size_t i = 0; i <= IGATE_MODULES; i++) {
		struct commands cs = commands_of(i);

		for (size_t j = 0; j < cs.count; j++) {
			if (!is_for(&cs.list[j], a))
				continue;
			if (b.n)
				buf_addc(&b, '\n');
			buf_adds(&b, cs.list[j].help);
		}
	}
	iask_ok(a, 200, buf_view(&b));
	buf_free(&b);
}

static void unknown(struct iask *a, struct view name, bool known)
{
	struct buf b = { 0 };

	buf_adds(&b, "ERROR: :");
	buf_addv(&b, view_head(name, 32));
	buf_adds(&b, known ? " is not for this address" :
			     " is no command");
	buf_adds(&b, "; :help lists what there is here.");
	iask_refuse(a, 400, 0, buf_view(&b));
	buf_free(&b);
}

/* ":word" at the start is a command. ":-)" is none. */
static bool run_command(struct iask *a)
{
	struct view line = view_trim(a->text), name, rest;
	const struct icommand *c;
	bool known;

	if (a->kind != GATE_TEXT || line.n < 2 || line.p[0] != ':' ||
	    (line.p[1] | 32) < 'a' || (line.p[1] | 32) > 'z')
		return false;
	line = view_from(line, 1);
	name = line;
	for (name.n = 0; name.n < line.n; name.n++)
		if (strchr(" \t\r\n", line.p[name.n]))
			break;
	rest = view_trim(view_from(line, name.n));
	if (view_ieqs(name, "help")) {
		help(a);
		return true;
	}
	c = command_find(a, name, &known);
	/* ":Sue, are you there?" to a person is meant for him */
	if (!c && !known && a->target.kind == IMAP_PERSON)
		return false;
	a->text = rest;
	if (c)
		c->run(a);
	else
		unknown(a, name, known);
	return true;
}

/* ---- the door of SIP ---- */

static void refuse_now(gate_answer_h *h, void *arg, int status,
		       unsigned retry_after, struct view words)
{
	const struct gate_answer a = { status, retry_after, words };

	h(&a, arg);
}

static void dispatch(struct iask *a)
{
	for (size_t i = 0; i < IGATE_MODULES; i++)
		if (modules[i]->message &&
		    (modules[i]->kinds & (1U << a->target.kind))) {
			modules[i]->message(a);
			return;
		}
	if (a->kind != GATE_TEXT)
		iask_refuse(a, 200, 0, VIEW_NONE);
	else if (a->target.kind == IMAP_NETWORK)
		iask_refuse(a, 404, 0,
			    VIEW("This is the gateway to a network of IRC: "
				 ":help lists its commands."));
	else
		iask_refuse(a, 404, 0,
			    VIEW("ERROR: nobody listens at this address."));
}

static void take(struct igate *g, const struct gate_msg *m,
		 const struct imap_target *t, gate_answer_h *h, void *arg)
{
	struct seat *s;
	struct iask *a;
	int err = seat_get(&s, g, m->from, t->network);

	if (err) {
		refuse_now(h, arg, err == ENOENT ? 404 : 480,
			   err == ENOENT ? 0 : FULL_RETRY_S,
			   err == ENOENT ?
				   VIEW("ERROR: There is no such network.") :
				   VIEW("ERROR: The gateway to IRC is full."));
		return;
	}
	a = ask_new(g, m, t, h, arg);
	a->seat = s;
	if (!igate_consent(a) && !run_command(a))
		dispatch(a);
	mem_deref(a);
}

static void op_message(void *gw, const struct gate_msg *m, gate_answer_h *h,
		       void *arg)
{
	struct igate *g = gw;
	struct imap_target t;
	struct buf text = { 0 };

	if (!g->running)
		refuse_now(h, arg, 503, 5, VIEW_NONE);
	else if (imap_from_sip(g->map, m->to->user, m->to->host, &t, &text))
		refuse_now(h, arg, 404, 0, VIEW_NONE);
	else if (t.kind == IMAP_BAD)
		refuse_now(h, arg, (int)t.status, 0, t.why);
	else if (m->text.n > TEXT_MAX)
		refuse_now(h, arg, 413, 0,
			   VIEW("ERROR: Your message was not sent. It is too "
				"long."));
	else
		take(g, m, &t, h, arg);
	buf_free(&text);
}

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
	.message = op_message,
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
