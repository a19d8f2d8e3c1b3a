/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Connections by id: an answer may find that its one is gone. */
#include "serving.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "framer.h"
#include "hash.h"
#include "log.h"
#include "mem.h"
#include "pass.h"
#include "peercred.h"

enum {
	CONNS_MAX = 64,
	OUT_MAX = 80 * 1024 * 1024, /* above the longest answer to a line */
};

struct serving {
	struct serving_conf conf;
	char *path, *domain;       /* owned */
	struct listener *listener; /* owned; NULL: draining */
	struct htable conns;       /* struct conn, by id */
	uint64_t last_id, taken;
	size_t open;
};

struct conn {
	struct hnode by_id;
	struct serving *set;   /* borrowed */
	struct framer *framer; /* owned */
	uint64_t id;
	uint32_t edge;         /* the SIP edge's name for it */
	uint32_t pid;          /* 0: it has not said */
	bool greeted;
};

/* ---- connections ---- */

static void conn_free(struct conn *n)
{
	htable_del(&n->set->conns, &n->by_id);
	if (n->set->conf.sip)
		sip_edge_del(n->set->conf.sip, n->edge);
	framer_free(n->framer);
	mem_free(n);
}

static void conns_end(struct serving *s)
{
	struct hnode *h;

	while ((h = htable_pop(&s->conns)))
		conn_free(CONTAINER(h, struct conn, by_id));
}

static struct conn *conn_find(const struct serving *s, uint64_t id)
{
	struct hnode *h = htable_find(&s->conns, hash_u64(id));

	while (h && CONTAINER(h, struct conn, by_id)->id != id)
		h = htable_more(h);
	return h ? CONTAINER(h, struct conn, by_id) : NULL;
}

static void conn_send(struct conn *n, enum pass_type type, uint64_t id,
		      const struct buf *b)
{
	int err = framer_send(n->framer, (uint16_t)type, (uint32_t)id,
			      buf_view(b));

	if (!err)
		return;
	log_warning("a confabd that stands by does not read: %s",
		    strerrordesc_np(err));
	conn_free(n);
}

/* ---- users ---- */

static int send_user(struct conn *n, const struct pass_user *u)
{
	struct buf b = { 0 };
	int err;

	buf_room(&b, FRAME_PAYLOAD_MAX); /* no copy is left by growing */
	pass_put_user(&b, u);
	err = framer_send(n->framer, PASS_USER, 0, buf_view(&b));
	explicit_bzero(b.p, b.n);
	buf_free(&b);
	return err;
}

static int send_users(struct conn *n)
{
	const struct users *us = n->set->conf.users;
	struct pass_user u = { .gone = false };
	const struct user *each = NULL;
	size_t pos = 0;
	int err = 0;

	while (!err && (each = users_each(us, &pos, each))) {
		u.user = *each;
		err = send_user(n, &u);
	}
	return err ? err : framer_send(n->framer, PASS_USERS, 0, VIEW_NONE);
}

/* ---- what goes out over there ---- */

/* Like a datagram: what does not get there is sent again, or given up. */
static void on_send(const struct sip_flow *flow, struct view packet,
		    void *arg)
{
	const struct pass_send p = { .flow = *flow, .packet = packet };
	struct conn *n = arg;
	struct buf b = { 0 };

	if (!pass_put_send(&b, &p))
		framer_send(n->framer, PASS_SEND, 0, buf_view(&b));
	buf_free(&b);
}

/* ---- what comes in ---- */

static int take_hello(struct conn *n, struct view payload)
{
	struct pass_hello theirs, ours = {
		.version = PASS_VERSION,
		.pid = (uint32_t)getpid(),
		.domain = view_str(n->set->domain),
	};
	struct buf b = { 0 };
	int err = n->greeted ? EBADMSG : pass_get_hello(&theirs, payload);

	if (err)
		return err;
	n->edge = sip_edge_add(n->set->conf.sip, on_send, n);
	if (!n->edge)
		return ENOBUFS;
	n->greeted = true;
	n->pid = theirs.pid;
	if (n->pid)
		log_info("process %u stands by", n->pid);
	pass_put_hello(&b, &ours);
	err = framer_send(n->framer, PASS_HELLO, 0, buf_view(&b));
	buf_free(&b);
	if (!err && theirs.version != PASS_VERSION)
		err = EPROTONOSUPPORT;
	return err ? err : send_users(n);
}

static void send_answer(struct serving *s, uint64_t conn, uint64_t id,
			const struct pass_answer *a)
{
	struct conn *n = conn_find(s, conn);
	struct buf b = { 0 };

	if (n) {
		pass_put_answer(&b, a);
		conn_send(n, PASS_ANSWER, id, &b);
		buf_free(&b);
	}
	s->open--;
}

static void on_answer(int code, struct view reason,
		      const struct sip_header *headers, size_t count,
		      uint64_t conn, uint64_t id, void *arg)
{
	struct pass_answer a = { .code = code, .reason = reason };

	for (; a.count < count && a.count < PASS_HEADERS_MAX; a.count++)
		a.headers[a.count] = headers[a.count];
	send_answer(arg, conn, id, &a);
}

static int take_request(struct conn *n, const struct frame *f)
{
	const struct pass_answer bad = { .code = 400 };
	struct serving *s = n->set;
	struct sip_injection in = {
		.answerh = on_answer,
		.a = n->id,
		.b = f->id,
		.arg = s,
	};
	struct pass_request r;
	int err = pass_get_request(&r, f->payload);

	if (err)
		return err;
	in.packet = r.packet;
	in.identity = r.identity;
	in.flow = r.flow;
	in.edge = n->edge;
	s->taken++;
	s->open++;
	if (sip_inject(s->conf.sip, &in))
		send_answer(s, in.a, in.b, &bad);
	return 0;
}

