/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All seats: finding one, and what concerns several: a user or a network that
 * changes, the end, the status.
 */
#include <errno.h>

#include "clock.h"
#include "iseat_priv.h"
#include "mem.h"

uint64_t seat_key(const struct addr *aor, struct view network)
{
	return hash_u64(aor->hash ^ hash_iview(network));
}

struct seat *seat_find(const struct igate *g, const struct addr *aor,
		       struct view network)
{
	struct hnode *n = htable_find(&g->seats, seat_key(aor, network));

	for (; n; n = htable_more(n)) {
		struct seat *s = CONTAINER(n, struct seat, by_key);

		if (addr_eq(s->aor, aor) && view_ieq(s->network, network))
			return s;
	}
	return NULL;
}

struct seat *seat_each(const struct igate *g, size_t *pos, struct seat *prev)
{
	struct hnode *n =
		htable_each(&g->seats, pos, prev ? &prev->by_key : NULL);

	return n ? CONTAINER(n, struct seat, by_key) : NULL;
}

void seats_init(struct igate *g)
{
	list_init(&g->old_nicks);
}

void seats_changed(struct igate *g, struct addr *owner, struct view network)
{
	struct seat *s = seat_find(g, owner, network);

	if (!s)
		return;
	s->refused_ms = 0;
	s->stuck = false;
	s->again_ms = 0;
	s->wanted[0] = '\0';
	if (s->state != SEAT_OFF && s->state != SEAT_WAITING)
		seat_log_out(s);
	seat_look(s, 0);
}

static void end_barred(struct seat *s)
{
	seat_log_out(s);
	s->holds++;
	queue_run(s, EACCES);
	s->holds--;
}

void seats_user(struct igate *g, const struct addr *user, bool gone)
{
	struct seat *s = NULL;
	size_t pos = 0;

	while ((s = seat_each(g, &pos, s))) {
		if (!addr_eq(s->aor, user))
			continue;
		if (gone || seat_is_barred(s))
			end_barred(s);
		if (gone) {
			keep_refused(s, false);
			s->refused_ms = 0;
			s->wanted[0] = '\0';
			seat_set_trouble(s, VIEW_NONE);
		}
		seat_look(s, 0);
	}
}

/* The usual last word, where there is no room for this one. */
static void cut(struct seat *s, struct view words)
{
	const struct ircp p = { .verb = IRCP_LEAVE, .text = words };

	if (s->state == SEAT_UP)
		(void)seat_send(s, &p, NULL, NULL);
	if (s->state != SEAT_OFF)
		seat_log_out(s);
	(void)seat_is_cut(s);
	seat_look(s, 0);
}

void seats_cut(struct igate *g, struct view network, struct view words)
{
	struct seat *s = NULL;
	size_t pos = 0;

	while ((s = seat_each(g, &pos, s)))
		if (view_ieq(s->network, network))
			cut(s, words);
}

void seats_stop(struct igate *g)
{
	struct seat *s = NULL;
	size_t pos = 0;

	turns_stop(g);
	while ((s = seat_each(g, &pos, s))) {
		wheel_stop(seat_wheel(s), &s->idle);
		if (s->session)
			session_stop(s->session);
		s->state = SEAT_OFF;
	}
}

void seats_free(struct igate *g)
{
	struct hnode *n;

	while ((n = htable_pop(&g->seats)))
		seat_end(CONTAINER(n, struct seat, by_key));
	htable_free(&g->seats);
	nicks_free(g);
	turns_free(g);
}

static int seat_print(struct sink *out, const struct seat *s)
{
	int err =
		sink_printf(out, "%s on %s as %s: %s", s->aor->text.p,
			    s->network.p, s->nick, seat_state_name(s->state));

	if (!err && s->trouble.n)
		err = sink_printf(out, ", last error: %.*s",
				  VIEW_ARG(buf_view(&s->trouble)));
	return err ? err : sink_printf(out, "\n");
}

static int net_print(struct sink *out, const struct inet *n)
{
	uint64_t now = now_ms();
	int err = sink_printf(out, "network %s: %zu wait for their turn",
			      n->label, n->queue.count);

	if (!err && now < n->until_ms)
		err = sink_printf(out, ", not before %u s",
				  (unsigned)((n->until_ms - now) / 1000 + 1));
	return err ? err : sink_printf(out, "\n");
}

int seats_status(struct igate *g, struct sink *out)
{
	struct hnode *n = NULL;
	struct seat *s = NULL;
	size_t pos = 0;
	int err = 0;

	while (!err && (n = htable_each(&g->nets, &pos, n)))
		err = net_print(out, CONTAINER(n, struct inet, by_label));
	for (pos = 0; !err && (s = seat_each(g, &pos, s));)
		err = seat_print(out, s);
	return err;
}
