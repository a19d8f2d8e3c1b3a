/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The connection to who serves, and what comes by it. */
#include "standby.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "framer.h"
#include "hash.h"
#include "keeper.h"
#include "log.h"
#include "mem.h"
#include "peercred.h"

enum { OUT_MAX = 2 * KEEPER_BYTES, PATIENCE_MS = 5000 };

struct standby {
	struct standby_conf conf;
	char *path, *domain;        /* owned */
	enum standby_state state;
	struct framer *framer;      /* owned; NULL: alone */
	struct store_holder holder;
	unsigned serving;           /* process */
	uint64_t alone_ms;          /* since then */
	int told;                   /* process that the log has heard of */
	struct keeper *keeper;      /* owned */
	struct users *fresh;        /* owned; NULL: all were told */
	struct htable lines;        /* owns them, by the id of their frame */
	uint32_t last_line;
	uint64_t relayed;
};

struct asked {
	struct hnode by_id;
	uint32_t id;
	standby_reply_h *h;
	uint64_t a;
	void *arg;
};

/* ---- lines ---- */

static void asked_reply(struct standby *s, struct asked *q,
			const struct pass_reply *r)
{
	const struct asked to = *q;

	if (!r->more) {
		htable_del(&s->lines, &q->by_id);
		mem_free(q);
	}
	to.h(0, r->text, r->more, to.a, to.arg);
}

static struct asked *asked_find(const struct standby *s, uint32_t id)
{
	struct hnode *h = htable_find(&s->lines, hash_u64(id));

	while (h && CONTAINER(h, struct asked, by_id)->id != id)
		h = htable_more(h);
	return h ? CONTAINER(h, struct asked, by_id) : NULL;
}

static void lines_fail(struct standby *s)
{
	struct hnode *h;
	struct asked *a;

	while ((h = htable_pop(&s->lines))) {
		a = CONTAINER(h, struct asked, by_id);
		a->h(ECONNRESET, VIEW_NONE, false, a->a, a->arg);
		mem_free(a);
	}
}

/* ---- users ---- */

/* While not all were told those that we knew before count. */
static int take_user(struct standby *s, const struct frame *f)
{
	struct users *us = s->fresh ? s->fresh : s->conf.users;
	struct pass_user u;

	if (pass_get_user(&u, f->payload))
		return EBADMSG;
	if (!u.gone)
		return users_put(us, &u.user);
	users_del(us, u.user.name);
	return 0;
}

static int take_users(struct standby *s)
{
	if (!s->fresh)
		return EBADMSG;
	users_swap(s->conf.users, s->fresh);
	sip_users_unknown(s->conf.sip, false);
	users_free(s->fresh);
	s->fresh = NULL;
	return 0;
}

static void expect_users(struct standby *s)
{
	s->fresh = users_new(users_domain(s->conf.users),
			     users_realm(s->conf.users));
}

/* ---- the connection ---- */

static void set_state(struct standby *s, enum standby_state state)
{
	if (state == STANDBY_PASSING) {
		log_info("standing by: process %u serves", s->serving);
	} else if (s->state == STANDBY_PASSING) {
		log_warning("standing by: process %u does not serve any more",
			    s->serving);
		s->serving = 0;
	}
	if (state == STANDBY_ALONE)
		s->alone_ms = now_ms();
	s->state = state;
}

static void disconnect(struct standby *s)
{
	bool served = s->state == STANDBY_PASSING;

	s->framer = framer_free(s->framer);
	users_free(s->fresh);
	s->fresh = NULL;
	set_state(s, STANDBY_ALONE);
	if (served)
		keeper_wait(s->keeper);
	lines_fail(s);
	if (served)
		s->conf.gone(s->conf.arg);
}

static void on_close(int err, const char *text, void *arg)
{
	(void)err;
	log_debug("standing by: the connection ended: %s", text);
	disconnect(arg);
}

static bool is_new(struct standby *s, int pid)
{
	bool is = s->told != pid;

	s->told = pid;
	return is;
}

static int take_hello(struct standby *s, struct view payload)
{
	struct pass_hello h;

	if (s->state != STANDBY_GREETING || pass_get_hello(&h, payload))
		return EBADMSG;
	if (h.version != PASS_VERSION)
		return EPROTONOSUPPORT;
	if (!view_ieqs(h.domain, s->domain) && is_new(s, (int)h.pid))
		log_warning("standing by: process %u has another domain: "
			    "%.*s", h.pid, VIEW_ARG(h.domain));
	s->serving = h.pid;
	set_state(s, STANDBY_PASSING);
	expect_users(s);
	keeper_pass(s->keeper, s->framer);
	return 0;
}

static int take_answer(struct standby *s, const struct frame *f)
{
	struct pass_answer a;

	if (pass_get_answer(&a, f->payload))
		return EBADMSG;
	keeper_answer(s->keeper, f->id, &a);
	return 0;
}

static int take_reply(struct standby *s, const struct frame *f)
{
	struct pass_reply r;
	struct asked *a;

	if (pass_get_reply(&r, f->payload))
		return EBADMSG;
	a = asked_find(s, f->id);
	if (a)
		asked_reply(s, a, &r);
	return 0;
}

static void send_lost(struct standby *s, uint64_t conn)
{
	struct buf b = { 0 };

	buf_put_u32(&b, (uint32_t)conn);
	framer_send(s->framer, PASS_LOST, 0, buf_view(&b));
	buf_free(&b);
}

/* Over UDP who can't be reached does not answer: no more is to be said. */
static int take_send(struct standby *s, const struct frame *f)
{
	struct pass_send p;

	if (pass_get_send(&p, f->payload))
		return EBADMSG;
	s->relayed++;
	if (sip_relay(s->conf.sip, &p.flow, p.packet) &&
	    sip_is_stream(p.flow.transport))
		send_lost(s, p.flow.conn);
	return 0;
}

