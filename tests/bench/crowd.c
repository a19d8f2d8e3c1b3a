/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The members take turns at speaking. A message is through when its speaker
 * has his answer and everybody else his copy; then the next one goes out.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

#include "call.h"
#include "clock.h"
#include "crowd.h"
#include "mem.h"
#include "post.h"
#include "sipload.h"
#include "words.h"

enum {
	TURN_MS = 20,
	QUIET_US = 300000,   /* after joining: nobody hears anything more */
	LINGER_US = 1000000, /* beyond T1: late copies would come */
	STALL_US = 10000000, /* nothing arrives: what is open is lost */
};

struct crowd {
	const struct options *o; /* borrowed */
	char here[32];
	uint64_t run;            /* tells runs on one server apart */
	struct post *post;       /* owned */
	struct buf text, body, id, to, from;
	uint64_t last_us;        /* when something arrived */
	int err;                 /* of a send: ends the run */
	struct call join;
	unsigned joining;        /* who: room times members plus member */
	uint64_t notices;
	struct call *calls;      /* owned; one a message */
	unsigned oldest, next;   /* of the messages under way */
	unsigned open;           /* how many are */
	struct heard heard;
};

static void crowd_destroy(void *obj)
{
	struct crowd *c = obj;

	mem_deref(c->post);
	buf_free(&c->text);
	buf_free(&c->body);
	buf_free(&c->id);
	buf_free(&c->to);
	buf_free(&c->from);
	mem_free(c->calls);
	tally_free(&c->heard.tally);
}

/* ---- what is sent ---- */

static void send_as(struct crowd *c, struct seat who, struct sipload_text *t)
{
	t->from = words_member(&c->from, who);
	t->domain = c->o->domain;
	t->here = c->here;
	sipload_request(&c->text, t);
	c->err = post_send(c->post, who.member % c->o->sockets,
			   buf_view(&c->text));
}

/* The first member makes the room. */
static void send_join(struct crowd *c)
{
	struct seat who = { .room = c->joining / c->o->members,
			    .member = c->joining % c->o->members };
	struct sipload_text t = {
		.to = words_room(&c->to, c->o, who.room),
		.id = words_id(&c->id, ABOUT_JOIN, c->joining, c->run),
		.body = VIEW("#join"),
	};

	if (!who.member) {
		buf_clear(&c->body);
		buf_adds(&c->body, "#create ");
		buf_addv(&c->body, t.to);
		t.body = buf_view(&c->body);
		t.to = view_str(c->o->manager);
	}
	send_as(c, who, &t);
}

static void send_message(struct crowd *c, unsigned message)
{
	struct seat who = words_speaker(c->o, message);
	struct sipload_text t = {
		.to = words_room(&c->to, c->o, who.room),
		.id = words_id(&c->id, ABOUT_MESSAGE, message, c->run),
		.body = words_message(&c->body, c->o, message),
	};

	send_as(c, who, &t);
}

/* ---- what arrives ---- */

static void through(struct crowd *c, struct call *call)
{
	if (call_done(call))
		c->open--;
}

static void on_answer(struct crowd *c, const struct sipload *m)
{
	struct call *call = &c->join;
	enum about about;
	unsigned number;

	if (m->status < 200)
		return;
	if (!words_is_id(&about, &number, m->call_id, c->run)) {
		c->heard.strange++;
		return;
	}
	if (about == ABOUT_MESSAGE && number < c->next)
		call = &c->calls[number];
	else if (about != ABOUT_JOIN || number != c->joining)
		return; /* to a request that was sent twice */
	if (call->state != CALL_SENT)
		return;

	c->heard.refused += m->status >= 300;
	call->state = CALL_ANSWERED;
	if (about == ABOUT_MESSAGE)
		through(c, call);
}

/* A message goes to its own room, and not back to its speaker. */
static bool is_for(const struct crowd *c, unsigned message, struct seat who)
{
	struct seat speaker = words_speaker(c->o, message);

	return message < c->next && who.room == speaker.room &&
	       who.member != speaker.member;
}

static void on_copy(struct crowd *c, const struct sipload *m, uint64_t at_us)
{
	struct call *call;
	struct seat who;
	unsigned message;

	if (!words_is_member(&who, c->o, m->user) ||
	    !words_is_message(&message, c->o, m->body) ||
	    !is_for(c, message, who)) {
		c->heard.strange++;
		return;
	}
	call = &c->calls[message];
	if (!tally_count(&c->heard.tally, message, who.member, m->branch,
			 at_us - call->first_us))
		return;
	call->left--;
	through(c, call);
}

