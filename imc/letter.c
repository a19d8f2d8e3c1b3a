/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Letters. They are found by id when an answer comes: the table owns them, a
 * SIP transaction holds a reference for the bytes of the URI.
 */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "cpim.h"
#include "imc_priv.h"
#include "letter.h"
#include "log.h"
#include "mem.h"
#include "meta.h"
#include "split.h"

/* For digits of Content-Length, and that a line is never cut for nothing. */
enum { SLACK = 8, ROOM_MIN = 160 };

struct letter {
	struct hnode by_id;
	uint64_t id;
	struct letter_conf conf; /* views into bytes or owner */
	struct addr *user;       /* ref, or NULL: no name to know him by */
	struct sip_flow flow;    /* the way that was chosen */
	struct device_form form; /* of what his device takes; body_max: the
				    text's own bytes in a part */
	struct meta meta;        /* views into conf.meta */
	struct split split;      /* in it is what was not sent yet */
	char bytes[];
};

static void letter_destroy(void *obj)
{
	struct letter *lt = obj;

	mem_deref(lt->conf.owner);
	mem_deref(lt->conf.to);
	mem_deref(lt->user);
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
	size_t n = conf->from.n + conf->in_reply_to.n + conf->meta.n +
		   (conf->owner ? 0 : conf->text.n);
	struct letter *lt = mem_new(sizeof(*lt) + n, letter_destroy);
	char *at = lt->bytes;

	lt->conf = *conf;
	lt->split = (struct split){ .count = 0 };
	mem_ref(conf->owner);
	mem_ref(conf->to);
	keep(&at, &lt->conf.from);
	keep(&at, &lt->conf.in_reply_to);
	keep(&at, &lt->conf.meta);
	meta_get(&lt->meta, lt->conf.meta);
	if (!conf->owner)
		keep(&at, &lt->conf.text);
	(void)addr_parse(&lt->user, sip_dest_to(conf->to));
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

static void on_status(int status, uint64_t id, uint64_t unused, void *arg);

/* He who has it says so himself: once, for the last part. */
static bool asks_report(const struct letter *lt)
{
	return lt->form.reports && lt->meta.receipt &&
	       cpim_id_ok(lt->meta.id);
}

static struct cpim in_cpim(const struct letter *lt, struct view text,
			   bool last)
{
	return (struct cpim){
		.from = lt->conf.from,
		.to = sip_dest_to(lt->conf.to),
		.time_ms = lt->conf.time_ms,
		.text = text,
		.id = last && asks_report(lt) ? lt->meta.id : VIEW_NONE,
	};
}

static int make_template(struct sip_template **tp, struct imc *i,
			 const struct letter *lt, uint64_t id,
			 struct view body)
{
	static const struct view types[] = {
		[DEVICE_TYPE_BARE] = VIEW("text/plain"),
		[DEVICE_TYPE_CPIM] = VIEW(CPIM_TYPE),
	};
	const struct cpim c = in_cpim(lt, body, split_is_done(&lt->split));
	struct imc_text text = {
		.id = id,
		.from = lt->conf.from,
		.type = types[lt->form.type],
		.body = body,
		.in_reply_to = lt->conf.in_reply_to,
		.more = { lt->meta.subject, lt->meta.lang,
			  lt->conf.notice || lt->meta.notice,
			  (unsigned)lt->meta.hops },
		.time_ms = lt->conf.time_ms,
		.doneh = on_status,
	};
	struct buf wrapped = { 0 };
	int err = i->sip ? 0 : ESHUTDOWN;

	if (!err && lt->form.type == DEVICE_TYPE_CPIM) {
		err = cpim_add(&wrapped, &c);
		text.body = buf_view(&wrapped);
	}
	if (!err)
		err = imc_template(tp, i, &text);
	buf_free(&wrapped);
	return err;
}

/* Bytes that a packet has left for its body. */
static int packet_room(size_t *room, struct imc *i, const struct letter *lt)
{
	struct sip_template *t = NULL;
	int err = make_template(&t, i, lt, lt->conf.id, VIEW_NONE);
	size_t used;

	if (err)
		return err;
	used = sip_copy_size(i->sip, t, &lt->flow, lt->conf.to) + SLACK;
	*room = used + ROOM_MIN < IMC_PACKET_MAX ? IMC_PACKET_MAX - used :
						   ROOM_MIN;
	mem_deref(t);
	return 0;
}

static const struct binding *binding_of(const struct imc *i,
					const struct letter *lt)
{
	return lt->user ? imc_device(i, lt->user, lt->conf.binding) : NULL;
}

/* What is left of the body for the text. */
static void take_wrapper(struct letter *lt)
{
	const struct cpim c = in_cpim(lt, VIEW_NONE, true);
	size_t used = cpim_overhead(&c);

	if (lt->form.body_max < used + SPLIT_PART_MIN)
		lt->form.body_max = SPLIT_PART_MIN;
	else
		lt->form.body_max -= used;
}

static int set_way(struct imc *i, struct letter *lt,
		   const struct sip_flow *flow)
{
	const struct binding *b = binding_of(i, lt);
	size_t room;
	int err;

	lt->flow = *flow;
	lt->flow.anew = lt->conf.flow.anew;
	lt->form = device_form(b ? &b->dev : NULL, flow->transport);
	if (asks_report(lt))
		lt->form.type = DEVICE_TYPE_CPIM;
	if (lt->form.type == DEVICE_TYPE_CPIM)
		take_wrapper(lt);
	if (sip_is_stream(flow->transport))
		return 0;
	err = packet_room(&room, i, lt);
	if (!err && room < lt->form.body_max)
		lt->form.body_max = room;
	return err;
}

static void cut(struct letter *lt)
{
	const struct device_form *f = &lt->form;
	struct view text = lt->conf.text;

	if (f->sms)
		split_init_sms(&lt->split, text, lt->conf.prefix, f->body_max);
	else if (f->chars)
		split_init_chars(&lt->split, text, lt->conf.prefix,
				 f->body_max, f->chars);
	else
		split_init(&lt->split, text, lt->conf.prefix, f->body_max);
}

/* Chooses the way, the form and the parts, by what is known now. */
static int plan(struct imc *i, struct letter *lt)
{
	struct sip_flow tcp;
	int err = set_way(i, lt, &lt->conf.flow);

	if (!err && lt->conf.text.n > lt->form.body_max &&
	    !sip_is_stream(lt->flow.transport) && lt->user &&
	    imc_stream_flow(i, lt->user, lt->conf.binding, &tcp))
		err = set_way(i, lt, &tcp);
	if (!err)
		cut(lt);
	return err;
}

/* The same part has the same Call-ID each time, no two parts have one, and
 * neither have parts that were cut otherwise: a device drops doubles. */
static uint64_t part_id(const struct letter *lt)
{
	const struct split *sp = &lt->split;

	if (sp->count == 1)
		return lt->conf.id;
	return lt->conf.id + sp->next * UINT64_C(0x9e3779b97f4a7c15) +
	       sp->max * UINT64_C(0xd1b54a32d192ed03);
}

static int send_part(struct imc *i, struct letter *lt)
{
	struct sip_template *t = NULL;
	struct buf body = { 0 };
	int err;

	split_next(&lt->split, &body);
	err = make_template(&t, i, lt, part_id(lt), buf_view(&body));
	if (!err)
		err = sip_send(i->sip, t, &lt->flow, lt->conf.to,
			       lt->conf.key, lt->id, 0);
	mem_deref(t);
	buf_free(&body);
	return err;
}

static int start(struct imc *i, struct letter *lt)
{
	int err = plan(i, lt);

	return err ? err : send_part(i, lt);
}

/* In another form, as was learned just now. False: it would be the same. */
static bool start_otherwise(int *err, struct imc *i, struct letter *lt)
{
	const struct device_form was = lt->form;
	const enum sip_transport by = lt->flow.transport;

	lt->conf.flow.anew = true;
	*err = plan(i, lt);
	if (!*err && lt->form.type == was.type && lt->flow.transport == by &&
	    lt->form.body_max == was.body_max)
		return false;
	if (!*err)
		*err = send_part(i, lt);
	return true;
}

static void letter_done(struct imc *i, struct letter *lt, int status)
{
	const struct letter_conf conf = lt->conf;

	if (!conf.doneh && status >= 300)
		log_info("sip: %.*s did not take a text: status %d",
			 VIEW_ARG(sip_dest_to(conf.to)), status);
	if (status == 200 && asks_report(lt))
		status = 202;
	letter_end(i, lt);
	if (conf.doneh)
		conf.doneh(status, conf.a, conf.b, i);
}

static void on_status(int status, uint64_t id, uint64_t unused, void *arg)
{
	struct imc *i = arg;
	struct letter *lt = letter_of(i, id);
	bool over = false;
	int err = 0;

	(void)unused;
	imc_on_status(i, status);
	if (!lt)
		return;
	if (status >= 400 && imc_learn(i, lt->user, lt->conf.binding, status,
				       lt->form.type)) {
		over = !start_otherwise(&err, i, lt);
	} else if (status < 300 && !split_is_done(&lt->split)) {
		err = send_part(i, lt);
	} else {
		over = true;
	}
	if (over || err)
		letter_done(i, lt, err ? 503 : status);
}

int letter_send(struct imc *i, const struct letter_conf *conf)
{
	struct letter *lt = letter_new(i, conf);
	int err = start(i, lt);

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
