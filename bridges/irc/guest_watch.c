/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How nicks are: by MONITOR where the server has it, else by ISON once a
 * minute, some of them at a time. Who has come is looked at once (WHOIS), for
 * whether he is away and who he is. That he goes away later only a server with
 * extended-monitor says by itself: with others those who are here are looked
 * at, some each minute.
 */
#include <string.h>

#include "caps.h"
#include "guest_priv.h"
#include "log.h"
#include "mem.h"
#include "shim.h"

enum {
	BATCH_MS = 50,
	LINE_MAX_OUT = 400,
	LOOKS = 4,     /* in a minute, at those who are here */
	LOOK_BUSY = 8 /* lines that wait: nobody is looked at behind them */
};

struct gwatch {
	struct lnode node;
	bool monitored;
	bool fresh; /* nobody has asked about him yet */
	enum ircp_show show;
	char nick[IRCB_NICK_MAX];
};

static struct gwatch *find_watch(const struct guest *g, struct view nick)
{
	struct lnode *n, *nx;

	LIST_EACH (&g->watched, n, nx) {
		struct gwatch *w = CONTAINER(n, struct gwatch, node);

		if (guest_name_eq(g, w->nick, nick))
			return w;
	}
	return NULL;
}

static void watch_free(struct guest *g, struct gwatch *w)
{
	g->monitored -= w->monitored;
	list_remove(&g->watched, &w->node);
	mem_free(w);
}

void guest_watch_free(struct guest *g)
{
	struct lnode *n, *nx;

	wheel_stop(loop_wheel(g->pool->loop), &g->poll);
	wheel_stop(loop_wheel(g->pool->loop), &g->batch);
	LIST_EACH (&g->watched, n, nx)
		watch_free(g, CONTAINER(n, struct gwatch, node));
}

static void tell_show(struct guest *g, struct view nick, enum ircp_show show,
		      const struct gask *known, struct view text)
{
	struct ircp p = { .verb = IRCP_SHOW,
			  .kind = show,
			  .nick = nick,
			  .text = text };

	if (known) {
		p.mask = buf_view(&known->mask);
		p.account = buf_view(&known->account);
	}
	guest_tell(g, &p);
}

/* ---- looking ---- */

static void look(struct guest *g, const struct gwatch *w)
{
	struct view nick = view_str(w->nick);
	const struct ircp p = { .verb = IRCP_WATCH, .nick = nick };

	if (ircb_out_waiting(ircb_conn_out(g->conn)) < LOOK_BUSY)
		guest_ask(g, &p, 0, GASK_LOOK, "WHOIS", &nick, 1);
}

void guest_looked(struct guest *g, const struct gask *a)
{
	struct gwatch *w = find_watch(g, view_str(a->nick));

	if (!w || !a->found)
		return;
	w->show = a->away.n ? IRCP_IS_AWAY : IRCP_HERE;
	tell_show(g, view_str(w->nick), w->show, a, buf_view(&a->away));
}

static void is_here(struct guest *g, struct gwatch *w)
{
	if (w->show == IRCP_HERE || w->show == IRCP_IS_AWAY)
		return;
	w->show = IRCP_HERE;
	tell_show(g, view_str(w->nick), IRCP_HERE, NULL, VIEW_NONE);
	look(g, w);
}

static void is_gone(struct guest *g, struct gwatch *w)
{
	if (w->show == IRCP_GONE)
		return;
	w->show = IRCP_GONE;
	tell_show(g, view_str(w->nick), IRCP_GONE, NULL, VIEW_NONE);
}

/* ---- ISON ---- */

static void ask_ison(struct guest *g, struct view nicks)
{
	const struct ircp p = { .verb = IRCP_WATCH };
	struct gask *a = guest_ask(g, &p, 0, GASK_ISON, "ISON", &nicks, 1);

	if (a)
		buf_addv(&a->text, nicks);
}

/* Whether the server says by itself when he goes away, and comes back. */
static bool is_told(const struct guest *g, const struct gwatch *w)
{
	return w->monitored &&
	       ircb_conn_can(g->conn, IRCB_CAP_EXTENDED_MONITOR);
}

/* Those who were looked at longest ago are first. */
static void look_at_some(struct guest *g)
{
	struct gwatch *due[LOOKS];
	struct lnode *n, *nx;
	size_t count = 0;

	LIST_EACH (&g->watched, n, nx) {
		struct gwatch *w = CONTAINER(n, struct gwatch, node);

		if (count < LOOKS && !is_told(g, w) &&
		    (w->show == IRCP_HERE || w->show == IRCP_IS_AWAY))
			due[count++] = w;
	}
	for (size_t i = 0; i < count; i++) {
		look(g, due[i]);
		list_remove(&g->watched, &due[i]->node);
		list_append(&g->watched, &due[i]->node);
	}
}

