/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Login, XEP-0198's beginning, and its resumption: a connection that breaks
 * is made anew, with pauses that grow, up to the binding of a resource;
 * instead of that the old session is asked for.
 */
#include "clock.h"
#include "client_priv.h"
#include "conn_why.h"
#include "log.h"
#include "mem.h"
#include "stanza.h"

#define NS_STREAMS "http://etherx.jabber.org/streams"
#define NS_STREAM_ERRORS "urn:ietf:params:xml:ns:xmpp-streams"

enum {
	LOGIN_MS = 30 * 1000,
	/* A server keeps what it has for us for minutes; but whoever writes
	 * to XMPP is to hear of a loss in his time. */
	RESUME_MS = 60 * 1000,
	PAUSE_FIRST_MS = 250,
	PAUSE_MAX_MS = 8000,
	BEHIND_MAX = 1024 * 1024, /* what confabd has not taken yet */
	SLOW_MS = 20,
};

static struct wheel *wheel(const struct client *c)
{
	return loop_wheel(c->jab->loop);
}

void client_drop(struct client *c)
{
	turn_end(c->jab, &c->turn);
	wheel_stop(wheel(c), &c->timer);
	wheel_stop(wheel(c), &c->slow);
	c->front = front_close(c->front);
}

/* ---- a connection that broke ---- */

static void on_pause(struct wtimer *t)
{
	struct client *c = CONTAINER(t, struct client, timer);

	turn_want(c->jab, &c->turn);
}

static void again(struct client *c)
{
	client_set_state(c, CLIENT_BROKEN);
	wheel_start(wheel(c), &c->timer, c->pause_ms, on_pause);
	c->pause_ms = c->pause_ms * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS :
						       c->pause_ms * 2;
}

static void begin_again(struct client *c, struct view text)
{
	uint64_t ms = c->resume_ms < RESUME_MS ? c->resume_ms : RESUME_MS;

	log_info("xmpp %s: %.*s; trying to resume the session", c->label,
		 VIEW_ARG(text));
	c->until_ms = now_ms() + ms;
	c->pause_ms = PAUSE_FIRST_MS;
	again(c);
}

void client_broke(struct client *c, enum worker_lost why, struct view text)
{
	bool online = c->state == CLIENT_ONLINE;

	client_drop(c);
	sm_stop(c);
	if (why != GONE_NET || !c->resume_id)
		client_end(c, why, text);
	else if (online)
		begin_again(c, text);
	else if (now_ms() < c->until_ms)
		again(c);
	else
		client_end(c, why, text);
}

/* ---- online ---- */

static void online(struct client *c)
{
	turn_end(c->jab, &c->turn);
	client_set_state(c, CLIENT_ONLINE);
	sm_begin(c);
	if (!c->told)
		worker_account_up(c->jab->worker, c->id, view_str(c->own));
	c->told = true;
	kept_write(c, c->in);
}

static void up(struct client *c)
{
	log_info("xmpp %s: logged in as %s%s", c->label, c->own,
		 c->sm ? "" : " (without stream management)");
	online(c);
}

static uint64_t seconds(struct view v)
{
	uint64_t n;

	return view_u64(&n, v, 24 * 3600) ? 600 : n;
}

static void enabled(struct client *c, const struct elem *e)
{
	struct view resume = elem_get(e, "resume");

	c->sm = true;
	if ((view_eqs(resume, "true") || view_eqs(resume, "1")) &&
	    elem_get(e, "id").n) {
		c->resume_id = view_dup(elem_get(e, "id"));
		c->resume_ms = 1000 * seconds(elem_get(e, "max"));
	}
	up(c);
}

/* XEP-0198 5: what the server does not have comes once more. */
static void write_again(struct view xml, void *arg)
{
	struct client *c = arg;

	(void)front_send(c->front, xml);
}

static bool confirms(struct client *c, const struct elem *e)
{
	uint64_t h;

	if (view_u64(&h, elem_get(e, "h"), UINT32_MAX))
		return true; /* on <failed/> it may be missing */
	return sm_confirmed(c, h);
}

/* What an earlier worker sent is not with us, and its count is the server's
 * to say. */
static void take_count(struct client *c, const struct elem *e)
{
	uint64_t h;

	if (!c->told && !view_u64(&h, elem_get(e, "h"), UINT32_MAX))
		c->unacked.sent = (uint32_t)h;
}

static void resumed(struct client *c, const struct elem *e)
{
	take_count(c, e);
	if (!confirms(c, e))
		return;
	log_info("xmpp %s: resumed, %zu stanzas once more", c->label,
		 c->unacked.all.count);
	unacked_each(&c->unacked, write_again, c);
	online(c);
}

/* A daemon that thinks that we are up has to hear that this has ended; else
 * it just takes one login more. */
static void cannot_resume(struct client *c, struct view words)
{
	kept_drop(c);
	if (c->told) {
		client_end(c, GONE_NET, words);
		return;
	}
	client_drop(c);
	mem_free(c->own);
	c->own = NULL;
	c->sm = false;
	c->in = 0;
	client_set_state(c, CLIENT_LOGIN);
	turn_want(c->jab, &c->turn);
}

/* What the server has is told of: the daemon sends the rest again. */
static void not_resumed(struct client *c, const struct elem *e)
{
	if (!c->told || confirms(c, e))
		cannot_resume(c, VIEW("the server does not know our session "
				      "any more"));
}

