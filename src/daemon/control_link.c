/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The operator's commands about links. */
#include <errno.h>
#include <string.h>

#include "control_priv.h"
#include "linkset.h"
#include "mem.h"

static void refuse_link(struct control_call *call, int err, struct buf *why)
{
	control_refuse(call->control, call->conn,
		       why->n ? buf_str(why) : strerror(err));
}

/* What was said of a link of this name that is gone does not count. One that
 * is there keeps its settings: it is refused soon. */
static int prepare(struct confab *c, struct hub_link *link,
		   struct control_call *call, size_t words, struct buf *why)
{
	if (hub_link(c->hub, link->label))
		return 0;
	linkset_drop(c, link->label);
	if (words == call->argc)
		return 0;
	return linkset_put(c, link, call->argv[3], call->argv + words,
			   call->argc - words, why);
}

/* A setting has a "=", a section's label and a nick have none. */
static size_t words_before_settings(const struct control_call *call)
{
	size_t n = 5;

	while (n < call->argc && !view_has(call->argv[n], '='))
		n++;
	return n;
}

static int add_to_room(struct control_call *call, const struct hub_link *link,
		       struct buf *why)
{
	struct confab *c = control_confab(call->control);
	struct pending *p;
	struct room *room;
	int err = confab_room(c, &room, call->argv[3], true, why);

	if (err)
		return err;
	p = control_pending(call, mem_printf("link %.*s added",
					     VIEW_ARG(call->argv[2])));
	err = hub_link_add(c->hub, room, link, why, control_on_done, p);
	if (err)
		control_pending_free(p);
	return err;
}

static int add(struct control_call *call, struct buf *why)
{
	struct confab *c = control_confab(call->control);
	size_t words = words_before_settings(call);
	struct hub_link link = {
		.label = call->argv[2],
		.target = call->argv[4],
		.via = words > 5 ? call->argv[5] : VIEW_NONE,
		.nick = words > 6 ? call->argv[6] : VIEW_NONE,
	};
	int err;

	if (words > 7) {
		buf_addf(why, "\"%.*s\": settings are written SETTING=VALUE",
			 VIEW_ARG(call->argv[7]));
		return EINVAL;
	}
	err = prepare(c, &link, call, words, why);
	if (!err)
		err = add_to_room(call, &link, why);
	if (!err)
		linkset_made(c, call->argv[2]);
	else if (!hub_link(c->hub, call->argv[2]))
		linkset_drop(c, call->argv[2]);
	return err;
}

void control_link_add(struct control_call *call)
{
	struct buf why = { 0 };
	int err = add(call, &why);

	if (err)
		refuse_link(call, err, &why);
	buf_free(&why);
}

void control_link_remove(struct control_call *call)
{
	struct confab *c = control_confab(call->control);
	struct leg *leg = hub_link(c->hub, call->argv[2]);
	struct buf why = { 0 };
	struct pending *p;
	int err;

	if (!leg) {
		buf_addf(&why, "there is no link %.*s",
			 VIEW_ARG(call->argv[2]));
		err = ENOENT;
	} else if (leg->configured) {
		buf_addf(&why, "%.*s is in the configuration: take it out "
			       "there and restart confabd",
			 VIEW_ARG(call->argv[2]));
		err = EINVAL;
	} else {
		p = control_pending(call, mem_printf("link %.*s removed",
						 VIEW_ARG(call->argv[2])));
		err = hub_link_remove(c->hub, leg, control_on_done, p);
		if (err)
			control_pending_free(p);
		else
			linkset_drop(c, call->argv[2]);
	}
	if (err)
		refuse_link(call, err, &why);
	buf_free(&why);
}

void control_link_retry(struct control_call *call)
{
	struct confab *c = control_confab(call->control);
	struct leg *leg = hub_link(c->hub, call->argv[2]);
	struct buf text = { 0 };

	if (!leg) {
		buf_addf(&text, "there is no link %.*s",
			 VIEW_ARG(call->argv[2]));
		control_refuse(call->control, call->conn, buf_str(&text));
	} else {
		hub_link_kick(c->hub, leg);
		control_answer(call->control, call->conn,
			       json_string("trying now"));
	}
	buf_free(&text);
}
