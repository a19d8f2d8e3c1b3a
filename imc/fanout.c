/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The fan-out: one template a message, one transaction a member. An op must
 * not call up, so what can't be sent at once waits for the end of the loop's
 * turn.
 */
#include <errno.h>

#include "imc_priv.h"
#include "mem.h"
#include "render.h"

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

static void on_status(int status, uint64_t member, uint64_t seq, void *arg)
{
	struct imc *i = arg;
	enum fanout_fate fate = fanout_fate(status);
	struct buf why = { 0 };

	imc_on_status(i, status);
	if (!i->running)
		return;
	if (fate == FATE_DELIVERED) {
		hub_on_member_delivered(i->hub, member, seq);
		return;
	}
	buf_addf(&why, "SIP status %d", status);
	hub_on_member_failed(i->hub, member, seq, fate == FATE_AGAIN,
			     buf_view(&why));
	buf_free(&why);
}

static void tell_unsent(void *arg)
{
	struct imc *i = arg;
	struct fanout *f = &i->fanout;
	struct unsent *list = f->list;
	size_t count = f->count;

	/* the hub may send at once, and fill the list again */
	f->list = NULL;
	f->count = f->size = 0;
	for (size_t n = 0; n < count && i->running; n++)
		hub_on_member_failed(i->hub, list[n].member, list[n].seq,
				     list[n].again, view_str(list[n].why));
	mem_free(list);
}

static void add_unsent(struct imc *i, const struct unsent *u)
{
	struct fanout *f = &i->fanout;

	if (f->count == f->size) {
		f->size = f->size ? 2 * f->size : 16;
		f->list = mem_array(f->list, f->size, sizeof(*f->list));
	}
	f->list[f->count++] = *u;
	loop_defer(i->loop, &f->job);
}

static void all_unsent(struct imc *i, struct member *const *members,
		       size_t count, const struct unsent *like)
{
	struct unsent u = *like;

	for (size_t n = 0; n < count; n++) {
		u.member = members[n]->id;
		add_unsent(i, &u);
	}
}

static const char *send_one(struct imc *i, struct sip_template *t,
			    const struct member *mb, uint64_t seq)
{
	struct sip_flow flow;
	int err;

	switch (imc_route(i, mb->addr, &flow)) {
	case ROUTE_UNKNOWN:
		return "not heard from yet: no contact is known";
	case ROUTE_UNRESOLVED:
		return "the outbound proxy is not resolved";
	case ROUTE_OK:
		break;
	}
	err = sip_send(i->sip, t, &flow, mb->addr->text, mb->addr, mb->id,
		       mb->id, seq);
	if (err == EBADMSG)
		return "the address can't stand in a SIP request";
	return err ? "too many requests are under way" : NULL;
}

static int make_template(struct sip_template **tp, struct imc *i,
			 const struct room *room, const struct msg *msg)
{
	struct buf body = { 0 };
	struct imc_text text = {
		.id = msg->id,
		.from = room->addr->text,
		.time_ms = msg->time_ms,
		.doneh = on_status,
	};
	int err;

	if (!i->sip)
		return ESHUTDOWN;
	render_sip(&body, msg);
	text.body = buf_view(&body);
	err = imc_template(tp, i, &text);
	buf_free(&body);
	return err;
}

static const char *template_fault(int err)
{
	if (err == ESHUTDOWN)
		return "SIP is down";
	if (err == EMSGSIZE)
		return "too long for a SIP request";
	return "no SIP request can carry it";
}

void fanout_send(struct imc *i, struct room *room, struct msg *msg,
		 struct member *const *members, size_t count)
{
	struct unsent u = { .seq = msg->seq, .again = true };
	struct sip_template *t = NULL;
	int err = make_template(&t, i, room, msg);

	if (err) {
		u.again = err == ESHUTDOWN;
		u.why = template_fault(err);
		all_unsent(i, members, count, &u);
		return;
	}
	for (size_t n = 0; n < count; n++) {
		u.member = members[n]->id;
		u.why = send_one(i, t, members[n], msg->seq);
		if (u.why)
			add_unsent(i, &u);
	}
	mem_deref(t);
}

void fanout_init(struct imc *i)
{
	i->fanout.job.h = tell_unsent;
	i->fanout.job.arg = i;
}

void fanout_stop(struct imc *i)
{
	loop_undefer(i->loop, &i->fanout.job);
	mem_free(i->fanout.list);
	i->fanout.list = NULL;
	i->fanout.count = i->fanout.size = 0;
}
