/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The stream: XEP-0114 3, one address after the other, a limit of time for
 * all of it, then a ping whenever the server has been silent for a while.
 */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "component_priv.h"
#include "digest.h"
#include "log.h"
#include "mem.h"
#include "stanza.h"

#define NS_ACCEPT "jabber:component:accept"
#define NS_STREAM "http://etherx.jabber.org/streams"
#define NS_STREAMS "urn:ietf:params:xml:ns:xmpp-streams"

enum {
	LOGIN_MS = 30 * 1000,
	CONNECT_MS = 10 * 1000,
	IDLE_MS = 60 * 1000,   /* of silence, before a ping */
	DEAD_MS = 30 * 1000,
	OUT_MAX = 32 * 1024 * 1024,
	BEHIND_MAX = 1024 * 1024, /* of frames that confabd has not read */
	SLOW_MS = 10,
	SECRET_MAX = 1024,
};

static void set_state(struct component *c, enum component_state state)
{
	log_debug("component %s: state %d -> %d", c->domain, (int)c->state,
		  (int)state);
	c->state = state;
}

static void on_end(void *arg)
{
	component_free(arg);
}

/* Nothing begins any more. */
static void be_quiet(struct component *c)
{
	struct wheel *w = loop_wheel(c->jab->loop);

	wheel_stop(w, &c->timer);
	wheel_stop(w, &c->slow);
	wheel_stop(w, &c->barrier);
	dns_cancel(c->query);
	c->query = NULL;
}

void link_close(struct component *c)
{
	struct lnode *n;

	be_quiet(c);
	if (c->stream && c->state == COMPONENT_UP)
		(void)stream_write(c->stream, "</stream:stream>", 16);
	c->stream = stream_close(c->stream);
	while ((n = list_shift(&c->proofs)))
		mem_free(CONTAINER(n, struct proof, node));
}

void link_end(struct component *c, enum worker_lost why, struct view text)
{
	if (c->state == COMPONENT_ENDED)
		return;
	be_quiet(c);
	worker_account_lost(c->jab->worker, c->id, why, text);
	set_state(c, COMPONENT_ENDED);
	c->end = (struct loop_idle){ .h = on_end, .arg = c };
	loop_defer(c->jab->loop, &c->end);
}

/* ---- what comes in ---- */

/* RFC 6120 4.9.3: whose fault it is. */
static enum worker_lost why_of(struct view condition)
{
	static const char *const config[] = { "not-authorized", "host-unknown",
					      "invalid-from",
					      "invalid-namespace" };

	for (size_t i = 0; i < sizeof(config) / sizeof(config[0]); i++)
		if (view_eqs(condition, config[i]))
			return GONE_AUTH;
	return GONE_NET;
}

static void stream_error(struct component *c, const struct elem *e)
{
	struct buf text = { 0 };
	struct elem condition;
	size_t pos = 0;

	buf_adds(&text, "the server ended the stream");
	if (!elem_next(&condition, e, &pos)) {
		link_end(c, GONE_NET, buf_view(&text));
	} else {
		buf_adds(&text, ": ");
		buf_addv(&text, view_head(condition.name, 64));
		if (view_eqs(condition.name, "conflict"))
			buf_adds(&text, " (is somebody else connected as "
					"this component?)");
		if (view_eqs(condition.name, "not-authorized"))
			buf_adds(&text, " (the secret is not the server's)");
		if (view_eqs(condition.name, "host-unknown"))
			buf_adds(&text, " (the server has no such "
					"component)");
		link_end(c, why_of(condition.name), buf_view(&text));
	}
	buf_free(&text);
}

static void on_tick(struct wtimer *t);

static void went_up(struct component *c)
{
	set_state(c, COMPONENT_UP);
	mem_wipe_free(c->secret, strlen(c->secret));
	c->secret = NULL;
	wheel_start(loop_wheel(c->jab->loop), &c->timer, IDLE_MS, on_tick);
	worker_account_up(c->jab->worker, c->id, view_str(c->domain));
	link_barrier(c); /* does this server hand them back? */
}

static void element_in(struct component *c)
{
	struct elem e;

	if (elem_check(buf_view(&c->flat.flat))) {
		log_warning("component %s: a stanza too big or odd to pass on",
			    c->domain);
		return;
	}
	elem_read(&e, buf_view(&c->flat.flat));
	if (elem_is(&e, "error", NS_STREAM))
		stream_error(c, &e);
	else if (c->state == COMPONENT_UP)
		component_stanza(c);
	else if (c->state == COMPONENT_PROVING &&
		 elem_is(&e, "handshake", "jabber:client"))
		went_up(c);
	else
		link_end(c, GONE_NET, VIEW("the server says something else "
					   "than <handshake/>"));
}

