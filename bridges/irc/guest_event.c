/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What happens in channels of guests: others come, go, are renamed; topics and
 * modes change.
 */
#include "guest_priv.h"
#include "shim.h"

struct change {
	struct guest *g;
	const struct ircb_event *ev;
	struct ircp p;
};

static void tell_change(struct groom *r, struct change *c)
{
	struct buf mask = { 0 }, text = { 0 };

	if (c->p.kind != IRCP_KICKED)
		guest_mask(&mask, &c->ev->line);
	ircb_plain(&text, c->p.text);
	c->p.verb = IRCP_PEOPLE;
	c->p.place = view_str(r->name);
	c->p.mask = buf_view(&mask);
	c->p.text = buf_view(&text);
	guest_tell(c->g, &c->p);
	buf_free(&mask);
	buf_free(&text);
}

static void tell_of(struct guest *g, struct view channel,
		    const struct ircb_event *ev, const struct ircp *p)
{
	struct groom *r = guest_room_heard(g, channel);
	struct change c = { .g = g, .ev = ev, .p = *p };

	if (r)
		tell_change(r, &c);
}

static void quit_in(struct view channel, void *arg)
{
	struct change *c = arg;
	const struct ircb_event *ev = c->ev;
	struct view reason = ircb_param(&ev->line, 0);
	bool split =
		ev->type == IRCB_EV_QUIT &&
		(ev->batch == IRCB_BATCH_NETSPLIT || ircb_is_split(reason));
	struct groom *r = guest_room_heard(c->g, channel);

	if (r && split)
		guest_split_gone(r, ev->line.nick, reason);
	else if (r)
		tell_of(c->g, channel, ev, &c->p);
}

static void everywhere(struct guest *g, const struct ircb_event *ev,
		       const struct ircp *p)
{
	struct change c = { .g = g, .ev = ev, .p = *p };

	ircb_conn_channels(g->conn, ev->line.nick, quit_in, &c);
}

/* ---- events ---- */

static void on_join(struct guest *g, const struct ircb_event *ev)
{
	const struct ircb_line *l = &ev->line;
	struct view channel = ircb_param(l, 0), account = ircb_param(l, 1);
	struct ircp p = { .kind = IRCP_CAME, .nick = l->nick };
	struct groom *r;

	if (ircb_conn_is_us(g->conn, l->nick)) {
		guest_room_came(g, l);
		return;
	}
	r = guest_room_heard(g, channel);
	if (!r || guest_split_back(r, l->nick))
		return;
	/* extended-join; "*": none. */
	if (!view_eqs(account, "*"))
		p.account = account;
	tell_of(g, channel, ev, &p);
}

static void on_part(struct guest *g, const struct ircb_event *ev)
{
	const struct ircb_line *l = &ev->line;
	const struct ircp p = { .kind = IRCP_WENT,
				.nick = l->nick,
				.text = ircb_param(l, 1) };

	/* Our own PART finds no room any more, so this one was not ours. */
	if (ircb_conn_is_us(g->conn, l->nick))
		guest_room_went(g, ircb_param(l, 0), IRCP_LEFT_MADE, VIEW_NONE,
				p.text);
	else
		tell_of(g, ircb_param(l, 0), ev, &p);
}

static void on_kick(struct guest *g, const struct ircb_event *ev)
{
	const struct ircb_line *l = &ev->line;
	struct view whom = ircb_param(l, 1);
	const struct ircp p = { .kind = IRCP_KICKED,
				.nick = whom,
				.other = l->nick,
				.text = ircb_param(l, 2) };

	if (ircb_conn_is_us(g->conn, whom))
		guest_room_went(g, ircb_param(l, 0), IRCP_LEFT_KICKED, l->nick,
				p.text);
	else
		tell_of(g, ircb_param(l, 0), ev, &p);
}

static void on_quit(struct guest *g, const struct ircb_event *ev)
{
	const struct ircp p = { .kind = IRCP_QUIT,
				.nick = ev->line.nick,
				.text = ircb_param(&ev->line, 0) };

	if (!ircb_conn_is_us(g->conn, ev->line.nick))
		everywhere(g, ev, &p);
}

