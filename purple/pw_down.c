/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What comes down: the parcels of the gateway. */
#include <errno.h>
#include <string.h>

#include "log.h"
#include "mem.h"
#include "pw_priv.h"
#include "pw_text.h"
#include "utf8.h"

void pw_sent(struct pw_seat *s, uint64_t tag, enum parcel_fate fate,
	     const char *words)
{
	if (tag)
		worker_sent(s->pw->worker, s->id, tag, fate, view_str(words));
}

/* ---- saying ---- */

static int send_markup(struct pw_seat *s, PurpleConversation *conv,
		       const char *markup)
{
	PurpleConnection *gc = pw_gc(s);
	int rc;

	if (!gc)
		return ENOTCONN;
	if (purple_conversation_get_type(conv) == PURPLE_CONV_TYPE_CHAT)
		rc = serv_chat_send(
			gc, purple_conv_chat_get_id(PURPLE_CONV_CHAT(conv)),
			markup, PURPLE_MESSAGE_SEND);
	else
		rc = serv_send_im(gc, purple_conversation_get_name(conv),
				  markup, PURPLE_MESSAGE_SEND);
	return rc < 0 ? -rc : 0;
}

/* IRC has a command for what others take as a text. */
static int send_piece(struct pw_seat *s, PurpleConversation *conv,
		      unsigned kind, struct view piece)
{
	struct buf b = { 0 };
	char *error = NULL;
	int err = 0;

	if (kind == SAY_EMOTE)
		buf_adds(&b, pw_is(s, "prpl-irc") ? "me " : "/me ");
	pw_escape(&b, piece);
	if (kind == SAY_EMOTE && pw_is(s, "prpl-irc")) {
		char *plain = view_dup(piece), *line;

		line = g_strconcat("me ", plain, NULL);
		if (purple_cmd_do_command(conv, line, buf_str(&b), &error) !=
		    PURPLE_CMD_STATUS_OK)
			err = ENOTSUP;
		g_free(error);
		g_free(line);
		mem_free(plain);
	} else {
		err = send_markup(s, conv, buf_str(&b));
	}
	buf_free(&b);
	return err;
}

bool pw_by_lines(const struct pw_seat *s)
{
	PurpleConnection *gc = pw_gc(s);

	return pw_is(s, "prpl-irc") ||
	       (gc && gc->flags & PURPLE_CONNECTION_NO_NEWLINES);
}

static int say_lines(struct pw_seat *s, PurpleConversation *conv,
		     unsigned kind, struct view text)
{
	struct buf line = { 0 };
	unsigned count = 0;
	int err = 0;

	if (!pw_gc(s))
		return ENOTCONN;
	if (!pw_by_lines(s))
		return send_piece(s, conv, kind, text);
	while (!err && pw_next_line(&text, &count, &line))
		err = send_piece(s, conv, kind, buf_view(&line));
	buf_free(&line);
	return err;
}

int pw_say(struct pw_seat *s, PurpleConversation *conv, unsigned kind,
	   struct view text, struct view id)
{
	struct buf clean = { 0 };
	int err;

	utf8_clean(&clean, text);
	s->saying = id.p ? id : VIEW("");
	err = say_lines(s, conv, kind, buf_view(&clean));
	s->saying = VIEW_NONE;
	buf_free(&clean);
	/* What libpurple does may have closed it. */
	if (s->account && pw_gc(s))
		pw_conv_touch(conv);
	return err;
}

static PurpleConversation *conv_with(struct pw_seat *s, struct view who)
{
	char *name = view_dup(who);
	struct buf norm = { 0 };
	PurpleConversation *conv = NULL;

	pw_norm(&norm, s, name);
	if (norm.n)
		conv = purple_find_conversation_with_account(
			PURPLE_CONV_TYPE_IM, buf_str(&norm), s->account);
	if (norm.n && !conv)
		conv = purple_conversation_new(PURPLE_CONV_TYPE_IM,
					       s->account, buf_str(&norm));
	buf_free(&norm);
	mem_free(name);
	return conv;
}

static void do_say(struct pw_seat *s, const struct purp *p, uint64_t tag)
{
	struct pw_room *r = p->place.n ? pw_room_find(s, p->place) : NULL;
	PurpleConversation *conv;
	int err;

	if (p->place.n)
		conv = r && r->state != PW_JOINING ? pw_room_conv(r) : NULL;
	else
		conv = conv_with(s, p->who);
	if (!conv) {
		pw_sent(s, tag, PARCEL_NEVER,
			p->place.n ? "you are not in this room"
				   : "this is no name there");
		return;
	}
	err = pw_say(s, conv, p->kind, p->text, p->id);
	if (err == ENOTCONN)
		pw_sent(s, tag, PARCEL_LATER, "not logged in");
	else
		pw_sent(s, tag, err ? PARCEL_NEVER : PARCEL_SENT,
			err == E2BIG ? "the text is too long there"
			: err	     ? "the network does not take it"
				     : "");
}

