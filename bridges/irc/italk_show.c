/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Presence. Whom a user watches is watched by his own seat while that is up;
 * nobody logs in for it. How he is himself is his seat's AWAY.
 */
#include "italk_priv.h"
#include "log.h"
#include "mem.h"
#include "utf8.h"

enum { WATCHES_MAX = 20000, WATCHES_USER = 200, NOTE_MAX = 300 };

/* A user watches an address. */
struct watch {
	struct hnode by_conv;
	struct addr *conv;            /* ref: nick, network and watcher */
	struct addr *watcher, *target; /* ref */
	struct buf network, nick, note;
	enum show show;
	bool known;
};

/* What a seat shows of its user. */
struct away {
	struct hnode by_seat;
	const struct seat *seat;      /* borrowed: goes with it */
	struct buf text;
};

/* ---- watches ---- */

static struct watch *watch_find(const struct italks *t,
				const struct addr *conv,
				const struct addr *target)
{
	struct hnode *n = htable_find(&t->watches, conv->hash);

	for (; n; n = htable_more(n)) {
		struct watch *w = CONTAINER(n, struct watch, by_conv);

		if (addr_eq(w->conv, conv) &&
		    (!target || addr_eq(w->target, target)))
			return w;
	}
	return NULL;
}

static void watch_free(struct watch *w)
{
	mem_deref(w->conv);
	mem_deref(w->watcher);
	mem_deref(w->target);
	buf_free(&w->network);
	buf_free(&w->nick);
	buf_free(&w->note);
	mem_free(w);
}

static void send_watch(struct italks *t, const struct watch *w,
		       enum ircp_verb verb)
{
	struct seat *s = seat_find(t->gate, w->watcher, buf_view(&w->network));
	const struct ircp p = { .verb = verb, .nick = buf_view(&w->nick) };

	if (s && s->state == SEAT_UP)
		(void)seat_send(s, &p, NULL, NULL);
}

static bool is_up(const struct igate *g, const struct addr *aor,
		  struct view network)
{
	const struct seat *s = seat_find(g, aor, network);

	return s && s->state == SEAT_UP;
}

static size_t watches_of(const struct italks *t, const struct addr *watcher)
{
	struct hnode *n = NULL;
	size_t pos = 0, count = 0;

	while ((n = htable_each(&t->watches, &pos, n)))
		count += addr_eq(CONTAINER(n, struct watch, by_conv)->watcher,
				 watcher);
	return count;
}

static void watch_new(struct italks *t, struct addr *conv,
		      struct addr *watcher, struct addr *target,
		      const struct imap_target *who)
{
	struct watch *w = mem_zalloc(sizeof(*w));
	const struct watch *same = watch_find(t, conv, NULL);

	w->conv = mem_ref(conv);
	w->watcher = mem_ref(watcher);
	w->target = mem_ref(target);
	buf_addv(&w->network, who->network);
	buf_addv(&w->nick, who->name);
	if (same) {
		w->show = same->show;
		w->known = same->known;
		buf_addv(&w->note, buf_view(&same->note));
	}
	htable_add(&t->watches, &w->by_conv, conv->hash);
	if (!same)
		send_watch(t, w, IRCP_WATCH);
}

static enum gate_watch begin(struct italks *t, struct addr *watcher,
			     struct addr *target,
			     const struct imap_target *who, bool once)
{
	enum gate_watch state = is_up(t->gate, watcher, who->network) ?
					GATE_WATCH_ACTIVE :
					GATE_WATCH_PENDING;
	struct addr *conv;

	if (italk_conv(&conv, who->network, who->name, watcher))
		return GATE_WATCH_NOWHERE;
	if (!once && !watch_find(t, conv, target)) {
		if (t->watches.count >= WATCHES_MAX ||
		    watches_of(t, watcher) >= WATCHES_USER)
			state = GATE_WATCH_NONE;
		else
			watch_new(t, conv, watcher, target, who);
	}
	mem_deref(conv);
	return state;
}

