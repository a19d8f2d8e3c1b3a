/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Networks that are off: a list, which the store mirrors. */
#include "netoff.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "bridges/irc/igate.h"
#include "clock.h"
#include "log.h"
#include "mem.h"
#include "netchange.h"
#include "utf8.h"

#define ROWS VIEW("irc-off")

enum { BY_MAX = 200 };

struct netoff {
	struct lnode node; /* confab.off */
	char *label, *by;  /* owned */
	uint64_t time_ms;  /* wall clock */
	bool going;        /* it is on its way off the disk */
};

static struct netoff *find(const struct confab *c, struct view label)
{
	struct lnode *n, *nx;

	LIST_EACH (&c->off, n, nx) {
		struct netoff *o = CONTAINER(n, struct netoff, node);

		if (view_ieqs(label, o->label))
			return o;
	}
	return NULL;
}

static struct netoff *add(struct confab *c, struct view label, struct view by,
			  uint64_t time_ms)
{
	struct netoff *o = mem_zalloc(sizeof(*o));
	struct buf clean = { 0 };

	utf8_clean_line(&clean, by, BY_MAX);
	o->label = view_dup(label);
	o->by = buf_take(&clean);
	o->time_ms = time_ms;
	list_append(&c->off, &o->node);
	return o;
}

static void drop(struct confab *c, struct netoff *o)
{
	list_remove(&c->off, &o->node);
	mem_free(o->label);
	mem_free(o->by);
	mem_free(o);
}

void netoff_free(struct confab *c)
{
	while (c->off.count)
		drop(c, CONTAINER(list_first(&c->off), struct netoff, node));
}

/* ---- in words ---- */

