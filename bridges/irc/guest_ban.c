/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bans: confabd knows nicks, a ban is a mask. So first comes USERHOST, for
 * where the nick is now, then MODE. A ban is lifted by taking away each mask
 * of the channel's list that fits him.
 */
#include "guest_priv.h"
#include "text.h"

void guest_ban(struct guest *g, const struct ircp *p, uint64_t tag)
{
	const struct view nick = p->nick;

	guest_ask(g, p, tag, GASK_MASK, "USERHOST", &nick, 1);
}

/* On to the next line of the same matter, with a barrier of its own. */
static void go_on(struct guest *g, struct gask *a, enum gask_step step,
		  const struct view *params, size_t count)
{
	if (ircb_conn_send(g->conn, "MODE", params, count)) {
		guest_ask_refused(g, a, 0,
				  VIEW("IRC has no way to say that"));
		return;
	}
	a->step = step;
	ircb_out_forget(ircb_conn_out(g->conn), a->number);
	ircb_conn_mark(g->conn, a->number, 0);
}

/* "*!*@host": a user part that no server vouches for ("~") is easily
 * changed, and so is a nick. */
static void ban_mask(struct buf *b, const struct gask *a)
{
	struct view user, host;

	if (!view_cut(buf_view(&a->mask), '@', &user, &host) || !host.n) {
		buf_adds(b, a->nick);
		buf_adds(b, "!*@*");
		return;
	}
	buf_adds(b, "*!");
	if (user.n && user.p[0] != '~')
		buf_addv(b, user);
	else
		buf_addc(b, '*');
	buf_addc(b, '@');
	buf_addv(b, host);
}

/* RPL_USERHOST (RFC 2812 5.1): us :nick*=+user@host; empty: nobody. */
static void on_userhost(struct guest *g, const struct ircb_line *l)
{
	struct gask *a = guest_ask_find(g, GASK_MASK, IRCP_NONE, VIEW_NONE,
					VIEW_NONE);
	struct view nick, where;
	struct buf mask = { 0 };
	struct view params[3];

	if (!a)
		return;
	view_cut(view_trim(ircb_last(l)), '=', &nick, &where);
	if (nick.n && nick.p[nick.n - 1] == '*')
		nick.n--;
	if (guest_name_eq(g, a->nick, nick))
		buf_addv(&a->mask, view_from(where, 1));
	ban_mask(&mask, a);
	params[0] = view_str(a->place);
	params[1] = a->verb == IRCP_BAN ? VIEW("+b") : VIEW("b");
	params[2] = buf_view(&mask);
	if (a->verb == IRCP_BAN)
		go_on(g, a, GASK_COMMAND, params, 3);
	else
		go_on(g, a, GASK_BANS, params, 2);
	buf_free(&mask);
}

static bool fits(const struct guest *g, const struct gask *a,
		 struct view mask)
{
	struct buf him = { 0 };
	struct view nick, rest;
	bool found;

	buf_adds(&him, a->nick);
	buf_addc(&him, '!');
	buf_addv(&him, buf_view(&a->mask));
	view_cut(mask, '!', &nick, &rest);
	found = guest_name_eq(g, a->nick, nick) ||
		(a->mask.n &&
		 ircb_mask_match(guest_map(g), mask, buf_view(&him)));
	buf_free(&him);
	return found;
}

/* RPL_BANLIST: us channel mask by when */
static void on_listed(struct guest *g, const struct ircb_line *l)
{
	struct gask *a = guest_ask_find(g, GASK_BANS, IRCP_NONE,
					ircb_param(l, 1), VIEW_NONE);
	const struct view params[3] = { ircb_param(l, 1), VIEW("-b"),
					ircb_param(l, 2) };

	if (!a || !fits(g, a, params[2]))
		return;
	if (!ircb_conn_send(g->conn, "MODE", params, 3))
		a->found = true;
}

/* RPL_ENDOFBANLIST: us channel :words */
static void on_list_over(struct guest *g, const struct ircb_line *l)
{
	struct gask *a = guest_ask_find(g, GASK_BANS, IRCP_NONE,
					ircb_param(l, 1), VIEW_NONE);

	if (!a)
		return;
	if (!a->found) {
		guest_ask_refused(g, a, 0,
				  VIEW("no ban of the channel is for him"));
		return;
	}
	/* The refusal of a "-b" may still come. */
	a->step = GASK_COMMAND;
	ircb_out_forget(ircb_conn_out(g->conn), a->number);
	ircb_conn_mark(g->conn, a->number, 0);
}

bool guest_ban_numeric(struct guest *g, const struct ircb_line *l)
{
	switch (l->code) {
	case 302:
		on_userhost(g, l);
		return true;
	case 367:
		on_listed(g, l);
		return true;
	case 368:
		on_list_over(g, l);
		return true;
	default:
		return false;
	}
}
