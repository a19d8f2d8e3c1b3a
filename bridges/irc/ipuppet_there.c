/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What happens to a puppet in the channel: he is in, or was refused, kicked,
 * banned; his seat goes down. And which nicks are puppets'.
 */
#include "clock.h"
#include "ipuppets_priv.h"
#include "log.h"

enum { BANNED = 474 };

static void expel(struct ipuppet *p, struct view why)
{
	struct ilink *l = p->link;
	struct room *room = hub_room_by_id(l->pups->gate->conf.hub, l->room);
	struct member *m = room ? room_member(room, p->who) : NULL;
	const struct room_by by = { NULL, why };
	struct buf b = { 0 };

	if (!m)
		return;
	buf_adds(&b, "*** ");
	buf_addv(&b, m->nick);
	buf_adds(&b, " was removed, as from irc:");
	buf_adds(&b, l->network);
	buf_addc(&b, '/');
	buf_adds(&b, l->channel);
	if (hub_member_kick(m, buf_view(&b), &by, NULL, NULL))
		hub_on_notice(l->pups->gate->conf.hub, l->leg, true,
			      VIEW("who was kicked there could not be removed "
				   "here"));
	buf_free(&b);
}

static void kicked(struct ipuppet *p, const struct ircp *in)
{
	ipuppet_set_state(p, IPUPPET_SILENT, IPUPPET_SELDOM_MS);
	if (p->link->expels)
		expel(p, in->text);
	else
		ipuppet_unheard(p,
				in->kind == IRCP_LEFT_BANNED ?
					"has banned you: what you say is not "
					"passed on there" :
					"has kicked you: what you say is not "
					"passed on there for ten minutes",
				in->text);
}

static void refused(struct ipuppet *p, const struct ircp *in)
{
	uint64_t code;
	bool banned = !view_u64(&code, in->other, 999) && code == BANNED;

	ipuppet_set_state(p, banned ? IPUPPET_SILENT : IPUPPET_RELAYED,
			  IPUPPET_SELDOM_MS);
	if (banned)
		ipuppet_unheard(p,
				"has banned you: what you say is not passed "
				"on there",
				in->text);
	else
		ipuppet_unheard(p,
				"does not let you in: what you say there is "
				"passed on under the name of the link",
				in->text);
}

static void left(struct ipuppet *p, const struct ircp *in)
{
	/* of the PART before this JOIN */
	if (in->kind == IRCP_LEFT_ASKED && p->state == IPUPPET_JOINING)
		return;
	log_info("link %s: the puppet of %.*s is out: %.*s", p->link->label,
		 VIEW_ARG(p->who->text), VIEW_ARG(in->text));
	if (in->kind == IRCP_LEFT_ASKED)
		ipuppet_set_state(p, IPUPPET_LEFT, IPUPPET_NICK_MS);
	else if (in->kind == IRCP_LEFT_REFUSED)
		refused(p, in);
	else
		kicked(p, in);
}

static void joined(struct ipuppet *p, const struct seat *s)
{
	if (p->state != IPUPPET_JOINING)
		return;
	ipuppet_take_nick(p, view_str(s->nick));
	ipuppet_set_state(p, IPUPPET_IN, ipuppet_idle_ms(p));
}

void ipuppet_parcel(struct ilink *l, struct seat *s, const struct ircp *in)
{
	struct ipuppet *p = ipuppet_find(l, s->aor);

	if (!p || !ipuppet_is_active(p->state) || p->state == IPUPPET_COMING)
		return;
	if (in->verb == IRCP_NICK_IS)
		ipuppet_take_nick(p, in->nick);
	else if (!ircb_name_eq(IRCB_RFC1459, in->place, view_str(l->channel)))
		return;
	else if (in->verb == IRCP_JOINED)
		joined(p, s);
	else
		left(p, in);
}

/* Who has nothing to say does not come back by himself. */
void ipuppets_down(struct ilink *l, const struct seat *s)
{
	struct ipuppet *p = ipuppet_find(l, s->aor);
	bool back;

	if (!p || !ipuppet_is_active(p->state) || p->state == IPUPPET_COMING)
		return;
	back = ipuppet_next_word(p) != NULL;
	ipuppet_set_state(p, IPUPPET_LEFT, IPUPPET_NICK_MS);
	if (back)
		ipuppet_set_state(p, IPUPPET_COMING, 0);
}

void ipuppets_gone(struct ilink *l, const struct seat *s)
{
	struct ipuppet *p = ipuppet_find(l, s->aor);

	if (p)
		p->waits = p->holds = false;
}

static bool is_his(const struct ipuppet *p, struct view nick)
{
	uint64_t now = now_ms();

	if (p->nick[0] && ircb_name_eq(IRCB_RFC1459, nick, view_str(p->nick)))
		return ipuppet_is_active(p->state) ||
		       now - p->out_ms < IPUPPET_NICK_MS;
	return p->old_nick[0] && now - p->old_ms < IPUPPET_NICK_MS &&
	       ircb_name_eq(IRCB_RFC1459, nick, view_str(p->old_nick));
}

bool ipuppet_is_nick(const struct ilink *l, struct view nick)
{
	struct lnode *n, *nx;

	LIST_EACH (&l->puppets, n, nx)
		if (is_his(CONTAINER(n, struct ipuppet, in_link), nick))
			return true;
	return false;
}
