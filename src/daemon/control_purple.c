/* SPDX-License-Identifier: GPL-3.0-or-later */
/* confabctl purple ...: what accounts on other networks do just now. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "accounts.h"
#include "addr.h"
#include "consent.h"
#include "control_priv.h"
#include "mem.h"
#include "purple/pgate.h"
#include "purple_words.h"

static void say(struct control_call *call, const char *words)
{
	control_answer(call->control, call->conn, json_string(words));
}

static void refuse(struct control_call *call, const char *why)
{
	control_refuse(call->control, call->conn, why);
}

/* NULL, and refused: there is none. */
static struct pgate *gate_of(struct control_call *call)
{
	struct pgate *g = control_confab(call->control)->pgate;

	if (!g)
		refuse(call, "there is no purple gateway: see domain in "
			     "section purple_gateway");
	return g;
}

static json_t *lines_json(struct view text)
{
	json_t *list = json_array();
	struct view line;

	while (text.n) {
		(void)view_cut(text, '\n', &line, &text);
		json_array_append_new(list, control_text(line));
	}
	return list;
}

static void answer_lines(struct control_call *call, struct buf *text)
{
	control_answer(call->control, call->conn,
		       lines_json(buf_view(text)));
	buf_free(text);
}

/* An account's number; 0, and refused: none. */
static uint64_t id_of(struct control_call *call, size_t at)
{
	uint64_t id = 0;

	if (view_u64(&id, call->argv[at], UINT64_MAX) || !id)
		refuse(call, "the account is named by its id: see purple map "
			     "list");
	return id;
}

static void refuse_id(struct control_call *call, int err)
{
	refuse(call, err == ENOENT   ? "there is no such account" :
		     err == ENOTCONN ? "the account is not online" :
		     err == EBADMSG  ? "that can be nobody's name" :
				       strerror(err));
}

/* ---- how they are ---- */

void control_purple_status(struct control_call *call)
{
	struct pgate *g = gate_of(call);
	struct buf text = { 0 };
	struct sink s = sink_buf(&text);

	if (!g)
		return;
	(void)pgate_status(g, &s);
	answer_lines(call, &text);
}

void control_purple_workers(struct control_call *call)
{
	struct confab *c = control_confab(call->control);
	const struct face_ops *ops = bridge_ops(c->purple);
	struct buf text = { 0 };
	struct sink s = sink_buf(&text);

	(void)ops->status(c->purple, &s);
	answer_lines(call, &text);
}

void control_purple_prots(struct control_call *call)
{
	const struct confab *c = control_confab(call->control);
	const struct pmap_proto *p;
	struct pmap *m = NULL;
	struct buf why = { 0 };
	json_t *list = json_array();

	if (!purple_map(&m, c->conf, &why))
		for (size_t i = 0; (p = pmap_at(m, i)); i++)
			json_array_append_new(
				list,
				json_pack("{s:s, s:s, s:s, s:s}", "protocol",
					  p->id, "label", p->label, "name",
					  p->title, "state",
					  p->dead    ? p->dead :
					  p->allowed ? "allowed" :
						       "not allowed"));
	mem_deref(m);
	buf_free(&why);
	control_answer(call->control, call->conn, list);
}

/* ---- logins ---- */

void control_purple_login(struct control_call *call)
{
	struct pgate *g = gate_of(call);
	uint64_t id = g ? id_of(call, 2) : 0;
	struct buf words = { 0 };
	int err;

	if (!id)
		return;
	err = pgate_login_now(g, id, &words);
	if (err)
		refuse_id(call, err);
	else
		say(call, buf_str(&words));
	buf_free(&words);
}

void control_purple_logout(struct control_call *call)
{
	struct pgate *g = gate_of(call);
	uint64_t id = g ? id_of(call, 2) : 0;
	int err;

	if (!id)
		return;
	err = pgate_logout_now(g, id);
	if (err)
		refuse_id(call, err);
	else
		say(call, "logged out, until its user comes anew");
}

/* ---- who may see whom ---- */

struct listing {
	json_t *list;       /* borrowed */
	struct addr *user;  /* borrowed */
};

static void add_asked(struct addr *other, void *arg)
{
	const struct listing *l = arg;

	json_array_append_new(l->list,
			      json_pack("{s:o, s:o}", "user",
					control_text(l->user->text), "asks",
					control_text(other->text)));
}

/* Of one user, where he is named. */
static void list_asked(struct control_call *call, struct hub *h)
{
	const struct confab *c = control_confab(call->control);
	struct listing l = { .list = NULL };
	struct buf owner = { 0 };
	size_t pos = 0;

	if (call->argc > 3 && account_owner(&owner, call->argv[3],
					    view_str(c->conf->domain))) {
		refuse(call, "the user is no SIP address");
		return;
	}
	l.list = json_array();
	while ((l.user = consent_users(h, &pos, l.user)))
		if (!owner.n || view_eq(l.user->text, buf_view(&owner)))
			(void)consent_each(h, l.user, "purple",
					   CONSENT_ASKED, add_asked, &l);
	buf_free(&owner);
	control_answer(call->control, call->conn, l.list);
}

/* "xmpp/carol@example.org", as people write accounts. */
static int other_of(const struct confab *c, struct addr **other,
		    struct view who)
{
	struct buf text = { 0 }, name = { 0 }, why = { 0 };
	const struct pmap_proto *p = NULL;
	struct pmap *m = NULL;
	struct view label, bare;
	int err = EBADMSG;