static bool has_to_poll(const struct guest *g)
{
	struct lnode *n, *nx;

	LIST_EACH (&g->watched, n, nx)
		if (!is_told(g, CONTAINER(n, struct gwatch, node)))
			return true;
	return false;
}

static void ask_some(struct guest *g)
{
	size_t left = g->watched.count;
	struct buf nicks = { 0 };

	for (; left && nicks.n < LINE_MAX_OUT - IRCB_NICK_MAX; left--) {
		struct lnode *n = list_shift(&g->watched);
		const struct gwatch *w = CONTAINER(n, struct gwatch, node);

		/* Who was asked about is the last one next time. */
		list_append(&g->watched, n);
		if (w->monitored)
			continue;
		if (nicks.n)
			buf_addc(&nicks, ' ');
		buf_adds(&nicks, w->nick);
	}
	if (nicks.n)
		ask_ison(g, buf_view(&nicks));
	buf_free(&nicks);
}

static void on_poll(struct wtimer *t)
{
	struct guest *g = CONTAINER(t, struct guest, poll);

	if (!has_to_poll(g))
		return;
	look_at_some(g);
	ask_some(g);
	wheel_start(loop_wheel(g->pool->loop), t, g->look_ms, on_poll);
}

static bool is_in(const struct guest *g, struct view list, const char *nick)
{
	struct view word;

	while (view_word(&list, " ", &word))
		if (guest_name_eq(g, nick, word))
			return true;
	return false;
}

/* RPL_ISON: us :nick nick; in the order of our questions. */
static void on_ison(struct guest *g, const struct ircb_line *l)
{
	struct gask *a = guest_ask_find(g, GASK_ISON, IRCP_NONE, VIEW_NONE,
					VIEW_NONE);
	struct view asked, word;

	if (!a)
		return;
	asked = buf_view(&a->text);
	while (view_word(&asked, " ", &word)) {
		struct gwatch *w = find_watch(g, word);

		if (w && is_in(g, ircb_last(l), w->nick))
			is_here(g, w);
		else if (w)
			is_gone(g, w);
	}
	guest_ask_done(g, a);
}

/* ---- MONITOR ---- */

static void monitor(struct guest *g, const char *sign, struct view nick)
{
	const struct view params[2] = { view_str(sign), nick };

	if (ircb_conn_send(g->conn, "MONITOR", params, 2))
		log_warning("irc %.*s: too much waits to watch anybody",
			    VIEW_ARG(g->label));
}

static void poll_soon(struct guest *g)
{
	if (!wtimer_running(&g->poll))
		wheel_start(loop_wheel(g->pool->loop), &g->poll, g->look_ms,
			    on_poll);
}

/* ---- those who are new: many in one line ---- */

static void flush_monitor(struct guest *g, struct buf *nicks)
{
	if (nicks->n)
		monitor(g, "+", buf_view(nicks));
	buf_clear(nicks);
}

static void flush_ison(struct guest *g, struct buf *nicks)
{
	if (nicks->n)
		ask_ison(g, buf_view(nicks));
	buf_clear(nicks);
}

static void add_nick(struct buf *b, char separator, const char *nick)
{
	if (b->n)
		buf_addc(b, separator);
	buf_adds(b, nick);
}

static void on_batch(struct wtimer *t)
{
	const size_t most = LINE_MAX_OUT - IRCB_NICK_MAX;
	struct guest *g = CONTAINER(t, struct guest, batch);
	struct buf monitored = { 0 }, polled = { 0 };
	struct lnode *n, *nx;

	LIST_EACH (&g->watched, n, nx) {
		struct gwatch *w = CONTAINER(n, struct gwatch, node);

		if (w->fresh && w->monitored)
			add_nick(&monitored, ',', w->nick);
		else if (w->fresh)
			add_nick(&polled, ' ', w->nick);
		w->fresh = false;
		if (monitored.n > most)
			flush_monitor(g, &monitored);
		if (polled.n > most)
			flush_ison(g, &polled);
	}
	flush_monitor(g, &monitored);
	flush_ison(g, &polled);
	buf_free(&monitored);
	buf_free(&polled);
}

