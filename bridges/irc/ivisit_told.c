/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the network tells of a user in a channel: he is in, or was refused,
 * thrown out, invited; and his login comes and goes.
 */
#include "clock.h"
#include "ivisit_priv.h"
#include "log.h"
#include "mem.h"
#include "utf8.h"

enum {
	NUM_UNAVAILABLE = 437,
	NUM_FULL = 471,
	NUM_THROTTLED = 480,
	TOPIC_MAX = 1000,
	TOPIC_SHOWN = 500,
};

static void add_joined(struct buf *b, const struct ivisit *v)
{
	buf_adds(b, "INFO: You have joined ");
	buf_addv(b, buf_view(&v->place));
	buf_adds(b, " as ");
	utf8_clean_line(b, view_str(v->seat->nick), IVISIT_NAME);
	buf_addc(b, '.');
	if (!v->topic.n)
		return;
	buf_adds(b, " Topic: ");
	utf8_clean_line(b, buf_view(&v->topic), TOPIC_SHOWN);
}

static void joined(struct ivisit *v, const struct ircp *p)
{
	bool fresh = v->state != IVISIT_IN;
	struct buf b = { 0 };

	v->state = IVISIT_IN;
	v->put_off = false;
	if (p->text.n || fresh) {
		buf_clear(&v->topic);
		utf8_clean_line(&v->topic, p->text, TOPIC_MAX);
	}
	if (v->asked) {
		add_joined(&b, v);
		ivisit_answer(v, buf_view(&b));
		buf_free(&b);
	}
	if (fresh && v->last_ms) {
		v->past_ms = v->last_ms;
		ivisit_gap(v, v->last_ms, wall_ms());
	}
	v->last_ms = wall_ms();
	ivisit_put_mark(v);
	ivisit_say_now(v);
}

static bool may_pass(unsigned numeric)
{
	return numeric == NUM_UNAVAILABLE || numeric == NUM_FULL ||
	       numeric == NUM_THROTTLED;
}

static void refused(struct ivisit *v, const struct ircp *p)
{
	uint64_t numeric = 0;
	struct buf b = { 0 };
	bool wait;

	if (view_u64(&numeric, p->other, 999))
		numeric = 0;
	wait = !v->asked && may_pass((unsigned)numeric);
	v->state = IVISIT_OUT;
	buf_adds(&b, "ERROR: You can't join ");
	buf_addv(&b, buf_view(&v->place));
	buf_adds(&b, ": ");
	itext_why(&b, (unsigned)numeric, p->text);
	buf_adds(&b, wait ? ". It is tried on." : ".");
	if (wait) {
		if (!v->put_off)
			ivisit_tell(v, buf_view(&b));
		v->put_off = true;
		ivisit_join_later(v);
	} else {
		ivisit_answer(v, buf_view(&b));
		ivisit_drop(v, VIEW("The channel does not let you in."));
	}
	buf_free(&b);
}

static void thrown_out(struct ivisit *v, const struct ircp *p)
{
	struct buf b = { 0 };

	buf_adds(&b, "INFO: You are no longer in ");
	buf_addv(&b, buf_view(&v->place));
	buf_adds(&b, p->kind == IRCP_LEFT_BANNED ? ": you were banned" :
		     p->kind == IRCP_LEFT_KICKED ? ": you were kicked" :
						   ": the network took you "
						   "out");
	if (p->nick.n) {
		buf_adds(&b, " by ");
		utf8_clean_name(&b, p->nick, IVISIT_NAME);
	}
	if (p->text.n) {
		buf_adds(&b, " (");
		utf8_clean_line(&b, p->text, TOPIC_SHOWN);
		buf_addc(&b, ')');
	}
	buf_addc(&b, '.');
	ivisit_answer(v, buf_view(&b));
	buf_free(&b);
	ivisit_drop(v, VIEW("You are no longer in the channel."));
}

static void left(struct ivisit *v, const struct ircp *p)
{
	if (v->state == IVISIT_IN)
		v->last_ms = wall_ms();
	if (p->kind == IRCP_LEFT_REFUSED) {
		refused(v, p);
	} else if (p->kind != IRCP_LEFT_ASKED) {
		thrown_out(v, p);
	} else { /* another part of us has left it */
		v->state = IVISIT_OUT;
		ivisit_join(v);
	}
}

