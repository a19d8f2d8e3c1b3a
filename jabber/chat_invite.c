/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Invitations to rooms: jabber.md 3.7; a stranger's are not followed. */
#include "chat_priv.h"
#include "log.h"
#include "mem.h"

enum { INVITE_MS = 600 * 1000 }; /* the same one is told once in this time */

static void add_invite(struct buf *out, const struct chat_invite *i)
{
	buf_adds(out, "INFO: ");
	jtext_line(out, i->by.n ? i->by : VIEW("Somebody"), 256);
	buf_adds(out, " invites you to ");
	jtext_line(out, chat_bare(i->room), 256);
	if (i->reason.n) {
		buf_adds(out, " (");
		jtext_line(out, i->reason, 200);
		buf_addc(out, ')');
	}
	if (i->password.n) {
		buf_adds(out, ". Its password is ");
		jtext_line(out, i->password, 100);
		buf_adds(out, ": reply :join NICK PASSWORD");
	} else {
		buf_adds(out, ". Reply :join");
	}
}

/* Told, never followed; prosody sends both kinds at once. */
void chat_invited(struct person *p, const struct chat_invite *i)
{
	static const struct bucket_rate few = { 6, 60 * 1000, 6 },
					once = { 1, INVITE_MS, 1 };
	const struct jmap_target t = { .kind = JMAP_ROOM,
				       .bare = chat_bare(i->room) };
	struct addr *from = gate_addr(p->gate, &t);
	struct buf key = { 0 }, text = { 0 };

	buf_addv(&key, p->aor->text);
	buf_addc(&key, ' ');
	buf_addv(&key, t.bare);
	if (from && gate_rate(p->gate, buf_view(&key), 'i', &once) &&
	    gate_rate(p->gate, p->aor->text, 'I', &few)) {
		add_invite(&text, i);
		(void)gate_say(p->gate, from, p->aor, MSG_TEXT,
			       buf_view(&text), NULL, VIEW_NONE, NULL, NULL);
		visits_invited(p, t.bare, i->password);
	} else {
		log_debug("xmpp %.*s: an invitation was not told",
			  VIEW_ARG(p->aor->text));
	}
	buf_free(&key);
	buf_free(&text);
	mem_deref(from);
}
