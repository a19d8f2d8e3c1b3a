/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Guests: one connection each, from the frame SESSION until it is lost or
 * ended. Nothing here tries again: who wants it once more starts a new one.
 */
#include <errno.h>
#include <string.h>

#include "guest_priv.h"
#include "keep.h"
#include "log.h"
#include "mem.h"
#include "settings.h"
#include "text.h"

static struct guest *find_guest(const struct ircb_pool *p, uint32_t id)
{
	struct hnode *n = htable_find(&p->guests, hash_u64(id));

	for (; n; n = htable_more(n)) {
		struct guest *g = CONTAINER(n, struct guest, by_id);

		if (g->id == id)
			return g;
	}
	return NULL;
}

static void guest_free(struct guest *g, struct view quit)
{
	htable_del(&g->pool->guests, &g->by_id);
	guest_watch_free(g);
	guest_rooms_free(g);
	guest_splits_free(g);
	guest_asks_free(g);
	g->conn = ircb_conn_close(g->conn, quit);
	ircb_settings_free(&g->conf);
	mem_free((char *)g->label.p);
	mem_free(g->bye);
	mem_free(g->contact);
	mem_free(g->staff);
	mem_free(g);
}

/* ---- up ---- */

void guest_tell(struct guest *g, const struct ircp *p)
{
	struct buf b = { 0 };

	/* A line has at most 8,703 bytes, and we add little to it. */
	if (!ircp_put(&b, p))
		worker_parcel(g->pool->worker, g->id, buf_view(&b));
	else
		log_warning("irc %.*s: something can't be told",
			    VIEW_ARG(g->label));
	buf_free(&b);
}

void guest_sent(struct guest *g, uint64_t tag, enum parcel_fate fate,
		struct view words)
{
	if (tag)
		worker_sent(g->pool->worker, g->id, tag, fate, words);
}

enum ircb_casemap guest_map(const struct guest *g)
{
	return ircb_conn_support(g->conn)->casemap;
}

bool guest_name_eq(const struct guest *g, const char *name, struct view v)
{
	return ircb_name_eq(guest_map(g), view_str(name), v);
}

void guest_reason(struct buf *b, struct view text, size_t max)
{
	struct buf clean = { 0 };
	struct view v;

	ircb_strip_controls(&clean, text);
	v = buf_view(&clean);
	buf_addv(b, view_head(v, v.n ? ircb_cut(v, max) : 0));
	buf_free(&clean);
}

/* ---- the connection ---- */

static void keep(struct guest *g)
{
	struct buf b = { 0 };

	ircb_keep_put(&b, &g->conf);
	worker_keep(g->pool->worker, g->id, buf_view(&b));
	buf_free(&b);
}

static void on_up(void *arg)
{
	struct guest *g = arg;

	view_copy(g->nick, sizeof(g->nick), ircb_conn_nick(g->conn));
	log_info("irc %.*s: logged in as %s", VIEW_ARG(g->label), g->nick);
	keep(g);
	worker_account_up(g->pool->worker, g->id, view_str(g->nick));
}

static void on_delivered(uint64_t leg, uint64_t seq, void *arg)
{
	struct guest *g = arg;

	if (guest_is_ask_leg(leg))
		guest_ask_passed(g, leg);
	else
		guest_sent(g, seq, PARCEL_SENT, VIEW_NONE);
}

static void on_refused(uint64_t leg, uint64_t seq, struct view words,
		       void *arg)
{
	(void)leg;
	guest_sent(arg, seq, PARCEL_NEVER, words);
}

/* What he asked for is what he wants to have from now on. */
static void want(struct guest *g, struct view nick)
{
	char *old = (char *)g->conf.nick;

	g->conf.nick = view_dup(nick);
	ircb_conn_want(g->conn, g->conf.nick);
	mem_free(old);
}

static void on_renamed(void *arg)
{
	struct guest *g = arg;
	struct view nick = ircb_conn_nick(g->conn);
	struct ircp p = { .verb = IRCP_NICK_IS, .nick = nick };
	struct gask *a = guest_ask_find(g, GASK_COMMAND, IRCP_NICK, VIEW_NONE,
					nick);
	char before[IRCB_NICK_MAX];

	view_copy(before, sizeof(before), view_str(g->nick));
	view_copy(g->nick, sizeof(g->nick), nick);
	if (a) {
		want(g, nick);
		guest_ask_done(g, a);
	}
	p.other = view_str(before);
	guest_tell(g, &p);
}