static void invited(struct seat *s, const struct ircp *p)
{
	static const struct bucket_rate rate = { 1, 10 * 1000, 5 };
	struct addr *from = igate_addr(s->gate, s->network, p->place);
	struct buf b = { 0 };

	if (!from || ivisits_wants(s, p->place) ||
	    !igate_rate(s->gate, s->network, s->aor->text, 'i', &rate)) {
		log_info("irc %s: an invitation to %.*s is not told",
			 s->aor->text.p, VIEW_ARG(p->place));
		mem_deref(from);
		return;
	}
	buf_adds(&b, "INFO: ");
	utf8_clean_name(&b, p->nick, IVISIT_NAME);
	buf_adds(&b, " (");
	utf8_clean_line(&b, p->mask, TOPIC_SHOWN);
	buf_adds(&b, ") invites you to ");
	utf8_clean_line(&b, p->place, TOPIC_SHOWN);
	buf_adds(&b, ". Answer :join to go there.");
	seat_tell(s, from, buf_view(&b));
	mem_deref(from);
	buf_free(&b);
}

static void nick_is(struct seat *s)
{
	size_t count;
	struct ivisit **list = ivisits_all(ivisits_of(s->gate), s, &count);
	struct buf b = { 0 };

	buf_adds(&b, "* You are ");
	utf8_clean_name(&b, view_str(s->nick), IVISIT_NAME);
	buf_adds(&b, " now");
	for (size_t i = 0; i < count; i++)
		if (list[i]->state == IVISIT_IN)
			ivisit_line(list[i], buf_view(&b));
	buf_free(&b);
	mem_free(list);
}

bool ivisits_is_in(const struct seat *s, struct view place)
{
	const struct ivisit *v = ivisit_at(s->gate, s->aor, s->network, place);

	return v && v->state != IVISIT_OUT;
}

/* What one channel tells. */
static bool at_place(struct seat *s, const struct ircp *p)
{
	struct ivisit *v = ivisit_at(s->gate, s->aor, s->network, p->place);

	if (!v || !v->seat)
		return false;
	switch (p->verb) {
	case IRCP_JOINED:
		joined(v, p);
		return true;
	case IRCP_LEFT:
		left(v, p);
		return true;
	case IRCP_HEARD:
		ivisit_heard(v, p);
		return true;
	case IRCP_TOPIC_IS:
		ivisit_topic(v, p);
		return true;
	case IRCP_PEOPLE:
		ivisit_people(v, p);
		return false; /* and who has which nick is for talks */
	default:
		return false;
	}
}

bool ivisits_parcel(struct seat *s, const struct ircp *p)
{
	if (p->verb == IRCP_INVITED) {
		invited(s, p);
		return true;
	}
	if (p->verb == IRCP_NICK_IS) {
		nick_is(s);
		return false;
	}
	return ivisit_answered(s, p) || (p->place.n && at_place(s, p));
}

void ivisits_up(struct seat *s)
{
	size_t count;
	struct ivisit **list = ivisits_all(ivisits_of(s->gate), s, &count);

	for (size_t i = 0; i < count; i++)
		if (list[i]->seat)
			ivisit_join(list[i]);
	mem_free(list);
}

/* It will take a while, or something of him. */
static void tell_refused(struct seat *s, struct view text)
{
	struct buf b = { 0 };

	buf_adds(&b, "INFO: The network has closed your connection");
	if (text.n) {
		buf_adds(&b, ": ");
		utf8_clean_line(&b, text, TOPIC_SHOWN);
	}
	buf_adds(&b, ". You are in your channels again as soon as it lets "
		     "you in.");
	seat_tell(s, NULL, buf_view(&b));
	buf_free(&b);
}

void ivisits_down(struct seat *s, enum lost_why why, struct view text)
{
	size_t count;
	struct ivisit **list = ivisits_all(ivisits_of(s->gate), s, &count);

	if (count && why != LOST_NET)
		tell_refused(s, text);
	for (size_t i = 0; i < count; i++) {
		if (list[i]->state == IVISIT_IN)
			list[i]->last_ms = wall_ms();
		list[i]->state = IVISIT_OUT;
		ivisit_put_mark(list[i]);
	}
	ivisit_wishes_gone(ivisits_of(s->gate), s);
	mem_free(list);
}

void ivisits_gone(struct seat *s)
{
	size_t count;
	struct ivisit **list = ivisits_all(ivisits_of(s->gate), s, &count);

	for (size_t i = 0; i < count; i++)
		if (list[i]->seat == s)
			ivisit_let_go(list[i]);
	ivisit_wishes_gone(ivisits_of(s->gate), s);
	mem_free(list);
}
