/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * NOTIFY out, in the dialog: what a Contact names is its R-URI, and nothing is
 * ever sent there for that (notify_way.c). Redirects are not followed.
 */
#include "event_keep_priv.h"
#include "event_list_priv.h"
#include "notify_priv.h"

#include <errno.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "mem.h"
#include "text_priv.h"
#include "uri_priv.h"

enum {
	HEADERS = 4,
	AGAIN_MS = 1000, /* while there are too many transactions */
	ABSENT_MS = 10 * 1000, /* until his phone has connected again */
};

/* ---- what it says ---- */

static void host_put(struct buf *b, struct view sentby)
{
	struct view proto, hostport;

	view_cut(sentby, ' ', &proto, &hostport);
	buf_addv(b, hostport);
}

void notify_contact(struct buf *b, const struct sip *s,
		    const struct sip_flow *flow, struct view resource)
{
	struct sip_uri uri;
	enum sip_transport t = flow->transport;

	buf_adds(b, "<sip:");
	if (sip_uri_parse(&uri, resource) == 0 && uri.user.n) {
		buf_addv(b, uri.user);
		buf_addc(b, '@');
	}
	host_put(b, transport_sentby(s->transport, flow));
	if (t != SIP_UDP) {
		buf_adds(b, ";transport=");
		buf_adds(b, sip_transport_name(sip_is_ws(t) ? SIP_WS : t));
	}
	buf_addc(b, '>');
}

static void state_put(struct buf *b, const struct sub *sub)
{
	bool over = sub->state == SUB_OVER && !sub->more;

	/* RFC 6665 4.4.1: nothing may follow the one that ends it */
	buf_adds(b, sub_state_name(over || sub->state != SUB_OVER ?
					   sub->state :
					   SUB_ACTIVE));
	if (!over) {
		buf_adds(b, ";expires=");
		buf_add_u64(b, sub_watch(sub).expires);
		return;
	}
	buf_adds(b, ";reason=");
	buf_adds(b, sub->reason);
	if (sub->retry_after) {
		buf_adds(b, ";retry-after=");
		buf_add_u64(b, sub->retry_after);
	}
}

static void event_put(struct buf *b, const struct sub *sub)
{
	buf_addv(b, sub->event);
	if (sub->event_id.n) {
		buf_adds(b, ";id=");
		buf_addv(b, sub->event_id);
	}
}

/* The parts of one NOTIFY, while it is made. */
struct notice {
	struct buf event, state, contact, body;
	struct buf type;  /* of a list; else empty */
};

static void notice_free(struct notice *n)
{
	buf_free(&n->event);
	buf_free(&n->state);
	buf_free(&n->contact);
	buf_free(&n->body);
	buf_free(&n->type);
}

static struct view type_of(const struct notice *n, const struct sub *sub)
{
	if (!n->body.n)
		return VIEW_NONE;
	return n->type.n ? buf_view(&n->type) : view_str(sub->package->type);
}

static void on_answered(int status, uint64_t a, uint64_t b, void *arg);

static int notice_make(struct sip_template **tp, const struct notice *n,
		       struct sub *sub)
{
	struct sip *s = subs_sip(sub->set);
	const struct sip_header headers[HEADERS] = {
		{ VIEW("Event"), buf_view(&n->event) },
		{ VIEW("Subscription-State"), buf_view(&n->state) },
		{ VIEW("Contact"), buf_view(&n->contact) },
		{ VIEW("Require"), VIEW("eventlist") },
	};
	const struct sip_template_conf conf = {
		.id = sub->own_tag,
		.from = sub->own_uri,
		.content_type = type_of(n, sub),
		.body = buf_view(&n->body),
		.headers = headers,
		.header_count = sub->list ? HEADERS : HEADERS - 1,
		.doneh = on_answered,
		.arg = sub->set,
	};
	const struct template_dialog dialog = {
		.method = VIEW("NOTIFY"),
		.call_id = sub->call_id,
		.tag = sub->tag,
		.cseq = ++sub->cseq_out,
	};

	return uac_template(tp, s, &conf, &dialog);
}

/* ---- sending ---- */

static void keep_cseq(struct sub *sub)
{
	const struct events *es = subs_sip(sub->set)->events;

	if (es->keep)
		es->keep_ops->sent(es->keep, sub);
}

static int notice_send(struct sub *sub, const struct notice *n)
{
	struct sip *s = subs_sip(sub->set);
	struct sip_template *t;
	struct sip_flow flow;
	int err;

	if (!notify_flow(sub, &flow))
		return ENOTCONN;
	err = notice_make(&t, n, sub);
	if (err)
		return err;
	err = sip_send(s, t, &flow, sub->dest, sub->cseq_out, sub->id, 0);
	mem_deref(t);
	keep_cseq(sub);
	return err;
}

/* What is there is asked for now. */
static void document(struct sub *sub, struct notice *n)
{
	const struct sip_package *p = sub->package;
	const struct sip_watch w = sub_watch(sub);

	sub->more = false;
	sub->place = 0;
	buf_init(&n->body, notify_body_max(sub));
	if (sub->list)
		event_list_put(sub, &n->body, &n->type);
	else if (sub_is_shown(sub))
		p->showh(&w, &n->body, p->arg);
	if (sub->list && event_list_left(sub))
		sub->more = true;
	if (!n->body.over)
		return;
	sub->mark = w.mark;
	sub->place = w.place;
}