static void on_nick(struct guest *g, const struct ircb_event *ev)
{
	const struct ircp p = { .kind = IRCP_RENAMED,
				.nick = ev->line.nick,
				.other = ircb_param(&ev->line, 0) };

	everywhere(g, ev, &p);
}

static void on_topic(struct guest *g, const struct ircb_event *ev)
{
	struct groom *r = guest_room_heard(g, ircb_param(&ev->line, 0));
	struct buf text = { 0 };
	struct ircp p = { .verb = IRCP_TOPIC_IS, .nick = ev->line.nick };

	if (!r)
		return;
	ircb_plain(&text, ircb_param(&ev->line, 1));
	p.place = view_str(r->name);
	p.text = buf_view(&text);
	guest_tell(g, &p);
	buf_free(&text);
}

/* ---- modes ---- */

static bool fits_us(const struct guest *g, struct view mask)
{
	struct buf us = { 0 };
	bool fits;

	ircb_conn_mask(g->conn, &us);
	fits = ircb_mask_match(guest_map(g), mask, buf_view(&us));
	buf_free(&us);
	return fits;
}

static void on_mode_letter(struct guest *g, const struct ircb_event *ev,
			   const char sign_letter[2], struct view param)
{
	const struct ircb_support *s = ircb_conn_support(g->conn);
	enum ircb_mode_kind kind = ircb_mode_kind(s, sign_letter[1]);
	struct view channel = ircb_param(&ev->line, 0);
	struct groom *r = guest_room(g, channel);
	struct ircp p = { .kind = IRCP_MODE,
			  .other = ev->line.nick,
			  .text = view_mem(sign_letter, 2) };

	if (r && sign_letter[1] == 'b' && kind == IRCB_MODE_LIST &&
	    fits_us(g, param))
		r->banned = sign_letter[0] == '+';
	if (kind == IRCB_MODE_MEMBER) {
		p.kind = IRCP_ROLE;
		p.nick = param;
	}
	/* Lists and keys are none of the users' business. */
	if (kind == IRCB_MODE_MEMBER || kind == IRCB_MODE_FLAG ||
	    kind == IRCB_MODE_SET)
		tell_of(g, channel, ev, &p);
}

static bool has_param(enum ircb_mode_kind kind, char sign)
{
	return kind == IRCB_MODE_SET ? sign == '+' : kind != IRCB_MODE_FLAG;
}

/* "+ov-m nick nick": which letters take a parameter the server has said. */
static void on_mode(struct guest *g, const struct ircb_event *ev)
{
	const struct ircb_support *s = ircb_conn_support(g->conn);
	const struct ircb_line *l = &ev->line;
	struct view modes = ircb_param(l, 1);
	char one[2] = { '+', 0 };
	size_t next = 2;

	if (!ircb_support_is_channel(s, ircb_param(l, 0)))
		return;
	for (size_t i = 0; i < modes.n; i++) {
		struct view param = VIEW_NONE;

		one[1] = modes.p[i];
		if (one[1] == '+' || one[1] == '-') {
			one[0] = one[1];
			continue;
		}
		if (has_param(ircb_mode_kind(s, one[1]), one[0])) {
			param = ircb_param(l, next++);
			/* Fewer than its letters want: nonsense. */
			if (!param.n)
				continue;
		}
		if ((uint8_t)one[1] > ' ' && (uint8_t)one[1] < 0x7f)
			on_mode_letter(g, ev, one, param);
	}
}

void guest_room_event(struct guest *g, const struct ircb_event *ev)
{
	static void (*const handlers[])(struct guest * g,
					const struct ircb_event *ev) = {
		[IRCB_EV_JOIN] = on_join,   [IRCB_EV_PART] = on_part,
		[IRCB_EV_KICK] = on_kick,   [IRCB_EV_QUIT] = on_quit,
		[IRCB_EV_NICK] = on_nick,   [IRCB_EV_MODE] = on_mode,
		[IRCB_EV_TOPIC] = on_topic,
	};

	if (ev->type < sizeof(handlers) / sizeof(handlers[0]) &&
	    handlers[ev->type])
		handlers[ev->type](g, ev);
}