static void start(struct guest *g, struct gwatch *w)
{
	w->monitored = g->monitored < ircb_conn_support(g->conn)->monitor;
	g->monitored += w->monitored;
	w->fresh = true;
	if (!is_told(g, w))
		poll_soon(g);
	if (!wtimer_running(&g->batch))
		wheel_start(loop_wheel(g->pool->loop), &g->batch, BATCH_MS,
			    on_batch);
}

/* ERR_MONLISTFULL: us limit nick,nick :words */
static void on_full(struct guest *g, const struct ircb_line *l)
{
	struct view list = ircb_param(l, 2), nick;

	while (list.n) {
		struct gwatch *w;

		view_cut(list, ',', &nick, &list);
		w = find_watch(g, nick);
		if (!w || !w->monitored)
			continue;
		w->monitored = false;
		g->monitored--;
		ask_ison(g, view_str(w->nick));
		poll_soon(g);
	}
}

/* RPL_MONONLINE, RPL_MONOFFLINE: us :nick!user@host,nick */
static void on_monitor(struct guest *g, const struct ircb_line *l)
{
	struct view list = ircb_last(l), nick, rest;

	while (list.n) {
		struct gwatch *w;

		view_cut(list, ',', &nick, &list);
		view_cut(nick, '!', &nick, &rest);
		w = find_watch(g, nick);
		if (w && l->code == 730)
			is_here(g, w);
		else if (w)
			is_gone(g, w);
	}
}

/* ---- what confabd wants ---- */

void guest_watch(struct guest *g, const struct ircp *p, uint64_t tag)
{
	struct gwatch *w = find_watch(g, p->nick);

	guest_sent(g, tag, PARCEL_SENT, VIEW_NONE);
	if (w) {
		tell_show(g, view_str(w->nick), w->show, NULL, VIEW_NONE);
		return;
	}
	if (g->watched.count >= GUEST_WATCHED) {
		tell_show(g, p->nick, IRCP_UNKNOWN, NULL,
			  VIEW("too many are watched"));
		return;
	}
	w = mem_zalloc(sizeof(*w));
	w->show = IRCP_UNKNOWN;
	view_copy(w->nick, sizeof(w->nick), p->nick);
	list_append(&g->watched, &w->node);
	start(g, w);
}

void guest_unwatch(struct guest *g, const struct ircp *p, uint64_t tag)
{
	struct gwatch *w = find_watch(g, p->nick);

	if (w && w->monitored)
		monitor(g, "-", view_str(w->nick));
	if (w)
		watch_free(g, w);
	guest_sent(g, tag, PARCEL_SENT, VIEW_NONE);
}

/* ---- what is heard ---- */

/* RPL_AWAY: us nick :text. Where it is no part of a WHOIS it answers words of
 * ours. */
static void on_away(struct guest *g, const struct ircb_line *l)
{
	struct view nick = ircb_param(l, 1);
	struct gwatch *w = find_watch(g, nick);
	struct buf text = { 0 };

	if (w)
		w->show = IRCP_IS_AWAY;
	ircb_plain(&text, ircb_last(l));
	tell_show(g, w ? view_str(w->nick) : nick, IRCP_IS_AWAY, NULL,
		  buf_view(&text));
	buf_free(&text);
}

bool guest_watch_numeric(struct guest *g, const struct ircb_line *l)
{
	static const struct {
		unsigned code;
		void (*run)(struct guest *g, const struct ircb_line *l);
	} rows[] = {
		{ 301, on_away },    { 303, on_ison }, { 730, on_monitor },
		{ 731, on_monitor }, { 734, on_full },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].code != l->code)
			continue;
		rows[i].run(g, l);
		return true;
	}
	return false;
}

/* away-notify: nobody tells of those in no channel of ours. */
static void on_away_line(struct guest *g, struct gwatch *w,
			 const struct ircb_line *l)
{
	struct buf text = { 0 };

	ircb_plain(&text, ircb_param(l, 0));
	w->show = text.n ? IRCP_IS_AWAY : IRCP_HERE;
	tell_show(g, view_str(w->nick), w->show, NULL, buf_view(&text));
	buf_free(&text);
}

void guest_watch_event(struct guest *g, const struct ircb_event *ev)
{
	struct gwatch *w = find_watch(g, ev->line.nick), *other;

	if (w && ev->type == IRCB_EV_OTHER &&
	    view_eqs(ev->line.command, "AWAY"))
		on_away_line(g, w, &ev->line);
	if (w && (ev->type == IRCB_EV_QUIT || ev->type == IRCB_EV_NICK))
		is_gone(g, w);
	if (ev->type != IRCB_EV_NICK)
		return;
	other = find_watch(g, ircb_param(&ev->line, 0));
	if (other)
		is_here(g, other);
}