static size_t on_packet(const struct packet *p, void *arg)
{
	struct crowd *c = arg;
	struct sipload m;

	c->last_us = p->at_us;
	if (sipload_read(&m, p->bytes)) {
		c->heard.strange++;
		return 0;
	}
	if (m.status) {
		on_answer(c, &m);
		return 0;
	}
	if (c->next)
		on_copy(c, &m, p->at_us);
	else
		c->notices++;
	return sipload_answer(p->answer, POST_ANSWER_MAX, &m);
}

/* ---- joining ---- */

static void silence(struct crowd *c, uint64_t us, uint64_t until)
{
	uint64_t now = post_us();

	c->last_us = now;
	for (; now < c->last_us + us && now < until; now = post_us())
		post_poll(c->post, TURN_MS);
}

static int join_one(struct crowd *c, uint64_t until)
{
	uint64_t now = post_us();

	call_start(&c->join, now, 0);
	send_join(c);
	while (!c->err && !call_done(&c->join) && now < until) {
		post_poll(c->post, TURN_MS);
		now = post_us();
		if (call_due(&c->join, now)) {
			c->heard.resent++;
			send_join(c);
		}
	}
	if (c->err)
		return c->err;
	if (!call_done(&c->join))
		return ETIMEDOUT;
	return c->heard.refused ? EACCES : 0;
}

int crowd_join(struct crowd *c, struct joined *j)
{
	uint64_t start = post_us(), quiet;
	uint64_t until = start + (uint64_t)c->o->timeout_s * 1000000;
	int err = 0;

	for (; !err && c->joining < c->o->rooms * c->o->members; c->joining++)
		err = join_one(c, until);
	j->count = err ? c->joining - 1 : c->joining;
	j->seconds = (double)(post_us() - start) / 1e6;
	quiet = c->last_us;
	silence(c, QUIET_US, until);
	if (c->last_us > quiet)
		quiet = c->last_us;
	j->settled_s = (double)(quiet - start) / 1e6;
	j->notices = c->notices;
	return err;
}

/* ---- talking ---- */

static void start_next(struct crowd *c)
{
	unsigned message = c->next++;

	call_start(&c->calls[message], post_us(), c->o->members - 1);
	c->open++;
	send_message(c, message);
}

static void send_due(struct crowd *c)
{
	uint64_t now = post_us();

	while (c->oldest < c->next && call_done(&c->calls[c->oldest]))
		c->oldest++;
	for (unsigned i = c->oldest; i < c->next; i++) {
		if (!call_due(&c->calls[i], now))
			continue;
		c->heard.resent++;
		send_message(c, i);
	}
}

static bool is_due(const struct crowd *c, uint64_t start)
{
	uint64_t us = c->next * UINT64_C(1000000);

	return c->next < c->o->messages &&
	       (!c->o->rate || us / c->o->rate <= post_us() - start);
}

static bool is_over(const struct crowd *c, uint64_t until)
{
	uint64_t now = post_us();

	return c->err || now > until || now > c->last_us + STALL_US ||
	       (c->next == c->o->messages && !c->open);
}

int crowd_talk(struct crowd *c, struct heard *h)
{
	uint64_t start = post_us();
	uint64_t until = start + (uint64_t)c->o->timeout_s * 1000000;

	c->last_us = start;
	c->heard.resent = 0;
	while (!is_over(c, until)) {
		while (c->open < c->o->window && is_due(c, start))
			start_next(c);
		post_poll(c->post, TURN_MS);
		send_due(c);
	}
	c->heard.seconds = (double)(c->last_us - start) / 1e6;
	silence(c, LINGER_US, until + 10 * LINGER_US);

	*h = c->heard;
	h->expected = (uint64_t)c->o->messages * (c->o->members - 1);
	return c->err;
}

int crowd_new(struct crowd **cp, const struct options *o)
{
	struct crowd *c = mem_new(sizeof(*c), crowd_destroy);
	struct post_conf conf = { .bind = o->bind, .server = o->server,
				  .sockets = o->sockets,
				  .posth = on_packet, .arg = c };
	char ip[INET_ADDRSTRLEN];
	int err;

	c->o = o;
	c->run = rand_u64();
	inet_ntop(AF_INET, &o->bind.sin_addr, ip, sizeof(ip));
	snprintf(c->here, sizeof(c->here), "%s:%u", ip,
		 ntohs(o->bind.sin_port));
	c->calls = mem_array(NULL, o->messages, sizeof(*c->calls));
	tally_init(&c->heard.tally, o->messages, o->members);
	err = post_open(&c->post, &conf);

	if (err)
		mem_deref(c);
	else
		*cp = c;
	return err;
}
