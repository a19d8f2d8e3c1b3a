/* SPDX-License-Identifier: GPL-3.0-or-later */
/* confabctl irc add, list, del, off, on: networks while we run. */
#include <errno.h>
#include <string.h>

#include "control_priv.h"
#include "mem.h"
#include "netoff.h"
#include "networks.h"

static void refuse(struct control_call *call, int err, struct buf *why)
{
	control_refuse(call->control, call->conn,
		       why->n ? buf_str(why) : strerror(err));
}

void control_irc_add(struct control_call *call)
{
	struct confab *c = control_confab(call->control);
	struct pending *p = control_pending(
		call, mem_printf("network %.*s added",
				 VIEW_ARG(call->argv[2])));
	struct buf why = { 0 };
	int err = networks_add(c, call->argv[2], call->argv + 3,
			       call->argc - 3, &why, control_on_done, p);

	if (err) {
		control_pending_free(p);
		refuse(call, err, &why);
	}
	buf_free(&why);
}

void control_irc_del(struct control_call *call)
{
	struct confab *c = control_confab(call->control);
	struct pending *p = control_pending(
		call, mem_printf("network %.*s deleted",
				 VIEW_ARG(call->argv[2])));
	struct buf why = { 0 };
	int err = networks_del(c, call->argv[2], &why, control_on_done, p);

	if (err) {
		control_pending_free(p);
		refuse(call, err, &why);
	}
	buf_free(&why);
}

typedef int (turn_h)(struct confab *c, struct view label,
		     store_done_h *doneh, void *arg);

static int turn_off(struct confab *c, struct view label, store_done_h *doneh,
		    void *arg)
{
	return netoff_set(c, label, VIEW("the operator"), doneh, arg);
}

static const char *turn_error(int err, const char *how)
{
	if (err == EALREADY)
		return "it is so already, or on its way to the disk";
	return !strcmp(how, "off") ? "there is no such network" :
				     "it is not switched off";
}

static void turn(struct control_call *call, turn_h *h, const char *how)
{
	struct confab *c = control_confab(call->control);
	struct pending *p = control_pending(
		call, mem_printf("network %.*s is %s",
				 VIEW_ARG(call->argv[2]), how));
	int err = h(c, call->argv[2], control_on_done, p);

	if (!err)
		return;
	control_pending_free(p);
	control_refuse(call->control, call->conn, turn_error(err, how));
}

void control_irc_off(struct control_call *call)
{
	turn(call, turn_off, "off");
}

void control_irc_on(struct control_call *call)
{
	turn(call, netoff_clear, "on");
}

static json_t *network_json(const struct confab *c, const struct conf_irc *n,
			    bool configured)
{
	json_t *o = json_object();
	struct buf why = { 0 };

	json_object_set_new(o, "network", control_text(view_str(n->label)));
	json_object_set_new(o, "server", control_text(view_str(n->server)));
	json_object_set_new(o, "tls", json_boolean(n->tls));
	json_object_set_new(o, "nick", control_text(view_str(n->nick)));
	json_object_set_new(o, "account", control_text(view_str(n->account)));
	json_object_set_new(o, "configured", json_boolean(configured));
	(void)netoff_is(c, view_str(n->label), &why);
	json_object_set_new(o, "off", why.n ? control_text(buf_view(&why)) :
					      json_null());
	buf_free(&why);
	return o;
}

void control_irc_list(struct control_call *call)
{
	const struct confab *c = control_confab(call->control);
	json_t *all = json_array();
	struct lnode *n, *nx;

	for (size_t i = 0; i < c->conf->irc_count; i++)
		json_array_append_new(all,
				      network_json(c, &c->conf->irc[i],
						   true));
	LIST_EACH (&c->networks, n, nx) {
		const struct network *net = CONTAINER(n, struct network, node);

		json_array_append_new(all, network_json(c, &net->conf,
							false));
	}
	control_answer(call->control, call->conn, all);
}
