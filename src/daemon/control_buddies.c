/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lists of people, for the operator: what users do with #buddies.
 *
 *   put-buddies  [user, who]
 */
#include <errno.h>
#include <string.h>

#include "buddies.h"
#include "control_priv.h"
#include "mem.h"

/* Refused, where one of them is nobody's address. */
static bool read_both(struct control_call *call, struct buf *user,
		      struct buf *who)
{
	const struct confab *c = control_confab(call->control);

	if (!control_aor(user, c, call->argv[2]) &&
	    !control_aor(who, c, call->argv[3]))
		return true;
	control_refuse(call->control, call->conn,
		       "that is no user's address");
	return false;
}

/* As for one who does so in chat. */
static void refuse(struct control_call *call, int err)
{
	control_refuse(call->control, call->conn,
		       err == EEXIST ? "he is on that list already" :
		       err == ENOENT ? "he is not on that list" :
		       err == EBUSY ? "that list is full" :
				      strerror(err));
}

static void change(struct control_call *call, bool add, const char *done)
{
	struct confab *c = control_confab(call->control);
	struct buf user = { 0 }, who = { 0 };
	struct pending *p;
	int err;

	if (read_both(call, &user, &who)) {
		p = control_pending(call, mem_strdup(done));
		err = buddies_put(c->buddies, buf_view(&user), buf_view(&who),
				  add, control_on_done, p);
		if (err) {
			control_pending_free(p);
			refuse(call, err);
		}
	}
	buf_free(&user);
	buf_free(&who);
}

void control_buddies_add(struct control_call *call)
{
	change(call, true, "added");
}

void control_buddies_del(struct control_call *call)
{
	change(call, false, "deleted");
}

/* ---- rows of confabctl ---- */

static struct view cell(const json_t *row, size_t at)
{
	const json_t *s = json_array_get(row, at);

	return view_mem(json_string_value(s), json_string_length(s));
}

static int put_row(struct confab *c, const json_t *row, store_done_h *doneh,
		   void *arg)
{
	struct buf user = { 0 }, who = { 0 };
	int err = control_aor(&user, c, cell(row, 0));

	if (!err)
		err = control_aor(&who, c, cell(row, 1));
	if (!err)
		err = buddies_put(c->buddies, buf_view(&user), buf_view(&who),
				  true, doneh, arg);
	buf_free(&user);
	buf_free(&who);
	return err;
}

void control_put_buddies(struct control_call *call)
{
	control_batch(call, put_row);
}

/* ---- what there is ---- */

static void on_list(struct view user, struct view list, void *arg)
{
	struct view one;

	while (list.n) {
		json_t *o = json_object();

		view_cut(list, '\n', &one, &list);
		json_object_set_new(o, "user", control_text(user));
		json_object_set_new(o, "buddy", control_text(one));
		json_array_append_new(arg, o);
	}
}

void control_buddies_list(struct control_call *call)
{
	const struct confab *c = control_confab(call->control);
	struct buf user = { 0 };
	json_t *list = json_array();

	if (call->argc > 2 && control_aor(&user, c, call->argv[2])) {
		json_decref(list);
		control_refuse(call->control, call->conn,
			       "that is no user's address");
	} else {
		buddies_each(c->buddies, buf_view(&user), on_list, list);
		control_answer(call->control, call->conn, list);
	}
	buf_free(&user);
}
