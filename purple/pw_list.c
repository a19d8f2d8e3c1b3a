/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Contacts and how they are, and how the user is. libpurple says a change in
 * pieces (offline first, then on), so that changes wait a moment.
 */
#include <string.h>
#include <time.h>

#include "clock.h"
#include "pw_priv.h"
#include "pw_text.h"
#include "utf8.h"

enum { NOTE_MAX = 1000 };

static const enum purp_show shows[] = {
	[PURPLE_STATUS_UNSET] = PURP_UNKNOWN,
	[PURPLE_STATUS_OFFLINE] = PURP_OFFLINE,
	[PURPLE_STATUS_AVAILABLE] = PURP_AVAILABLE,
	[PURPLE_STATUS_UNAVAILABLE] = PURP_BUSY,
	[PURPLE_STATUS_INVISIBLE] = PURP_INVISIBLE,
	[PURPLE_STATUS_AWAY] = PURP_AWAY,
	[PURPLE_STATUS_EXTENDED_AWAY] = PURP_XAWAY,
	[PURPLE_STATUS_MOBILE] = PURP_MOBILE,
};

/* libpurple has no word of its own for it: this is prpl-jabber's. */
#define CHAT_STATUS "freeforchat"

/* ---- theirs ---- */

static enum purp_show kind_of(PurpleStatus *status)
{
	size_t kind = (size_t)purple_status_type_get_primitive(
		purple_status_get_type(status));

	if (kind >= sizeof(shows) / sizeof(shows[0]))
		return PURP_AVAILABLE;
	return shows[kind] == PURP_AVAILABLE &&
			       !strcmp(purple_status_get_id(status),
				       CHAT_STATUS) ?
		       PURP_CHAT :
		       shows[kind];
}

/* Of XMPP it is plain text, of others markup. */
static void add_note(struct buf *b, const struct pw_seat *s, const char *note)
{
	if (pw_is(s, "prpl-jabber"))
		utf8_clean_line(b, view_str(note), NOTE_MAX);
	else
		pw_line(b, note);
}

static void tell_show(struct pw_seat *s, const char *name, PurpleBuddy *buddy)
{
	PurplePresence *presence = purple_buddy_get_presence(buddy);
	PurpleStatus *status = purple_presence_get_active_status(presence);
	time_t idle = purple_presence_get_idle_time(presence);
	struct purp p = { .verb = PURP_SHOW, .who = view_str(name) };
	struct buf note = { 0 };

	p.kind = kind_of(status);
	if (purple_presence_is_idle(presence) && idle && time(NULL) > idle)
		p.number = (uint64_t)(time(NULL) - idle);
	add_note(&note, s, purple_status_get_attr_string(status, "message"));
	p.text = buf_view(&note);
	pw_tell(s, &p);
	buf_free(&note);
}

static void on_show(struct wtimer *t)
{
	struct pw_seat *s = CONTAINER(t, struct pw_seat, show);
	GHashTable *names = s->shown;
	GHashTableIter it;
	gpointer name;

	s->shown = NULL;
	g_hash_table_iter_init(&it, names);
	while (s->state == PW_UP && g_hash_table_iter_next(&it, &name, NULL)) {
		PurpleBuddy *buddy = purple_find_buddy(s->account, name);

		if (buddy)
			tell_show(s, name, buddy);
	}
	g_hash_table_destroy(names);
}

static void changed(PurpleBuddy *buddy)
{
	struct pw_seat *s = pw_seat_of(purple_buddy_get_account(buddy));
	struct buf name = { 0 };

	if (!s || s->is_account || s->state != PW_UP)
		return;
	if (!s->shown)
		s->shown = g_hash_table_new_full(g_str_hash, g_str_equal,
						 g_free, NULL);
	pw_norm(&name, s, purple_buddy_get_name(buddy));
	g_hash_table_add(s->shown, g_strdup(buf_str(&name)));
	buf_free(&name);
	if (!wtimer_running(&s->show))
		wheel_start(loop_wheel(s->pw->loop), &s->show, PW_SHOW_MS,
			    on_show);
}

static void on_status(PurpleBuddy *buddy, PurpleStatus *old,
		      PurpleStatus *status)
{
	(void)old;
	(void)status;
	changed(buddy);
}

