/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is said: to the user, in rooms, and by libpurple itself in the place of
 * somebody. libpurple keeps all of it in memory unless it is told not to.
 */
#include <string.h>
#include <time.h>

#include "clock.h"
#include "log.h"
#include "pw_priv.h"
#include "pw_text.h"

#define USED "confab-used"

enum { LATE_S = 10 }; /* said so long ago: kept for us */

void pw_conv_touch(PurpleConversation *conv)
{
	struct pw_seat *s = pw_seat_of(purple_conversation_get_account(conv));

	if (s)
		s->used_ms = now_ms();
	purple_conversation_set_data(conv, USED,
				     GSIZE_TO_POINTER((gsize)time(NULL)));
	purple_conversation_clear_message_history(conv);
}

static bool is_stale(PurpleConversation *conv, time_t now)
{
	time_t used = (time_t)GPOINTER_TO_SIZE(
		purple_conversation_get_data(conv, USED));

	if (purple_conversation_get_type(conv) == PURPLE_CONV_TYPE_CHAT)
		return !pw_room_of(conv); /* also one we got into too late */
	return now - used > PW_IDLE_S;
}

void pw_conv_sweep(void)
{
	GList *l = purple_get_conversations(), *next;
	time_t now = time(NULL);

	for (; l; l = next) {
		next = l->next;
		if (is_stale(l->data, now))
			purple_conversation_destroy(l->data);
	}
}

/* ---- in rooms ---- */

static void room_heard(struct pw_room *r, const struct purp *p)
{
	struct purp in = *p;

	pw_room_told(r);
	in.place = view_str(r->place);
	if (r->leg)
		worker_heard(r->seat->pw->worker, r->leg, p->kind, p->who,
			     p->text, p->time_ms, VIEW_NONE);
	else
		pw_tell(r->seat, &in);
}

/* Joins, topics and why we have to go: the last one may be the reason. */
static void room_line(struct pw_room *r, struct view text, bool bad)
{
	const struct purp p = {
		.verb = PURP_FAILED,
		.place = view_str(r->place),
		.text = text,
	};

	pw_room_line(r, text);
	if (!bad)
		return;
	if (r->leg)
		worker_trouble(r->seat->pw->worker, r->leg, text);
	else
		pw_tell(r->seat, &p);
}

/* ---- to the user ---- */

/* Somebody in a room to us alone: an address that only leads to the room can't
 * be answered, or the answer would be for all. */
static void tell_aside(struct pw_seat *s, const struct purp *p)
{
	struct purp aside = { .verb = PURP_NOTICE };
	struct buf b = { 0 };

	buf_addv(&b, p->who);
	buf_adds(&b, " to you alone: ");
	buf_addv(&b, p->text);
	aside.text = buf_view(&b);
	pw_tell(s, &aside);
	buf_free(&b);
}

static void person_heard(struct pw_seat *s, const char *who, struct purp *p)
{
	PurpleBuddy *buddy = purple_find_buddy(s->account, who);
	struct buf name = { 0 };

	pw_norm(&name, s, who);
	p->who = buf_view(&name);
	if (buddy)
		p->other = view_str(purple_buddy_get_alias(buddy));
	if (pw_is(s, "prpl-jabber") && view_has(p->who, '/'))
		tell_aside(s, p);
	else
		pw_tell(s, p);
	buf_free(&name);
}

/* Some of libpurple's words about files are lines of the system. */
static bool is_of_file(PurpleConversation *conv)
{
	const PurpleAccount *account = purple_conversation_get_account(conv);
	const char *name = purple_conversation_get_name(conv);

	for (GList *l = purple_xfers_get_all(); l; l = l->next) {
		const PurpleXfer *x = l->data;

		if (x->account == account && x->who && !strcmp(x->who, name))
			return true;
	}
	return false;
}

static void person_line(struct pw_seat *s, PurpleConversation *conv,
			struct view text, PurpleMessageFlags flags)
{
	struct purp p = { .verb = PURP_FAILED, .text = text };
	struct buf name = { 0 };

	/* IRC says "no such nick" as a line of the system; others say only
	 * that somebody has gone. */
	if (is_of_file(conv) ||
	    (!(flags & PURPLE_MESSAGE_ERROR) && !pw_is(s, "prpl-irc")))
		return;
	pw_norm(&name, s, purple_conversation_get_name(conv));
	p.who = buf_view(&name);
	pw_tell(s, &p);
	buf_free(&name);
}

/* ---- libpurple's calls ---- */

static void hear(PurpleConversation *conv, const char *who, struct view text,
		 PurpleMessageFlags flags, time_t when)
{
	struct pw_seat *s = pw_seat_of(purple_conversation_get_account(conv));
	struct pw_room *r = pw_room_of(conv);
	struct purp p = { .verb = PURP_HEARD, .text = text };

	if (pw_is_emote(&p.text))
		p.kind = SAY_EMOTE;
	else if (flags & (PURPLE_MESSAGE_AUTO_RESP | PURPLE_MESSAGE_NOTIFY))
		p.kind = SAY_NOTICE;
	if (flags & PURPLE_MESSAGE_DELAYED || time(NULL) - when > LATE_S) {
		p.past = true;
		p.time_ms = (uint64_t)when * 1000;
	}
	p.who = view_str(who);
	/* What was said in a room before is its own business. */
	if (r && !p.past)
		room_heard(r, &p);
	else if (purple_conversation_get_type(conv) == PURPLE_CONV_TYPE_IM)
		person_heard(s, who, &p);
}