enum gate_watch italks_watch(void *gate, struct addr *watcher,
			     struct addr *target, bool once)
{
	enum gate_watch state = GATE_WATCH_NOWHERE;
	struct igate *g = gate;
	struct imap_target who;
	struct buf text = { 0 };

	if (!g->running || !g->map)
		return GATE_WATCH_NONE;
	if (!imap_from_sip(g->map, target->user, target->host, &who, &text)) {
		if (who.kind == IMAP_PERSON)
			state = begin(italks_of(g), watcher, target, &who,
				      once);
		else if (who.kind != IMAP_BAD)
			state = GATE_WATCH_NONE;
	}
	buf_free(&text);
	return state;
}

/* Any of this user at this address; NULL: there is none. */
static struct watch *watch_by_target(struct igate *g, struct addr *watcher,
				     struct addr *target)
{
	struct imap_target who;
	struct buf text = { 0 };
	struct watch *w = NULL;
	struct addr *conv;

	if (g->map && g->state[IGATE_TALKS] &&
	    !imap_from_sip(g->map, target->user, target->host, &who, &text) &&
	    who.kind == IMAP_PERSON &&
	    !italk_conv(&conv, who.network, who.name, watcher)) {
		w = watch_find(italks_of(g), conv, target);
		mem_deref(conv);
	}
	buf_free(&text);
	return w;
}

void italks_unwatch(void *gate, struct addr *watcher, struct addr *target)
{
	struct igate *g = gate;
	struct watch *w = watch_by_target(g, watcher, target);

	if (!w)
		return;
	htable_del(&italks_of(g)->watches, &w->by_conv);
	if (!watch_find(italks_of(g), w->conv, NULL))
		send_watch(italks_of(g), w, IRCP_UNWATCH);
	watch_free(w);
}

bool italks_show(void *gate, struct addr *watcher, struct addr *target,
		 struct presence_state *out)
{
	const struct watch *w = watch_by_target(gate, watcher, target);

	*out = (struct presence_state){ .count = 0 };
	if (!w || !w->known)
		return false;
	out->count = 1;
	out->place[0] = (struct presence_place){ .show = w->show,
						 .note = buf_view(&w->note) };
	return true;
}

/* ---- what is seen ---- */

/* False: it was known. */
static bool take(struct watch *w, const struct ircp *in)
{
	static const enum show of[] = {
		[IRCP_GONE] = SHOW_OFFLINE, [IRCP_HERE] = SHOW_ONLINE,
		[IRCP_IS_AWAY] = SHOW_AWAY, [IRCP_UNKNOWN] = SHOW_OFFLINE,
	};

	bool known = in->kind != IRCP_UNKNOWN;
	struct buf note = { 0 };
	bool same;

	if (in->kind == IRCP_IS_AWAY)
		utf8_clean_line(&note, in->text, NOTE_MAX);
	same = w->known == known && w->show == of[in->kind] &&
	       view_eq(buf_view(&w->note), buf_view(&note));
	w->known = known;
	w->show = of[in->kind];
	buf_free(&w->note);
	w->note = note;
	return !same;
}

void italk_show(struct seat *s, const struct ircp *in)
{
	struct italks *t = italks_of(s->gate);
	struct hnode *n, *next;
	struct addr *conv;

	if (italk_conv(&conv, s->network, in->nick, s->aor))
		return;
	for (n = htable_find(&t->watches, conv->hash); n; n = next) {
		struct watch *w = CONTAINER(n, struct watch, by_conv);
		struct addr *target = w->target;

		next = htable_more(n);
		if (!addr_eq(w->conv, conv))
			continue;
		if (!take(w, in))
			continue;
		/* may end it */
		mem_ref(target);
		hub_gate_shown(t->gate->conf.hub, s->aor, target);
		mem_deref(target);
	}
	mem_deref(conv);
}

static struct watch **watches_by(const struct seat *s, size_t *count)
{
	const struct italks *t = italks_of(s->gate);
	struct watch **list = mem_array(NULL, t->watches.count + 1,
					sizeof(*list));
	struct hnode *n = NULL;
	size_t pos = 0;

