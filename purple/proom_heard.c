/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is heard of the rooms that a user is in by himself. */
#include "log.h"
#include "pgate_priv.h"
#include "utf8.h"
#include "worker.h"

enum { NICK_MAX = 64, TEXT_MAX = 300 };

static void tell_room(struct pacct *a, const struct proom *r,
		      struct buf *words)
{
	struct addr *from = pgate_addr(a, buf_view(&r->name));

	pgate_tell(a, from, buf_view(words));
	mem_deref(from);
	buf_free(words);
}

static void on_heard(struct pacct *a, const struct proom *r,
		     const struct purp *p)
{
	struct buf text = { 0 };
	struct ptalk_word w = { .name = buf_view(&r->name), .id = p->id,
				.time_ms = p->time_ms };

	if (p->past) /* what was said before he came */
		return;
	buf_adds(&text, p->kind == SAY_EMOTE ? "* " : "<");
	utf8_clean_name(&text, p->who, NICK_MAX);
	buf_adds(&text, p->kind == SAY_EMOTE ? " " : "> ");
	buf_addv(&text, p->text);
	w.text = buf_view(&text);
	ptalk_keep(a, &w);
	buf_free(&text);
}

static void on_joined(struct pacct *a, struct proom *r, const struct purp *p)
{
	struct buf b = { 0 };
	bool first = !r->in;

	r->in = true;
	if (first) {
		buf_adds(&b, "INFO: You are in the room");
		if (p->who.n) {
			buf_adds(&b, " as ");
			utf8_clean_name(&b, p->who, NICK_MAX);
		}
		if (p->text.n) {
			buf_adds(&b, ". Topic: ");
			utf8_clean_line(&b, p->text, TEXT_MAX);
		}
		tell_room(a, r, &b);
	}
	ptalk_awake(a);
}

/* Put out, or never let in: he does not come back by himself. */
static void on_left(struct pacct *a, struct proom *r, const struct purp *p)
{
	struct buf b = { 0 };

	if (!p->kind) {
		buf_adds(&b, r->in ? "INFO: You are not in the room any more" :
				     "ERROR: You can't enter the room");
		if (p->text.n) {
			buf_adds(&b, ": ");
			utf8_clean_line(&b, p->text, TEXT_MAX);
		}
		tell_room(a, r, &b);
	}
	proom_drop(r);
	ptalk_awake(a);
}

/* The whole list comes one by one; it is told at its end. */
static void on_there(struct pacct *a, struct proom *r, const struct purp *p)
{
	struct buf b = { 0 };

	if (p->who.n) {
		if (r->there.n < 4000) {
			buf_adds(&r->there, r->there.n ? ", " : "");
			utf8_clean_name(&r->there, p->who, NICK_MAX);
		}
		return;
	}
	buf_adds(&b, "INFO: In the room: ");
	buf_addv(&b, buf_view(&r->there));
	buf_clear(&r->there);
	tell_room(a, r, &b);
}

static void on_topic(struct pacct *a, const struct proom *r,
		     const struct purp *p)
{
	struct buf b = { 0 };

	buf_adds(&b, "INFO: Topic");
	if (p->who.n) {
		buf_adds(&b, ", by ");
		utf8_clean_name(&b, p->who, NICK_MAX);
	}
	buf_adds(&b, ": ");
	utf8_clean_line(&b, p->text, TEXT_MAX);
	tell_room(a, r, &b);
}

static void take(struct pacct *a, struct proom *r, const struct purp *p)
{
	switch (p->verb) {
	case PURP_HEARD:
		on_heard(a, r, p);
		break;
	case PURP_JOINED:
		on_joined(a, r, p);
		break;
	case PURP_LEFT:
		on_left(a, r, p);
		break;
	case PURP_PEOPLE:
		if (p->kind == PURP_IS_THERE)
			on_there(a, r, p);
		break;
	case PURP_TOPIC_IS:
		on_topic(a, r, p);
		break;
	default:
		break;
	}
}

void proom_parcel(struct pacct *a, const struct purp *p)
{
	struct buf name = { 0 };
	struct proom *r = NULL;

	if (!pgate_name(&name, a, p->place))
		r = proom_find(a, buf_view(&name));
	if (r)
		take(a, r, p);
	else
		log_debug("purple %s of %s: of a room he is not in", a->name,
			  a->owner->text.p);
	buf_free(&name);
}
