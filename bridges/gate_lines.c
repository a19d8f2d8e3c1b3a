/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of rooms elsewhere, on their way into the inbox of a user. */
#include "gate_lines.h"

#include <time.h>

#include "clock.h"
#include "hash.h"
#include "mem.h"
#include "utf8.h"

enum {
	LINES_MAX = 500, /* for him, not handed on yet */
	BYTES_MAX = 64 * 1024,
	CHUNK = 1300, /* bytes of lines that are joined */
	RATE = 10,
	BURST = 50,
	FULL_MS = 30 * 1000, /* his inbox is full */
};

void gate_lines_init(struct gate_lines *q, const struct gate_lines_ops *ops,
		     void *arg, struct wheel *wheel)
{
	*q = (struct gate_lines){ .ops = ops, .arg = arg, .wheel = wheel };
	list_init(&q->list);
}

void gate_line_drop(struct gate_lines *q, struct gate_line *l)
{
	list_remove(&q->list, &l->node);
	q->bytes -= l->text.n;
	mem_deref(l->from);
	buf_free(&l->text);
	buf_free(&l->id);
	mem_free(l);
}

static struct gate_line *first(const struct gate_lines *q)
{
	return list_empty(&q->list) ?
		       NULL :
		       CONTAINER(list_first(&q->list), struct gate_line, node);
}

void gate_lines_free(struct gate_lines *q)
{
	struct gate_line *l;

	wheel_stop(q->wheel, &q->timer);
	while ((l = first(q)))
		gate_line_drop(q, l);
}

static void make_room(struct gate_lines *q)
{
	while (q->list.count > LINES_MAX ||
	       (q->list.count > 1 && q->bytes > BYTES_MAX)) {
		gate_line_drop(q, first(q));
		q->missed++;
	}
}

/* ---- into his inbox ---- */

/* How many lines from the first on make one message. */
static size_t chunk(struct buf *text, struct buf *ids,
		    const struct gate_lines *q, bool many)
{
	const struct gate_line *head = first(q);
	struct lnode *n, *nx;
	size_t count = 0;

	if (q->missed)
		buf_addf(text, "* %zu lines were left out here\n", q->missed);
	LIST_EACH (&q->list, n, nx) {
		const struct gate_line *l =
			CONTAINER(n, struct gate_line, node);

		if (count && (!many || l->from != head->from || l->alone ||
			      head->alone || text->n + 1 + l->text.n > CHUNK))
			break;
		if (count)
			buf_addc(text, '\n');
		buf_addv(text, buf_view(&l->text));
		buf_addv(ids, buf_view(&l->id));
		count++;
	}
	return count;
}

static void chunk_done(struct gate_lines *q, size_t count)
{
	bool several = count > 1;

	q->missed = 0;
	while (count--) {
		struct gate_line *l = first(q);

		q->ops->kept(q->arg, l, several && !count);
		gate_line_drop(q, l);
	}
}

static int pump_one(struct gate_lines *q, bool many)
{
	struct buf text = { 0 }, ids = { 0 };
	size_t count = chunk(&text, &ids, q, many);
	int err = q->ops->keep(q->arg, first(q)->from, buf_view(&text),
			       buf_view(&ids));

	buf_free(&text);
	buf_free(&ids);
	if (!err)
		chunk_done(q, count);
	return err;
}

static void on_timer(struct wtimer *t)
{
	gate_lines_pump(CONTAINER(t, struct gate_lines, timer));
}

void gate_lines_pump(struct gate_lines *q)
{
	static const struct bucket_rate rate = { RATE, 1000, BURST };

	while (first(q) && !wtimer_running(&q->timer)) {
		uint64_t ms = bucket_wait_ms(&q->rate, &rate, now_ms());

		if (!ms && pump_one(q, q->list.count > 1))
			ms = FULL_MS;
		else if (!ms)
			(void)bucket_take(&q->rate, &rate, now_ms());
		if (ms)
			wheel_start(q->wheel, &q->timer, ms, on_timer);
	}
	make_room(q);
}

void gate_lines_flush(struct gate_lines *q)
{
	while (first(q) && !pump_one(q, true))
		;
}

void gate_lines_add(struct gate_lines *q, const struct gate_line *line,
		    struct buf *text, struct view id)
{
	struct gate_line *l = mem_zalloc(sizeof(*l));

	l->from = mem_ref(line->from);
	l->time_ms = line->time_ms;
	l->past_ms = line->past_ms;
	l->alone = line->alone;
	l->text = *text;
	*text = (struct buf){ 0 };
	buf_addv(&l->id, id);
	q->bytes += l->text.n;
	list_append(&q->list, &l->node);
	if (q->held)
		make_room(q);
	else
		gate_lines_pump(q);
}

/* ---- in words ---- */

void gate_line_when(struct buf *out, uint64_t time_ms)
{
	time_t s = (time_t)(time_ms / 1000);
	struct tm tm;

	if (gmtime_r(&s, &tm))
		buf_addf(out, "%02d:%02d", tm.tm_hour, tm.tm_min);
}

void gate_line_words(struct buf *out, struct view words)
{
	struct buf clean = { 0 };
	struct view text, line;

	utf8_clean(&clean, words);
	text = buf_view(&clean);
	while (view_cut(text, '\n', &line, &text)) {
		buf_addv(out, line);
		buf_adds(out, "\n  ");
	}
	buf_addv(out, line);
	buf_free(&clean);
}
