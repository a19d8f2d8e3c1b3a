/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Requests and lines under way, by the id of their frame. A request is kept
 * until it is answered, so that it can be passed on once more: what was
 * accepted twice is delivered once, because the hub knows it again.
 */
#include "standby.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "framer.h"
#include "hash.h"
#include "list.h"
#include "log.h"
#include "mem.h"
#include "pass.h"
#include "peercred.h"

enum { OUT_MAX = 2 * STANDBY_BYTES, PATIENCE_MS = 5000 };

struct standby {
	struct standby_conf conf;
	char *path, *domain;        /* owned */
	enum standby_state state;
	struct framer *framer;      /* owned; NULL: alone */
	struct store_holder holder;
	unsigned serving;           /* process */
	uint64_t alone_ms;          /* since then */
	int told;                   /* process that the log has heard of */
	bool refusing;              /* the log has heard of it */
	struct htable requests, lines; /* own them, by id */
	struct list order;          /* the same requests */
	size_t bytes;
	uint32_t last_id;
	uint64_t passed, refused, relayed;
};

struct kept {
	struct hnode by_id;
	struct lnode in_order;
	struct wtimer timer;
	struct standby *set; /* borrowed */
	uint32_t id;
	uint64_t txn;
	struct sip_flow flow;
	char *identity; /* owned */
	size_t n;
	char packet[];
};

struct asked {
	struct hnode by_id;
	uint32_t id;
	standby_reply_h *h;
	uint64_t a;
	void *arg;
};

/* ---- requests ---- */

static void answer_busy(const struct standby *s, uint64_t txn)
{
	static const struct sip_header again = { VIEW("Retry-After"),
						 VIEW("1") };

	sip_answer(s->conf.sip, txn, 503, NULL, &again, 1);
}

/* Told once, until somebody serves again. */
static void refuse(struct standby *s, uint64_t txn, const char *why)
{
	s->refused++;
	if (!s->refusing)
		log_warning("standing by: requests get 503: %s", why);
	s->refusing = true;
	answer_busy(s, txn);
}

static void kept_free(struct kept *k)
{
	wheel_stop(loop_wheel(k->set->conf.loop), &k->timer);
	htable_del(&k->set->requests, &k->by_id);
	list_remove(&k->set->order, &k->in_order);
	k->set->bytes -= k->n;
	mem_free(k->identity);
	mem_free(k);
}

static void on_late(struct wtimer *t)
{
	struct kept *k = CONTAINER(t, struct kept, timer);

	refuse(k->set, k->txn, k->set->state == STANDBY_PASSING ?
				       "who serves does not answer" :
				       "nobody serves");
	kept_free(k);
}

static void kept_wait(struct kept *k, uint64_t ms)
{
	wheel_start(loop_wheel(k->set->conf.loop), &k->timer, ms, on_late);
}

/* Whoever is settled has a user and a host. */
static char *identity_text(const struct sip_uri *u)
{
	struct buf b = { 0 };

	buf_addv(&b, u->scheme);
	buf_addc(&b, ':');
	buf_addv(&b, u->user);
	buf_addc(&b, '@');
	buf_addv(&b, u->host);
	if (u->port) {
		buf_addc(&b, ':');
		buf_add_u64(&b, u->port);
	}
	return buf_take(&b);
}

static struct kept *kept_new(struct standby *s, const struct sip_request *req)
{
	struct kept *k = mem_zalloc(sizeof(*k) + req->packet.n);

	k->set = s;
	k->id = ++s->last_id;
	k->txn = req->txn;
	k->flow = req->flow;
	k->identity = identity_text(&req->identity);
	k->n = req->packet.n;
	memcpy(k->packet, req->packet.p, k->n);
	s->bytes += k->n;
	htable_add(&s->requests, &k->by_id, hash_u64(k->id));
	list_append(&s->order, &k->in_order);
	kept_wait(k, STANDBY_KEEP_MS);
	return k;
}

static struct kept *kept_find(const struct standby *s, uint32_t id)
{
	struct hnode *h = htable_find(&s->requests, hash_u64(id));

	while (h && CONTAINER(h, struct kept, by_id)->id != id)
		h = htable_more(h);
	return h ? CONTAINER(h, struct kept, by_id) : NULL;
}

/* Where it can't be sent it waits for the next connection. */
static void kept_pass(struct kept *k)
{
	const struct pass_request r = {
		.flow = k->flow,
		.identity = view_str(k->identity),
		.packet = view_mem(k->packet, k->n),
	};
	struct buf b = { 0 };
	int err = pass_put_request(&b, &r);

	if (!err)
		err = framer_send(k->set->framer, PASS_REQUEST, k->id,
				  buf_view(&b));
	buf_free(&b);
	if (err)
		return;
	k->set->passed++;
	kept_wait(k, STANDBY_ANSWER_MS);
}