	*count = 0;
	while ((n = htable_each(&t->watches, &pos, n))) {
		struct watch *w = CONTAINER(n, struct watch, by_conv);

		if (addr_eq(w->watcher, s->aor) &&
		    view_eq(buf_view(&w->network), s->network))
			list[(*count)++] = w;
	}
	return list;
}

/* ---- away ---- */

static struct away *away_of(struct italks *t, const struct seat *s, bool make)
{
	uint64_t key = hash_u64((uint64_t)(uintptr_t)s);
	struct hnode *n = htable_find(&t->aways, key);
	struct away *a;

	for (; n; n = htable_more(n)) {
		a = CONTAINER(n, struct away, by_seat);
		if (a->seat == s)
			return a;
	}
	if (!make)
		return NULL;
	a = mem_zalloc(sizeof(*a));
	a->seat = s;
	htable_add(&t->aways, &a->by_seat, key);
	return a;
}

static void away_free(struct away *a)
{
	buf_free(&a->text);
	mem_free(a);
}

/* Empty: he is here. */
static void away_words(struct buf *b, const struct presence_state *p)
{
	enum show show = presence_best(p);

	if (show == SHOW_ONLINE || show == SHOW_CHAT)
		return;
	if (p->count)
		utf8_clean_line(b, p->place[0].note, NOTE_MAX);
	if (!b->n)
		buf_adds(b, show == SHOW_OFFLINE ? "SIP phone offline" :
			    show == SHOW_DND	 ? "busy" :
						   "away");
}

static void show_away(struct seat *s, const struct presence_state *state)
{
	struct away *a = away_of(italks_of(s->gate), s, true);
	struct buf words = { 0 };
	struct ircp p = { .verb = IRCP_AWAY };

	away_words(&words, state);
	p.text = buf_view(&words);
	if (!view_eq(p.text, buf_view(&a->text)) &&
	    !seat_send(s, &p, NULL, NULL)) {
		buf_clear(&a->text);
		buf_addv(&a->text, p.text);
	}
	buf_free(&words);
}

void italks_presence(void *gate, struct addr *user,
		     const struct presence_state *state)
{
	struct igate *g = gate;
	struct seat *s = NULL;
	size_t pos = 0;

	while (g->running && (s = seat_each(g, &pos, s)))
		if (addr_eq(s->aor, user) && s->state == SEAT_UP)
			show_away(s, state);
}

/* ---- seats ---- */

void italk_show_up(struct seat *s)
{
	struct hub *h = s->gate->conf.hub;
	struct presence_state state = { .count = 0 };
	size_t count;
	struct watch **list = watches_by(s, &count);

	/* one who publishes nothing is not known to be away */
	hub_gate_presence_of(h, s->aor, &state);
	if (state.count)
		show_away(s, &state);
	for (size_t i = 0; i < count; i++) {
		send_watch(italks_of(s->gate), list[i], IRCP_WATCH);
		hub_gate_watch(h, s->aor, list[i]->target, GATE_WATCH_ACTIVE);
	}
	mem_free(list);
}

void italk_show_down(struct seat *s)
{
	struct italks *t = italks_of(s->gate);
	struct away *a = away_of(t, s, false);
	size_t count;
	struct watch **list = watches_by(s, &count);

	if (a) {
		htable_del(&t->aways, &a->by_seat);
		away_free(a);
	}
	for (size_t i = 0; i < count; i++) {
		bool known = list[i]->known;

		list[i]->known = false;
		if (known && t->gate->running)
			hub_gate_shown(t->gate->conf.hub, s->aor,
				       list[i]->target);
	}
	mem_free(list);
}

void italk_show_free(struct italks *t)
{
	struct hnode *n;

	while ((n = htable_pop(&t->watches)))
		watch_free(CONTAINER(n, struct watch, by_conv));
	while ((n = htable_pop(&t->aways)))
		away_free(CONTAINER(n, struct away, by_seat));
	htable_free(&t->watches);
	htable_free(&t->aways);
}