/* One that is too long for a datagram goes by TCP, where that can be; of what
 * can be told in parts the rest does. */
static void document_put(struct sub *sub, struct notice *n)
{
	sub->dialled = sub->large && notify_may_dial(sub);
	document(sub, n);
	if (n->body.over && !sub->dialled && notify_may_dial(sub)) {
		sub->dialled = true;
		buf_free(&n->body);
		document(sub, n);
	}
	sub->large = sub->more || notify_is_long(sub, n->body.n);
}

static int send_now(struct sub *sub)
{
	struct notice n = { 0 };
	int err;

	document_put(sub, &n);
	event_put(&n.event, sub);
	state_put(&n.state, sub);
	notify_contact(&n.contact, subs_sip(sub->set), &sub->flow,
		       sub->resource);
	err = n.body.over ? EMSGSIZE : notice_send(sub, &n);
	notice_free(&n);
	return err;
}

static void on_hold(struct wtimer *t);

void notify_later(struct sub *sub, uint64_t ms)
{
	sub->dirty = true;
	wheel_start(loop_wheel(subs_sip(sub->set)->loop), &sub->hold, ms,
		    on_hold);
}

static void log_lost(const struct sub *sub, const char *why)
{
	log_info("sip: %.*s watches %.*s no more: %s", VIEW_ARG(sub->watcher),
		 VIEW_ARG(sub->resource), why);
}

/* More than fits into what we may send: it ends rather than be silent. */
static void on_failed(struct sub *sub, int err)
{
	if (err == ENOBUFS) {
		notify_later(sub, AGAIN_MS);
		return;
	}
	if (err == ENOTCONN && sub->restored && sub->state != SUB_OVER) {
		notify_later(sub, ABSENT_MS);
		return;
	}
	log_lost(sub, strerrordesc_np(err));
	if (err != EMSGSIZE || sub->state == SUB_OVER) {
		sub_lose(sub);
		return;
	}
	sub_end(sub, "giveup", 0);
	sub->shown = false;
}

static void on_hold(struct wtimer *t)
{
	struct sub *sub = CONTAINER(t, struct sub, hold);
	int err;

	sub->dirty = sub->urgent = false;
	sub->busy = true;
	err = send_now(sub);
	if (!err) {
		sub->sent_ms = now_ms();
		sub->restored = sub->full = false;
		/* the rest follows at once; what changed while it was
		 * shown, at the pace */
		sub->dirty |= sub->more;
		sub->urgent = sub->more;
		return;
	}
	sub->full = true;
	sub->busy = false;
	on_failed(sub, err);
}

static uint64_t wait_ms(const struct sub *sub)
{
	uint64_t next = sub->sent_ms + sub->package->pace_ms, now = now_ms();

	return sub->cseq_out && next > now ? next - now : 0;
}

/* Always from the loop: an answer goes before it, and nobody's handler runs
 * within another's. */
void notify_wake(struct sub *sub, bool now)
{
	bool waits = sub->dirty;

	if (sub->parent) {
		sub->dirty = true;
		notify_wake(sub->parent, false);
		return;
	}
	sub->urgent |= now;
	sub->dirty = true;
	if (sub->busy || (waits && !now))
		return;
	wheel_start(loop_wheel(subs_sip(sub->set)->loop), &sub->hold,
		    now ? 0 : wait_ms(sub), on_hold);
}

/* ---- answers ---- */

/* RFC 6665 4.2.2 and RFC 5057 5.1: these end the subscription, as does
 * silence. All else ends the one NOTIFY. */
static bool is_fatal(int status, bool answered)
{
	static const short fatal[] = { 404, 405, 408, 410, 416, 480, 481, 482,
				       483, 484, 485, 489, 501, 604 };

	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		if (status == fatal[i])
			return true;
	return !answered;
}

/* Nobody listens there: all of it once more, in parts. What is too long even
 * so ends it then. */
static void go_without_tcp(struct sub *sub)
{
	sub->no_tcp = true;
	sub->dirty = false;
	notify_wake(sub, true);
}

/* All of it once more, but at the pace: who refuses each part would else hear
 * the first one for ever. Nor is there an end to wait for. */
static void refused(struct sub *sub, int status)
{
	if (status < 300)
		return;
	sub->full = true;
	if (!sub->more)
		return;
	sub->urgent = false;
	if (sub->state == SUB_OVER)
		sub->dirty = false;
}

static void on_answered(int status, uint64_t a, uint64_t b, void *arg)
{
	struct subs *ss = arg;
	struct sub *sub = subs_by_id(ss, a);
	bool answered = !view_empty(subs_sip(ss)->answer);

	(void)b;
	if (!sub)
		return;
	sub->busy = false;
	refused(sub, status);
	if (sub->dialled && !answered)
		go_without_tcp(sub);
	else if (is_fatal(status, answered)) {
		log_lost(sub, answered ? "his device says so" : "no answer");
		sub_lose(sub);
	} else if (sub->dirty) {
		sub->dirty = false;
		notify_wake(sub, sub->urgent);
	} else if (sub->state == SUB_OVER) {
		sub_free(sub);
	}
}
