/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The smallest face. An op only takes a note, since it may not call up: that
 * is for a deferred job. Notes go when their leg is detached.
 */
#include <errno.h>

#include "echo.h"
#include "mem.h"

struct note {
	struct lnode node;
	uint64_t leg;
	struct msg *msg; /* ref; NULL: the leg was attached */
};

struct echo {
	struct loop *loop; /* borrowed */
	struct hub *hub;   /* borrowed; NULL: stopped */
	struct loop_idle job;
	struct list notes; /* owned */
};

static void take_note(struct echo *e, uint64_t leg, struct msg *msg)
{
	struct note *n = mem_zalloc(sizeof(*n));

	n->leg = leg;
	n->msg = mem_ref(msg);
	list_append(&e->notes, &n->node);
	loop_defer(e->loop, &e->job);
}

static void note_free(struct note *n)
{
	mem_deref(n->msg);
	mem_free(n);
}

/* Other people's words only: two echoes in a room would never end. */
static void answer(struct echo *e, uint64_t leg, const struct msg *msg)
{
	struct hub_heard heard = { .nick = VIEW("echo") };
	struct buf text = { 0 };

	buf_adds(&text, "you said: ");
	buf_addv(&text, msg->text);
	heard.text = buf_view(&text);
	if (msg->kind == MSG_TEXT && !addr_is(msg->from, "echo"))
		hub_on_message(e->hub, leg, &heard);
	hub_on_delivered(e->hub, leg, msg->seq);
	buf_free(&text);
}

static void on_job(void *arg)
{
	struct echo *e = arg;
	struct lnode *node;

	while (e->hub && (node = list_shift(&e->notes))) {
		struct note *n = CONTAINER(node, struct note, node);

		if (n->msg)
			answer(e, n->leg, n->msg);
		else
			hub_on_attached(e->hub, n->leg, VIEW("echo"));
		note_free(n);
	}
}

static int echo_start(void *face, struct hub *hub)
{
	((struct echo *)face)->hub = hub;
	return 0;
}

static void echo_stop(void *face)
{
	struct echo *e = face;
	struct lnode *node;

	e->hub = NULL;
	loop_undefer(e->loop, &e->job);
	while ((node = list_shift(&e->notes)))
		note_free(CONTAINER(node, struct note, node));
}

static int echo_check(void *face, struct view target, struct view via,
		      struct buf *viaout, struct buf *why)
{
	(void)face, (void)viaout; /* there are no accounts */
	if (view_starts(target, VIEW("echo:")) && target.n > 5 && !via.n)
		return 0;
	buf_adds(why, "has to be \"echo:NAME\", without via");
	return EINVAL;
}

static int echo_attach(void *face, struct leg *leg)
{
	take_note(face, leg->id, NULL);
	return 0;
}

static void echo_detach(void *face, struct leg *leg)
{
	struct echo *e = face;
	struct lnode *node, *next;

	LIST_EACH (&e->notes, node, next) {
		struct note *n = CONTAINER(node, struct note, node);

		if (n->leg != leg->id)
			continue;
		list_remove(&e->notes, node);
		note_free(n);
	}
}

static int echo_deliver(void *face, struct leg *leg, struct msg *msg)
{
	take_note(face, leg->id, msg);
	return 0;
}

const struct face_ops echo_ops = {
	.scheme = "echo",
	.caps = FACE_LINKS | FACE_MIRROR,
	.start = echo_start,
	.stop = echo_stop,
	.check = echo_check,
	.attach = echo_attach,
	.detach = echo_detach,
	.deliver = echo_deliver,
};

int echo_new(struct echo **ep, struct loop *l)
{
	*ep = mem_new(sizeof(**ep), NULL);
	**ep = (struct echo){ .loop = l, .job = { .h = on_job, .arg = *ep } };
	list_init(&(*ep)->notes);
	return 0;
}

void echo_free(struct echo *e)
{
	if (e)
		echo_stop(e);
	mem_deref(e);
}
