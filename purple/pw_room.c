/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rooms: those where the user is himself, and those of links. JOINED waits
 * for the end of the turn, when libpurple knows our nick there.
 */
#include <string.h>

#include "clock.h"
#include "log.h"
#include "mem.h"
#include "pw_priv.h"
#include "pw_text.h"
#include "utf8.h"

enum { LINE_MAX_KEPT = 300, JUST_NOW_MS = 100 };

/* ---- finding ---- */

static struct pw_room *find_name(const struct pw_seat *s, struct view name)
{
	struct lnode *n, *nx;

	LIST_EACH (&s->rooms, n, nx) {
		struct pw_room *r = CONTAINER(n, struct pw_room, node);

		if (view_eqs(name, r->name))
			return r;
	}
	return NULL;
}

static struct pw_room *find_as(const struct pw_seat *s, const char *place)
{
	struct buf name = { 0 };
	struct pw_room *r;

	pw_norm(&name, s, place);
	r = find_name(s, buf_view(&name));
	buf_free(&name);
	return r;
}

struct pw_room *pw_room_find(const struct pw_seat *s, struct view place)
{
	char *text = view_dup(place);
	struct pw_room *r = find_as(s, text);

	mem_free(text);
	return r;
}

struct pw_room *pw_room_of(PurpleConversation *conv)
{
	struct pw_seat *s = pw_seat_of(purple_conversation_get_account(conv));

	if (!s || purple_conversation_get_type(conv) != PURPLE_CONV_TYPE_CHAT)
		return NULL;
	return find_as(s, purple_conversation_get_name(conv));
}

static struct pw_room *find_leg(const struct pw_seat *s, uint64_t leg)
{
	struct lnode *n, *nx;

	LIST_EACH (&s->rooms, n, nx) {
		struct pw_room *r = CONTAINER(n, struct pw_room, node);

		if (r->leg == leg)
			return r;
	}
	return NULL;
}

struct pw_room *pw_room_leg(const struct pw *w, uint64_t leg)
{
	struct hnode *n = NULL;
	struct pw_room *r = NULL;
	size_t pos = 0;

	while (!r && leg && (n = htable_each(&w->seats, &pos, n)) != NULL)
		r = find_leg(CONTAINER(n, struct pw_seat, by_id), leg);
	return r;
}

PurpleConversation *pw_room_conv(const struct pw_room *r)
{
	PurpleConversation *conv;

	if (!r->seat->account)
		return NULL;
	conv = purple_find_conversation_with_account(
		PURPLE_CONV_TYPE_CHAT, r->name, r->seat->account);
	return conv && !purple_conv_chat_has_left(PURPLE_CONV_CHAT(conv))
		       ? conv
		       : NULL;
}

/* ---- the end ---- */

static void room_free(struct pw_room *r)
{
	list_remove(&r->seat->rooms, &r->node);
	wheel_stop(loop_wheel(r->seat->pw->loop), &r->patience);
	loop_undefer(r->seat->pw->loop, &r->tell);
	mem_free(r->place);
	mem_free(r->name);
	mem_free(r->nick);
	mem_scrub_free(r->key);
	buf_free(&r->last);
	mem_free(r);
}

void pw_rooms_free(struct pw_seat *s)
{
	struct lnode *n;

	while ((n = list_first(&s->rooms)) != NULL)
		room_free(CONTAINER(n, struct pw_room, node));
}

/* We are not there (any more), and that is told. */
static void room_gone(struct pw_room *r, enum worker_lost why,
		      struct view words, bool asked)
{
	const struct purp p = {
		.verb = PURP_LEFT,
		.kind = asked,
		.place = view_str(r->place),
		.text = words,
	};

	if (!r->leg)
		pw_tell(r->seat, &p);
	else if (!asked)
		worker_lost(r->seat->pw->worker, r->leg, why, words);
	room_free(r);
}

void pw_room_part(struct pw_room *r, bool asked)
{
	PurpleConversation *conv = pw_room_conv(r);

	room_gone(r, GONE_NET, VIEW_NONE, asked);
	if (conv)
		purple_conversation_destroy(conv);
}

/* ---- joining ---- */

static void put(GHashTable *h, const char *key, const char *value)
{
	if (*value)
		g_hash_table_replace(h, g_strdup(key), g_strdup(value));
}

/* What the protocol wants to know of a room; *lacks: it can't do without
 * something that we do not have. */
