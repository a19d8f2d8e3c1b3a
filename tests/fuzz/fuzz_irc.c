/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whatever a server sends: framing, parser, filter, and libircclient behind
 * it; then the same bytes as somebody's words on their way out, and as a
 * parcel.
 */
#include <errno.h>

#include "fuzz.h"

#include "filter.h"
#include "names.h"
#include "parcel.h"
#include "say.h"
#include "shim.h"
#include "text.h"
#include "utf8.h"

static void read_line(struct ircb_shim *s, struct view text)
{
	struct ircb_support support;
	struct ircb_event ev;
	struct ircb_line l;
	struct buf b = { 0 }, plain = { 0 };

	if (ircb_line_parse(&l, text))
		return;
	ircb_support_init(&support);
	ircb_support_line(&support, &l);
	if (ircb_filter_in(&b, &l) == IRCB_GATE_LIBRARY) {
		int err = ircb_shim_feed(s, buf_view(&b), &ev);

		assert(b.n <= IRCB_OUT_MAX);
		assert(err != EIO);
	}
	ircb_plain(&plain, ircb_last(&l));
	assert(utf8_valid(buf_view(&plain)));
	buf_free(&b);
	buf_free(&plain);
}

static void say(unsigned kind, struct view text)
{
	struct worker_say m = { .kind = kind,
				.name = view_head(text, 16),
				.text = text };
	struct view in, line;
	struct ircb_line l;
	struct buf b = { 0 };
	size_t count;

	(void)ircb_say(&b, VIEW("#c"), 80, &m, &count);
	for (in = buf_view(&b); !ircb_line_next(&in, &line);) {
		assert(line.n + 2 + 80 <= IRCB_OUT_MAX);
		assert(!ircb_line_parse(&l, line));
		assert(view_eqs(l.command, "PRIVMSG") && l.count == 2);
	}
	assert(in.n == 0);
	buf_free(&b);
}

/* What can be read is written as the same. */
static void parcel(struct view v)
{
	struct ircp p, again;
	struct buf b = { 0 };

	if (ircp_get(&p, v))
		return;
	assert(!ircp_put(&b, &p));
	assert(!ircp_get(&again, buf_view(&b)));
	assert(p.verb == again.verb && p.kind == again.kind);
	assert(view_eq(p.text, again.text) && view_eq(p.id, again.id));
	buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view in = view_mem(data, size), line;
	struct ircb_shim *s;

	if (!size || ircb_shim_new(&s))
		return 0;
	say(data[0] % 4, in);
	parcel(in);
	while (!ircb_line_next(&in, &line))
		read_line(s, line);
	ircb_shim_free(s);
	return 0;
}
