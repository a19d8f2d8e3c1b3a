/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a user says of his own login: ":online", ":offline", ":status",
 * ":nick". */
#include <errno.h>

#include "config.h"
#include "igate_priv.h"
#include "mem.h"

#define EVERYWHERE \
	((1U << IMAP_PERSON) | (1U << IMAP_CHANNEL) | (1U << IMAP_NETWORK))

static void set_addr(struct addr **ap, struct addr *a)
{
	struct addr *old = *ap;

	*ap = mem_ref(a);
	mem_deref(old);
}

/* ---- :online ---- */

static void add_online(struct buf *b, const struct seat *s)
{
	buf_adds(b, "INFO: You are online on ");
	buf_addv(b, s->network);
	buf_adds(b, " as ");
	buf_adds(b, s->nick);
	buf_addc(b, '.');
}

static void add_trouble(struct buf *b, const struct seat *s)
{
	buf_addv(b, s->network);
	buf_adds(b, " does not let you in");
	if (seat_trouble(s).n) {
		buf_adds(b, ": ");
		buf_addv(b, seat_trouble(s));
	}
}

static void on_login(int err, void *arg)
{
	struct seat *s = arg;
	struct buf b = { 0 };

	if (!err) {
		add_online(&b, s);
	} else if (err == EACCES) {
		buf_adds(&b, "ERROR: ");
		add_trouble(&b, s);
		buf_addc(&b, '.');
	} else if (err == ENOSPC) {
		buf_adds(&b, "ERROR: Too much waits for this login.");
	} else if (err != ECANCELED) {
		buf_adds(&b, "ERROR: Cannot connect to ");
		buf_addv(&b, s->network);
		buf_adds(&b, "; it is tried on when you say something "
			     "there.");
	}
	if (b.n)
		seat_tell(s, s->asked, buf_view(&b));
	s->asked = mem_deref(s->asked);
	buf_free(&b);
}

static void online(struct iask *a)
{
	struct seat *s = a->seat;
	struct buf b = { 0 };

	if (seat_wake(s, true)) {
		buf_adds(&b, "ERROR: ");
		add_trouble(&b, s);
		buf_adds(&b, seat_is_cut(s) ? "." :
			     "; the next try is in ten minutes at the "
			     "soonest.");
		iask_refuse(a, 403, 0, buf_view(&b));
	} else if (s->state == SEAT_UP) {
		add_online(&b, s);
		iask_ok(a, 200, buf_view(&b));
	} else {
		iask_ok(a, 202, VIEW_NONE);
		set_addr(&s->asked, a->req.to);
		seat_unwait(s, s);
		seat_wait(s, on_login, s);
	}
	buf_free(&b);
}

/* ---- :offline ---- */

static void offline(struct iask *a)
{
	struct buf b = { 0 };

	buf_adds(&b, "INFO: You are offline on ");
	buf_addv(&b, a->target.network);
	buf_adds(&b, " until you write to somebody there or say :online.");
	seat_offline(a->seat, view_head(a->req.text, 200));
	iask_ok(a, 200, buf_view(&b));
	buf_free(&b);
}

/* ---- :status ---- */

static void add_state(struct buf *b, const struct seat *s)
{
	static const char *const words[] = {
		[SEAT_OFF] = "offline",
		[SEAT_WAITING] = "waiting for your turn to log in",
		[SEAT_STARTING] = "logging in",
		[SEAT_UP] = "online",
	};

	buf_adds(b, "INFO: You are ");
	buf_adds(b, s->nick);
	buf_adds(b, " on ");
	buf_addv(b, s->network);
	buf_adds(b, ": ");
	buf_adds(b, words[s->state]);
	if (seat_trouble(s).n && s->state != SEAT_UP) {
		buf_adds(b, " (");
		buf_addv(b, seat_trouble(s));
		buf_addc(b, ')');
	}
	buf_addc(b, '.');
}

