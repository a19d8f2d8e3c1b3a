/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "sts PORT UNTIL HOST" (UNTIL in wall clock ms), "pace BURST MS". */
#include "clock.h"
#include "keep.h"

enum { PACE_MAX_MS = 10000 };

static void put_sts(struct buf *b, const struct ircb_server *s)
{
	if (s->sts_until_ms <= now_ms())
		return;
	buf_adds(b, "sts ");
	buf_add_u64(b, s->sts_port);
	buf_addc(b, ' ');
	buf_add_u64(b, wall_ms() + (s->sts_until_ms - now_ms()));
	buf_addc(b, ' ');
	buf_adds(b, s->host);
	buf_addc(b, '\n');
}

void ircb_keep_put(struct buf *b, const struct ircb_conn_conf *c)
{
	for (size_t i = 0; i < c->servers_count; i++)
		put_sts(b, &c->servers[i]);
	buf_adds(b, "pace ");
	buf_add_u64(b, c->flood_burst);
	buf_addc(b, ' ');
	buf_add_u64(b, c->flood_ms);
	buf_addc(b, '\n');
}

static void take_sts(struct ircb_conn_conf *c, uint64_t port, uint64_t until,
		     struct view host)
{
	uint64_t wall = wall_ms();

	for (size_t i = 0; i < c->servers_count; i++) {
		struct ircb_server *s = &c->servers[i];

		if (!view_ieqs(host, s->host) || port > UINT16_MAX ||
		    until <= wall)
			continue;
		s->sts_port = (uint16_t)port;
		s->sts_until_ms = now_ms() + (until - wall);
	}
}

/* Never faster than the settings say. */
static void take_pace(struct ircb_conn_conf *c, uint64_t burst, uint64_t ms)
{
	if (burst && burst < c->flood_burst)
		c->flood_burst = (unsigned)burst;
	if (ms > c->flood_ms && ms <= PACE_MAX_MS)
		c->flood_ms = ms;
}

void ircb_keep_take(struct ircb_conn_conf *c, struct view kept)
{
	struct view line, what, one, two;
	uint64_t a, b;

	while (kept.n) {
		view_cut(kept, '\n', &line, &kept);
		if (!view_word(&line, " ", &what) ||
		    !view_word(&line, " ", &one) ||
		    !view_word(&line, " ", &two) ||
		    view_u64(&a, one, UINT64_MAX) ||
		    view_u64(&b, two, UINT64_MAX))
			continue;
		if (view_eqs(what, "sts"))
			take_sts(c, a, b, view_trim(line));
		else if (view_eqs(what, "pace"))
			take_pace(c, a, b);
	}
}