static void on_idle(PurpleBuddy *buddy, gboolean old, gboolean idle)
{
	(void)old;
	(void)idle;
	changed(buddy);
}

static void tell_contact(PurpleBuddy *buddy, bool gone)
{
	struct pw_seat *s = pw_seat_of(purple_buddy_get_account(buddy));
	struct purp p = { .verb = PURP_CONTACT, .kind = gone };
	struct buf name = { 0 };

	if (!s)
		return;
	pw_norm(&name, s, purple_buddy_get_name(buddy));
	p.who = buf_view(&name);
	p.other = view_str(purple_buddy_get_alias_only(buddy));
	pw_tell(s, &p);
	buf_free(&name);
}

static void on_added(PurpleBuddy *buddy)
{
	tell_contact(buddy, false);
}

static void on_removed(PurpleBuddy *buddy)
{
	tell_contact(buddy, true);
}

void pw_list_signals(void *handle)
{
	void *list = purple_blist_get_handle();

	purple_signal_connect(list, "buddy-signed-on", handle,
			      PURPLE_CALLBACK(changed), NULL);
	purple_signal_connect(list, "buddy-signed-off", handle,
			      PURPLE_CALLBACK(changed), NULL);
	purple_signal_connect(list, "buddy-status-changed", handle,
			      PURPLE_CALLBACK(on_status), NULL);
	purple_signal_connect(list, "buddy-idle-changed", handle,
			      PURPLE_CALLBACK(on_idle), NULL);
	purple_signal_connect(list, "buddy-added", handle,
			      PURPLE_CALLBACK(on_added), NULL);
	purple_signal_connect(list, "buddy-removed", handle,
			      PURPLE_CALLBACK(on_removed), NULL);
}

void pw_list_free(struct pw_seat *s)
{
	wheel_stop(loop_wheel(s->pw->loop), &s->show);
	if (s->shown)
		g_hash_table_destroy(s->shown);
	s->shown = NULL;
	wheel_stop(loop_wheel(s->pw->loop), &s->ask);
	if (s->due)
		g_queue_free_full(s->due, g_free);
	s->due = NULL;
}

/* ---- what confabd wants ---- */

static void look(struct pw_seat *s, const char *name)
{
	PurpleBuddy *buddy = purple_find_buddy(s->account, name);
	const struct purp p = {
		.verb = PURP_SHOW,
		.kind = PURP_UNKNOWN,
		.who = view_str(name),
	};

	if (buddy)
		tell_show(s, name, buddy);
	else
		pw_tell(s, &p);
}

static PurpleGroup *group(void)
{
	PurpleGroup *g = purple_find_group("SIP");

	if (g)
		return g;
	g = purple_group_new("SIP");
	purple_blist_add_group(g, NULL);
	return g;
}

/* A phone's list comes as a whole, and networks take who asks many at once
 * for a spammer. */
static const struct bucket_rate asking = { 2, 1000, 20 };

static bool sees(PurpleBuddy *buddy)
{
	return buddy && PURPLE_BUDDY_IS_ONLINE(buddy);
}

static void on_ask(struct wtimer *t);

static void ask_later(struct pw_seat *s)
{
	if (s->due && !g_queue_is_empty(s->due))
		wheel_start(loop_wheel(s->pw->loop), &s->ask,
			    bucket_wait_ms(&s->asking, &asking, now_ms()),
			    on_ask);
}

/* Who is gone from the list meanwhile, or has been seen, is not asked. */
static void on_ask(struct wtimer *t)
{
	struct pw_seat *s = CONTAINER(t, struct pw_seat, ask);

	while (s->state == PW_UP && s->due && !g_queue_is_empty(s->due) &&
	       bucket_take(&s->asking, &asking, now_ms())) {
		char *name = g_queue_pop_head(s->due);
		PurpleBuddy *buddy = purple_find_buddy(s->account, name);

		g_free(name);
		if (buddy && !sees(buddy))
			purple_account_add_buddy(s->account, buddy);
		else
			bucket_give(&s->asking, &asking);
	}
	ask_later(s);
}

static bool is_due(const struct pw_seat *s, const char *name)
{
	return s->due && g_queue_find_custom(s->due, name,
					     (GCompareFunc)strcmp);
}

