/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A connection's life: the transport, what ends it, and its end. A handler
 * of the owner may close it at any point: each entry from the stream holds a
 * reference.
 */
#include <errno.h>
#include <string.h>

#include "front_priv.h"
#include "hash.h"
#include "log.h"
#include "mem.h"

enum {
	CONNECT_MS = 10000, /* TCP, with direct TLS that too; STARTTLS again */
	DEAD_MS = 30000,    /* a peer that has vanished is found by then */
	LEAVE_MS = 2000,
	IN_MAX = 64 * 1024,
	OUT_MAX = 1024 * 1024,
	BEHIND_MAX = 256 * 1024, /* then the server takes nothing any more */
	FD_MIN = 1024, /* lower ones are for libstrophe and its select() */
};

static const char *state_name(enum front_state state)
{
	static const char *const names[] = {
		[FRONT_RESOLVING] = "resolving",
		[FRONT_CONNECTING] = "connecting",
		[FRONT_OFFERS] = "asking for TLS",
		[FRONT_PROCEED] = "about to begin TLS",
		[FRONT_SECURING] = "TLS handshake",
		[FRONT_LOGIN] = "logging in",
		[FRONT_UP] = "up",
		[FRONT_LEAVING] = "leaving",
		[FRONT_OVER] = "over",
	};

	return names[state];
}

void front_set_state(struct front *f, enum front_state state)
{
	if (f->state != state && *f->conf.domain)
		log_debug("xmpp %s: %s", f->conf.domain, state_name(state));
	f->state = state;
}

const struct front_route *front_route(const struct front *f)
{
	return &f->routes[f->route ? f->route - 1 : 0];
}

void front_hang_up(struct front *f)
{
	shim_free(f->shim);
	f->shim = NULL;
	f->stream = stream_close(f->stream);
	xtree_stop(f->tree);
}

static void stop(struct front *f)
{
	if (f->state == FRONT_OVER)
		return;
	if (f->state == FRONT_LEAVING) {
		wheel_stop(loop_wheel(f->conf.loop), &f->timer);
		list_remove(f->conf.leaving, &f->leaving);
	}
	front_set_state(f, FRONT_OVER);
	front_dial_stop(f);
	front_hang_up(f);
}

/* One that is leaving belongs to itself; the caller has a reference. */
static void gone(struct front *f)
{
	stop(f);
	mem_deref(f);
}

/* ---- the end ---- */

static bool is_vouched(const struct front *f)
{
	return f->state == FRONT_LOGIN || f->state == FRONT_UP;
}

void front_lost(struct front *f, enum worker_lost why, struct view words)
{
	if (f->state == FRONT_OVER || f->state == FRONT_LEAVING)
		return;
	if (!is_vouched(f))
		why = GONE_NET;
	stop(f);
	f->ops->lost(why, words, f->arg);
}

void front_lost_at(struct front *f, enum worker_lost why, const char *words)
{
	struct buf b = { 0 };

	buf_adds(&b, words);
	netaddr_put(&b, &front_route(f)->addr);
	front_lost(f, why, buf_view(&b));
	buf_free(&b);
}

static void certificate_refused(struct front *f, const char *why)
{
	struct buf b = { 0 };

	buf_adds(&b, "the certificate of ");
	buf_adds(&b, f->conf.domain);
	buf_adds(&b, " was refused: ");
	buf_adds(&b, why);
	front_lost(f, GONE_NET, buf_view(&b));
	buf_free(&b);
}

static void tls_broken(struct front *f, int err)
{
	if (err == ETIMEDOUT)
		front_lost_at(f, GONE_NET,
			      "the TLS handshake came to a halt: ");
	else
		front_lost_at(f, GONE_NET,
			      "connection or TLS handshake broken: ");
}

static void login_broken(struct front *f)
{
	front_lost_at(f, GONE_NET, "the connection broke during login: ");
}

static void on_leave_limit(struct wtimer *t)
{
	gone(CONTAINER(t, struct front, timer));
}

/* From here on it belongs to itself, with a reference that the caller gives
 * up. */
static void begin_to_leave(struct front *f)
{
	front_set_state(f, FRONT_LEAVING);
	f->conf.jid = f->conf.domain = f->conf.password = "";
	list_append(f->conf.leaving, &f->leaving);
	wheel_start(loop_wheel(f->conf.loop), &f->timer, LEAVE_MS,
		    on_leave_limit);
}

/* What the server sends is not read on; but were the connection closed with
 * something unread, it would not hear why. */
static void refuse(struct front *f)
{
	struct buf b = { 0 };

	buf_adds(&b, "<stream:error><");
	buf_adds(&b, xtree_condition(f->tree));
	buf_adds(&b, " xmlns='" NS_STREAM_ERRORS "'/></stream:error>"
		     "</stream:stream>");
	front_write(f, buf_view(&b));
	buf_clear(&b);
	buf_adds(&b, "the connection was closed, as the server sent what is "
		     "not allowed: ");
	buf_adds(&b, xtree_why(f->tree));
	shim_free(f->shim);
	f->shim = NULL;
	stream_pause(f->stream, true);
	begin_to_leave(mem_ref(f));
	f->ops->lost(GONE_NET, buf_view(&b), f->arg);
	buf_free(&b);
}

/* ---- the stream ---- */