/* ---- lines ---- */

static void asked_reply(struct standby *s, struct asked *a, int err,
			const struct pass_reply *r)
{
	standby_reply_h *h = a->h;
	uint64_t number = a->a;
	void *arg = a->arg;

	if (err || !r->more) {
		htable_del(&s->lines, &a->by_id);
		mem_free(a);
	}
	h(err, err ? VIEW_NONE : r->text, !err && r->more, number, arg);
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

/* ---- the connection ---- */

static void set_state(struct standby *s, enum standby_state state)
{
	if (state == STANDBY_PASSING) {
		log_info("standing by: process %u serves", s->serving);
		s->refusing = false;
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
	struct lnode *n, *nx;

	s->framer = framer_free(s->framer);
	set_state(s, STANDBY_ALONE);
	if (served) {
		LIST_EACH (&s->order, n, nx)
			kept_wait(CONTAINER(n, struct kept, in_order),
				  STANDBY_KEEP_MS);
	}
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
	struct lnode *n, *nx;
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
	LIST_EACH (&s->order, n, nx)
		kept_pass(CONTAINER(n, struct kept, in_order));
	return 0;
}

static int take_answer(struct standby *s, const struct frame *f)
{
	char reason[PASS_REASON_MAX + 1];
	struct pass_answer a;
	struct kept *k;

	if (pass_get_answer(&a, f->payload))
		return EBADMSG;
	k = kept_find(s, f->id);
	if (!k)
		return 0; /* it came too late */
	view_copy(reason, sizeof(reason), a.reason);
	sip_answer(s->conf.sip, k->txn, a.code, *reason ? reason : NULL,
		   a.headers, a.count);
	kept_free(k);
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
		asked_reply(s, a, 0, &r);
	return 0;
}

/* Who can't be reached does not answer: that is all there is to say. */
static int take_send(struct standby *s, const struct frame *f)
{
	struct pass_send p;

	if (pass_get_send(&p, f->payload))
		return EBADMSG;
	s->relayed++;
	(void)sip_relay(s->conf.sip, &p.flow, p.packet);
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
	list_init(&s->order);
	return s;
}

void standby_free(struct standby *s)
{
	struct lnode *n;

	if (!s)
		return;
	while ((n = list_first(&s->order))) {
		struct kept *k = CONTAINER(n, struct kept, in_order);

		answer_busy(s, k->txn);
		kept_free(k);
	}
	framer_free(s->framer);
	lines_fail(s);
	htable_free(&s->requests);
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
	struct kept *k;

	if (is_hopeless(s)) {
		refuse(s, req->txn, "nobody serves");
		return;
	}
	if (s->order.count >= STANDBY_KEPT ||
	    s->bytes + req->packet.n > STANDBY_BYTES) {
		refuse(s, req->txn, "too many wait for an answer");
		return;
	}
	k = kept_new(s, req);
	if (s->state == STANDBY_PASSING)
		kept_pass(k);
}

void standby_response(struct standby *s, struct view packet)
{
	if (s->state == STANDBY_PASSING && packet.n <= PASS_PACKET_MAX)
		framer_send(s->framer, PASS_RESPONSE, 0, packet);
}

static void on_served(int code, struct view reason,
		      const struct sip_header *headers, size_t count,
		      uint64_t txn, uint64_t b, void *arg)
{
	char text[PASS_REASON_MAX + 1];

	(void)b;
	view_copy(text, sizeof(text), reason);
	sip_answer(arg, txn, code, *text ? text : NULL, headers, count);
}

void standby_serve(struct standby *s)
{
	struct lnode *n;

	while ((n = list_first(&s->order))) {
		struct kept *k = CONTAINER(n, struct kept, in_order);
		const struct sip_injection in = {
			.packet = view_mem(k->packet, k->n),
			.identity = view_str(k->identity),
			.flow = k->flow,
			.answerh = on_served,
			.a = k->txn,
			.arg = s->conf.sip,
		};

		if (sip_inject(s->conf.sip, &in))
			answer_busy(s, k->txn);
		kept_free(k);
	}
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
	err = framer_send(s->framer, PASS_LINE, ++s->last_id, line);
	if (err)
		return err;
	q = mem_zalloc(sizeof(*q));
	q->id = s->last_id;
	q->h = h;
	q->a = a;
	q->arg = arg;
	htable_add(&s->lines, &q->by_id, hash_u64(q->id));
	return 0;
}

void standby_stats(const struct standby *s, struct standby_stats *out)
{
	*out = (struct standby_stats){
		.state = s->state,
		.holder = s->holder,
		.serving = s->serving,
		.waiting = s->order.count,
		.passed = s->passed,
		.refused = s->refused,
		.relayed = s->relayed,
	};
}
