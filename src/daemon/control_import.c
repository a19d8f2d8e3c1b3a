/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rooms and members that confabctl reads elsewhere. A batch is answered when
 * all of it is on the disk: for each row "taken", "there" (it was before), or
 * why not. The same batch again changes nothing.
 *
 *   import-rooms    [name, domain, private]
 *   import-members  [room, room's domain, user, domain, role or "invited"]
 */
#include <errno.h>
#include <string.h>

#include "control_priv.h"
#include "mem.h"

enum { ROWS_MAX = 64 };

struct batch {
	struct control *control; /* borrowed: outlives the hub's answers */
	uint64_t conn;
	json_t *said;            /* owned; one a row */
	size_t waiting;
	control_words_h *words;
};

/* A row that waits for the disk. */
struct import {
	struct batch *batch; /* borrowed: it waits for all of its rows */
	size_t at;
};

static void finish(struct batch *b)
{
	if (--b->waiting)
		return;
	control_answer(b->control, b->conn, b->said);
	mem_free(b);
}

static const char *words_of(int err)
{
	switch (err) {
	case 0:
		return "taken";
	case EEXIST:
		return "there";
	case EBADMSG:
	case EMSGSIZE:
		return "its name can't be one here";
	case ENOENT:
		return "its room is not here";
	case EADDRINUSE:
		return "a room has this name";
	case ENOTUNIQ:
		return "another user's name differs from it in letter case "
		       "only";
	case ESRCH:
		return "there is no such user";
	case EBUSY:
		return "there are as many already as are allowed";
	default:
		return strerror(err);
	}
}

static void end_row(struct import *row, json_t *words)
{
	json_array_set_new(row->batch->said, row->at, words);
	finish(row->batch);
	mem_free(row);
}

static void on_done(int err, void *arg)
{
	struct import *row = arg;

	end_row(row, json_string(err ? row->batch->words(err) : "taken"));
}

static struct view cell(const json_t *row, size_t at)
{
	const json_t *s = json_array_get(row, at);

	return view_mem(json_string_value(s), json_string_length(s));
}

/* Names of SIP are what its own grammar allows. */
static int check_address(struct view name, struct view domain)
{
	struct buf b = { .max = ADDR_MAX };
	struct sip_uri uri;
	int err;

	buf_adds(&b, "sip:");
	buf_addv(&b, name);
	buf_addc(&b, '@');
	buf_addv(&b, domain);
	err = sip_uri_parse(&uri, buf_view(&b));
	if (!err && (b.over || !view_eq(uri.user, name) ||
		     !view_eq(uri.host, domain)))
		err = EBADMSG;
	buf_free(&b);
	return err;
}

static int add_room(struct confab *c, const json_t *row, store_done_h *doneh,
		    void *arg)
{
	bool private = json_is_true(json_array_get(row, 2));
	int err = check_address(cell(row, 0), cell(row, 1));

	if (!err)
		err = hub_room_create(c->hub, NULL, cell(row, 0),
				      cell(row, 1),
				      private ? ROOM_PRIVATE : 0, NULL, doneh,
				      arg);
	return err;
}

static const struct {
	const char *name;
	enum member_role role;
	enum member_state state;
} roles[] = {
	{ "owner", ROLE_OWNER, MEMBER_JOINED },
	{ "admin", ROLE_ADMIN, MEMBER_JOINED },
	{ "member", ROLE_MEMBER, MEMBER_JOINED },
	{ "invited", ROLE_MEMBER, MEMBER_INVITED },
};

static int find_role(struct hub_join *join, struct view name)
{
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		if (view_eqs(name, roles[i].name)) {
			join->role = roles[i].role;
			join->state = roles[i].state;
			return 0;
		}
	}
	return EINVAL;
}

static int add_member(struct confab *c, const json_t *row,
		      store_done_h *doneh, void *arg)
{
	struct room *room = hub_room(c->hub, cell(row, 0), cell(row, 1));
	struct hub_join join = { 0 };
	int err;

	if (!room || room->ending)
		return ENOENT;
	err = check_address(cell(row, 2), cell(row, 3));
	if (!err)
		err = find_role(&join, cell(row, 4));
	if (!err)
		err = addr_new(&join.addr, VIEW("sip"), cell(row, 2),
			       cell(row, 3), VIEW_NONE);
	if (!err)
		err = hub_member_add(room, &join, doneh, arg);
	mem_deref(join.addr);
	return err;
}

static struct import *row_new(struct batch *b)
{
	struct import *row = mem_zalloc(sizeof(*row));

	row->batch = b;
	row->at = json_array_size(b->said);
	json_array_append_new(b->said, json_null());
	b->waiting++;
	return row;
}

/* NULL, and refused: these are no rows. */
static struct batch *batch_new(struct control_call *call,
			       control_words_h *words)
{
	size_t n = json_array_size(call->rows);
	struct batch *b;

	if (!n || n > ROWS_MAX) {
		control_refuse(call->control, call->conn,
			       "this is for confabctl import: up to 64 rows");
		return NULL;
	}
	b = mem_zalloc(sizeof(*b));
	b->control = call->control;
	b->conn = call->conn;
	b->said = json_array();
	b->words = words;
	b->waiting = 1; /* until all rows are under way */
	return b;
}

void control_batch(struct control_call *call, control_add_h *add)
{
	struct batch *b = batch_new(call, words_of);
	size_t n = json_array_size(call->rows);

	if (!b)
		return;
	for (size_t i = 0; i < n; i++) {
		struct import *row = row_new(b);
		int err = add(control_confab(call->control),
			      json_array_get(call->rows, i), on_done, row);

		if (err)
			on_done(err, row);
	}
	finish(b);
}

static void put_row(const struct control_call *call, control_row_h *put,
		    struct batch *b, const json_t *values)
{
	struct import *row = row_new(b);
	struct buf why = { 0 };
	int err = put(call, values, &why, on_done, row);

	if (err && why.n)
		end_row(row, control_text(buf_view(&why)));
	else if (err)
		on_done(err, row);
	buf_free(&why);
}

void control_batch_as(struct control_call *call, control_row_h *put,
		      control_words_h *words)
{
	struct batch *b = batch_new(call, words);
	size_t n = json_array_size(call->rows);

	if (!b)
		return;
	for (size_t i = 0; i < n; i++)
		put_row(call, put, b, json_array_get(call->rows, i));
	finish(b);
}

void control_import_rooms(struct control_call *call)
{
	control_batch(call, add_room);
}

void control_import_members(struct control_call *call)
{
	control_batch(call, add_member);
}