static void on_write(PurpleConversation *conv, const char *who,
		     const char *html, PurpleMessageFlags flags, time_t when)
{
	struct pw_seat *s = pw_seat_of(purple_conversation_get_account(conv));
	struct pw_room *r = pw_room_of(conv);
	struct buf text = { 0 };

	pw_conv_touch(conv);
	/* Our own words, from here or from another device, are known. */
	if (!s || s->state != PW_UP || flags & PURPLE_MESSAGE_SEND)
		return;
	if (!who)
		who = purple_conversation_get_name(conv);
	pw_plain(&text, html);
	if (!(flags & (PURPLE_MESSAGE_SYSTEM | PURPLE_MESSAGE_ERROR)))
		hear(conv, who, buf_view(&text), flags, when);
	else if (r)
		room_line(r, buf_view(&text), flags & PURPLE_MESSAGE_ERROR);
	else if (purple_conversation_get_type(conv) == PURPLE_CONV_TYPE_IM)
		person_line(s, conv, buf_view(&text), flags);
	buf_free(&text);
}

static void on_write_conv(PurpleConversation *conv, const char *name,
			  const char *alias, const char *html,
			  PurpleMessageFlags flags, time_t when)
{
	(void)alias;
	on_write(conv, name, html, flags, when);
}

static void on_create(PurpleConversation *conv)
{
	pw_conv_touch(conv);
}

static void on_add(PurpleConversation *conv, GList *people, gboolean fresh)
{
	struct pw_room *r = pw_room_of(conv);

	for (; r && fresh && people; people = people->next) {
		PurpleConvChatBuddy *b = people->data;

		pw_room_people(r, PURP_CAME, b->name, NULL);
	}
}

static void on_rename(PurpleConversation *conv, const char *from,
		      const char *to, const char *alias)
{
	struct pw_room *r = pw_room_of(conv);

	(void)alias;
	if (r)
		pw_room_people(r, PURP_RENAMED, from, to);
}

static void on_remove(PurpleConversation *conv, GList *names)
{
	struct pw_room *r = pw_room_of(conv);

	for (; r && names; names = names->next)
		pw_room_people(r, PURP_WENT, names->data, NULL);
}

static gboolean no_focus(PurpleConversation *conv)
{
	(void)conv;
	return FALSE;
}

PurpleConversationUiOps *pw_conversation_ops(void)
{
	static PurpleConversationUiOps ops = {
		.create_conversation = on_create,
		.write_chat = on_write,
		.write_im = on_write,
		.write_conv = on_write_conv,
		.chat_add_users = on_add,
		.chat_rename_user = on_rename,
		.chat_remove_users = on_remove,
		.has_focus = no_focus,
	};

	return &ops;
}

/* ---- typing ---- */

static void tell_typing(PurpleAccount *account, const char *who, bool on)
{
	struct pw_seat *s = pw_seat_of(account);
	struct purp p = { .verb = PURP_IS_TYPING, .kind = on };
	struct buf name = { 0 };

	if (!s || s->state != PW_UP)
		return;
	pw_norm(&name, s, who);
	p.who = buf_view(&name);
	if (!view_has(p.who, '/') || !pw_is(s, "prpl-jabber"))
		pw_tell(s, &p);
	buf_free(&name);
}

static void on_typing(PurpleAccount *account, const char *who)
{
	tell_typing(account, who, true);
}

static void on_typed(PurpleAccount *account, const char *who)
{
	tell_typing(account, who, false);
}

/* ---- files ---- */

static void answer_offer(struct pw_seat *s, const PurpleXfer *xfer)
{
	static const struct bucket_rate rate = { 10, 60 * 1000, 10 };

	if (s->state == PW_UP && xfer->who &&
	    bucket_take(&s->files, &rate, now_ms()))
		serv_send_im(pw_gc(s), xfer->who,
			     "Files can't be received here. Please send a "
			     "text, or a link.",
			     PURPLE_MESSAGE_SEND | PURPLE_MESSAGE_AUTO_RESP);
}

/* What a protocol calls denied tells the other side, and frees what is its
 * own: cancelled would do that once more. */
static void refuse(PurpleXfer *xfer)
{
	if (xfer->ops.request_denied) {
		xfer->ops.request_denied(xfer);
		xfer->ops.cancel_recv = NULL;
	}
	/* libpurple does the rest when all who hear of it have done so. */
	xfer->status = PURPLE_XFER_STATUS_CANCEL_LOCAL;
}

static void on_file(PurpleXfer *xfer)
{
	struct pw_seat *s = pw_seat_of(xfer->account);
	struct buf b = { 0 };

	refuse(xfer);
	if (!s)
		return;
	pw_norm(&b, s, xfer->who ? xfer->who : "Somebody");
	buf_adds(&b, " offered a file, which can't be had here: ");
	pw_notice(s, buf_str(&b), purple_xfer_get_filename(xfer));
	answer_offer(s, xfer);
	buf_free(&b);
}

void pw_conv_signals(void *handle)
{
	void *convs = purple_conversations_get_handle();

	purple_signal_connect(convs, "buddy-typing", handle,
			      PURPLE_CALLBACK(on_typing), NULL);
	purple_signal_connect(convs, "buddy-typed", handle,
			      PURPLE_CALLBACK(on_typed), NULL);
	purple_signal_connect(convs, "buddy-typing-stopped", handle,
			      PURPLE_CALLBACK(on_typed), NULL);
	purple_signal_connect(purple_xfers_get_handle(), "file-recv-request",
			      handle, PURPLE_CALLBACK(on_file), NULL);
}