static GHashTable *join_details(struct pw_room *r, PurpleConnection *gc,
				bool *lacks)
{
	PurplePluginProtocolInfo *proto = pw_proto(r->seat);
	GHashTable *h = proto->chat_info_defaults(gc, r->place);
	GList *l = proto->chat_info ? proto->chat_info(gc) : NULL;

	put(h, "password", r->key);
	if (g_hash_table_contains(h, "handle") ||
	    pw_is(r->seat, "prpl-jabber"))
		put(h, "handle", r->nick);
	for (; l; l = g_list_delete_link(l, l)) {
		struct proto_chat_entry *e = l->data;
		const char *has = g_hash_table_lookup(h, e->identifier);

		*lacks = *lacks || (e->required && (!has || !*has));
		g_free(e);
	}
	return h;
}

/* How names are compared only the account's protocol knows. */
static void set_name(struct pw_room *r)
{
	struct buf name = { 0 };

	if (r->seat->account)
		pw_norm(&name, r->seat, r->place);
	else
		buf_adds(&name, r->place);
	mem_free(r->name);
	r->name = buf_take(&name);
}

static void on_late(struct wtimer *t);

static void wait_on(struct pw_room *r)
{
	r->tries++;
	wheel_start(loop_wheel(r->seat->pw->loop), &r->patience, PW_JOIN_MS,
		    on_late);
}

/* r may be gone afterwards: some refusals come at once. */
static void room_try(struct pw_room *r)
{
	PurpleConnection *gc = pw_gc(r->seat);
	bool lacks = false;
	GHashTable *h;

	wait_on(r);
	h = join_details(r, gc, &lacks);
	if (lacks)
		room_gone(r, GONE_CONFIG,
			  pw_is(r->seat, "prpl-jabber") ?
				  VIEW("this is no room's name: it is "
				       "room@server") :
				  VIEW("this is no room's name"),
			  false);
	else
		serv_join_chat(gc, h);
	g_hash_table_destroy(h);
}

/* prpl-jabber ignores a join without a word as long as the room has not
 * confirmed that we left it; one that is under way is not disturbed. */
static void on_late(struct wtimer *t)
{
	struct pw_room *r = CONTAINER(t, struct pw_room, patience);

	if (r->tries >= PW_JOIN_TRIES)
		room_gone(r, GONE_NET, VIEW("the room does not answer"),
			  false);
	else if (pw_is(r->seat, "prpl-jabber") && r->seat->state == PW_UP)
		room_try(r);
	else
		wait_on(r);
}

static void room_enter(struct pw_room *r)
{
	PurplePluginProtocolInfo *proto = pw_proto(r->seat);

	set_name(r);
	if (proto->join_chat && proto->chat_info_defaults)
		room_try(r);
	else
		room_gone(r, GONE_CONFIG,
			  VIEW("this network has no rooms"), false);
}

void pw_rooms_enter(struct pw_seat *s)
{
	struct lnode *n, *nx;

	LIST_EACH (&s->rooms, n, nx)
		room_enter(CONTAINER(n, struct pw_room, node));
}

static void on_tell(void *arg)
{
	pw_room_told(arg);
}

static struct pw_room *room_new(struct pw_seat *s, uint64_t leg,
				struct view place)
{
	struct pw_room *r = mem_zalloc(sizeof(*r));

	r->seat = s;
	r->leg = leg;
	r->place = view_dup(place);
	r->tell.h = on_tell;
	r->tell.arg = r;
	list_append(&s->rooms, &r->node);
	return r;
}

/* True: it was there, and is told of once more, or that is refused. */
static bool join_again(struct pw_seat *s, uint64_t leg, struct view place)
{
	struct pw_room *r = leg ? pw_room_leg(s->pw, leg) : NULL;

	if (r && (r->seat != s || !view_eqs(place, r->place))) {
		pw_room_part(r, true);
		r = NULL;
	}
	if (!r && s->account)
		r = pw_room_find(s, place);
	if (!r)
		return false;
	if (r->leg != leg) {
		worker_lost(s->pw->worker, leg, GONE_CONFIG,
			    VIEW("another link has this room by this "
				 "account"));
	} else if (r->state == PW_TOLD) {
		r->state = PW_IN;
		pw_room_told(r);
	}
	return true;
}

void pw_room_join(struct pw_seat *s, uint64_t leg, struct view place,
		  struct view nick, struct view key)
{
	struct pw_room *r;

	if (join_again(s, leg, place))
		return;
	r = room_new(s, leg, place);
	r->nick = view_dup(nick);
	r->key = view_dup(key);
	set_name(r);
	if (s->rooms.count > PW_ROOMS)
		room_gone(r, GONE_REFUSED, VIEW("too many rooms"), false);
	else if (s->state == PW_UP)
		room_enter(r);
	else if (s->state == PW_OFF)
		pw_seat_login(s);
}

