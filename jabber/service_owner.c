/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A room's form, with what our rooms have, and its end (XEP-0045 10). */
#include <errno.h>

#include "mem.h"
#include "service_priv.h"

#define CONFIG NS_MUC "#roomconfig"
#define VAR(name) "muc#roomconfig_" name

/* ---- the form ---- */

static void add_option(struct buf *b, const char *value)
{
	elem_open(b, "option", NULL);
	elem_leaf(b, "value", NULL, view_str(value));
	elem_close(b);
}

static void add_notices(struct buf *b, const struct room *r)
{
	elem_open(b, "field", NULL);
	elem_attrs(b, "var", "confab#notices");
	elem_attrs(b, "type", "list-single");
	elem_attrs(b, "label", "Who of SIP hears who comes and goes");
	elem_leaf(b, "value", NULL, view_str(room_notices_name(r->notices)));
	for (int n = NOTICES_ALL; n <= NOTICES_OFF; n++)
		add_option(b, room_notices_name((enum room_notices)n));
	elem_close(b);
}

static void send_form(struct service *s, const struct elem *e,
		      const struct room *r)
{
	struct view private = room_is_private(r) ? VIEW("1") : VIEW("0");
	struct buf b = { 0 };

	service_result(&b, e);
	elem_open(&b, "query", NS_MUC_OWNER);
	elem_open(&b, "x", NS_DATA);
	elem_attrs(&b, "type", "form");
	add_field(&b, "FORM_TYPE", "hidden", "", VIEW(CONFIG));
	add_field(&b, VAR("roomname"), "fixed", "Name", room_name(r));
	add_field(&b, VAR("membersonly"), "boolean",
		  "Only members and who is invited may come, and see it",
		  private);
	add_notices(&b, r);
	elem_close(&b);
	elem_close(&b);
	elem_close(&b);
	service_send(s, &b, VIEW_NONE);
	buf_free(&b);
}

/* ---- what it says ---- */

struct form {
	struct service *s;
	struct room *room;
	struct addr *who;      /* ref */
	struct buf flat;
	struct hub_room_change c;
};

static void form_free(struct form *f)
{
	mem_deref(f->who);
	buf_free(&f->flat);
	mem_free(f);
}

static void on_changed(int err, void *arg)
{
	struct form *f = arg;
	struct elem e;

	elem_read(&e, buf_view(&f->flat));
	if (f->s->gate->running) {
		if (err)
			service_refuse(f->s, &e, "wait",
				       "internal-server-error", VIEW_NONE);
		else
			service_result_empty(f->s, &e);
	}
	form_free(f);
}

static bool is_true(struct view v)
{
	return view_eqs(v, "1") || view_eqs(v, "true");
}

static void read_field(struct form *f, struct view var, struct view value)
{
	enum room_notices notices;

	if (view_eqs(var, VAR("membersonly"))) {
		f->c.flags = is_true(value) ?
				     f->room->flags | ROOM_PRIVATE :
				     f->room->flags & ~(uint32_t)ROOM_PRIVATE;
		if (f->c.flags != f->room->flags)
			f->c.what |= ROOM_SET_FLAGS;
	} else if (view_eqs(var, "confab#notices") &&
		   !room_notices_parse(&notices, value) &&
		   notices != f->room->notices) {
		f->c.notices = notices;
		f->c.what |= ROOM_SET_NOTICES;
	}
}

static void read_form(struct form *f, const struct elem *x)
{
	struct elem field;
	size_t pos = 0;

	while (elem_next(&field, x, &pos))
		if (elem_is(&field, "field", NULL))
			read_field(f, elem_get(&field, "var"),
				   elem_child_words(&field, "value", NULL));
}

static enum house_no check(const struct form *f, struct buf *notice)
{
	struct house_ask a = { .act = HOUSE_NOTICES,
			       .room = f->room,
			       .who = f->who };
	enum house_no no = HOUSE_YES;

	if (f->c.what & ROOM_SET_NOTICES)
		no = hub_house_check(service_hub(f->s), &a);
	if (no || !(f->c.what & ROOM_SET_FLAGS))
		return no;
	a.act = f->c.flags & ROOM_PRIVATE ? HOUSE_PRIVATE : HOUSE_PUBLIC;
	hub_house_notice(service_hub(f->s), notice, &a);
	return hub_house_check(service_hub(f->s), &a);
}

static void take_form(struct service *s, const struct elem *e,
		      const struct elem *x, struct room *r, struct addr *who)
{
	struct form *f = mem_zalloc(sizeof(*f));
	struct buf notice = { 0 };
	enum house_no no;

	f->s = s;
	f->room = r;
	f->who = mem_ref(who);
	buf_addv(&f->flat, e->all);
	read_form(f, x);
	no = check(f, &notice);
	f->c.notice = buf_view(&notice);
	f->c.by.by = who;
	if (no) {
		service_refuse_no(s, e, no);
		form_free(f);
	} else if (!f->c.what) {
		on_changed(0, f);
	} else if (hub_room_change(r, &f->c, on_changed, f)) {
		on_changed(EIO, f);
	}
	buf_free(&notice);
}

/* ---- its end ---- */

static void destroy(struct service *s, const struct elem *e, struct room *r,
		    struct addr *who)
{
	const struct house_ask a = { .act = HOUSE_DESTROY,
				     .room = r,
				     .who = who };
	enum house_no no = hub_house_check(service_hub(s), &a);
	struct form *f;
	struct buf notice = { 0 };
	int err;

	if (no) {
		service_refuse_no(s, e, no);
		return;
	}
	hub_house_notice(service_hub(s), &notice, &a);
	f = mem_zalloc(sizeof(*f));
	f->s = s;
	f->who = mem_ref(who);
	buf_addv(&f->flat, e->all);
	err = hub_room_destroy(r, buf_view(&notice), on_changed, f);
	if (err)
		on_changed(err, f);
	buf_free(&notice);
}

static void set(struct service *s, const struct elem *e,
		const struct elem *query, struct room *r, struct addr *who)
{
	struct elem x;

	if (elem_has(query, "destroy", NULL))
		destroy(s, e, r, who);
	else if (!elem_child(&x, query, "x", NS_DATA))
		service_refuse(s, e, "modify", "bad-request", VIEW_NONE);
	else if (view_eqs(elem_get(&x, "type"), "submit"))
		take_form(s, e, &x, r, who);
	else
		service_result_empty(s, e); /* cancelled */
}

void service_owner(struct service *s, const struct elem *e,
		   const struct elem *query, struct room *r)
{
	struct addr *who = NULL;
	const struct member *m = NULL;

	if (!addr_of_from(&who, elem_get(e, "from")))
		m = room_member(r, who);
	if (!m || m->state != MEMBER_JOINED || m->role != ROLE_OWNER)
		service_refuse_no(s, e, HOUSE_RIGHT);
	else if (view_eqs(elem_get(e, "type"), "get"))
		send_form(s, e, r);
	else
		set(s, e, query, r, who);
	mem_deref(who);
}