/* ---- the rest ---- */

static void do_typing(struct pw_seat *s, const struct purp *p, uint64_t tag)
{
	char *who = view_dup(p->who);

	serv_send_typing(pw_gc(s), who,
			 p->kind ? PURPLE_TYPING : PURPLE_NOT_TYPING);
	mem_free(who);
	pw_sent(s, tag, PARCEL_SENT, "");
}

static void do_status(struct pw_seat *s, const struct purp *p, uint64_t tag)
{
	pw_status(s, p->kind, p->text);
	pw_sent(s, tag, PARCEL_SENT, "");
}

static void do_answer(struct pw_seat *s, const struct purp *p, uint64_t tag)
{
	struct pw *w = s->pw;
	uint32_t id = s->id;
	bool known = pw_answer(s, p->number, p->verb != PURP_DENY, p->text);

	/* The answer may have ended the login. */
	s = pw_seat_find(w, id);
	if (s)
		pw_sent(s, tag, known ? PARCEL_SENT : PARCEL_NEVER,
			known ? "" : "there is no such request any more");
}

static void do_join(struct pw_seat *s, const struct purp *p, uint64_t tag)
{
	pw_sent(s, tag, PARCEL_SENT, "");
	pw_room_join(s, 0, p->place, p->who, p->other);
}

int pw_topic(struct pw_seat *s, PurpleConversation *conv, struct view text)
{
	PurplePluginProtocolInfo *proto = pw_proto(s);
	struct buf line = { 0 };

	if (!proto->set_chat_topic)
		return ENOTSUP;
	utf8_clean_line(&line, text, 1000);
	proto->set_chat_topic(
		pw_gc(s), purple_conv_chat_get_id(PURPLE_CONV_CHAT(conv)),
		buf_str(&line));
	buf_free(&line);
	return 0;
}

static void do_topic(struct pw_seat *s, PurpleConversation *conv,
		     struct view text, uint64_t tag)
{
	int err = pw_topic(s, conv, text);

	pw_sent(s, tag, err ? PARCEL_NEVER : PARCEL_SENT,
		err ? "there are no topics there" : "");
}

/* In a room that we are in. */
static void do_room(struct pw_seat *s, const struct purp *p, uint64_t tag)
{
	struct pw_room *r = pw_room_find(s, p->place);
	PurpleConversation *conv = r ? pw_room_conv(r) : NULL;

	if (!r || (!conv && p->verb != PURP_PART)) {
		pw_sent(s, tag, PARCEL_NEVER, "you are not in this room");
		return;
	}
	if (p->verb == PURP_TOPIC) {
		do_topic(s, conv, p->text, tag);
		return;
	}
	pw_sent(s, tag, PARCEL_SENT, "");
	if (p->verb == PURP_PART)
		pw_room_part(r, true);
	else
		pw_room_who(r);
}

typedef void(down_h)(struct pw_seat *s, const struct purp *p, uint64_t tag);

static down_h *const handlers[PURP_VERBS] = {
	[PURP_SAY] = do_say,	    [PURP_TYPING] = do_typing,
	[PURP_STATUS] = do_status,  [PURP_ADD] = pw_list_do,
	[PURP_REMOVE] = pw_list_do, [PURP_LOOK] = pw_list_do,
	[PURP_ALLOW] = do_answer,   [PURP_DENY] = do_answer,
	[PURP_ANSWER] = do_answer,  [PURP_JOIN] = do_join,
	[PURP_PART] = do_room,	    [PURP_TOPIC] = do_room,
	[PURP_WHO] = do_room,
};

void pw_do(struct pw_seat *s, const struct purp *p, uint64_t tag)
{
	/* While it logs in only questions are answered. */
	bool early = p->verb == PURP_ANSWER && s->state == PW_CONNECTING;

	if (!handlers[p->verb])
		pw_sent(s, tag, PARCEL_NEVER, "nonsense");
	else if (s->leaving_ms)
		return; /* the loss, which follows, says that it was not */
	else if (s->state == PW_UP || early)
		handlers[p->verb](s, p, tag);
	else
		pw_sent(s, tag, PARCEL_LATER, "not logged in");
}
