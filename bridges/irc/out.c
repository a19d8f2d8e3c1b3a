/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The queue. A message keeps its place in "says" until it is confirmed; its
 * lines wait in it, and the first message that still has lines is the one
 * being sent.
 */
#include <errno.h>

#include "list.h"
#include "hash.h"
#include "mem.h"
#include "out.h"

struct say {
	struct lnode node;
	uint64_t leg, seq;
	struct view text; /* owned: all lines */
	struct view rest; /* borrowed from text: not yet written */
	size_t lines;	  /* of rest */
	uint64_t barrier; /* that covers it; 0: none yet */
	uint64_t begun;	  /* the barrier before its first line */
	uint64_t first, last; /* labels of its lines written; 0: none */
};

struct control {
	struct lnode node;
	struct view line; /* owned */
};

struct ircb_out {
	struct list controls; /* owned: struct control */
	struct list says;     /* owned: struct say, in order */
	size_t lines;	      /* of all says, not yet written */
	unsigned burst;
	uint64_t gap_ms;
	uint64_t due;	   /* when the bucket is full again */
	bool label;	   /* lines get labels */
	uint64_t labels;   /* numbers given out */
	uint64_t barriers; /* numbers given out */
	uint64_t open;	   /* the barrier that is out; 0: none */
	uint64_t open_since;
};

static struct view copy(struct view v)
{
	return view_mem(view_dup(v), v.n);
}

static void say_free(struct ircb_out *o, struct say *s)
{
	list_remove(&o->says, &s->node);
	o->lines -= s->lines;
	mem_free((char *)s->text.p);
	mem_free(s);
}

static void control_free(struct ircb_out *o, struct control *c)
{
	list_remove(&o->controls, &c->node);
	mem_free((char *)c->line.p);
	mem_free(c);
}

static void out_destroy(void *obj)
{
	struct ircb_out *o = obj;
	struct lnode *n, *nx;

	LIST_EACH (&o->controls, n, nx)
		control_free(o, CONTAINER(n, struct control, node));
	LIST_EACH (&o->says, n, nx)
		say_free(o, CONTAINER(n, struct say, node));
}

struct ircb_out *ircb_out_new(unsigned burst, uint64_t gap_ms)
{
	struct ircb_out *o = mem_new(sizeof(*o), out_destroy);

	list_init(&o->controls);
	list_init(&o->says);
	o->burst = burst ? burst : 1;
	o->gap_ms = gap_ms;
	return o;
}

static void add_say(struct ircb_out *o, uint64_t leg, uint64_t seq,
		    struct view lines, size_t count)
{
	struct say *s = mem_zalloc(sizeof(*s));

	s->leg = leg;
	s->seq = seq;
	s->text = s->rest = copy(lines);
	s->lines = count;
	o->lines += count;
	list_append(&o->says, &s->node);
}

int ircb_out_say(struct ircb_out *o, uint64_t leg, uint64_t seq,
		 struct view lines, size_t count)
{
	if (o->lines + count > IRCB_QUEUE_MAX)
		return EBUSY;
	add_say(o, leg, seq, lines, count);
	return 0;
}

void ircb_out_mark(struct ircb_out *o, uint64_t leg, uint64_t seq)
{
	add_say(o, leg, seq, VIEW_NONE, 0);
}

int ircb_out_control(struct ircb_out *o, struct view line)
{
	struct control *c;

	if (o->controls.count >= IRCB_CONTROL_MAX)
		return EBUSY;
	c = mem_zalloc(sizeof(*c));
	c->line = copy(line);
	list_append(&o->controls, &c->node);
	return 0;
}

size_t ircb_out_waiting(const struct ircb_out *o)
{
	return o->lines + o->controls.count;
}

static bool take_control(struct ircb_out *o, struct buf *b)
{
	struct lnode *n = list_first(&o->controls);
	struct control *c;

	if (!n)
		return false;
	c = CONTAINER(n, struct control, node);
	buf_addv(b, c->line);
	control_free(o, c);
	return true;
}

static void add_label(struct ircb_out *o, struct say *s, struct buf *b)
{
	s->last = ++o->labels;
	if (!s->first)
		s->first = s->last;
	buf_adds(b, "@label=" IRCB_LABEL);
	buf_add_u64(b, s->last);
	buf_addc(b, ' ');
}