/* XEP-0114 3: the hash of the stream's id and the secret. */
static void shake_hands(struct component *c, const char *id)
{
	struct buf b = { 0 }, xml = { 0 };
	char hex[41];
	int err;

	buf_adds(&b, id);
	buf_adds(&b, c->secret);
	err = digest_sha1_hex(hex, buf_view(&b));
	mem_wipe_free(buf_take(&b), strlen(id) + strlen(c->secret));
	if (err) {
		link_end(c, GONE_CONFIG, VIEW("there is no SHA-1 here"));
		return;
	}
	buf_adds(&xml, "<handshake>");
	buf_adds(&xml, hex);
	buf_adds(&xml, "</handshake>");
	set_state(c, COMPONENT_PROVING);
	(void)stream_write(c->stream, xml.p, xml.n);
	buf_free(&xml);
}

static void header_in(struct component *c, const struct xlimit_tag *tag)
{
	const char *id = xlimit_attr(tag, "id");

	if (c->state != COMPONENT_GREETED || !view_eqs(tag->name, "stream") ||
	    !view_eqs(tag->ns, NS_STREAM))
		link_end(c, GONE_NET, VIEW("what answers there is no XMPP "
					   "server"));
	else if (!id || !*id)
		/* without it the secret would be sent for everybody to
		 * replay; or the domain is refused: the error follows */
		c->state = COMPONENT_GREETED;
	else
		shake_hands(c, id);
}

static void on_start(const struct xlimit_tag *tag, unsigned depth, void *arg)
{
	struct component *c = arg;

	if (depth)
		xflat_start(&c->flat, tag, depth);
	else
		header_in(c, tag);
}

static void on_text(struct view text, void *arg)
{
	struct component *c = arg;

	xflat_text(&c->flat, text);
}

static void on_xml_end(unsigned depth, void *arg)
{
	struct component *c = arg;

	if (!depth) {
		link_end(c, GONE_NET, VIEW("the server ended the stream"));
	} else if (xflat_end(&c->flat, depth)) {
		element_in(c);
		buf_clear(&c->flat.flat);
	}
	if (c->state == COMPONENT_ENDED)
		xlimit_stop(c->reader);
}

static void refused(struct component *c)
{
	struct buf b = { 0 };

	buf_adds(&b, "<stream:error><");
	buf_adds(&b, xlimit_condition(c->reader));
	buf_adds(&b, " xmlns='" NS_STREAMS "'/></stream:error>");
	(void)stream_write(c->stream, b.p, b.n);
	buf_clear(&b);
	buf_adds(&b, "the server sent ");
	buf_adds(&b, xlimit_why(c->reader));
	link_end(c, GONE_NET, buf_view(&b));
	buf_free(&b);
}

static void on_slow(struct wtimer *t)
{
	struct component *c = CONTAINER(t, struct component, slow);

	if (worker_behind(c->jab->worker) < BEHIND_MAX / 2)
		stream_pause(c->stream, false);
	else
		wheel_start(loop_wheel(c->jab->loop), t, SLOW_MS, on_slow);
}

/* confabd is slower than the server: the server shall wait. */
static void check_pace(struct component *c)
{
	if (worker_behind(c->jab->worker) < BEHIND_MAX ||
	    wtimer_running(&c->slow))
		return;
	stream_pause(c->stream, true);
	wheel_start(loop_wheel(c->jab->loop), &c->slow, SLOW_MS, on_slow);
}

static void on_data(struct buf *in, void *arg)
{
	struct component *c = arg;
	int err;

	if (c->state == COMPONENT_ENDED)
		return;
	c->heard_at = now_ms();
	c->pinged = false;
	err = xlimit_feed(c->reader, buf_view(in), NULL);
	buf_drop(in, in->n);
	if (err == EBADMSG && c->state != COMPONENT_ENDED)
		refused(c);
	if (c->state != COMPONENT_ENDED)
		check_pace(c);
}

/* ---- what goes out ---- */

int link_write(struct component *c, struct view xml)
{
	int err = stream_write(c->stream, xml.p, xml.n);

	if (!err)
		c->written += xml.n;
	return err;
}

