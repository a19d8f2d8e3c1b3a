/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "key=value" lines and back. */
#include "meta.h"

#include <string.h>

#include "utf8.h"

static bool is_field(struct view v)
{
	if (!v.n || v.n > META_FIELD_MAX || !utf8_valid(v))
		return false;
	for (size_t i = 0; i < v.n; i++)
		if ((unsigned char)v.p[i] < 0x20)
			return false;
	return true;
}

/* start: where all of it begins in out. */
static void put(struct buf *out, size_t start, const char *key,
		struct view value)
{
	if (!is_field(value) ||
	    out->n - start + strlen(key) + value.n + 2 > META_MAX)
		return;
	buf_adds(out, key);
	buf_addc(out, '=');
	buf_addv(out, value);
	buf_addc(out, '\n');
}

static void put_number(struct buf *out, size_t start, const char *key,
		       uint64_t n)
{
	struct buf value = { 0 };

	buf_add_u64(&value, n);
	put(out, start, key, buf_view(&value));
	buf_free(&value);
}

/* The short ones first: they are the last to be left out. */
void meta_put(struct buf *out, const struct meta *m)
{
	size_t start = out->n;

	if (m->event)
		put(out, start, "event", VIEW("1"));
	if (m->notice)
		put(out, start, "notice", VIEW("1"));
	if (m->receipt)
		put(out, start, "receipt", VIEW("1"));
	if (m->hops)
		put_number(out, start, "hops", m->hops);
	if (m->time_ms)
		put_number(out, start, "time", m->time_ms);
	put(out, start, "as", m->as);
	put(out, start, "id", m->id);
	put(out, start, "to", m->to);
	put(out, start, "origin", m->origin);
	put(out, start, "thread", m->thread);
	put(out, start, "replaces", m->replaces);
	put(out, start, "lang", m->lang);
	put(out, start, "subject", m->subject);
}

/* What is none counts as not said. */
static void number(uint64_t *out, struct view value, uint64_t max)
{
	if (view_u64(out, value, max))
		*out = 0;
}

static void get(struct meta *m, struct view key, struct view value)
{
	if (view_eqs(key, "subject"))
		m->subject = value;
	else if (view_eqs(key, "lang"))
		m->lang = value;
	else if (view_eqs(key, "thread"))
		m->thread = value;
	else if (view_eqs(key, "id"))
		m->id = value;
	else if (view_eqs(key, "to"))
		m->to = value;
	else if (view_eqs(key, "as"))
		m->as = value;
	else if (view_eqs(key, "origin"))
		m->origin = value;
	else if (view_eqs(key, "replaces"))
		m->replaces = value;
	else if (view_eqs(key, "event"))
		m->event = true;
	else if (view_eqs(key, "notice"))
		m->notice = true;
	else if (view_eqs(key, "receipt"))
		m->receipt = true;
	else if (view_eqs(key, "hops"))
		number(&m->hops, value, UINT32_MAX);
	else if (view_eqs(key, "time"))
		number(&m->time_ms, value, INT64_MAX);
}

void meta_get(struct meta *m, struct view text)
{
	struct view line, key, value;

	*m = (struct meta){ .receipt = false };
	while (text.n) {
		if (!view_cut(text, '\n', &line, &text))
			text = VIEW_NONE;
		if (view_cut(line, '=', &key, &value))
			get(m, key, value);
	}
}
