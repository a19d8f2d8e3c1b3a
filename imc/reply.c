/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Replies. They are found by id when an answer comes: the table owns them, a
 * SIP transaction holds a reference for the bytes of the URI.
 */
#include <string.h>

#include "clock.h"
#include "imc_priv.h"
#include "log.h"
#include "mem.h"
#include "reply.h"
#include "utf8.h"

/* pjsua takes whole packets of 4000 bytes at most. */
enum { PART_MAX = 3000 };

struct reply {
	struct hnode by_id;
	uint64_t id;
	struct sip_flow flow;
	struct view from, to, in_reply_to;
	struct view rest; /* of the text: not sent yet */
	char bytes[];     /* what the views point into */
};

static struct view keep(char **at, struct view v)
{
	struct view kept = view_mem(*at, v.n);

	if (v.n)
		memcpy(*at, v.p, v.n);
	*at += v.n;
	return kept;
}

static struct reply *reply_new(struct imc *i, const struct reply_conf *conf)
{
	size_t n = conf->from.n + conf->to.n + conf->text.n +
		   conf->in_reply_to.n;
	struct reply *r = mem_new(sizeof(*r) + n, NULL);
	char *at = r->bytes;

	r->id = ++i->reply_id;
	r->flow = conf->flow;
	r->from = keep(&at, conf->from);
	r->to = keep(&at, conf->to);
	r->in_reply_to = keep(&at, conf->in_reply_to);
	r->rest = keep(&at, conf->text);
	htable_add(&i->replies, &r->by_id, hash_u64(r->id));
	return r;
}

static struct reply *reply_of(const struct imc *i, uint64_t id)
{
	struct hnode *n = htable_find(&i->replies, hash_u64(id));

	for (; n; n = htable_more(n)) {
		struct reply *r = CONTAINER(n, struct reply, by_id);

		if (r->id == id)
			return r;
	}
	return NULL;
}

static void reply_end(struct imc *i, struct reply *r)
{
	htable_del(&i->replies, &r->by_id);
	mem_deref(r);
}

static struct view next_part(struct reply *r)
{
	struct view part = r->rest, tail;

	if (r->rest.n <= PART_MAX) {
		r->rest = VIEW_NONE;
		return part;
	}
	if (view_rcut(view_head(r->rest, PART_MAX), '\n', &part, &tail) &&
	    part.n) {
		r->rest = view_from(r->rest, part.n + 1);
		return part;
	}
	part = view_head(r->rest, utf8_cut(r->rest, PART_MAX));
	r->rest = view_from(r->rest, part.n);
	return part;
}

static void on_status(int status, uint64_t id, uint64_t unused, void *arg);

static int send_part(struct imc *i, struct reply *r)
{
	struct sip_template *t = NULL;
	struct imc_text text = {
		.id = rand_u64(),
		.from = r->from,
		.body = next_part(r),
		.in_reply_to = r->in_reply_to,
		.time_ms = wall_ms(),
		.doneh = on_status,
	};
	int err = imc_template(&t, i, &text);

	if (err)
		return err;
	err = sip_send(i->sip, t, &r->flow, r->to, r, 0, r->id, 0);
	mem_deref(t);
	return err;
}

static void reply_go_on(struct imc *i, struct reply *r)
{
	int err = send_part(i, r);

	if (!err)
		return;
	log_info("sip: can't send a text to %.*s: %s", VIEW_ARG(r->to),
		 strerror(err));
	reply_end(i, r);
}

static void on_status(int status, uint64_t id, uint64_t unused, void *arg)
{
	struct imc *i = arg;
	struct reply *r = reply_of(i, id);

	(void)unused;
	imc_on_status(i, status);
	if (!r)
		return;
	if (status >= 300)
		log_info("sip: %.*s did not take a text: status %d",
			 VIEW_ARG(r->to), status);
	if (status < 300 && i->sip && !view_empty(r->rest))
		reply_go_on(i, r);
	else
		reply_end(i, r);
}

void reply_send(struct imc *i, const struct reply_conf *conf)
{
	if (i->sip)
		reply_go_on(i, reply_new(i, conf));
}

void replies_free(struct imc *i)
{
	struct hnode *n;

	while ((n = htable_pop(&i->replies)) != NULL)
		mem_deref(CONTAINER(n, struct reply, by_id));
	htable_free(&i->replies);
}
