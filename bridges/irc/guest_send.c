/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What comes down: one function a verb. */
#include <errno.h>

#include "guest_priv.h"
#include "hash.h"
#include "mem.h"

enum { TOPIC_MAX = 390, AWAY_MAX = 200 };

static const uint64_t SAY_BIT = 1ULL << 63;

uint64_t guest_say_leg(const struct guest *g, struct view target)
{
	struct buf folded = { 0 };
	uint64_t hash;

	for (size_t i = 0; i < target.n; i++)
		buf_addc(&folded, ircb_fold(guest_map(g), target.p[i]));
	hash = hash_view(buf_view(&folded));
	buf_free(&folded);
	return hash | SAY_BIT;
}

bool guest_is_ask_leg(uint64_t leg)
{
	return !(leg & SAY_BIT);
}

/* One nick, not several, no channel, and no mask of servers ("$*"). */
static bool is_person(struct view v)
{
	static const char bad[] = " ,*?!:";

	if (!v.n || v.n >= IRCB_NICK_MAX || view_has(VIEW("$#&+%~@."), v.p[0]))
		return false;
	for (size_t i = 0; i < v.n; i++)
		if (view_has(view_str(bad), v.p[i]) || (uint8_t)v.p[i] <= ' ')
			return false;
	return true;
}

/* ---- words ---- */

static void words_refused(struct guest *g, uint64_t tag, int err)
{
	struct view words = VIEW("nothing that IRC can show is in it");

	if (err == EBUSY)
		words = VIEW("too many lines wait for the server");
	else if (err == EMSGSIZE)
		words = VIEW("too long for IRC");
	else if (err == EINVAL)
		words = VIEW("this is no name on IRC");
	guest_sent(g, tag, err == EBUSY ? PARCEL_LATER : PARCEL_NEVER, words);
}

static void say(struct guest *g, const struct ircp *p, uint64_t tag)
{
	bool channel = ircb_is_channel(p->place);
	const struct groom *r = channel ? guest_room(g, p->place) : NULL;
	struct worker_say s = { .leg = guest_say_leg(g, p->place),
				.seq = tag,
				.kind = p->kind,
				.text = p->text };
	int err = EINVAL;

	if (channel && (!r || r->state == GROOM_JOINING)) {
		guest_sent(g, tag, PARCEL_LATER,
			   VIEW("the channel is not joined"));
		return;
	}
	if (channel || is_person(p->place))
		err = ircb_conn_speak(g->conn, p->place, &s);
	if (err)
		words_refused(g, tag, err);
}

/* ---- commands ---- */

static void command(struct guest *g, const struct ircp *p, uint64_t tag,
		    enum gask_step step, const char *name, struct view one,
		    struct view two, struct view three, size_t count)
{
	const struct view params[3] = { one, two, three };

	guest_ask(g, p, tag, step, name, params, count);
}

static void topic(struct guest *g, const struct ircp *p, uint64_t tag)
{
	size_t max = ircb_conn_support(g->conn)->topiclen;
	struct buf text = { 0 };

	guest_reason(&text, p->text, SIZE_MAX);
	if (!max || max > TOPIC_MAX)
		max = TOPIC_MAX;
	if (text.n > max)
		guest_refuse(g, p, tag, 0,
			     VIEW("the topic is too long for this network"));
	else
		command(g, p, tag, GASK_COMMAND, "TOPIC", p->place,
			buf_view(&text), VIEW_NONE, 2);
	buf_free(&text);
}

static void nick(struct guest *g, const struct ircp *p, uint64_t tag)
{
	if (is_person(p->nick))
		command(g, p, tag, GASK_COMMAND, "NICK", p->nick, VIEW_NONE,
			VIEW_NONE, 1);
	else
		guest_refuse(g, p, tag, 432, VIEW("this is no nick for IRC"));
}

static void names(struct guest *g, const struct ircp *p, uint64_t tag)
{
	command(g, p, tag, GASK_QUESTION, "NAMES", p->place, VIEW_NONE,
		VIEW_NONE, 1);
}

static void away(struct guest *g, const struct ircp *p, uint64_t tag)
{
	struct buf text = { 0 };

	guest_reason(&text, p->text, AWAY_MAX);
	command(g, p, tag, GASK_COMMAND, "AWAY", buf_view(&text), VIEW_NONE,
		VIEW_NONE, text.n ? 1 : 0);
	buf_free(&text);
}

static void kick(struct guest *g, const struct ircp *p, uint64_t tag)
{
	struct buf why = { 0 };

	guest_reason(&why, p->text, GUEST_REASON);
	command(g, p, tag, GASK_COMMAND, "KICK", p->place, p->nick,
		buf_view(&why), why.n ? 3 : 2);
	buf_free(&why);
}

static void invite(struct guest *g, const struct ircp *p, uint64_t tag)
{
	command(g, p, tag, GASK_COMMAND, "INVITE", p->nick, p->place,
		VIEW_NONE, 2);
}

static void whois(struct guest *g, const struct ircp *p, uint64_t tag)
{
	command(g, p, tag, GASK_QUESTION, "WHOIS", p->nick, VIEW_NONE,
		VIEW_NONE, 1);
}

static void leave(struct guest *g, const struct ircp *p, uint64_t tag)
{
	struct buf bye = { 0 };

	guest_reason(&bye, p->text, GUEST_REASON);
	mem_free(g->bye);
	g->bye = bye.n ? buf_take(&bye) : NULL;
	buf_free(&bye);
	guest_sent(g, tag, PARCEL_SENT, VIEW_NONE);
}

enum needs { CHANNEL = 1, PERSON = 2 };

static const struct {
	void (*run)(struct guest *g, const struct ircp *p, uint64_t tag);
	unsigned needs;
} verbs[IRCP_VERBS] = {
	[IRCP_SAY] = { say, 0 },
	[IRCP_JOIN] = { guest_join, CHANNEL },
	[IRCP_PART] = { guest_part, CHANNEL },
	[IRCP_TOPIC] = { topic, CHANNEL },
	[IRCP_NICK] = { nick, 0 },
	[IRCP_NAMES] = { names, CHANNEL },
	[IRCP_AWAY] = { away, 0 },
	[IRCP_KICK] = { kick, CHANNEL | PERSON },
	[IRCP_BAN] = { guest_ban, CHANNEL | PERSON },
	[IRCP_UNBAN] = { guest_ban, CHANNEL | PERSON },
	[IRCP_INVITE] = { invite, CHANNEL | PERSON },
	[IRCP_WHOIS] = { whois, PERSON },
	[IRCP_WATCH] = { guest_watch, PERSON },
	[IRCP_UNWATCH] = { guest_unwatch, 0 },
	[IRCP_LEAVE] = { leave, 0 },
};

void guest_do(struct guest *g, const struct ircp *p, uint64_t tag)
{
	unsigned needs = verbs[p->verb].needs;

	if (!verbs[p->verb].run)
		guest_sent(g, tag, PARCEL_NEVER, VIEW("nothing to be done"));
	else if (needs & CHANNEL && !ircb_is_channel(p->place))
		guest_refuse(g, p, tag, 403,
			     VIEW("this is not a channel's name"));
	else if (needs & PERSON && !is_person(p->nick))
		guest_refuse(g, p, tag, 401,
			     VIEW("this is no nick for IRC"));
	else
		verbs[p->verb].run(g, p, tag);
}
