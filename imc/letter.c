/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Letters. They are found by id when an answer comes: the table owns them, a
 * SIP transaction holds a reference for the bytes of the URI.
 */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "imc_priv.h"
#include "letter.h"
#include "log.h"
#include "mem.h"
#include "utf8.h"

struct letter {
	struct hnode by_id;
	uint64_t id;
	struct letter_conf conf; /* views into bytes or owner */
	struct view prefix;
	struct view rest;        /* of the text: not sent yet */
	unsigned parts;          /* sent */
	char bytes[];
};

static void letter_destroy(void *obj)
{
	struct letter *lt = obj;

	mem_deref(lt->conf.owner);
}

static void keep(char **at, struct view *v)
{
	if (v->n)
		memcpy(*at, v->p, v->n);
	v->p = *at;
	*at += v->n;
}

static struct letter *letter_new(struct imc *i, const struct letter_conf *conf)
{
	size_t n = conf->from.n + conf->to.n + conf->in_reply_to.n +
		   (conf->owner ? 0 : conf->text.n);
	struct letter *lt = mem_new(sizeof(*lt) + n, letter_destroy);
	char *at = lt->bytes;

	lt->conf = *conf;
	mem_ref(conf->owner);
	keep(&at, &lt->conf.from);
	keep(&at, &lt->conf.to);
	keep(&at, &lt->conf.in_reply_to);
	if (!conf->owner)
		keep(&at, &lt->conf.text);
	lt->rest = lt->conf.text;
	lt->prefix = view_head(lt->conf.text, conf->prefix);
	if (!conf->id)
		lt->conf.id = rand_u64();
	if (!conf->time_ms)
		lt->conf.time_ms = wall_ms();
	lt->id = ++i->letter_id;
	htable_add(&i->letters, &lt->by_id, hash_u64(lt->id));
	return lt;
}

static struct letter *letter_of(const struct imc *i, uint64_t id)
{
	struct hnode *n = htable_find(&i->letters, hash_u64(id));

	for (; n; n = htable_more(n)) {
		struct letter *lt = CONTAINER(n, struct letter, by_id);

		if (lt->id == id)
			return lt;
	}
	return NULL;
}

static void letter_end(struct imc *i, struct letter *lt)
{
	htable_del(&i->letters, &lt->by_id);
	mem_deref(lt);
}

/* Takes what fits one MESSAGE off the rest: to a line's end where there is
 * one. */
static struct view cut_part(struct view *rest, size_t max)
{
	struct view part = *rest, tail;

	if (rest->n <= max) {
		*rest = VIEW_NONE;
	} else if (view_rcut(view_head(*rest, max), '\n', &part, &tail) &&
		   part.n) {
		*rest = view_from(*rest, part.n + 1);
	} else {
		part = view_head(*rest, utf8_cut(*rest, max));
		*rest = view_from(*rest, part.n);
	}
	return part;
}

static void next_body(struct letter *lt, struct buf *body)
{
	if (lt->parts)
		buf_addv(body, lt->prefix);
	buf_addv(body, cut_part(&lt->rest, LETTER_PART_MAX - body->n));
}

static void on_status(int status, uint64_t id, uint64_t unused, void *arg);

/* The same part has the same Call-ID each time, and no two parts have one. */
static uint64_t part_id(const struct letter *lt)
{
	return lt->conf.id + lt->parts * UINT64_C(0x9e3779b97f4a7c15);
}

static int send_part(struct imc *i, struct letter *lt)
{
	struct sip_template *t = NULL;
	struct buf body = { 0 };
	struct imc_text text = {
		.id = part_id(lt),
		.from = lt->conf.from,
		.in_reply_to = lt->conf.in_reply_to,
		.time_ms = lt->conf.time_ms,
		.doneh = on_status,
	};
	int err;

	if (!i->sip)
		return ESHUTDOWN;
	next_body(lt, &body);
	text.body = buf_view(&body);
	err = imc_template(&t, i, &text);
	if (!err)
		err = sip_send(i->sip, t, &lt->conf.flow, lt->conf.to, lt,
			       lt->conf.key, lt->id, 0);
	lt->parts++;
	mem_deref(t);
	buf_free(&body);
	return err;
}

static void letter_done(struct imc *i, struct letter *lt, int status)
{
	const struct letter_conf conf = lt->conf;

	if (!conf.doneh && status >= 300)
		log_info("sip: %.*s did not take a text: status %d",
			 VIEW_ARG(conf.to), status);
	letter_end(i, lt);
	if (conf.doneh)
		conf.doneh(status, conf.a, conf.b, i);
}

static void on_status(int status, uint64_t id, uint64_t unused, void *arg)
{
	struct imc *i = arg;
	struct letter *lt = letter_of(i, id);

	(void)unused;
	imc_on_status(i, status);
	if (!lt)
		return;
	if (status >= 300 || view_empty(lt->rest))
		letter_done(i, lt, status);
	else if (send_part(i, lt))
		letter_done(i, lt, 503);
}

int letter_send(struct imc *i, const struct letter_conf *conf)
{
	struct letter *lt = letter_new(i, conf);
	int err = send_part(i, lt);

	if (err)
		letter_end(i, lt);
	return err;
}

void letters_free(struct imc *i)
{
	struct hnode *n;

	while ((n = htable_pop(&i->letters)) != NULL)
		mem_deref(CONTAINER(n, struct letter, by_id));
	htable_free(&i->letters);
}