static void on_lost(enum worker_lost why, struct view words, void *arg)
{
	struct guest *g = arg;
	struct buf text = { 0 };

	log_info("irc %.*s: %.*s", VIEW_ARG(g->label), VIEW_ARG(words));
	/* words may belong to the connection. */
	buf_addv(&text, words);
	if (view_starts(words, VIEW(IRCB_TOO_FAST))) {
		ircb_settings_slower(&g->conf);
		keep(g);
	}
	/* That is not his fault, and concerns all of us. */
	if (g->conn && ircb_conn_is_banned(g->conn))
		why = GONE_REFUSED;
	worker_account_lost(g->pool->worker, g->id, why, buf_view(&text));
	guest_free(g, VIEW_NONE);
	buf_free(&text);
}

static const struct ircb_conn_ops conn_ops = {
	.up = on_up,
	.event = guest_event,
	.delivered = on_delivered,
	.refused = on_refused,
	.renamed = on_renamed,
	.lost = on_lost,
};

/* ---- frames ---- */

static struct guest *guest_make(struct ircb_pool *p, uint32_t id,
				const struct wire_msg *m)
{
	struct guest *g = mem_zalloc(sizeof(*g));

	g->pool = p;
	g->id = id;
	g->label = view_mem(view_dup(m->s[0]), m->s[0].n);
	g->conf.loop = p->loop;
	g->conf.dns = p->dns;
	ircb_settings_take(&g->conf, g->servers, m);
	ircb_keep_take(&g->conf, wire_setting(m, "kept"));
	if (view_u64(&g->fold_ms, wire_setting(m, "fold_ms"), GUEST_FOLD_MS))
		g->fold_ms = GUEST_FOLD_MS;
	if (view_u64(&g->look_ms, wire_setting(m, "look_ms"), GUEST_LOOK_MS))
		g->look_ms = GUEST_LOOK_MS;
	g->contact = view_dup(wire_setting(m, "contact"));
	g->staff = view_dup(wire_setting(m, "staff"));
	list_init(&g->asks);
	list_init(&g->rooms);
	list_init(&g->watched);
	list_init(&g->split);
	htable_add(&p->guests, &g->by_id, hash_u64(id));
	return g;
}

void ircb_guest_new(uint32_t id, const struct wire_msg *m, void *arg)
{
	struct guest *g;
	struct buf why = { 0 };
	int err;

	ircb_guest_end(id, arg);
	g = guest_make(arg, id, m);
	err = ircb_conn_new(&g->conn, &g->conf, &conn_ops, g, &why);
	if (err)
		on_lost(err == EINVAL ? GONE_CONFIG : GONE_NET, buf_view(&why),
			g);
	buf_free(&why);
}

void ircb_guest_end(uint32_t id, void *arg)
{
	struct guest *g = find_guest(arg, id);
	struct buf quit = { 0 };

	if (!g)
		return;
	buf_adds(&quit, g->bye ? g->bye : "Leaving");
	guest_free(g, buf_view(&quit));
	buf_free(&quit);
}

void ircb_guest_send(uint32_t id, uint64_t tag, struct view parcel, void *arg)
{
	struct ircb_pool *pool = arg;
	struct guest *g = find_guest(pool, id);
	struct ircp p;

	/* Lost just now: confabd will have heard that. */
	if (!g)
		return;
	if (ircp_get(&p, parcel)) {
		log_error("irc %.*s: no parcel of confabd's",
			  VIEW_ARG(g->label));
		guest_sent(g, tag, PARCEL_NEVER, VIEW("nonsense"));
	} else if (!ircb_conn_is_up(g->conn)) {
		guest_sent(g, tag, PARCEL_LATER, VIEW("not logged in"));
	} else {
		guest_do(g, &p, tag);
	}
}

void ircb_guests_stop(struct ircb_pool *p)
{
	struct hnode *n;

	while ((n = htable_pop(&p->guests)) != NULL)
		guest_free(CONTAINER(n, struct guest, by_id),
			   VIEW("confab is going down"));
	htable_free(&p->guests);
}
