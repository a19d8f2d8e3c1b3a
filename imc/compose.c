/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Presence of several devices, put together. */
#include "compose.h"

#include "mem.h"
#include "pidf.h"

/* As pidf_read() has them: texts never moves while there are views into
 * it. */
enum {
	PLACE_TEXTS = PRESENCE_NOTE_MAX + 128,
	TEXTS = PRESENCE_PLACES_MAX * PLACE_TEXTS,
};

struct composed {
	struct buf who;   /* owned; empty: of nobody */
	struct buf texts; /* of the state */
	struct presence_state state;
};

struct composed *composed_new(void)
{
	return mem_zalloc(sizeof(struct composed));
}

void composed_free(struct composed *c)
{
	if (!c)
		return;
	buf_free(&c->who);
	buf_free(&c->texts);
	mem_free(c);
}

static bool has_place(const struct presence_state *s, struct view id)
{
	for (size_t i = 0; i < s->count; i++)
		if (view_eq(s->place[i].id, id))
			return true;
	return false;
}

static struct view keep(struct composed *c, struct view v)
{
	char *p = buf_room(&c->texts, v.n);

	for (size_t i = 0; i < v.n; i++)
		p[i] = v.p[i];
	buf_wrote(&c->texts, v.n);
	return view_mem(p, v.n);
}

static void add_place(struct composed *c, const struct presence_place *p)
{
	struct presence_place *to;

	if (c->state.count == PRESENCE_PLACES_MAX ||
	    has_place(&c->state, p->id))
		return;
	to = &c->state.place[c->state.count++];
	*to = *p;
	to->id = keep(c, p->id);
	to->note = keep(c, p->note);
	to->lang = keep(c, p->lang);
}

static void add_body(struct composed *c, struct view body)
{
	struct presence_state one;
	struct buf texts = { 0 };

	if (!pidf_read(&one, &texts, body))
		for (size_t i = 0; i < one.count; i++)
			add_place(c, &one.place[i]);
	buf_free(&texts);
}

const struct presence_state *compose(struct composed *c, struct view who,
				     const struct view *body, size_t count,
				     bool registered)
{
	static const struct presence_place here = { .id = VIEW("registered"),
						    .show = SHOW_ONLINE };

	buf_clear(&c->who);
	buf_addv(&c->who, who);
	buf_clear(&c->texts);
	(void)buf_room(&c->texts, TEXTS);
	c->state.count = 0;
	for (size_t i = 0; i < count; i++)
		add_body(c, body[i]);
	if (!count && registered)
		add_place(c, &here);
	presence_sort(&c->state);
	return &c->state;
}

bool composed_is(const struct composed *c, struct view who)
{
	return who.n && view_eq(buf_view(&c->who), who);
}

const struct presence_state *composed_state(const struct composed *c)
{
	return &c->state;
}

void composed_forget(struct composed *c)
{
	buf_clear(&c->who);
}