static void managed(struct client *c, const struct elem *e)
{
	if (c->state == CLIENT_ENABLING && elem_is(e, "enabled", NS_SM))
		enabled(c, e);
	else if (c->state == CLIENT_ENABLING && elem_is(e, "failed", NS_SM))
		up(c);
	else if (c->state == CLIENT_RESUMING && elem_is(e, "resumed", NS_SM))
		resumed(c, e);
	else if (c->state == CLIENT_RESUMING && elem_is(e, "failed", NS_SM))
		not_resumed(c, e);
	else if (c->state == CLIENT_ONLINE)
		sm_element(c, e);
}

/* ---- what comes in ---- */

/* RFC 6120 4.9: the server has thrown the session away with it. Of a
 * conflict the next login is free: it gets another resource. */
static void stream_error(struct client *c, const struct elem *e)
{
	struct elem condition = { 0 };
	struct buf words = { 0 };
	enum worker_lost why;
	size_t pos = 0;

	while (elem_next(&condition, e, &pos) &&
	       elem_is(&condition, "text", NULL))
		;
	why = conn_why_stream(&words, condition.name,
			      elem_child_words(e, "text", NS_STREAM_ERRORS));
	if (view_eqs(condition.name, "conflict"))
		why = GONE_NET;
	kept_drop(c);
	client_end(c, why, buf_view(&words));
	buf_free(&words);
}

static void on_slow(struct wtimer *t)
{
	struct client *c = CONTAINER(t, struct client, slow);

	if (worker_behind(c->jab->worker) < BEHIND_MAX / 2)
		front_pause(c->front, false);
	else
		wheel_start(wheel(c), t, SLOW_MS, on_slow);
}

/* confabd is slower than the server: the server shall wait. */
static void check_pace(struct client *c)
{
	if (worker_behind(c->jab->worker) < BEHIND_MAX ||
	    wtimer_running(&c->slow))
		return;
	front_pause(c->front, true);
	wheel_start(wheel(c), &c->slow, SLOW_MS, on_slow);
}

static bool is_stanza(const struct elem *e)
{
	return view_eqs(e->ns, "jabber:client") &&
	       (elem_is(e, "message", NULL) || elem_is(e, "presence", NULL) ||
		elem_is(e, "iq", NULL));
}

static void stanza_in(struct client *c, const struct elem *e)
{
	if (c->state != CLIENT_ONLINE)
		return; /* none is due yet */
	c->in++;
	client_stanza(c, e);
}

static void on_flat(struct view flat, void *arg)
{
	struct client *c = arg;
	struct elem e;

	check_pace(c);
	c->heard_at = now_ms();
	if (elem_check(flat)) {
		log_warning("xmpp %s: a stanza too big or odd to pass on",
			    c->label);
		c->in++;
		return;
	}
	elem_read(&e, flat);
	if (elem_is(&e, "error", NS_STREAMS))
		stream_error(c, &e);
	else if (is_stanza(&e))
		stanza_in(c, &e);
	else
		managed(c, &e);
}

/* ---- the way there ---- */

static void write_resume(struct client *c)
{
	struct buf flat = { 0 }, xml = { 0 };

	client_set_state(c, CLIENT_RESUMING);
	elem_open(&flat, "resume", NS_SM);
	elem_attr_u64(&flat, "h", c->in);
	elem_attrs(&flat, "previd", c->resume_id);
	elem_close(&flat);
	xflat_write(&xml, buf_view(&flat), VIEW_NONE);
	(void)front_send(c->front, buf_view(&xml));
	buf_free(&flat);
	buf_free(&xml);
}

static void on_up(struct view own, void *arg)
{
	struct client *c = arg;

	if (c->state == CLIENT_BROKEN && front_offers_sm(c->front)) {
		write_resume(c);
		return;
	}
	if (c->state == CLIENT_BROKEN) {
		cannot_resume(c, VIEW("the server does not resume sessions "
				      "any more"));
		return;
	}
	c->own = view_dup(own);
	if (!c->sm_wanted || !front_offers_sm(c->front)) {
		up(c);
		return;
	}
	client_set_state(c, CLIENT_ENABLING);
	(void)front_send(c->front, VIEW("<enable xmlns='" NS_SM
					"' resume='true'/>"));
}

/* It may have been somebody in between. But a session that brings what we
 * refuse once more when it is resumed would do so without end. */
static void on_lost(enum worker_lost why, struct view words, void *arg)
{
	struct client *c = arg;

	if (c->state != CLIENT_BROKEN && c->front &&
	    front_refused(c->front)) {
		if (c->refused)
			kept_drop(c);
		c->refused = true;
	}
	client_broke(c, why, words);
}

static const struct front_ops ops = { .up = on_up,
				      .lost = on_lost,
				      .flat = on_flat };

static void on_login_limit(struct wtimer *t)
{
	client_broke(CONTAINER(t, struct client, timer), GONE_NET,
		     VIEW("the login took longer than 30 seconds"));
}

void client_begin(struct turn *t)
{
	struct client *c = CONTAINER(t, struct client, turn);
	struct front_conf conf = {
		.loop = c->jab->loop,
		.dns = c->jab->dns,
		.ctx = c->jab->ctx,
		.leaving = &c->jab->leaving,
		.unbound = c->state == CLIENT_BROKEN,
	};
	char why[256];

	if (creds_front(&conf, &c->creds, &c->jab->trust, why, sizeof(why))) {
		client_end(c, GONE_CONFIG, view_str(why));
		return;
	}
	wheel_start(wheel(c), &c->timer, LOGIN_MS, on_login_limit);
	c->front = front_new(&conf, &ops, c);
}