/* ---- what libpurple says ---- */

/* libpurple compares nicks as it does names, and has its own in that form
 * alone. */
static bool is_ours(const struct pw_room *r, const char *who)
{
	struct buf a = { 0 }, b = { 0 };
	bool same;

	if (!who || !r->nick || !r->seat->account)
		return false;
	pw_norm(&a, r->seat, who);
	pw_norm(&b, r->seat, r->nick);
	same = view_eq(buf_view(&a), buf_view(&b));
	buf_free(&a);
	buf_free(&b);
	return same;
}

static void take_nick(struct pw_room *r, PurpleConversation *conv)
{
	PurpleConvChat *chat = PURPLE_CONV_CHAT(conv);
	const char *nick = purple_conv_chat_get_nick(chat), *shown;
	GList *l = purple_conv_chat_get_users(chat);

	mem_free(r->nick);
	r->nick = mem_strdup(nick ? nick : "");
	for (; l; l = l->next) {
		shown = purple_conv_chat_cb_get_name(l->data);
		if (!is_ours(r, shown))
			continue;
		mem_free(r->nick);
		r->nick = mem_strdup(shown);
		return;
	}
}

void pw_room_told(struct pw_room *r)
{
	PurpleConversation *conv = pw_room_conv(r);
	struct worker *w = r->seat->pw->worker;
	struct purp p = { .verb = PURP_JOINED, .place = view_str(r->place) };
	struct buf topic = { 0 };

	if (r->state != PW_IN || !conv)
		return;
	r->state = PW_TOLD;
	take_nick(r, conv);
	pw_line(&topic, purple_conv_chat_get_topic(PURPLE_CONV_CHAT(conv)));
	p.who = view_str(r->nick);
	p.text = buf_view(&topic);
	if (r->leg) {
		worker_joined(w, r->leg, p.who);
		if (p.text.n)
			worker_topic(w, r->leg, TOPIC_FOUND, VIEW_NONE,
				     p.text);
	} else {
		pw_tell(r->seat, &p);
	}
	buf_free(&topic);
}

static void on_joined(PurpleConversation *conv)
{
	struct pw_room *r = pw_room_of(conv);

	if (!r || r->state != PW_JOINING)
		return;
	r->state = PW_IN;
	wheel_stop(loop_wheel(r->seat->pw->loop), &r->patience);
	loop_defer(r->seat->pw->loop, &r->tell);
}

void pw_room_line(struct pw_room *r, struct view text)
{
	buf_clear(&r->last);
	utf8_clean_line(&r->last, text, LINE_MAX_KEPT);
	r->last_ms = now_ms();
}

static void on_left(PurpleConversation *conv)
{
	struct pw_room *r = pw_room_of(conv);
	struct buf why = { 0 };

	/* Who leaves it all leaves no room for good. */
	if (!r || r->state == PW_JOINING || r->seat->state != PW_UP ||
	    r->seat->leaving_ms)
		return;
	buf_addv(&why, r->last.n && now_ms() - r->last_ms < JUST_NOW_MS
			       ? buf_view(&r->last)
			       : VIEW("we are not there any more"));
	room_gone(r, GONE_REFUSED, buf_view(&why), false);
	buf_free(&why);
}

void pw_room_refused(struct pw_room *r, struct view words)
{
	if (r->state == PW_JOINING)
		room_gone(r, GONE_REFUSED,
			  words.n ? words : VIEW("the room can't be joined"),
			  false);
}

/* Why, prpl-jabber says only after it has failed. */
static void on_refused(struct wtimer *t)
{
	struct pw_room *r = CONTAINER(t, struct pw_room, patience);
	struct buf why = { 0 };

	pw_line(&why, pw_notified(r->name));
	pw_room_refused(r, buf_view(&why));
	buf_free(&why);
}

static void on_failed(PurpleConnection *gc, GHashTable *details)
{
	struct pw_seat *s = pw_seat_of_gc(gc);
	PurplePluginProtocolInfo *proto = s ? pw_proto(s) : NULL;
	char *name = proto && proto->get_chat_name && details
			     ? proto->get_chat_name(details)
			     : NULL;
	struct pw_room *r = name ? find_as(s, name) : NULL;
	struct buf why = { 0 };

	if (r && *pw_notified(name)) {
		pw_line(&why, pw_notified(name));
		pw_room_refused(r, buf_view(&why));
	} else if (r && r->state == PW_JOINING) {
		wheel_start(loop_wheel(s->pw->loop), &r->patience, 0,
			    on_refused);
	}
	buf_free(&why);
	g_free(name);
}