static void ask(struct pw_seat *s, const char *name)
{
	if (is_due(s, name))
		return;
	if (!s->due)
		s->due = g_queue_new();
	g_queue_push_tail(s->due, g_strdup(name));
	if (!wtimer_running(&s->ask))
		on_ask(&s->ask);
}

/* Whoever does not let us see him is asked once more. */
static void add(struct pw_seat *s, const char *name, struct view alias)
{
	PurpleBuddy *buddy = purple_find_buddy(s->account, name);
	char *text = g_strndup(alias.n ? alias.p : "", alias.n);

	if (!buddy) {
		buddy = purple_buddy_new(s->account, name,
					 alias.n ? text : NULL);
		purple_blist_add_buddy(buddy, NULL, group(), NULL);
	}
	if (!sees(buddy))
		ask(s, name);
	g_free(text);
	look(s, name);
}

static void drop(struct pw_seat *s, const char *name)
{
	PurpleBuddy *buddy = purple_find_buddy(s->account, name);

	if (!buddy)
		return;
	purple_account_remove_buddy(s->account, buddy,
				    purple_buddy_get_group(buddy));
	purple_blist_remove_buddy(buddy);
}

void pw_list_do(struct pw_seat *s, const struct purp *p, uint64_t tag)
{
	struct buf name = { 0 };
	char *who = g_strndup(p->who.n ? p->who.p : "", p->who.n);

	pw_norm(&name, s, who);
	g_free(who);
	if (!name.n) {
		pw_sent(s, tag, PARCEL_NEVER, "this is no name there");
	} else {
		if (p->verb == PURP_ADD)
			add(s, buf_str(&name), p->other);
		else if (p->verb == PURP_REMOVE)
			drop(s, buf_str(&name));
		else
			look(s, buf_str(&name));
		pw_sent(s, tag, PARCEL_SENT, "");
	}
	buf_free(&name);
}

/* ---- ours ---- */

/* What to be where a network does not know it. Never offline: that would be
 * the end of the login. */
static const PurpleStatusPrimitive as[PURP_SHOWS][3] = {
	[PURP_OFFLINE] = { PURPLE_STATUS_INVISIBLE,
			   PURPLE_STATUS_EXTENDED_AWAY, PURPLE_STATUS_AWAY },
	[PURP_AVAILABLE] = { PURPLE_STATUS_AVAILABLE },
	[PURP_AWAY] = { PURPLE_STATUS_AWAY },
	[PURP_XAWAY] = { PURPLE_STATUS_EXTENDED_AWAY, PURPLE_STATUS_AWAY },
	[PURP_BUSY] = { PURPLE_STATUS_UNAVAILABLE, PURPLE_STATUS_AWAY },
	[PURP_INVISIBLE] = { PURPLE_STATUS_INVISIBLE,
			     PURPLE_STATUS_EXTENDED_AWAY,
			     PURPLE_STATUS_AWAY },
	[PURP_MOBILE] = { PURPLE_STATUS_AVAILABLE },
	[PURP_UNKNOWN] = { PURPLE_STATUS_AVAILABLE },
	[PURP_CHAT] = { PURPLE_STATUS_AVAILABLE },
};

static PurpleStatusType *status_type(const struct pw_seat *s, unsigned show)
{
	PurpleStatusType *t = show != PURP_CHAT ? NULL :
		purple_account_get_status_type(s->account, CHAT_STATUS);

	for (size_t i = 0; !t && i < 3 && as[show][i]; i++)
		t = purple_account_get_status_type_with_primitive(
			s->account, as[show][i]);
	return t ? t
		 : purple_account_get_status_type_with_primitive(
			   s->account, PURPLE_STATUS_AVAILABLE);
}

void pw_status(struct pw_seat *s, unsigned show, struct view note)
{
	PurpleStatusType *t = status_type(s, show);
	struct buf markup = { 0 };
	const char *id;

	if (!t)
		return;
	id = purple_status_type_get_id(t);
	pw_escape(&markup, view_head(note, utf8_cut(note, NOTE_MAX)));
	if (markup.n && purple_status_type_get_attr(t, "message"))
		purple_account_set_status(s->account, id, TRUE, "message",
					  buf_str(&markup), NULL);
	else
		purple_account_set_status(s->account, id, TRUE, NULL);
	buf_free(&markup);
}