static int take_frame(struct standby *s, const struct frame *f)
{
	if (f->type == PASS_HELLO)
		return take_hello(s, f->payload);
	if (s->state != STANDBY_PASSING)
		return EBADMSG;
	if (f->type == PASS_ANSWER)
		return take_answer(s, f);
	if (f->type == PASS_SEND)
		return take_send(s, f);
	if (f->type == PASS_USER)
		return take_user(s, f);
	if (f->type == PASS_USERS)
		return take_users(s);
	return f->type == PASS_REPLY ? take_reply(s, f) : EBADMSG;
}

static void on_frame(const struct frame *f, void *arg)
{
	struct standby *s = arg;
	int err = take_frame(s, f);

	if (!err)
		return;
	if (is_new(s, s->holder.pid))
		log_warning("standing by: can't pass on to process %d: %s",
			    s->holder.pid, err == EPROTONOSUPPORT ?
				    "it is of another version" :
				    "what it says makes no sense");
	disconnect(s);
}

static int connect_unix(int *fdp, const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd, err = 0;

	if (view_copy(un.sun_path, sizeof(un.sun_path), view_str(path)))
		return ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;
	if (connect(fd, (const struct sockaddr *)&un, sizeof(un)))
		err = errno;
	else if (!peercred_allowed(fd, path))
		err = EACCES;
	if (err)
		close(fd);
	else
		*fdp = fd;
	return err;
}

static int greet(struct standby *s)
{
	const struct pass_hello h = {
		.version = PASS_VERSION,
		.pid = (uint32_t)getpid(),
		.domain = view_str(s->domain),
	};
	struct buf b = { 0 };
	int err;

	pass_put_hello(&b, &h);
	err = framer_send(s->framer, PASS_HELLO, 0, buf_view(&b));
	buf_free(&b);
	return err;
}

static int join(struct standby *s)
{
	int fd, err = connect_unix(&fd, s->path);

	if (!err)
		err = framer_new(&s->framer, s->conf.loop, fd, OUT_MAX,
				 on_frame, on_close, s);
	if (!err)
		err = greet(s);
	if (err)
		s->framer = framer_free(s->framer);
	else
		set_state(s, STANDBY_GREETING);
	return err;
}

/* ---- for the daemon ---- */

struct standby *standby_new(const struct standby_conf *conf)
{
	struct standby *s = mem_zalloc(sizeof(*s));

	s->conf = *conf;
	s->path = mem_strdup(conf->path);
	s->domain = mem_strdup(conf->domain);
	s->alone_ms = now_ms();
	s->keeper = keeper_new(conf->loop, conf->sip);
	sip_users_unknown(conf->sip, true);
	return s;
}

void standby_free(struct standby *s)
{
	if (!s)
		return;
	keeper_free(s->keeper);
	users_free(s->fresh);
	framer_free(s->framer);
	lines_fail(s);
	htable_free(&s->lines);
	mem_free(s->path);
	mem_free(s->domain);
	mem_free(s);
}

static void meet_stranger(struct standby *s)
{
	if (is_new(s, s->holder.pid))
		log_warning("process %d has the data base for itself "
			    "(db_mode = 0): requests get 503 until it ends",
			    s->holder.pid);
}

void standby_meet(struct standby *s, const struct store_holder *holder)
{
	int err;

	s->holder = *holder;
	if (s->state != STANDBY_ALONE || !holder->pid)
		return;
	if (!holder->shared) {
		meet_stranger(s);
		return;
	}
	err = join(s);
	/* It may be starting, or ending. */
	if (err && now_ms() >= s->alone_ms + PATIENCE_MS &&
	    is_new(s, holder->pid))
		log_warning("process %d has the data base, but can't be "
			    "reached at %s: %s", holder->pid, s->path,
			    strerrordesc_np(err));
}

static bool is_hopeless(const struct standby *s)
{
	return s->state == STANDBY_ALONE && s->holder.pid && !s->holder.shared;
}

void standby_request(struct standby *s, const struct sip_request *req)
{
	if (is_hopeless(s))
		keeper_refuse(s->keeper, req->txn, "nobody serves");
	else
		keeper_take(s->keeper, req,
			    s->state == STANDBY_PASSING ? s->framer : NULL);
}

void standby_response(struct standby *s, struct view packet)
{
	if (s->state == STANDBY_PASSING && packet.n <= PASS_PACKET_MAX)
		framer_send(s->framer, PASS_RESPONSE, 0, packet);
}

void standby_serve(struct standby *s)
{
	sip_users_unknown(s->conf.sip, false);
	keeper_serve(s->keeper);
}

int standby_line(struct standby *s, struct view line, standby_reply_h *h,
		 uint64_t a, void *arg)
{
	struct asked *q;
	int err;

	if (s->state != STANDBY_PASSING)
		return ENOTCONN;
	if (line.n > PASS_LINE_MAX)
		return EMSGSIZE;
	err = framer_send(s->framer, PASS_LINE, ++s->last_line, line);
	if (err)
		return err;
	q = mem_zalloc(sizeof(*q));
	q->id = s->last_line;
	q->h = h;
	q->a = a;
	q->arg = arg;
	htable_add(&s->lines, &q->by_id, hash_u64(q->id));
	return 0;
}

void standby_stats(const struct standby *s, struct standby_stats *out)
{
	struct keeper_stats k;

	keeper_stats(s->keeper, &k);
	*out = (struct standby_stats){
		.state = s->state,
		.holder = s->holder,
		.serving = s->serving,
		.waiting = k.waiting,
		.passed = k.passed,
		.refused = k.refused,
		.relayed = s->relayed,
	};
}