	if (view_cut(who, '/', &label, &bare) &&
	    !purple_map(&m, c->conf, &why))
		p = pmap_proto(m, label);
	if (p)
		err = pmap_name(&name, view_str(p->id), bare);
	if (!err) {
		buf_addf(&text, "purple:%s/", p->label);
		pmap_escape(&text, buf_view(&name));
		err = addr_parse(other, buf_view(&text));
	}
	mem_deref(m);
	buf_free(&why);
	buf_free(&name);
	buf_free(&text);
	return err;
}

static int both(struct control_call *call, struct addr **user,
		struct addr **other)
{
	const struct confab *c = control_confab(call->control);
	struct buf owner = { 0 };
	int err = account_owner(&owner, call->argv[3],
				view_str(c->conf->domain));

	if (!err)
		err = addr_parse(user, buf_view(&owner));
	if (!err)
		err = view_starts(call->argv[4], VIEW("purple:")) ?
			      addr_parse(other, call->argv[4]) :
			      other_of(c, other, call->argv[4]);
	if (!err && !addr_is(*other, "purple"))
		err = EBADMSG;
	buf_free(&owner);
	return err;
}

static void decide(struct control_call *call, struct hub *h, bool yes)
{
	struct addr *user = NULL, *other = NULL;
	int err = both(call, &user, &other);

	if (!err)
		err = consent_set(h, user, other,
				  yes ? CONSENT_ALLOWED : CONSENT_DENIED);
	if (err)
		refuse(call, "WHO is PROTOCOL/NAME, as "
			     "xmpp/carol@example.org, or as purple auth list "
			     "has it");
	else
		say(call, yes ? "allowed" : "denied");
	mem_deref(user);
	mem_deref(other);
}

void control_purple_auth(struct control_call *call)
{
	struct hub *h = control_confab(call->control)->hub;
	struct view what = call->argv[2];

	if (view_eqs(what, "list") && call->argc < 5)
		list_asked(call, h);
	else if (call->argc == 5 &&
		 (view_eqs(what, "allow") || view_eqs(what, "deny")))
		decide(call, h, view_eqs(what, "allow"));
	else
		refuse(call, "usage: purple auth list [USER] | "
			     "allow USER WHO | deny USER WHO");
}

/* ---- contacts and rooms ---- */

void control_purple_contact(struct control_call *call)
{
	struct pgate *g = gate_of(call);
	uint64_t id = g ? id_of(call, 3) : 0;
	struct view what = call->argv[2];
	struct buf text = { 0 };
	struct sink s = sink_buf(&text);
	bool add = view_eqs(what, "add");
	int err;

	if (!id)
		return;
	if (call->argc == 4 && view_eqs(what, "list")) {
		err = pgate_contacts(g, id, &s);
	} else if (call->argc == 5 && (add || view_eqs(what, "del"))) {
		err = pgate_contact(g, id, call->argv[4], add);
		buf_adds(&text, add ? "asked for" : "taken off");
	} else {
		refuse(call, "usage: purple contact list ID | add ID NAME | "
			     "del ID NAME");
		return;
	}
	if (err)
		refuse_id(call, err);
	else
		answer_lines(call, &text);
	buf_free(&text);
}

/* A password comes as the only row: nobody can look on there. */
static int join(struct control_call *call, struct pgate *g, uint64_t id)
{
	const json_t *secret = json_array_get(json_array_get(call->rows, 0),
					      0);
	const struct pgate_join j = {
		.name = call->argv[4],
		.nick = call->argc > 5 ? call->argv[5] : VIEW_NONE,
		.password = view_mem(json_string_value(secret),
				     json_string_length(secret)),
	};

	return pgate_join(g, id, &j);
}

static void refuse_room(struct control_call *call, int err)
{
	if (err == ENOSPC)
		refuse(call, "the account is in too many rooms");
	else if (err == ESRCH)
		refuse(call, "the account is not in this room");
	else
		refuse_id(call, err);
}

static void change_room(struct control_call *call, struct pgate *g,
			uint64_t id, bool enter)
{
	int err = enter ? join(call, g, id) :
			  pgate_leave(g, id, call->argv[4]);

	if (err)
		refuse_room(call, err);
	else
		say(call, enter ? "joins, as soon as it is online" : "left");
}

static void list_rooms(struct control_call *call, struct pgate *g,
		       uint64_t id)
{
	struct buf text = { 0 };
	struct sink s = sink_buf(&text);
	int err = pgate_rooms(g, id, &s);

	if (err)
		refuse_id(call, err);
	else
		answer_lines(call, &text);
	buf_free(&text);
}

void control_purple_room(struct control_call *call)
{
	struct pgate *g = gate_of(call);
	uint64_t id = g ? id_of(call, 3) : 0;
	struct view what = call->argv[2];
	bool enter = view_eqs(what, "join");

	if (!id)
		return;
	if (view_eqs(what, "list") && call->argc == 4)
		list_rooms(call, g, id);
	else if ((enter && call->argc > 4) ||
		 (view_eqs(what, "leave") && call->argc == 5))
		change_room(call, g, id, enter);
	else
		refuse(call, "usage: purple room list ID | join ID ROOM "
			     "[NICK] | leave ID ROOM");
}

void control_purple_reload(struct control_call *call)
{
	struct pgate *g = gate_of(call);
	char *text;

	if (!g)
		return;
	text = mem_printf("read anew; %zu tried again", pgate_reload(g));
	say(call, text);
	mem_free(text);
}

/* What confabctl purple map import has to know. */
void control_purple_source(struct control_call *call)
{
	const struct conf_purple_gateway *g =
		&control_confab(call->control)->conf->purple_gateway;

	control_answer(call->control, call->conn,
		       json_pack("{s:o, s:o}", "db_url",
				 control_text(view_str(g->db_url)), "db_table",
				 control_text(view_str(g->db_table))));
}
