/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is in a room, and what their presence says. */
#include <string.h>

#include "clock.h"
#include "jtext.h"
#include "log.h"
#include "mem.h"
#include "occupant_priv.h"

enum { WORDS_MAX = 200, NICK_SHOWN = 1023, JID_SHOWN = 3071 };

/* ---- the table ---- */

static void who_free(struct who *who)
{
	mem_free(who->nick);
	mem_free(who->jid);
}

void whos_clear(struct whos *w)
{
	for (size_t i = 0; i < w->count; i++)
		who_free(&w->v[i]);
	mem_free(w->v);
	*w = (struct whos){ 0 };
}

static unsigned char lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

/* As view_cmp(), but for the case of ASCII letters. */
static int compare_words(struct view a, struct view b)
{
	size_t i = 0;

	while (i < a.n && i < b.n && lower(a.p[i]) == lower(b.p[i]))
		i++;
	if (i < a.n && i < b.n)
		return lower(a.p[i]) - lower(b.p[i]);
	return (a.n > b.n) - (a.n < b.n);
}

/* Those that differ in case only stand side by side. */
static int compare(struct view a, struct view b)
{
	int c = compare_words(a, b);

	return c ? c : view_cmp(a, b);
}

/* Where it is, or would be. */
static size_t place_of(const struct whos *w, struct view nick, bool *there)
{
	size_t low = 0, high = w->count;

	*there = false;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = compare(view_str(w->v[mid].nick), nick);

		if (!c) {
			*there = true;
			return mid;
		}
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct who *whos_find(const struct whos *w, struct view nick)
{
	bool there;
	size_t at = place_of(w, nick, &there);

	return there ? &w->v[at] : NULL;
}

struct who *whos_add(struct whos *w, struct view nick)
{
	bool there;
	size_t at = place_of(w, nick, &there);

	if (there)
		return &w->v[at];
	if (w->count == OCCUPANTS_SHOWN)
		return NULL;
	if (w->count == w->cap) {
		w->cap = w->cap ? 2 * w->cap : 8;
		w->v = mem_array(w->v, w->cap, sizeof(w->v[0]));
	}
	memmove(&w->v[at + 1], &w->v[at], (w->count - at) * sizeof(w->v[0]));
	w->count++;
	w->v[at] = (struct who){ .nick = view_dup(nick),
				 .role = "none",
				 .affiliation = "none" };
	return &w->v[at];
}

void whos_del(struct whos *w, struct who *who)
{
	size_t at = (size_t)(who - w->v);

	who_free(who);
	w->count--;
	memmove(who, who + 1, (w->count - at) * sizeof(*who));
}

void who_show(struct occupant_who *out, const struct who *who)
{
	*out = (struct occupant_who){
		.nick = view_str(who->nick),
		.jid = view_str(who->jid),
		.role = view_str(who->role),
		.affiliation = view_str(who->affiliation),
		.show = who->show,
		.token = who->token,
	};
}

size_t occupant_count(const struct occupant *o)
{
	return o->whos.count + o->whos.more;
}

bool occupant_each(const struct occupant *o, size_t *pos,
		   struct occupant_who *who)
{
	if (*pos >= o->whos.count)
		return false;
	who_show(who, &o->whos.v[(*pos)++]);
	return true;
}

bool occupant_find(const struct occupant *o, struct view nick,
		   struct occupant_who *who)
{
	const struct who *w = whos_find(&o->whos, nick);

	if (w)
		who_show(who, w);
	return w != NULL;
}

/* Before or after the place of one in another case there are only those that
 * are called so, too. */
bool occupant_is_called(const struct occupant *o, struct view name)
{
	const struct whos *w = &o->whos;
	bool there;
	size_t at = place_of(w, name, &there);

	return there ||
	       (at < w->count && view_ieqs(name, w->v[at].nick)) ||
	       (at && view_ieqs(name, w->v[at - 1].nick));
}

/* ---- a presence ---- */

/* One presence, taken apart. */
struct seen {
	const struct elem *e;
	struct view nick;
	struct elem x, item;
	bool has_item;
	unsigned codes[OCCUPANT_CODES];
	size_t count;
	bool own;
	struct buf words; /* why, by the room or by him */
	struct view actor;
};

static bool has(const struct seen *s, unsigned code)
{
	return codes_has(s->codes, s->count, code);
}

static void add_words(struct seen *s)
{
	struct elem c, reason;
	struct view text = elem_child_words(s->e, "status", NULL);

	if (s->has_item && elem_child(&c, &s->item, "actor", NULL))
		s->actor = elem_get(&c, "nick");
	if (s->has_item && elem_child(&reason, &s->item, "reason", NULL))
		text = elem_words(&reason);
	if (elem_child(&c, &s->x, "destroy", NULL) &&
	    elem_child(&reason, &c, "reason", NULL))
		text = elem_words(&reason);
	jtext_line(&s->words, text, WORDS_MAX);
}

static void seen_read(struct seen *s, const struct occupant *o,
		      const struct elem *e, struct view nick)
{
	*s = (struct seen){ .e = e, .nick = nick };
	if (elem_child(&s->x, e, "x", NS_MUC_USER)) {
		s->count = codes_read(s->codes, &s->x);
		s->has_item = elem_child(&s->item, &s->x, "item", NULL);
		add_words(s);
	}
	s->own = has(s, 110) || view_eq(nick, buf_view(&o->nick));
}

/* Without XEP-0421 in the room an occupant-id is anybody's word. */
static uint64_t token_of(const struct occupant *o, const struct seen *s)
{
	struct elem id;

	if (o->oid && elem_child(&id, s->e, "occupant-id", NS_OCCUPANT_ID) &&
	    elem_get(&id, "id").n)
		return hash_view(elem_get(&id, "id"));
	if (s->has_item && elem_get(&s->item, "jid").n) {
		struct view bare, rest;

		(void)view_cut(elem_get(&s->item, "jid"), '/', &bare, &rest);
		return hash_view(bare);
	}
	return 0;
}

static void update(const struct occupant *o, struct who *who,
		   const struct seen *s)
{
	struct view role = s->has_item ? elem_get(&s->item, "role") :
					 VIEW_NONE;
	uint64_t token = token_of(o, s);

	if (s->has_item) {
		struct view jid = elem_get(&s->item, "jid");

		mem_free(who->jid);
		who->jid = jid.n && jid.n <= JID_SHOWN ? view_dup(jid) : NULL;
		who->affiliation =
			occupant_affiliation(elem_get(&s->item,
						      "affiliation"));
		who->role = occupant_role(role);
	}
	if (token || !who->token)
		who->token = token ? token : rand_u64();
	who->show = show_of_word(elem_child_words(s->e, "show", NULL));
}

static void happened(struct occupant *o, enum occupant_event what,
		     const struct occupant_who *who, const struct seen *s,
		     struct view other)
{
	if (o->ops->happened)
		o->ops->happened(o, what, who, other, buf_view(&s->words),
				 o->arg);
}

static void voice(struct occupant *o, const struct seen *s, bool before,
		  struct who *who)
{
	bool now = strcmp(who->role, "visitor") != 0;
	struct occupant_who out;

	if (o->state != OCCUPANT_IN || before == now)
		return;
	who_show(&out, who);
	happened(o, now ? OCCUPANT_VOICE : OCCUPANT_MUTED, &out, s, s->actor);
}

static void self_there(struct occupant *o, const struct seen *s)
{
	if (!has(s, 110)) {
		o->self_nick = true;
		return;
	}
	if (o->state == OCCUPANT_JOINING && !o->self)
		o->open = codes_open(s->codes, s->count);
	occupant_set_nick(o, s->nick); /* 210: the room may have changed it */
	if (o->state != OCCUPANT_JOINING || o->self)
		return;
	o->self = true;
	if (has(s, 201) && o->no_create) {
		occupant_end(o, GONE_NO_ROOM, VIEW("there is no such room"));
		return;
	}
	if (has(s, 201))
		occupant_unlock(o);
	else if (o->live)
		occupant_complete(o);
}

static void there(struct occupant *o, const struct seen *s)
{
	struct who *who = whos_find(&o->whos, s->nick);
	bool fresh = !who, could_talk;
	struct occupant_who out;

	if (fresh)
		who = whos_add(&o->whos, s->nick);
	if (!who) {
		o->whos.more += o->state == OCCUPANT_JOINING;
	} else {
		could_talk = strcmp(who->role, "visitor") != 0;
		update(o, who, s);
		if (s->own && !fresh)
			voice(o, s, could_talk, who);
		who_show(&out, who);
		if (!s->own && fresh && o->state == OCCUPANT_IN)
			happened(o, OCCUPANT_CAME, &out, s, VIEW_NONE);
	}
	if (s->own && !o->freed)
		self_there(o, s);
}

/* ---- going ---- */

static void renamed(struct occupant *o, const struct seen *s, struct view to)
{
	struct who *who = whos_find(&o->whos, s->nick);
	struct buf old = { 0 };
	struct occupant_who out = { .nick = s->nick };
	struct who was = { .role = "none", .affiliation = "none" };

	if (who) {
		was = *who;
		was.nick = was.jid = NULL;
		whos_del(&o->whos, who);
	}
	who = whos_add(&o->whos, to);
	if (who) {
		who->role = was.role;
		who->affiliation = was.affiliation;
		who->show = was.show;
		who->token = was.token;
		who_show(&out, who);
	}
	buf_addv(&old, s->nick);
	out.nick = buf_view(&old);
	if (s->own)
		occupant_set_nick(o, to);
	if (o->state == OCCUPANT_IN)
		happened(o, OCCUPANT_RENAMED, &out, s, to);
	buf_free(&old);
}

static void other_gone(struct occupant *o, const struct seen *s)
{
	struct who *who = whos_find(&o->whos, s->nick);
	enum occupant_event what = has(s, 301) ? OCCUPANT_BANNED :
				   has(s, 307) && !has(s, 333) ?
						 OCCUPANT_KICKED :
						 OCCUPANT_WENT;
	struct occupant_who out;
	struct who was;

	if (!who) {
		o->whos.more -= o->whos.more > 0;
		return;
	}
	was = *who;
	who->nick = mem_strdup("");
	who->jid = NULL;
	whos_del(&o->whos, who);
	who_show(&out, &was);
	if (o->state == OCCUPANT_IN)
		happened(o, what, &out, s, s->actor);
	who_free(&was);
}

/* Who did it and why, in one line. */
static void why_gone(struct buf *out, const struct seen *s, const char *what)
{
	struct elem destroy;

	buf_adds(out, what);
	if (s->actor.n) {
		buf_adds(out, " by ");
		jtext_line(out, s->actor, WORDS_MAX);
	}
	if (s->words.n) {
		buf_adds(out, ": ");
		buf_addv(out, buf_view(&s->words));
	}
	if (elem_child(&destroy, &s->x, "destroy", NULL) &&
	    elem_get(&destroy, "jid").n) {
		buf_adds(out, "; it moved to ");
		jtext_line(out, elem_get(&destroy, "jid"), WORDS_MAX);
	}
}

static void own_gone(struct occupant *o, const struct seen *s)
{
	const struct removed_rule *r =
		occupant_removed_rule(s->codes, s->count);
	bool destroyed = elem_has(&s->x, "destroy", NULL);
	struct buf words = { 0 };

	why_gone(&words, s, destroyed ? "the room was destroyed" :
			    r	      ? r->words :
					"no longer in the room");
	if (destroyed)
		occupant_end(o, GONE_DESTROYED, buf_view(&words));
	else if (!r || r->passes)
		occupant_lost(o, buf_view(&words), r && r->at_once);
	else if (r->why == GONE_KICKED)
		occupant_kicked(o, buf_view(&words));
	else
		occupant_end(o, r->why, buf_view(&words));
	buf_free(&words);
}

static void gone(struct occupant *o, const struct seen *s)
{
	struct view to = s->has_item ? elem_get(&s->item, "nick") : VIEW_NONE;

	if (has(s, 303) && to.n && to.n <= NICK_SHOWN)
		renamed(o, s, to);
	else if (!s->own)
		other_gone(o, s);
	else if (o->state == OCCUPANT_IN || (o->self && !o->locked))
		own_gone(o, s);
	/* else: the end of a stay before this one */
}

void occupant_presence(struct occupant *o, const struct elem *e,
		       struct view nick)
{
	struct view type = elem_get(e, "type");
	struct seen s;

	if (nick.n > NICK_SHOWN)
		return;
	seen_read(&s, o, e, nick);
	/* A destroyed room may say so from its bare address. */
	if (!nick.n && elem_has(&s.x, "destroy", NULL) && type.n)
		s.own = true;
	if (view_eqs(type, "unavailable") && (nick.n || s.own))
		gone(o, &s);
	else if (!type.n && nick.n)
		there(o, &s);
	buf_free(&s.words);
}