static void take_line(struct ircb_out *o, struct buf *b)
{
	struct lnode *n, *nx;
	struct view line;

	LIST_EACH (&o->says, n, nx) {
		struct say *s = CONTAINER(n, struct say, node);

		if (!s->lines)
			continue;
		if (s->rest.n == s->text.n)
			s->begun = o->barriers;
		if (o->label)
			add_label(o, s, b);
		view_cut(s->rest, '\n', &line, &s->rest);
		buf_addv(b, line);
		buf_addc(b, '\n');
		s->lines--;
		o->lines--;
		return;
	}
}

/* The bucket as one number: "due" is when it is full; a line costs gap_ms and
 * may be sent while due lies less than burst - 1 gaps ahead. */
static uint64_t bucket_wait(const struct ircb_out *o, uint64_t now)
{
	uint64_t ahead = o->gap_ms * (o->burst - 1);

	return o->due > now + ahead ? o->due - ahead - now : 0;
}

bool ircb_out_next(struct ircb_out *o, uint64_t now, struct buf *b,
		   uint64_t *wait_ms)
{
	*wait_ms = UINT64_MAX;
	if (!ircb_out_waiting(o))
		return false;
	*wait_ms = bucket_wait(o, now);
	if (*wait_ms)
		return false;
	o->due = (o->due > now ? o->due : now) + o->gap_ms;
	if (!take_control(o, b))
		take_line(o, b);
	return true;
}

bool ircb_out_barrier(struct ircb_out *o, uint64_t now, uint64_t *number)
{
	struct lnode *n, *nx;
	bool due = false;

	if (o->open)
		return false;
	LIST_EACH (&o->says, n, nx) {
		struct say *s = CONTAINER(n, struct say, node);

		if (s->lines || (!s->text.n && !list_empty(&o->controls)))
			break;
		s->barrier = o->barriers + 1;
		due = true;
	}
	if (!due)
		return false;
	*number = o->open = ++o->barriers;
	o->open_since = now;
	return true;
}

uint64_t ircb_out_unanswered(const struct ircb_out *o, uint64_t now)
{
	return o->open && now > o->open_since ? now - o->open_since : 0;
}

void ircb_out_pong(struct ircb_out *o, uint64_t number, ircb_out_h *h,
		   void *arg)
{
	struct lnode *n, *nx;

	if (!o->open || number != o->open)
		return;
	o->open = 0;
	LIST_EACH (&o->says, n, nx) {
		struct say *s = CONTAINER(n, struct say, node);

		if (s->barrier != number)
			continue;
		h(s->leg, s->seq, arg);
		say_free(o, s);
	}
}

static bool may_be_meant(const struct ircb_out *o, const struct say *s)
{
	return s->rest.n < s->text.n && (!o->open || s->begun < o->open);
}

void ircb_out_refused(struct ircb_out *o, uint64_t leg, ircb_out_h *h,
		      void *arg)
{
	struct lnode *n, *nx;

	LIST_EACH (&o->says, n, nx) {
		struct say *s = CONTAINER(n, struct say, node);

		if (s->leg != leg || !may_be_meant(o, s))
			continue;
		h(s->leg, s->seq, arg);
		say_free(o, s);
	}
}

void ircb_out_label(struct ircb_out *o, bool on)
{
	o->label = on;
}

bool ircb_out_answered(struct ircb_out *o, uint64_t label, bool taken,
		       ircb_out_h *h, void *arg)
{
	struct lnode *n, *nx;

	LIST_EACH (&o->says, n, nx) {
		struct say *s = CONTAINER(n, struct say, node);

		if (!s->first || label < s->first || label > s->last)
			continue;
		/* Taken counts for the last line: all before it were. */
		if (taken && (s->lines || label != s->last))
			return true;
		h(s->leg, s->seq, arg);
		say_free(o, s);
		return true;
	}
	return false;
}

void ircb_out_forget(struct ircb_out *o, uint64_t leg)
{
	struct lnode *n, *nx;

	LIST_EACH (&o->says, n, nx) {
		struct say *s = CONTAINER(n, struct say, node);

		if (s->leg == leg)
			say_free(o, s);
	}
}
