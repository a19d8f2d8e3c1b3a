/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is kept of long texts. */
#include "more.h"

#include "hash.h"
#include "line.h"
#include "mem.h"

struct place {
	struct lnode node;
	char channel[IRCB_CHANNEL_MAX + 1];
	struct buf lines; /* owned */
	size_t count;
	uint64_t leg, at_ms;
};

static void place_free(struct ircb_more *m, struct place *p)
{
	list_remove(&m->places, &p->node);
	buf_free(&p->lines);
	mem_free(p);
}

void ircb_more_init(struct ircb_more *m)
{
	list_init(&m->places);
}

void ircb_more_free(struct ircb_more *m)
{
	struct lnode *n;

	while ((n = list_first(&m->places)) != NULL)
		place_free(m, CONTAINER(n, struct place, node));
}

static struct place *find(const struct ircb_more *m, enum ircb_casemap map,
			  struct view channel)
{
	struct lnode *n, *nx;

	LIST_EACH (&m->places, n, nx) {
		struct place *p = CONTAINER(n, struct place, node);

		if (ircb_name_eq(map, view_str(p->channel), channel))
			return p;
	}
	return NULL;
}

/* The bytes of the first count lines. */
static size_t lines_size(struct view lines, size_t count)
{
	size_t i;

	for (i = 0; i < lines.n && count; i++)
		count -= lines.p[i] == '\n';
	return i;
}

static void add_hint(struct buf *lines, struct view channel, size_t left)
{
	struct buf text = { 0 };
	struct view params[2] = { channel, VIEW_NONE };

	buf_addf(&text, "* %zu more line%s: say #more", left,
		 left == 1 ? "" : "s");
	params[1] = buf_view(&text);
	/* Short, and of a channel that lines fitted before. */
	(void)ircb_encode(lines, "PRIVMSG", params, 2);
	buf_free(&text);
}

static struct place *place_new(struct ircb_more *m, struct view channel)
{
	struct place *p = mem_zalloc(sizeof(*p));

	if (m->places.count >= IRCB_MORE_PLACES)
		place_free(m, CONTAINER(list_first(&m->places), struct place,
					node));
	view_copy(p->channel, sizeof(p->channel), channel);
	list_append(&m->places, &p->node);
	return p;
}

void ircb_more_keep(struct ircb_more *m, enum ircb_casemap map,
		    struct view channel, uint64_t leg, size_t max,
		    uint64_t now, struct buf *lines, size_t *count)
{
	struct place *p;
	size_t first;

	/* A line in place of a line says nothing. */
	if (!max || *count <= max + 1)
		return;
	p = find(m, map, channel);
	if (p)
		place_free(m, p);
	p = place_new(m, channel);
	first = lines_size(buf_view(lines), max);
	buf_addv(&p->lines, view_from(buf_view(lines), first));
	p->count = *count - max;
	p->leg = leg;
	p->at_ms = now;
	lines->n = first;
	add_hint(lines, channel, p->count);
	*count = max + 1;
}

bool ircb_more_take(struct ircb_more *m, enum ircb_casemap map,
		    struct view channel, size_t max, uint64_t now,
		    struct buf *lines, size_t *count, uint64_t *leg)
{
	struct place *p = find(m, map, channel);
	bool fresh = p && now - p->at_ms < IRCB_MORE_MS;
	size_t size;

	if (p && !fresh)
		place_free(m, p);
	if (!fresh)
		return false;
	*count = p->count <= max + 1 ? p->count : max;
	*leg = p->leg;
	size = lines_size(buf_view(&p->lines), *count);
	buf_addv(lines, view_head(buf_view(&p->lines), size));
	buf_drop(&p->lines, size);
	p->count -= *count;
	p->at_ms = now;
	if (p->count) {
		add_hint(lines, channel, p->count);
		++*count;
	} else {
		place_free(m, p);
	}
	return true;
}
