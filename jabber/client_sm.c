/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the server has, what we have, and whether it is still there: all by
 * one probe. With XEP-0198 that is <r/>; without, a ping to the server, whose
 * answer comes after it has taken what went before (RFC 6120 10.1). One is
 * out at a time, and at most one a second goes out, unless much waits.
 */
#include <errno.h>

#include "clock.h"
#include "client_priv.h"
#include "log.h"
#include "stanza.h"

#define NS_STREAM_ERRORS "urn:ietf:params:xml:ns:xmpp-streams"

enum {
	IDLE_MS = 60 * 1000,    /* of silence, before a probe */
	ANSWER_MS = 20 * 1000,  /* and nothing comes at all: dead */
	CONFIRM_MS = 60 * 1000, /* and it does not come: of no use */
	BURST_MS = 10,
	PROBE_MS = 1000,
	/* What is confirmed was handed to confabd by now, and it has had the
	 * time to commit it. */
	SETTLE_MS = 100,
};

static struct wheel *wheel(const struct client *c)
{
	return loop_wheel(c->jab->loop);
}

/* ---- is it alive? ---- */

static void on_alive(struct wtimer *t);

static uint64_t due_at(const struct client *c)
{
	if (!c->probe_at)
		return c->heard_at + IDLE_MS;
	return c->probe_at +
	       (c->heard_at > c->probe_at ? CONFIRM_MS : ANSWER_MS);
}

static void watch(struct client *c)
{
	uint64_t due = due_at(c), now = now_ms();

	wheel_start(wheel(c), &c->timer, due > now ? due - now : BURST_MS,
		    on_alive);
}

static void write_ping(struct client *c)
{
	struct buf flat = { 0 }, xml = { 0 };

	(void)jab_id(c->probe_id, 'p', rand_u64());
	elem_open(&flat, "iq", "jabber:client");
	elem_attrs(&flat, "type", "get");
	elem_attrs(&flat, "to", c->creds.domain);
	elem_attrs(&flat, "id", c->probe_id);
	elem_leaf(&flat, "ping", NS_PING, VIEW_NONE);
	elem_close(&flat);
	xflat_write(&xml, buf_view(&flat), VIEW_NONE);
	(void)front_send(c->front, buf_view(&xml));
	buf_free(&flat);
	buf_free(&xml);
}

static void probe(struct client *c)
{
	c->probe_at = c->probed_at = now_ms();
	c->probe_mark = c->unacked.sent;
	if (c->sm)
		(void)front_send(c->front, VIEW("<r xmlns='" NS_SM "'/>"));
	else
		write_ping(c);
	watch(c);
}

/* While we do not read, it need not answer. */
static void on_alive(struct wtimer *t)
{
	struct client *c = CONTAINER(t, struct client, timer);
	bool reading = !wtimer_running(&c->slow);

	if (!reading) {
		c->heard_at = now_ms();
		if (c->probe_at)
			c->probe_at = c->heard_at;
	}
	if (now_ms() < due_at(c))
		watch(c);
	else if (!c->probe_at)
		probe(c);
	else
		client_broke(c, GONE_NET, VIEW("the server does not answer "
					       "any more"));
}

/* ---- what it has ---- */

static void on_probe(struct wtimer *t)
{
	probe(CONTAINER(t, struct client, probe));
}

static void want_probe(struct client *c)
{
	uint64_t next = c->probed_at + PROBE_MS, now = now_ms();
	bool much = !unacked_fits(&c->unacked, UNACKED_BYTES_MAX / 2) ||
		    c->unacked.all.count > UNACKED_COUNT_MAX / 2;

	if (c->probe_at || list_empty(&c->unacked.all))
		return;
	if (much || next < now + BURST_MS)
		next = now + BURST_MS;
	if (!wtimer_running(&c->probe) || much)
		wheel_start(wheel(c), &c->probe, next - now, on_probe);
}

static void settled(uint64_t tag, void *arg)
{
	struct client *c = arg;

	worker_sent(c->jab->worker, c->id, tag, PARCEL_SENT, VIEW_NONE);
}