static void on_open(void *arg)
{
	struct front *f = mem_ref(arg);
	bool plain = f->state == FRONT_CONNECTING && !front_route(f)->direct;

	if (plain && f->conf.mode != FRONT_PLAIN)
		front_begin_stream(f);
	else
		front_begin_login(f);
	mem_deref(f);
}

/* RFC 6120 5.4.3.3: nothing that came before TLS counts; but who says more
 * than <proceed/> there is not the server. */
static void secure(struct front *f, struct view rest)
{
	int err;

	if (view_trim(rest).n) {
		front_lost_at(f, GONE_NET, "something was put behind the "
			      "consent to TLS: ");
		return;
	}
	err = stream_starttls(f->stream, f->tls, f->conf.domain, CONNECT_MS);
	if (err)
		front_lost(f, GONE_NET, view_str(strerror(err)));
}

static void on_data(struct buf *in, void *arg)
{
	struct front *f = mem_ref(arg);
	size_t used = 0;
	int err = xtree_feed(f->tree, buf_view(in), &used);

	if (err == EBADMSG && f->state == FRONT_LEAVING)
		gone(f);
	else if (err == EBADMSG)
		refuse(f);
	else if (f->state == FRONT_SECURING)
		secure(f, view_from(buf_view(in), used));
	buf_clear(in);
	mem_deref(f);
}

static void on_close(int err, const char *text, void *arg)
{
	struct front *f = mem_ref(arg);

	if (f->state == FRONT_LEAVING) {
		gone(f);
	} else if (err == EACCES) {
		certificate_refused(f, text);
	} else if (f->state == FRONT_CONNECTING) {
		f->stream = stream_close(f->stream);
		front_dial_next(f, view_str(text));
	} else if (f->state == FRONT_SECURING) {
		tls_broken(f, err);
	} else if (f->state == FRONT_UP) {
		front_lost_at(f, GONE_NET, err ?
			      "the connection broke: " :
			      "the server closed the connection: ");
	} else {
		login_broken(f);
	}
	mem_deref(f);
}

static const struct stream_ops stream_ops = {
	.on_open = on_open,
	.on_data = on_data,
	.on_close = on_close,
};

int front_connect(struct front *f, const struct front_route *r)
{
	const struct stream_conf conf = {
		.in_max = IN_MAX,
		.out_max = OUT_MAX,
		.connect_ms = CONNECT_MS,
		.dead_ms = DEAD_MS,
		.fd_min = FD_MIN,
		.tls = r->direct ? f->tls : NULL,
		.tls_name = f->conf.domain,
	};

	return stream_connect(&f->stream, f->conf.loop, &r->addr, &conf,
			      &stream_ops, f);
}

/* It holds little but stanzas: when that is too much there is an end to it. */
void front_write(struct front *f, struct view xml)
{
	if (f->stream && xml.n)
		(void)stream_write(f->stream, xml.p, xml.n);
}

int front_send(struct front *f, struct view xml)
{
	if (f->state != FRONT_UP)
		return ENOTCONN;
	if (stream_pending(f->stream) + xml.n > BEHIND_MAX)
		return EBUSY;
	return stream_write(f->stream, xml.p, xml.n);
}

bool front_offers_sm(const struct front *f)
{
	return f->offers_sm;
}

bool front_refused(const struct front *f)
{
	return f->state == FRONT_LEAVING;
}

void front_pause(struct front *f, bool paused)
{
	if (f->state == FRONT_UP)
		stream_pause(f->stream, paused);
}

/* ---- what is read ---- */

static void on_header(const struct xlimit_tag *tag, void *arg)
{
	front_header(arg, tag);
}

static void on_stanza(xmpp_stanza_t *s, void *arg)
{
	front_stanza(arg, s);
}

static void on_flat(struct view flat, void *arg)
{
	struct front *f = arg;

	if (f->state == FRONT_UP)
		f->ops->flat(flat, f->arg);
}

static void on_end(void *arg)
{
	struct front *f = arg;

	if (f->state == FRONT_LEAVING)
		gone(f);
	else if (f->state == FRONT_UP)
		front_lost_at(f, GONE_NET,
			      "the server closed the connection: ");
	else
		login_broken(f);
}

/* ---- from outside ---- */

static void front_destroy(void *obj)
{
	struct front *f = obj;

	stop(f);
	mem_deref(f->tree);
	mem_deref(f->tls);
	buf_free(&f->dns_why);
}

struct front *front_new(const struct front_conf *conf,
			const struct front_ops *ops, void *arg)
{
	static const struct xtree_ops tree_ops = { on_header, on_stanza,
						   on_end, on_flat };
	struct front *f = mem_new(sizeof(*f), front_destroy);

	f->conf = *conf;
	f->ops = ops;
	f->arg = arg;
	f->tls = mem_ref(conf->tls);
	f->tree = xtree_new(conf->ctx, &tree_ops, f);
	front_dial(f);
	return f;
}

struct front *front_close(struct front *f)
{
	if (f && f->state != FRONT_LEAVING)
		stop(f);
	return mem_deref(f);
}

struct front *front_leave(struct front *f)
{
	if (!f || f->state != FRONT_UP)
		return front_close(f);
	front_write(f, VIEW("</stream:stream>"));
	begin_to_leave(f);
	return NULL;
}

void front_end_all(struct list *leaving)
{
	struct lnode *n;

	while ((n = list_first(leaving)))
		gone(CONTAINER(n, struct front, leaving));
}