static void status(struct iask *a)
{
	struct buf b = { 0 };

	add_state(&b, a->seat);
	for (size_t i = 0; i < IGATE_MODULES; i++)
		if (igate_module(i)->about)
			igate_module(i)->about(a->seat, &b);
	iask_ok(a, 200, buf_view(&b));
	buf_free(&b);
}

/* ---- :nick ---- */

void igate_nick_is(struct seat *s)
{
	struct buf b = { 0 };

	if (!s->asked_nick)
		return;
	buf_adds(&b, "INFO: You are ");
	buf_adds(&b, s->nick);
	buf_adds(&b, " on ");
	buf_addv(&b, s->network);
	buf_addc(&b, '.');
	seat_tell(s, s->asked_nick, buf_view(&b));
	s->asked_nick = mem_deref(s->asked_nick);
	buf_free(&b);
}

void igate_nick_refused(struct seat *s, const struct ircp *p)
{
	struct buf b = { 0 };

	if (!view_eq(p->nick, view_str(s->wanted)))
		return;
	s->wanted[0] = '\0';
	buf_adds(&b, "ERROR: You can't be ");
	buf_addv(&b, p->nick);
	buf_adds(&b, ": ");
	buf_addv(&b, p->text);
	seat_tell(s, s->asked_nick, buf_view(&b));
	s->asked_nick = mem_deref(s->asked_nick);
	buf_free(&b);
}

static void want_nick(struct iask *a)
{
	struct seat *s = a->seat;
	const struct ircp p = { .verb = IRCP_NICK, .nick = a->req.text };

	view_copy(s->wanted, sizeof(s->wanted), a->req.text);
	if (s->state != SEAT_UP) {
		iask_ok(a, 200, VIEW("INFO: That is your nick from your next "
				     "login on."));
	} else if (seat_send(s, &p, NULL, NULL)) {
		iask_refuse(a, 480, 5, VIEW("ERROR: Too much is on its way "
					    "there; try again."));
	} else {
		set_addr(&s->asked_nick, a->req.to);
		iask_ok(a, 202, VIEW_NONE);
	}
}

static void nick(struct iask *a)
{
	struct buf b = { 0 };

	if (!a->req.text.n) {
		buf_adds(&b, "INFO: You are ");
		buf_adds(&b, a->seat->nick);
		buf_adds(&b, " on ");
		buf_addv(&b, a->seat->network);
		buf_addc(&b, '.');
		iask_ok(a, 200, buf_view(&b));
	} else if (!ircb_is_nick(a->req.text)) {
		iask_refuse(a, 400, 0,
			    VIEW("ERROR: A nick starts with a letter or one "
				 "of []\\`_^{|} and goes on with these, "
				 "digits and -."));
	} else {
		want_nick(a);
	}
	buf_free(&b);
}

/* ---- :version ---- */

static void version(struct iask *a)
{
	const char *contact = a->gate->conf.contact;
	struct buf b = { 0 };

	buf_adds(&b, "INFO: This is confab " PACKAGE_VERSION
		     ", a SIP gateway to IRC.");
	if (*contact)
		buf_addf(&b, " Contact: %s", contact);
	iask_ok(a, 200, buf_view(&b));
	buf_free(&b);
}

const struct icommand igate_commands[IGATE_COMMANDS] = {
	{ .verb.names = "online on jab_go_online",
	  .verb.help = ":online - log in to this network",
	  .verb.kinds = EVERYWHERE,
	  .run = online },
	{ .verb.names = "offline off jab_go_offline",
	  .verb.help = ":offline [WORDS] - leave this network",
	  .verb.kinds = EVERYWHERE,
	  .run = offline },
	{ .verb.names = "status",
	  .verb.help = ":status - your login there and what it is used for",
	  .verb.kinds = EVERYWHERE,
	  .run = status },
	{ .verb.names = "nick",
	  .verb.help = ":nick [NICK] - your nick there, or another one",
	  .verb.kinds = EVERYWHERE,
	  .run = nick },
	{ .verb.names = "version contact",
	  .verb.help = ":version - what this gateway is, and whom to ask",
	  .verb.kinds = EVERYWHERE,
	  .run = version },
};
