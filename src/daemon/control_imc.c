/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What Kamailio's and OpenSIPS's imc offers to scripts and to operators:
 * imc_room_active(), imc_room_member(), imc.list_rooms, imc.list_members,
 * with their names, fields and faults. Ours stands behind their fields.
 */
#include <errno.h>
#include <string.h>

#include "control_priv.h"
#include "mem.h"

enum { FLAG_OWNER = 1, FLAG_ADMIN = 2, FLAG_INVITED = 4 };

/* An address as the seeds take it: a URI, user@host with or without a port,
 * or a bare name of our domain. The views of uri point into b. */
static int parse_address(struct buf *b, struct sip_uri *uri,
			 const struct confab *c, struct view text)
{
	if (!view_istarts(text, VIEW("sip:")) &&
	    !view_istarts(text, VIEW("sips:")))
		buf_adds(b, "sip:");
	buf_addv(b, text);
	if (!view_has(text, '@')) {
		buf_addc(b, '@');
		buf_adds(b, c->conf->domain);
	}
	if (sip_uri_parse(uri, buf_view(b)) || !uri->user.n)
		return EBADMSG;
	return 0;
}

/* EBADMSG or ENOENT; a room that is ending is none. */
static int find_room(struct room **rp, const struct confab *c,
		     struct view text)
{
	struct buf b = { .max = ADDR_MAX };
	struct sip_uri uri;
	int err = parse_address(&b, &uri, c, text);

	if (!err)
		*rp = hub_room(c->hub, uri.user, uri.host);
	if (!err && (!*rp || (*rp)->ending))
		err = ENOENT;
	buf_free(&b);
	return err;
}

static int find_member(struct member **mp, const struct confab *c,
		       const struct room *r, struct view text)
{
	struct buf b = { .max = ADDR_MAX };
	struct addr *addr = NULL;
	struct sip_uri uri;
	int err = parse_address(&b, &uri, c, text);

	if (!err)
		err = addr_new(&addr, VIEW("sip"), uri.user, uri.host,
			       VIEW_NONE);
	if (!err)
		*mp = room_member(r, addr);
	if (!err && !*mp)
		err = ENOENT;
	mem_deref(addr);
	buf_free(&b);
	return err;
}

/* The seeds' 1 (true) and -1 (false). */
static void answer_question(struct control_call *call, bool yes)
{
	control_answer(call->control, call->conn, json_integer(yes ? 1 : -1));
}

static void refuse_address(struct control_call *call, const char *what)
{
	struct buf why = { 0 };

	buf_addf(&why, "Invalid %s: it may be lobby, lobby@domain or "
		       "sip:lobby@domain", what);
	control_refuse(call->control, call->conn, buf_str(&why));
	buf_free(&why);
}

void control_room_active(struct control_call *call)
{
	struct room *r = NULL;
	int err = find_room(&r, control_confab(call->control), call->argv[1]);

	if (err == EBADMSG)
		refuse_address(call, "room name");
	else
		answer_question(call, !err);
}

void control_room_member(struct control_call *call)
{
	const struct confab *c = control_confab(call->control);
	struct member *m = NULL;
	struct room *r = NULL;
	int err = find_room(&r, c, call->argv[1]);

	if (err == EBADMSG) {
		refuse_address(call, "room name");
		return;
	}
	if (!err)
		err = find_member(&m, c, r, call->argv[2]);
	if (err && err != ENOENT)
		refuse_address(call, "user name");
	else
		answer_question(call, !err && m->state == MEMBER_JOINED &&
					      !m->leaving);
}

/* The seeds list the invited as well; the banned are none of theirs. */
static bool is_listed(const struct member *m)
{
	return m->state != MEMBER_BANNED && !m->leaving;
}

static json_int_t member_flags(const struct member *m)
{
	if (m->state == MEMBER_INVITED)
		return FLAG_INVITED;
	if (m->role == ROLE_OWNER)
		return FLAG_OWNER;
	return m->role == ROLE_ADMIN ? FLAG_ADMIN : 0;
}

static json_t *room_json(const struct room *r)
{
	const struct member *owner = NULL;
	struct lnode *n, *nx;
	json_int_t count = 0;

	LIST_EACH (&r->order, n, nx) {
		const struct member *m = CONTAINER(n, struct member, order);

		count += is_listed(m);
		if (!owner && m->role == ROLE_OWNER && is_listed(m))
			owner = m;
	}
	return json_pack("{s:o, s:I, s:o, s:I, s:s}", "room",
			 control_text(r->addr->text), "members", count,
			 "owner",
			 control_text(owner ? owner->addr->text : VIEW_NONE),
			 "flags", (json_int_t)r->flags, "state", "active");
}

void control_list_rooms(struct control_call *call)
{
	const struct confab *c = control_confab(call->control);
	json_t *list = json_array();
	struct room *r = NULL;
	size_t pos = 0;

	while ((r = hub_each_room(c->hub, &pos, r))) {
		if (!r->ending)
			json_array_append_new(list, room_json(r));
	}
	control_answer(call->control, call->conn, list);
}

/* Of one order: the n-th role is the n-th member's. */
static json_t *members_json(const struct room *r)
{
	json_t *who = json_array(), *flags = json_array();
	json_t *roles = json_array(), *states = json_array();
	struct lnode *n, *nx;

	LIST_EACH (&r->order, n, nx) {
		const struct member *m = CONTAINER(n, struct member, order);

		if (!is_listed(m))
			continue;
		json_array_append_new(who, control_text(m->addr->text));
		json_array_append_new(flags, json_integer(member_flags(m)));
		json_array_append_new(roles,
				      json_string(member_role_name(m->role)));
		json_array_append_new(
			states, json_string(member_state_name(m->state)));
	}
	return json_pack("{s:o, s:o, s:I, s:o, s:o, s:o}", "room",
			 control_text(r->addr->text), "members", who, "count",
			 (json_int_t)json_array_size(who), "flags", flags,
			 "roles", roles, "states", states);
}

void control_list_members(struct control_call *call)
{
	const struct confab *c = control_confab(call->control);
	const char *fault = NULL;
	struct room *r = NULL;
	int err;

	if (call->argc < 2)
		fault = "No room name";
	else if (!call->argv[1].n)
		fault = "Empty room name";
	else if ((err = find_room(&r, c, call->argv[1])))
		fault = err == ENOENT ? "Room not found" : "Invalid room name";
	if (fault)
		control_refuse(call->control, call->conn, fault);
	else
		control_answer(call->control, call->conn, members_json(r));
}