static void on_topic(PurpleConversation *conv, const char *who,
		     const char *topic)
{
	struct pw_room *r = pw_room_of(conv);
	struct purp p = { .verb = PURP_TOPIC_IS };
	struct buf text = { 0 };

	/* Before that it is told with JOINED. */
	if (!r || r->state != PW_TOLD)
		return;
	utf8_clean(&text, view_str(topic));
	p.place = view_str(r->place);
	p.who = view_str(who);
	p.text = buf_view(&text);
	if (r->leg)
		worker_topic(r->seat->pw->worker, r->leg,
			     !p.who.n			  ? TOPIC_FOUND
			     : is_ours(r, who) ? TOPIC_OURS
					       : TOPIC_SET,
			     p.who, p.text);
	else
		pw_tell(r->seat, &p);
	buf_free(&text);
}

/* Nobody joins because somebody else wants it; he is told how to. */
static int on_invited(PurpleAccount *account, const char *who,
		      const char *room, const char *text, GHashTable *details)
{
	struct pw_seat *s = pw_seat_of(account);
	struct buf b = { 0 };

	(void)text;
	(void)details;
	if (s) {
		pw_norm(&b, s, who);
		buf_adds(&b, " invites you to the room ");
		pw_notice(s, buf_str(&b), room);
	}
	buf_free(&b);
	return -1;
}

void pw_room_signals(void *handle)
{
	void *convs = purple_conversations_get_handle();

	purple_signal_connect(convs, "chat-joined", handle,
			      PURPLE_CALLBACK(on_joined), NULL);
	purple_signal_connect(convs, "chat-left", handle,
			      PURPLE_CALLBACK(on_left), NULL);
	purple_signal_connect(convs, "chat-join-failed", handle,
			      PURPLE_CALLBACK(on_failed), NULL);
	purple_signal_connect(convs, "chat-topic-changed", handle,
			      PURPLE_CALLBACK(on_topic), NULL);
	purple_signal_connect(convs, "chat-invited", handle,
			      PURPLE_CALLBACK(on_invited), NULL);
}

/* ---- people ---- */

static size_t present(const struct pw_room *r)
{
	PurpleConversation *conv = pw_room_conv(r);

	return conv ? g_list_length(purple_conv_chat_get_users(
			      PURPLE_CONV_CHAT(conv)))
		    : 0;
}

static void leg_people(struct pw_room *r, enum purp_change what,
		       const struct purp *p)
{
	static const enum worker_change changes[] = {
		[PURP_CAME] = CAME,
		[PURP_WENT] = WENT,
		[PURP_RENAMED] = RENAMED,
	};
	const struct worker_people told = {
		.what = changes[what],
		.present = present(r),
		.nick = p->who,
		.other = p->other,
	};

	worker_people(r->seat->pw->worker, r->leg, &told);
}

void pw_room_people(struct pw_room *r, enum purp_change what, const char *who,
		    const char *other)
{
	const struct purp p = {
		.verb = PURP_PEOPLE,
		.kind = what,
		.place = view_str(r->place),
		.who = view_str(who),
		.other = view_str(other),
	};
	const bool ours = is_ours(r, who);

	if (r->state != PW_TOLD)
		return;
	if (ours && what == PURP_RENAMED && other) {
		mem_free(r->nick);
		r->nick = mem_strdup(other);
		if (r->leg)
			worker_joined(r->seat->pw->worker, r->leg, p.other);
	}
	if (!r->leg && (!ours || what == PURP_RENAMED))
		pw_tell(r->seat, &p);
	else if (r->leg && !ours)
		leg_people(r, what, &p);
}

void pw_room_who(struct pw_room *r)
{
	PurpleConversation *conv = pw_room_conv(r);
	struct purp p = {
		.verb = PURP_PEOPLE,
		.kind = PURP_IS_THERE,
		.place = view_str(r->place),
	};
	GList *l = conv ? purple_conv_chat_get_users(PURPLE_CONV_CHAT(conv))
			: NULL;

	for (; l; l = l->next) {
		p.who = view_str(purple_conv_chat_cb_get_name(l->data));
		if (p.who.n)
			pw_tell(r->seat, &p);
	}
	p.who = VIEW_NONE;
	pw_tell(r->seat, &p);
}
