/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Questions to the server. Its errors name what they are about (a channel, a
 * nick or a command), not the line that they answer, so the oldest question
 * that this fits is the one.
 */
#include <errno.h>

#include "guest_priv.h"
#include "mem.h"
#include "refusal.h"
#include "shim.h"

static struct ircp parcel_of(const struct gask *a)
{
	return (struct ircp){
		.verb = a->verb,
		.place = view_str(a->place),
		.nick = view_str(a->nick),
	};
}

static void ask_free(struct guest *g, struct gask *a)
{
	if (g->conn)
		ircb_out_forget(ircb_conn_out(g->conn), a->number);
	list_remove(&g->asks, &a->node);
	buf_free(&a->mask);
	buf_free(&a->account);
	buf_free(&a->text);
	buf_free(&a->away);
	mem_free(a);
}

void guest_asks_free(struct guest *g)
{
	struct lnode *n, *nx;

	LIST_EACH (&g->asks, n, nx)
		ask_free(g, CONTAINER(n, struct gask, node));
}

void guest_refuse(struct guest *g, const struct ircp *p, uint64_t tag,
		  unsigned code, struct view words)
{
	struct ircp up = { .verb = IRCP_REFUSED,
			   .kind = code,
			   .place = p->place,
			   .nick = p->nick,
			   .text = words };

	if (p->verb == IRCP_JOIN)
		guest_join_refused(g, p->place, code, words);
	else if (p->verb != IRCP_WATCH && p->verb != IRCP_AWAY)
		guest_tell(g, &up);
	guest_sent(g, tag, PARCEL_NEVER, words);
}

static struct gask *ask_new(struct guest *g, const struct ircp *p,
			    uint64_t tag, enum gask_step step)
{
	struct gask *a = mem_zalloc(sizeof(*a));

	/* What is below the highest bit: guest_is_ask_leg(). */
	a->number = ++g->next_ask;
	a->tag = tag;
	a->verb = p->verb;
	a->step = step;
	(void)view_copy(a->place, sizeof(a->place), p->place);
	(void)view_copy(a->nick, sizeof(a->nick), p->nick);
	list_append(&g->asks, &a->node);
	return a;
}

static struct view send_error(int err)
{
	return err == EBUSY    ? VIEW("too much waits for the server") :
	       err == EMSGSIZE ? VIEW("too long for IRC")
			       : VIEW("IRC has no way to say that");
}

struct gask *guest_ask(struct guest *g, const struct ircp *p, uint64_t tag,
		       enum gask_step step, const char *command,
		       const struct view *params, size_t count)
{
	int err = g->asks.count < GUEST_ASKS ? 0 : EBUSY;
	struct gask *a;

	if (!err)
		err = ircb_conn_send(g->conn, command, params, count);
	if (err) {
		guest_refuse(g, p, tag, 0, send_error(err));
		return NULL;
	}
	a = ask_new(g, p, tag, step);
	ircb_conn_mark(g->conn, a->number, 0);
	return a;
}

static bool fits(const struct guest *g, const char *name, struct view v)
{
	return !v.n || guest_name_eq(g, name, v);
}

struct gask *guest_ask_find(const struct guest *g, enum gask_step step,
			    enum ircp_verb verb, struct view place,
			    struct view nick)
{
	struct lnode *n, *nx;

	LIST_EACH (&g->asks, n, nx) {
		struct gask *a = CONTAINER(n, struct gask, node);

		if (a->step == step && (!verb || a->verb == verb) &&
		    fits(g, a->place, place) && fits(g, a->nick, nick))
			return a;
	}
	return NULL;
}

void guest_ask_done(struct guest *g, struct gask *a)
{
	uint64_t tag = a->tag;

	ask_free(g, a);
	guest_sent(g, tag, PARCEL_SENT, VIEW_NONE);
}

void guest_ask_refused(struct guest *g, struct gask *a, unsigned code,
		       struct view words)
{
	struct ircp p = parcel_of(a);

	guest_refuse(g, &p, a->tag, code, words);
	ask_free(g, a);
}

static struct gask *find_number(const struct guest *g, uint64_t number)
{
	struct lnode *n, *nx;

	LIST_EACH (&g->asks, n, nx) {
		struct gask *a = CONTAINER(n, struct gask, node);

		if (a->number == number)
			return a;
	}
	return NULL;
}

/* From within the queue: nothing may be taken out of it or put in here, and
 * the mark is gone by itself. */
void guest_ask_passed(struct guest *g, uint64_t number)
{
	struct gask *a = find_number(g, number);
	struct ircb_conn *conn = g->conn;

	if (!a)
		return;
	g->conn = NULL;
	if (a->step == GASK_QUESTION)
		guest_ask_refused(g, a, 0, VIEW("the server did not answer"));
	else
		guest_ask_done(g, a);
	g->conn = conn;
}

/* ---- errors ---- */

static const char *command_of(enum ircp_verb verb)
{
	static const char *const names[IRCP_VERBS] = {
		[IRCP_JOIN] = "JOIN",	  [IRCP_PART] = "PART",
		[IRCP_TOPIC] = "TOPIC",	  [IRCP_NICK] = "NICK",
		[IRCP_NAMES] = "NAMES",	  [IRCP_AWAY] = "AWAY",
		[IRCP_KICK] = "KICK",	  [IRCP_BAN] = "MODE",
		[IRCP_UNBAN] = "MODE",	  [IRCP_INVITE] = "INVITE",
		[IRCP_WHOIS] = "WHOIS",	  [IRCP_WATCH] = "MONITOR",
	};

	return names[verb] ? names[verb] : "";
}

static bool names_it(const struct guest *g, const struct gask *a,
		     struct view v)
{
	return (*a->place && guest_name_eq(g, a->place, v)) ||
	       (*a->nick && guest_name_eq(g, a->nick, v)) ||
	       view_eqs(v, command_of(a->verb));
}

static bool is_about(const struct guest *g, const struct gask *a,
		     const struct ircb_line *l)
{
	/* The last parameter is words; the first our nick. */
	for (size_t i = 1; i + 1 < l->count && i < 4; i++)
		if (names_it(g, a, l->params[i]))
			return true;
	return false;
}

static void add_words(struct buf *b, const struct gask *a,
		      const struct ircb_line *l)
{
	const struct ircb_refusal *r = ircb_refusal(l->code);

	if (r && a->verb == IRCP_JOIN) {
		buf_adds(b, r->words);
		buf_adds(b, ": ");
	}
	ircb_plain(b, ircb_last(l));
}

/* PART of a channel that we are not in is done. */
static bool is_no_error(const struct gask *a, unsigned code)
{
	return a->verb == IRCP_PART && (code == 442 || code == 403);
}

/* 404 and 407 to 415 are about messages only. */
static bool is_of_words(unsigned code)
{
	return code == 404 || (code >= 407 && code <= 415);
}

bool guest_ask_error(struct guest *g, const struct ircb_line *l)
{
	struct lnode *n, *nx;
	struct buf words = { 0 };

	if (l->code < 400 || is_of_words(l->code))
		return false;
	LIST_EACH (&g->asks, n, nx) {
		struct gask *a = CONTAINER(n, struct gask, node);

		if (!is_about(g, a, l))
			continue;
		add_words(&words, a, l);
		if (is_no_error(a, l->code))
			guest_ask_done(g, a);
		else
			guest_ask_refused(g, a, l->code, buf_view(&words));
		buf_free(&words);
		return true;
	}
	return false;
}
