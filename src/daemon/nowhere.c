/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In place of a gateway: takes what waits for its people, and says so. */
#include "nowhere.h"

#include "gateway.h"
#include "log.h"
#include "mem.h"
#include "utf8.h"

enum { QUOTE_MAX = 60 };

/* One text to one of them. */
struct lost {
	struct lnode node;
	struct msg *msg;  /* ref */
	uint64_t member;
	bool inbox;
};

struct nowhere {
	struct confab *c;     /* borrowed */
	struct addr *manager; /* ref: who tells */
	struct list lost;     /* owned */
	struct loop_idle job;
};

/* It waits for him, if he is away. */
static void say(const struct nowhere *n, struct addr *to, struct view text)
{
	const struct meta m = { .notice = true };
	struct hub_say s = { .from = n->manager, .kind = MSG_TEXT,
			     .text = text };
	struct buf meta = { 0 };

	meta_put(&meta, &m);
	s.meta = buf_view(&meta);
	if (hub_direct(n->c->hub, to, &s, NULL, NULL))
		hub_gate_tell(n->c->hub, n->manager, to, text);
	buf_free(&meta);
}

static void tell(const struct nowhere *n, const struct msg *msg)
{
	struct buf b = { 0 }, line = { 0 };

	utf8_clean_line(&line, msg->text, QUOTE_MAX);
	buf_adds(&b, "ERROR: Your message was not sent. Its network is not "
		     "reached from here any more: ");
	buf_addv(&b, buf_view(&line));
	say(n, msg->from, buf_view(&b));
	buf_free(&line);
	buf_free(&b);
}

static void settle(const struct nowhere *n, const struct lost *l)
{
	const struct hub_answer away = { .member = l->member,
					 .seq = l->msg->seq,
					 .status = 480, .again = true };

	if (!l->inbox) {
		hub_on_member_answered(n->c->hub, &away);
		return;
	}
	tell(n, l->msg);
	hub_on_member_delivered(n->c->hub, l->member, l->msg->seq);
}

static void lost_free(struct lost *l)
{
	mem_deref(l->msg);
	mem_free(l);
}

/* What is settled lets more come: that is for the next turn. */
static void on_job(void *arg)
{
	struct nowhere *n = arg;
	size_t left = n->lost.count;
	struct lnode *node;

	while (left-- && (node = list_shift(&n->lost))) {
		struct lost *l = CONTAINER(node, struct lost, node);

		settle(n, l);
		lost_free(l);
	}
	if (n->lost.count)
		loop_defer(n->c->loop, &n->job);
}

static void on_fanout(void *arg, struct room *room, struct msg *msg,
		      struct member *const *members, size_t count)
{
	struct nowhere *n = arg;

	for (size_t i = 0; i < count; i++) {
		struct lost *l = mem_zalloc(sizeof(*l));

		l->msg = mem_ref(msg);
		l->member = members[i]->id;
		l->inbox = room->inbox;
		list_append(&n->lost, &l->node);
	}
	loop_defer(n->c->loop, &n->job);
}

static void on_tell(void *arg, struct room *room, const struct addr *to,
		    struct view text)
{
	(void)arg;
	(void)room;
	log_debug("%.*s: no gateway to tell him by: %.*s", VIEW_ARG(to->text),
		  VIEW_ARG(text));
}

struct nowhere *nowhere_new(struct confab *c)
{
	struct nowhere *n = mem_zalloc(sizeof(*n));

	n->c = c;
	n->job.h = on_job;
	n->job.arg = n;
	list_init(&n->lost);
	if (addr_new(&n->manager, VIEW("sip"), view_str(c->conf->imc.manager),
		     view_str(c->conf->domain), VIEW_NONE)) {
		nowhere_free(n);
		return NULL;
	}
	if (!c->gate)
		bridge_members(c->jabber, on_fanout, on_tell, n);
	if (!c->igate)
		bridge_members(c->irc, on_fanout, on_tell, n);
	if (!c->pgate)
		bridge_members(c->purple, on_fanout, on_tell, n);
	return n;
}

void nowhere_stop(struct nowhere *n)
{
	if (n)
		loop_undefer(n->c->loop, &n->job);
}

void nowhere_free(struct nowhere *n)
{
	struct lnode *node;

	if (!n)
		return;
	nowhere_stop(n);
	while ((node = list_shift(&n->lost)))
		lost_free(CONTAINER(node, struct lost, node));
	mem_deref(n->manager);
	mem_free(n);
}