static void answered(struct client *c)
{
	c->probe_at = 0;
	watch(c);
	want_probe(c);
}

/* XEP-0198 4: such a count ends the stream. */
static void counts_too_high(struct client *c)
{
	(void)front_send(c->front, VIEW(
		"<stream:error><undefined-condition xmlns='" NS_STREAM_ERRORS
		"'/></stream:error>"));
	c->front = front_leave(c->front);
	kept_drop(c);
	client_end(c, GONE_NET, VIEW("the server confirms more than was "
				     "sent"));
}

bool sm_confirmed(struct client *c, uint64_t h)
{
	if (!unacked_confirm(&c->unacked, (uint32_t)h, settled, c))
		return true;
	counts_too_high(c);
	return false;
}

bool sm_is_answer(struct client *c, const struct elem *e)
{
	struct view type = elem_get(e, "type");

	if (c->sm || !c->probe_at || !elem_is(e, "iq", NULL) ||
	    !view_eqs(elem_get(e, "id"), c->probe_id) ||
	    view_eqs(type, "get") || view_eqs(type, "set"))
		return false;
	(void)sm_confirmed(c, c->probe_mark);
	answered(c);
	return true;
}

/* A stanza that nobody asks for need not be confirmed: without XEP-0198 it
 * could not be sent again. */
static int send_now(struct client *c, uint64_t tag, struct view xml)
{
	int err = front_send(c->front, xml);

	if (!err && c->sm)
		unacked_add(&c->unacked, tag, xml);
	else if (!err && tag)
		unacked_add(&c->unacked, tag, VIEW_NONE);
	if (!err)
		want_probe(c);
	return err;
}

int sm_send(struct client *c, uint64_t tag, struct view xml)
{
	if (!unacked_fits(&c->unacked, xml.n))
		return ENOBUFS;
	if (c->state == CLIENT_ONLINE)
		return send_now(c, tag, xml);
	unacked_add(&c->unacked, tag, xml);
	return 0;
}

/* ---- what we have ---- */

static void write_ack(struct client *c, uint32_t h)
{
	struct buf b = { 0 };

	buf_adds(&b, "<a xmlns='" NS_SM "' h='");
	buf_add_u64(&b, h);
	buf_adds(&b, "'/>");
	(void)front_send(c->front, buf_view(&b));
	buf_free(&b);
}

static void on_ack(struct wtimer *t)
{
	struct client *c = CONTAINER(t, struct client, ack);

	if (worker_behind(c->jab->worker)) {
		wheel_start(wheel(c), t, SETTLE_MS, on_ack);
		return;
	}
	kept_write(c, c->ack_mark);
	write_ack(c, c->ack_mark);
	if (!c->ack_again)
		return;
	c->ack_again = false;
	c->ack_mark = c->in;
	wheel_start(wheel(c), t, SETTLE_MS, on_ack);
}

static void asked(struct client *c)
{
	if (wtimer_running(&c->ack)) {
		c->ack_again = true;
		return;
	}
	c->ack_mark = c->in;
	wheel_start(wheel(c), &c->ack, SETTLE_MS, on_ack);
}

void sm_confirm_all(struct client *c)
{
	if (c->sm)
		write_ack(c, c->in);
}

void sm_element(struct client *c, const struct elem *e)
{
	uint64_t h;

	if (!c->sm)
		return;
	if (elem_is(e, "r", NS_SM))
		asked(c);
	else if (elem_is(e, "a", NS_SM) &&
		 !view_u64(&h, elem_get(e, "h"), UINT32_MAX) &&
		 sm_confirmed(c, h))
		answered(c);
}

/* ---- life ---- */

void sm_begin(struct client *c)
{
	c->heard_at = now_ms();
	c->probe_at = 0;
	watch(c);
	want_probe(c);
}

void sm_stop(struct client *c)
{
	wheel_stop(wheel(c), &c->probe);
	wheel_stop(wheel(c), &c->ack);
	c->ack_again = false;
}
