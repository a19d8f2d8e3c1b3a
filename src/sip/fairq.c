/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A speaker is kept while something of his waits, and has his turn among those
 * of his class. The bounds are dynamic thresholds (Choudhury and Hahne, 1998):
 * one alone may fill half of what is there for his class, ten a tenth each,
 * and some room is always left for who comes next.
 */
#include "fairq_priv.h"

#include <string.h>

#include "hash.h"
#include "mem.h"

enum { CLASSES = FAIRQ_NONE, LAST_EVERY = 8 };

struct speaker {
	struct hnode by_who;
	struct lnode turn;
	uint64_t who;
	enum fairq_class class;
	struct list packets; /* owned; the oldest first */
	size_t bytes;
};

struct fairq {
	size_t packets_max, bytes_max, bytes;
	struct list all;             /* borrowed; in the order they came in */
	struct htable speakers;      /* owns them */
	struct list turns[CLASSES];  /* borrowed */
	unsigned taken;
};

struct fairq *fairq_new(size_t packets, size_t bytes)
{
	struct fairq *q = mem_zalloc(sizeof(*q));
	int i;

	q->packets_max = packets;
	q->bytes_max = bytes;
	list_init(&q->all);
	for (i = 0; i < CLASSES; i++)
		list_init(&q->turns[i]);
	return q;
}

size_t fairq_count(const struct fairq *q)
{
	return q->all.count;
}

/* ---- speakers ---- */

static struct speaker *speaker_find(const struct fairq *q, uint64_t who)
{
	struct hnode *n = htable_find(&q->speakers, who);

	return n ? CONTAINER(n, struct speaker, by_who) : NULL;
}

static struct speaker *speaker_new(struct fairq *q, uint64_t who,
				   enum fairq_class class)
{
	struct speaker *s = mem_zalloc(sizeof(*s));

	s->who = who;
	s->class = class;
	list_init(&s->packets);
	htable_add(&q->speakers, &s->by_who, who);
	list_append(&q->turns[class], &s->turn);
	return s;
}

static void speaker_free(struct fairq *q, struct speaker *s)
{
	htable_del(&q->speakers, &s->by_who);
	list_remove(&q->turns[s->class], &s->turn);
	mem_free(s);
}

static void grow_loud(struct fairq *q, struct speaker *s,
		      enum fairq_class class)
{
	list_remove(&q->turns[s->class], &s->turn);
	s->class = class;
	list_append(&q->turns[class], &s->turn);
}

/* ---- packets ---- */

static bool fits(size_t more, size_t own, size_t all, size_t max)
{
	return all + more <= max && own + more <= max - all;
}

static bool has_room(const struct fairq *q, const struct speaker *s,
		     enum fairq_class class, size_t n)
{
	static const size_t quarters[CLASSES] = { 4, 3, 2 };
	size_t packets = q->packets_max / 4 * quarters[class];
	size_t bytes = q->bytes_max / 4 * quarters[class];

	return fits(1, s ? s->packets.count : 0, q->all.count, packets) &&
	       fits(n, s ? s->bytes : 0, q->bytes, bytes);
}

bool fairq_put(struct fairq *q, enum fairq_class class,
	       const struct fairq_packet *p, struct view bytes)
{
	struct speaker *s = speaker_find(q, p->who);
	struct fairq_packet *copy;

	if (!has_room(q, s, class, bytes.n))
		return false;
	if (!s)
		s = speaker_new(q, p->who, class);
	else if (class > s->class)
		grow_loud(q, s, class);
	copy = mem_alloc(sizeof(*copy) + bytes.n);
	*copy = *p;
	copy->in_all = copy->in_own = (struct lnode){ 0 };
	copy->n = bytes.n;
	memcpy(copy->bytes, bytes.p, bytes.n);
	list_append(&q->all, &copy->in_all);
	list_append(&s->packets, &copy->in_own);
	q->bytes += bytes.n;
	s->bytes += bytes.n;
	return true;
}

/* His oldest. The others wait until those of his class had their turns. */
static struct fairq_packet *take_of(struct fairq *q, struct speaker *s)
{
	struct fairq_packet *p = CONTAINER(list_shift(&s->packets),
					   struct fairq_packet, in_own);

	list_remove(&q->all, &p->in_all);
	q->bytes -= p->n;
	s->bytes -= p->n;
	list_remove(&q->turns[s->class], &s->turn);
	if (s->packets.count)
		list_append(&q->turns[s->class], &s->turn);
	else
		speaker_free(q, s);
	return p;
}

static struct lnode *next_turn(struct fairq *q, int loudest)
{
	bool last = ++q->taken % LAST_EVERY == 0;
	struct lnode *n;
	int i;

	for (i = 0; i <= loudest; i++) {
		n = list_first(&q->turns[last ? loudest - i : i]);
		if (n)
			return n;
	}
	return NULL;
}

struct fairq_packet *fairq_take(struct fairq *q, enum fairq_class loudest)
{
	struct lnode *n;

	if (loudest == FAIRQ_NONE)
		return NULL;
	n = next_turn(q, (int)loudest);
	return n ? take_of(q, CONTAINER(n, struct speaker, turn)) : NULL;
}

struct fairq_packet *fairq_stale(struct fairq *q, uint64_t before_ms)
{
	struct lnode *n = list_first(&q->all);
	struct fairq_packet *p;

	if (!n)
		return NULL;
	p = CONTAINER(n, struct fairq_packet, in_all);
	return p->at_ms < before_ms ? take_of(q, speaker_find(q, p->who)) :
				      NULL;
}

void fairq_free(struct fairq *q)
{
	if (!q)
		return;
	while (fairq_count(q))
		mem_free(fairq_stale(q, UINT64_MAX));
	htable_free(&q->speakers);
	mem_free(q);
}