static void add_time(struct buf *b, uint64_t time_ms)
{
	time_t t = (time_t)(time_ms / 1000);
	char text[32];
	struct tm tm;

	if (gmtime_r(&t, &tm) &&
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", &tm))
		buf_adds(b, text);
}

static void add_why(struct buf *b, const struct netoff *o)
{
	buf_adds(b, "switched off by ");
	buf_adds(b, o->by);
	buf_adds(b, ", ");
	add_time(b, o->time_ms);
}

bool netoff_is(const struct confab *c, struct view label, struct buf *why)
{
	const struct netoff *o = find(c, label);

	if (o)
		add_why(why, o);
	return o;
}

int netoff_status(const struct confab *c, struct sink *out)
{
	struct lnode *n, *nx;
	int err = 0;

	LIST_EACH (&c->off, n, nx) {
		const struct netoff *o = CONTAINER(n, struct netoff, node);
		struct buf why = { 0 };

		add_why(&why, o);
		if (!err)
			err = sink_printf(out, "network %s: %s; confabctl irc "
					       "on %s\n",
					  o->label, buf_str(&why), o->label);
		buf_free(&why);
	}
	return err;
}

/* ---- what goes by it ---- */

/* Rooms' staff hears of it, and links are tried again where they may be. */
static void tell_links(struct confab *c, struct view label, struct view words,
		       bool on)
{
	struct leg *leg = NULL;
	size_t pos = 0;

	while ((leg = hub_each_leg(c->hub, &pos, leg))) {
		if (!view_istarts(view_str(leg->target), VIEW("irc:")) ||
		    !view_ieqs(label, leg->via))
			continue;
		hub_on_notice(c->hub, leg->id, true, words);
		if (on)
			hub_link_kick(c->hub, leg);
	}
}

void netoff_apply(struct confab *c, struct view label)
{
	const struct netoff *o = find(c, label);
	struct buf why = { 0 };

	if (!o)
		return;
	add_why(&why, o);
	(void)bridge_account_off(c->irc, label, buf_view(&why));
	if (c->igate)
		igate_network_off(c->igate, label,
				  VIEW("switched off by the network's staff "
				       "or ours"));
	buf_free(&why);
}

static void be_on(struct confab *c, struct view label)
{
	struct buf words = { 0 };

	(void)bridge_account_on(c->irc, label);
	if (c->igate)
		igate_network_changed(c->igate, label);
	buf_addv(&words, label);
	buf_adds(&words, " is switched on again");
	tell_links(c, label, buf_view(&words), true);
	buf_free(&words);
}

/* ---- changes ---- */

static void on_set(int err, void *arg)
{
	struct netchange *ch = arg;

	if (err)
		log_error("irc %s: is off, but only until the next start: %s",
			  ch->label, strerror(err));
	netchange_end(ch, err);
}

static void on_cleared(int err, void *arg)
{
	struct netchange *ch = arg;
	struct netoff *o = find(ch->c, view_str(ch->label));

	if (o)
		o->going = false;
	if (o && !err) {
		drop(ch->c, o);
		log_info("irc %s: is switched on again", ch->label);
		be_on(ch->c, view_str(ch->label));
	}
	netchange_end(ch, err);
}

/* "1763734000000 dave!d@staff.example" */
static void keep(struct confab *c, const struct netoff *o,
		 store_done_h *doneh, void *arg)
{
	struct buf value = { 0 };
	struct store_txn *t = store_begin(c->store);
	struct store_kept k = { ROWS, view_str(o->label), VIEW_NONE };

	buf_add_u64(&value, o->time_ms);
	buf_addc(&value, ' ');
	buf_adds(&value, o->by);
	k.value = buf_view(&value);
	store_put_kept(t, &k);
	store_commit(t, on_set, netchange_new(c, o->label, doneh, arg));
	buf_free(&value);
}

int netoff_set(struct confab *c, struct view label, struct view by,
	       store_done_h *doneh, void *arg)
{
	struct bridge_setting settings[BRIDGE_SETTINGS_MAX];
	struct buf words = { 0 };
	struct netoff *o;
	struct view own; /* as it is written where it comes from */
	size_t count;

	if (bridge_settings(c->irc, label, &own, settings, &count))
		return ENOENT;
	if (find(c, label))
		return EALREADY;
	o = add(c, own, by, wall_ms());
	log_warning("irc %s: switched off by %s", o->label, o->by);
	keep(c, o, doneh, arg);
	buf_adds(&words, o->label);
	buf_adds(&words, " was switched off by ");
	buf_adds(&words, o->by);
	tell_links(c, label, buf_view(&words), false);
	netoff_apply(c, view_str(o->label));
	buf_free(&words);
	return 0;
}

int netoff_clear(struct confab *c, struct view label, store_done_h *doneh,
		 void *arg)
{
	struct netoff *o = find(c, label);
	struct store_txn *t;

	if (!o)
		return ENOENT;
	if (o->going)
		return EALREADY;
	o->going = true;
	t = store_begin(c->store);
	store_del_kept(t, ROWS, view_str(o->label));
	store_commit(t, on_cleared, netchange_new(c, o->label, doneh, arg));
	return 0;
}

void netoff_forget(const struct confab *c, struct store_txn *t,
		   struct view label)
{
	const struct netoff *o = find(c, label);

	if (o)
		store_del_kept(t, ROWS, view_str(o->label));
}

void netoff_forgotten(struct confab *c, struct view label)
{
	struct netoff *o = find(c, label);

	if (o)
		drop(c, o);
}

void netoff_load(const struct store_kept *k, void *arg)
{
	struct confab *c = arg;
	struct view time, by;
	uint64_t ms;

	if (!view_eq(k->network, ROWS))
		return;
	view_cut(k->value, ' ', &time, &by);
	if (view_u64(&ms, time, UINT64_MAX))
		ms = 0;
	(void)add(c, k->key, by, ms);
	netoff_apply(c, k->key);
}

/* ---- what a network's staff wants ---- */

void netoff_wanted(struct confab *c, struct view label, struct view who)
{
	struct buf by = { 0 };
	int err;

	buf_addv(&by, who);
	buf_adds(&by, " of its staff");
	err = netoff_set(c, label, buf_view(&by), NULL, NULL);
	/* a second one who said so before we were gone */
	if (err && err != EALREADY)
		log_error("irc %.*s: can't be switched off: %s",
			  VIEW_ARG(label), strerror(err));
	buf_free(&by);
}

static void on_unwanted(void *arg, struct view label, struct view who)
{
	netoff_wanted(arg, label, who);
}

void netoff_start(struct confab *c)
{
	list_init(&c->off);
	bridge_unwanted(c->irc, on_unwanted, c);
}
