/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The gap after an outage, filled where the server keeps what was said
 * (IRCv3 chathistory). How far we heard a channel is handed on to the next
 * worker, now and then: the rooms' links know what they took by the message
 * ids.
 */
#include <string.h>

#include "account_priv.h"
#include "caps.h"
#include "clock.h"
#include "keep.h"
#include "log.h"
#include "mem.h"
#include "tags.h"

enum { DAY_MS = 24 * 3600 * 1000 };

static struct ircb_place *find_place(struct ircb_account *a,
				     struct view channel)
{
	enum ircb_casemap map = ircb_conn_support(a->conn)->casemap;
	struct lnode *n, *nx;

	LIST_EACH (&a->places, n, nx) {
		struct ircb_place *p = CONTAINER(n, struct ircb_place, node);

		if (ircb_name_eq(map, view_str(p->name), channel))
			return p;
	}
	return NULL;
}

static struct ircb_place *add_place(struct ircb_account *a,
				    struct view channel)
{
	struct ircb_place *p = mem_zalloc(sizeof(*p));

	view_copy(p->name, sizeof(p->name), channel);
	list_append(&a->places, &p->node);
	return p;
}

static struct ircb_place *get_place(struct ircb_account *a,
				    struct view channel)
{
	struct ircb_place *p = find_place(a, channel);

	if (p || a->places.count >= IRCB_PLACES_MAX)
		return p;
	return add_place(a, channel);
}

void ircb_past_free(struct ircb_account *a)
{
	struct lnode *n, *nx;

	LIST_EACH (&a->places, n, nx) {
		list_remove(&a->places, n);
		mem_free(CONTAINER(n, struct ircb_place, node));
	}
}

static void ask_since(struct ircb_account *a, struct ircb_place *p,
		      uint64_t since)
{
	struct view channel = view_str(p->name);
	size_t most = ircb_conn_support(a->conn)->history;
	struct buf time = { 0 }, count = { 0 };
	struct view params[4] = { VIEW("AFTER"), channel };

	if (!most || most > IRCB_HISTORY_MAX)
		most = IRCB_HISTORY_MAX;
	p->most = most;
	p->lines = 0;
	p->pages++;
	buf_adds(&time, "timestamp=");
	ircb_time_put(&time, since);
	buf_add_u64(&count, most);
	params[2] = buf_view(&time);
	params[3] = buf_view(&count);
	/* What can't be asked for stays a gap. */
	(void)ircb_conn_send(a->conn, "CHATHISTORY", params, 4);
	buf_free(&time);
	buf_free(&count);
}

bool ircb_past_ask(struct ircb_account *a, struct view channel)
{
	struct ircb_place *p = get_place(a, channel);
	bool old = p && p->heard_ms;

	if (!p)
		return false;
	/* Who was never here has no past: nothing is shown of the time before
	 * the link was made. */
	if (!old)
		p->heard_ms = wall_ms();
	p->since_ms = p->heard_ms;
	p->until_ms = 0;
	p->most = 0;
	p->pages = 0;
	old = old && ircb_conn_can(a->conn, IRCB_CAP_HISTORY);
	if (old)
		ask_since(a, p, p->since_ms);
	return old;
}

void ircb_past_heard(struct ircb_account *a, const struct ircb_event *ev,
		     uint64_t time_ms)
{
	struct ircb_place *p = find_place(a, ircb_param(&ev->line, 0));

	if (!p)
		return;
	if (!p->until_ms && ev->batch != IRCB_BATCH_HISTORY)
		p->until_ms = time_ms;
	if (time_ms > p->heard_ms)
		p->heard_ms = time_ms;
	ircb_keep_soon(a);
}

/* "heard MS CHANNEL" */
void ircb_past_put(const struct ircb_account *a, struct buf *b)
{
	const size_t most = IRCB_KEEP_MAX - 2 * IRCB_CHANNEL_MAX;
	struct lnode *n, *nx;

	LIST_EACH (&a->places, n, nx) {
		const struct ircb_place *p =
			CONTAINER(n, struct ircb_place, node);

		if (!p->heard_ms || b->n > most)
			continue;
		buf_adds(b, "heard ");
		buf_add_u64(b, p->heard_ms);
		buf_addc(b, ' ');
		buf_adds(b, p->name);
		buf_addc(b, '\n');
	}
}

void ircb_past_take(struct ircb_account *a, struct view kept)
{
	struct view line, what, time;
	uint64_t ms;

	while (kept.n) {
		struct ircb_place *p;

		view_cut(kept, '\n', &line, &kept);
		if (!view_word(&line, " ", &what) ||
		    !view_eqs(what, "heard") ||
		    !view_word(&line, " ", &time) ||
		    view_u64(&ms, time, UINT64_MAX) ||
		    !ircb_is_channel(view_trim(line)) ||
		    a->places.count >= IRCB_PLACES_MAX)
			continue;
		p = add_place(a, view_trim(line));
		p->heard_ms = ms < wall_ms() ? ms : wall_ms();
	}
}

/* The last one's time is asked for again where ids tell which lines were in
 * the page before: several can be of one millisecond. */
void ircb_past_line(struct ircb_account *a, const struct ircb_event *ev)
{
	struct ircb_place *p = find_place(a, ircb_param(&ev->line, 0));
	uint64_t at = ircb_past_time(ev);
	struct view id;

	if (!p || !p->most || ++p->lines < p->most)
		return;
	p->most = 0;
	if (p->until_ms && at >= p->until_ms)
		return;
	if (p->pages == IRCB_HISTORY_PAGES) {
		log_warning("irc %.*s: more was missed in %s than %d pages",
			    VIEW_ARG(a->label), p->name, IRCB_HISTORY_PAGES);
		return;
	}
	if (ircb_tag(ev->line.tags, "msgid", &id) && at - 1 > p->since_ms)
		at--;
	ask_since(a, p, at);
}

uint64_t ircb_past_time(const struct ircb_event *ev)
{
	uint64_t now = wall_ms(), ms;
	struct view v;

	if (!ircb_tag(ev->line.tags, "time", &v) || ircb_time_parse(&ms, v) ||
	    ms > now)
		return now;
	/* What is said now was not said long ago, whatever the server says. */
	if (ev->batch != IRCB_BATCH_HISTORY && now - ms > DAY_MS)
		return now;
	return ms;
}

bool ircb_past_known(struct ircb_account *a, const struct ircb_event *ev,
		     uint64_t time_ms)
{
	enum ircb_casemap map = ircb_conn_support(a->conn)->casemap;
	struct view own = ircb_conn_account(a->conn), account;
	const struct ircb_place *p = find_place(a, ircb_param(&ev->line, 0));

	if (ev->batch != IRCB_BATCH_HISTORY)
		return false;
	if (ircb_name_eq(map, ev->line.nick, view_str(a->old_nick)))
		return true;
	if (own.n && ircb_tag(ev->line.tags, "account", &account) &&
	    ircb_name_eq(map, own, account))
		return true;
	/* What is said before the answer comes is in it as well. */
	return !p || time_ms <= p->since_ms ||
	       (p->until_ms && time_ms >= p->until_ms);
}
