/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What became of each copy of the fan-out, and what the hub hears of it. */
#include "fanout_priv.h"

#include "mem.h"

/* These mean that this message, or any, will never be taken there. All others
 * can change: a phone that is off, a proxy in trouble, no registration yet. */
static const int for_good[] = {
	403, 404, 405, 410, 413, 415, 420, 488, 493, 513,
};

enum fanout_fate fanout_fate(int status)
{
	if (status >= 200 && status < 300)
		return FATE_DELIVERED;
	if (status >= 600)
		return FATE_GIVEN_UP;
	for (size_t i = 0; i < sizeof(for_good) / sizeof(for_good[0]); i++)
		if (status == for_good[i])
			return FATE_GIVEN_UP;
	return FATE_AGAIN;
}

void fanout_on_letter(int status, uint64_t member, uint64_t seq, void *arg)
{
	struct imc *i = arg;
	struct hub_answer answer = {
		.member = member,
		.seq = seq,
		.status = status,
		.again = fanout_fate(status) == FATE_AGAIN,
	};
	struct buf why = { 0 };

	if (!i->running)
		return;
	if (!pace_empty(&i->fanout.waiting))
		loop_defer(i->loop, &i->fanout.next);
	if (status >= 300)
		buf_addf(&why, "SIP status %d", status);
	answer.text = buf_view(&why);
	hub_on_member_answered(i->hub, &answer);
	buf_free(&why);
}

/* Why the copy should be sent once more at once; empty: it should not. */
static struct view why_again(struct imc *i, const struct addr *user,
			     int status)
{
	if (imc_learn(i, user, imc_done_binding(i, user), status,
		      DEVICE_TYPE_FULL))
		return VIEW("the device wants another form");
	if (fanout_fate(status) == FATE_AGAIN && imc_has_moved(i, user))
		return VIEW("he is somewhere else by now");
	return VIEW_NONE;
}

static bool try_otherwise(struct imc *i, int status, uint64_t member,
			  uint64_t seq)
{
	struct view why = VIEW_NONE;
	struct addr *user = NULL;

	if (status < 400 || !i->running || !i->sip)
		return false;
	if (!addr_parse(&user, sip_done_copy(i->sip).to))
		why = why_again(i, user, status);
	if (!view_empty(why)) {
		hub_on_member_failed(i->hub, member, seq, true, why);
		hub_member_awake(i->hub, user);
	}
	mem_deref(user);
	return !view_empty(why);
}

void fanout_on_copy(int status, uint64_t member, uint64_t seq, void *arg)
{
	imc_on_status(arg, status);
	if (!try_otherwise(arg, status, member, seq))
		fanout_on_letter(status, member, seq, arg);
}

static void tell_of(struct imc *i, const struct unsent *u)
{
	const struct hub_answer answer = {
		.member = u->member,
		.seq = u->seq,
		.status = u->status,
		.again = u->again,
		.text = view_str(u->why),
	};

	hub_on_member_answered(i->hub, &answer);
}

void fanout_tell_unsent(void *arg)
{
	struct imc *i = arg;
	struct fanout *f = &i->fanout;
	struct unsent *list = f->list;
	size_t count = f->count;

	/* the hub may send at once, and fill the list again */
	f->list = NULL;
	f->count = f->size = 0;
	for (size_t n = 0; n < count && i->running; n++)
		tell_of(i, &list[n]);
	mem_free(list);
}

void fanout_add_unsent(struct imc *i, const struct unsent *u)
{
	struct fanout *f = &i->fanout;

	if (f->count == f->size) {
		f->size = f->size ? 2 * f->size : 16;
		f->list = mem_array(f->list, f->size, sizeof(*f->list));
	}
	f->list[f->count++] = *u;
	loop_defer(i->loop, &f->job);
}