void link_ping(struct component *c, struct view to, const char *id)
{
	struct buf flat = { 0 };

	elem_open(&flat, "iq", "jabber:client");
	elem_attrs(&flat, "type", "get");
	elem_attrs(&flat, "from", c->domain);
	elem_attr(&flat, "to", to);
	elem_attrs(&flat, "id", id);
	elem_leaf(&flat, "ping", NS_PING, VIEW_NONE);
	elem_close(&flat);
	buf_clear(&c->out);
	xflat_write(&c->out, buf_view(&flat), VIEW_NONE);
	(void)link_write(c, buf_view(&c->out));
	buf_free(&flat);
}

/* ---- is it alive? ---- */

/* The answer, an error or whatever else comes shows that it is alive. */
static void ping(struct component *c)
{
	struct view server = view_str(c->domain), head;

	/* "sip.example.org" is the server of "example.org": RFC 6120 knows
	 * no better; an error is an answer, too */
	(void)view_cut(server, '.', &head, &server);
	link_ping(c, server, "alive");
}

static void on_tick(struct wtimer *t)
{
	struct component *c = CONTAINER(t, struct component, timer);
	uint64_t silent;

	if (wtimer_running(&c->slow)) /* it may speak, unread */
		c->heard_at = now_ms();
	silent = now_ms() - c->heard_at;
	if (c->pinged && silent) {
		link_end(c, GONE_NET, VIEW("the server answers nothing any "
					   "more"));
		return;
	}
	if (silent >= IDLE_MS) {
		c->pinged = true;
		ping(c);
	}
	wheel_start(loop_wheel(c->jab->loop), t,
		    c->pinged ? ANSWER_MS : IDLE_MS - silent, on_tick);
}

/* ---- the way there ---- */

static void greet(struct component *c)
{
	struct buf b = { 0 };

	buf_adds(&b, "<?xml version='1.0'?><stream:stream xmlns='" NS_ACCEPT
		     "' xmlns:stream='" NS_STREAM "' to='");
	buf_adds(&b, c->domain); /* a host name: checked */
	buf_adds(&b, "'>");
	set_state(c, COMPONENT_GREETED);
	(void)stream_write(c->stream, b.p, b.n);
	buf_free(&b);
}

static void on_open(void *arg)
{
	struct component *c = arg;

	if (c->state == COMPONENT_CONNECTING)
		greet(c);
}

static void next_address(struct component *c);

static void on_close(int err, const char *text, void *arg)
{
	struct component *c = arg;
	struct buf b = { 0 };

	(void)err;
	if (c->state == COMPONENT_CONNECTING &&
	    c->addr_next < c->addr_count) {
		c->stream = stream_close(c->stream);
		next_address(c);
		return;
	}
	buf_adds(&b, c->state == COMPONENT_CONNECTING ?
			     "can't connect to the server: " :
			     "the connection broke: ");
	buf_adds(&b, text);
	link_end(c, GONE_NET, buf_view(&b));
	buf_free(&b);
}

static void next_address(struct component *c)
{
	static const struct stream_ops ops = { on_open, on_data, on_close,
					       link_drained };
	const struct stream_conf conf = { .out_max = OUT_MAX,
					  .connect_ms = CONNECT_MS,
					  .dead_ms = DEAD_MS };
	int err;

	set_state(c, COMPONENT_CONNECTING);
	err = stream_connect(&c->stream, c->jab->loop,
			     &c->addrs[c->addr_next++], &conf, &ops, c);
	if (err)
		link_end(c, GONE_NET, view_str(strerror(err)));
}

static void on_found(int err, const char *why, const struct netaddr *addrs,
		     size_t count, void *arg)
{
	struct component *c = arg;
	struct buf b = { 0 };

	c->query = NULL;
	if (!err && count) {
		c->addr_count = count;
		memcpy(c->addrs, addrs, count * sizeof(*addrs));
		next_address(c);
		return;
	}
	buf_addf(&b, "can't find the server %s: ", c->host);
	buf_adds(&b, why);
	link_end(c, GONE_NET, buf_view(&b));
	buf_free(&b);
}

static void on_late(struct wtimer *t)
{
	struct component *c = CONTAINER(t, struct component, timer);

	link_end(c, GONE_NET, c->state <= COMPONENT_CONNECTING ?
				      VIEW("the server can't be reached") :
				      VIEW("the server does not answer"));
}

void link_begin(struct component *c)
{
	static const struct xlimit_ops ops = { on_start, on_text,
					       on_xml_end };

	c->flat.ns = NS_ACCEPT;
	c->reader = xlimit_new(NULL, &ops, c);
	c->heard_at = now_ms();
	wheel_start(loop_wheel(c->jab->loop), &c->timer, LOGIN_MS, on_late);
	(void)dns_lookup(&c->query, c->jab->dns, c->host, c->port, on_found,
			 c);
}