static int take_line(struct conn *n, const struct frame *f)
{
	struct serving *s = n->set;

	if (f->payload.n > PASS_LINE_MAX)
		return EBADMSG;
	s->open++;
	s->conf.lineh(f->payload, n->id, f->id, s->conf.arg);
	return 0;
}

static int take_response(struct conn *n, const struct frame *f)
{
	if (f->payload.n > PASS_PACKET_MAX)
		return EBADMSG;
	sip_response(n->set->conf.sip, f->payload);
	return 0;
}

static int take_lost(struct conn *n, const struct frame *f)
{
	struct reader r = { .v = f->payload };
	uint32_t conn = reader_u32(&r);

	if (r.bad || r.v.n)
		return EBADMSG;
	sip_edge_lost(n->set->conf.sip, n->edge, conn);
	return 0;
}

static int take_frame(struct conn *n, const struct frame *f)
{
	if (!n->set->conf.sip)
		return 0; /* it is over */
	if (f->type == PASS_HELLO)
		return take_hello(n, f->payload);
	if (!n->greeted)
		return EBADMSG;
	/* When draining this one's sender will hear no answer, and keeps it
	 * for who comes next. */
	if (f->type == PASS_RESPONSE)
		return take_response(n, f);
	if (f->type == PASS_LOST)
		return take_lost(n, f);
	if (f->type == PASS_REQUEST)
		return n->set->listener ? take_request(n, f) : 0;
	if (f->type == PASS_LINE)
		return n->set->listener ? take_line(n, f) : 0;
	return EBADMSG;
}

static void on_frame(const struct frame *f, void *arg)
{
	struct conn *n = arg;
	struct serving *s = n->set;
	uint64_t id = n->id;
	int err = take_frame(n, f);

	if (!err)
		return;
	log_warning("ended the connection of a confabd that stands by: %s",
		    err == EPROTONOSUPPORT ? "it is of another version" :
					     strerrordesc_np(err));
	n = conn_find(s, id);
	if (n)
		conn_free(n);
}

static void on_close(int err, const char *text, void *arg)
{
	const struct conn *n = arg;

	if (n->pid)
		log_info("process %u stands by no more%s%s", n->pid,
			 err ? ": " : "", err ? text : "");
	conn_free(arg);
}

static void on_accept(int fd, const struct netaddr *peer, void *arg)
{
	struct serving *s = arg;
	struct conn *n;

	(void)peer;
	if (s->conns.count >= CONNS_MAX ||
	    !peercred_allowed(fd, s->path)) {
		close(fd);
		return;
	}
	n = mem_zalloc(sizeof(*n));
	n->set = s;
	n->id = ++s->last_id;
	if (framer_new(&n->framer, s->conf.loop, fd, OUT_MAX, on_frame,
		       on_close, n)) {
		mem_free(n);
		return;
	}
	htable_add(&s->conns, &n->by_id, hash_u64(n->id));
}

/* ---- for the daemon ---- */

int serving_new(struct serving **sp, const struct serving_conf *conf)
{
	struct serving *s = mem_zalloc(sizeof(*s));
	int err;

	s->conf = *conf;
	s->path = mem_strdup(conf->path);
	s->domain = mem_strdup(conf->domain);
	err = listener_open_unix(&s->listener, conf->loop, s->path, on_accept,
				 s);
	if (err)
		serving_free(s);
	else
		*sp = s;
	return err;
}

void serving_drain(struct serving *s)
{
	listener_close(s->listener);
	s->listener = NULL;
}

void serving_quiet(struct serving *s)
{
	struct hnode *h = NULL;
	size_t pos = 0;

	serving_drain(s);
	while ((h = htable_each(&s->conns, &pos, h)))
		sip_edge_del(s->conf.sip,
			     CONTAINER(h, struct conn, by_id)->edge);
	s->conf.sip = NULL;
}

void serving_free(struct serving *s)
{
	if (!s)
		return;
	listener_close(s->listener);
	conns_end(s);
	htable_free(&s->conns);
	mem_free(s->path);
	mem_free(s->domain);
	mem_free(s);
}

void serving_reply(struct serving *s, uint64_t conn, uint64_t id,
		   struct view text)
{
	struct pass_reply r = { .more = true };
	struct buf b = { 0 };
	struct conn *n;

	while (r.more && (n = conn_find(s, conn))) {
		r.text = view_head(text, PASS_TEXT_MAX);
		text = view_from(text, r.text.n);
		r.more = text.n;
		buf_clear(&b);
		pass_put_reply(&b, &r);
		conn_send(n, PASS_REPLY, id, &b);
	}
	buf_free(&b);
	s->open--;
}

static void tell_user(struct conn *n, struct view name)
{
	const struct user *user = users_find(n->set->conf.users, name);
	struct pass_user u = { .user.name = name, .gone = !user };

	if (user)
		u.user = *user;
	/* Who has missed one may not stay: he gets all when he comes back. */
	if (n->greeted && send_user(n, &u))
		conn_free(n);
}

void serving_user(struct serving *s, struct view name)
{
	uint64_t ids[CONNS_MAX];
	struct hnode *h = NULL;
	size_t pos = 0, count = 0, i;
	struct conn *n;

	while ((h = htable_each(&s->conns, &pos, h)))
		ids[count++] = CONTAINER(h, struct conn, by_id)->id;
	for (i = 0; i < count; i++) {
		n = conn_find(s, ids[i]);
		if (n)
			tell_user(n, name);
	}
}

void serving_stats(const struct serving *s, struct serving_stats *out)
{
	*out = (struct serving_stats){
		.standbys = s->conns.count,
		.open = s->open,
		.taken = s->taken,
	};
}
