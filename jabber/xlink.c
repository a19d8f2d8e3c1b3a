/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A way into XMPP kept open, and what was asked and sent by it. Answers to
 * whoever asked never come from within his own call: what fails at once is
 * told by the next turn of the timer wheel.
 */
#include "xlink.h"

#include <errno.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "mem.h"

enum {
	PAUSE_FIRST_MS = 2000,
	PAUSE_MAX_MS = 300 * 1000,
	STEADY_MS = 60 * 1000,  /* up for so long: the pauses begin anew */
	FAILED_MS = 60 * 1000,
	FULL_MS = 5000,
	ASK_MS = 30 * 1000,
	ASKED_MAX = 1000,
};

/* A request that is open. */
struct asked {
	struct hnode by_id;   /* xlink.asked */
	struct lnode in_order;
	uint64_t id, until_ms;
	struct buf to;        /* owned: who may answer; empty: the server */
	xlink_answer_h *h;
	void *arg;
};

/* A stanza of which the sender wants to know. */
struct told {
	struct hnode by_tag;  /* xlink.told */
	uint64_t tag;
	xlink_told_h *h;
	void *arg;
};

const char *xlink_state_name(enum xlink_state state)
{
	static const char *const name[] = {
		[XLINK_OFF] = "off",	     [XLINK_CONNECTING] = "connecting",
		[XLINK_ONLINE] = "online",   [XLINK_BACKOFF] = "waiting",
		[XLINK_FAILED] = "refused",  [XLINK_FULL] = "no worker free",
	};

	return name[state];
}

static void set_state(struct xlink *x, enum xlink_state state)
{
	log_debug("xmpp %s: %s -> %s", x->label, xlink_state_name(x->state),
		  xlink_state_name(state));
	x->state = state;
	x->since_ms = now_ms();
}

/* ---- what is open ends ---- */

static void asked_end(struct xlink *x, struct asked *a, int err,
		      const struct elem *e)
{
	htable_del(&x->asked, &a->by_id);
	list_remove(&x->asked_order, &a->in_order);
	if (a->h)
		a->h(err, e, a->arg);
	buf_free(&a->to);
	mem_free(a);
}

static void told_end(struct xlink *x, struct told *t, int err,
		     struct view text)
{
	htable_del(&x->told, &t->by_tag);
	if (t->h)
		t->h(err, text, t->arg);
	mem_free(t);
}

/* Only what is open now: what a handler asks anew is of the next time. */
static void end_asked(struct xlink *x, int err, uint64_t before_ms)
{
	size_t left = x->asked_order.count;

	while (left-- && !list_empty(&x->asked_order)) {
		struct asked *a = CONTAINER(list_first(&x->asked_order),
					    struct asked, in_order);

		if (a->until_ms > before_ms)
			return;
		asked_end(x, a, err, NULL);
	}
}

static void end_told(struct xlink *x, struct view text)
{
	size_t left = x->told.count;
	struct hnode *n;

	/* a handler may forget others, who have to be found then */
	while (left-- && (n = htable_pop(&x->told))) {
		struct told *t = CONTAINER(n, struct told, by_tag);

		if (t->h)
			t->h(ENOTCONN, text, t->arg);
		mem_free(t);
	}
}

static void on_asked_late(struct wtimer *t)
{
	struct xlink *x = CONTAINER(t, struct xlink, asked_timer);

	end_asked(x, ETIMEDOUT, now_ms());
	if (!list_empty(&x->asked_order))
		wheel_start(loop_wheel(x->loop), t, 1000, on_asked_late);
}

void xlink_forget(struct xlink *x, const void *arg)
{
	struct hnode *n = NULL;
	struct lnode *l, *lx;
	size_t pos = 0;

	LIST_EACH (&x->asked_order, l, lx) {
		struct asked *a = CONTAINER(l, struct asked, in_order);

		if (a->arg == arg)
			a->h = NULL;
	}
	while ((n = htable_each(&x->told, &pos, n))) {
		struct told *t = CONTAINER(n, struct told, by_tag);

		if (t->arg == arg)
			t->h = NULL;
	}
}

/* ---- the connection ---- */

static void on_timer(struct wtimer *t);

static void wait_for(struct xlink *x, enum xlink_state state, uint64_t ms)
{
	set_state(x, state);
	wheel_start(loop_wheel(x->loop), &x->timer, ms, on_timer);
}

static void back_off(struct xlink *x)
{
	uint64_t ms = x->pause_ms ? x->pause_ms : PAUSE_FIRST_MS;

	x->pause_ms = ms * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS : ms * 2;
	/* four fifths to six fifths */
	wait_for(x, XLINK_BACKOFF, ms * 4 / 5 + rand_u64() % (ms * 2 / 5));
}

static void start(struct xlink *x)
{
	int err = session_start(x->session);

	if (err == EBUSY)
		wait_for(x, XLINK_FULL, FULL_MS);
	else if (err && err != EALREADY)
		back_off(x);
	else
		set_state(x, XLINK_CONNECTING);
}

static void on_timer(struct wtimer *t)
{
	start(CONTAINER(t, struct xlink, timer));
}

static void on_up(struct session *s, struct view own, void *arg)
{
	struct xlink *x = arg;

	(void)s;
	buf_clear(&x->own);
	buf_addv(&x->own, own);
	x->error[0] = '\0';
	set_state(x, XLINK_ONLINE);
	x->ops->up(x, x->arg);
}

static bool is_final(const struct xlink *x, enum lost_why why)
{
	return x->kind == XLINK_ACCOUNT &&
	       (why == LOST_AUTH || why == LOST_CONFIG);
}

static void on_lost(struct session *s, enum lost_why why, struct view text,
		    void *arg)
{
	struct xlink *x = arg;

	(void)s;
	if (x->state == XLINK_ONLINE && now_ms() - x->since_ms >= STEADY_MS)
		x->pause_ms = 0;
	view_copy(x->error, sizeof(x->error),
		  view_head(text, sizeof(x->error) - 1));
	if (is_final(x, why))
		set_state(x, XLINK_FAILED);
	else
		back_off(x);
	end_told(x, text);
	end_asked(x, ENOTCONN, UINT64_MAX);
	x->ops->down(x, why, text, x->arg);
}

int xlink_open(struct xlink *x)
{
	if (x->state == XLINK_FAILED && now_ms() - x->since_ms < FAILED_MS)
		return EAGAIN;
	if (x->state == XLINK_OFF || x->state == XLINK_FAILED)
		start(x);
	return 0;
}

void xlink_close(struct xlink *x)
{
	session_stop(x->session);
	wheel_stop(loop_wheel(x->loop), &x->timer);
	if (x->state != XLINK_OFF)
		set_state(x, XLINK_OFF);
	end_told(x, VIEW("logged out"));
	end_asked(x, ENOTCONN, UINT64_MAX);
}

int xlink_settings(struct xlink *x, const struct bridge_setting *settings,
		   size_t count)
{
	if (x->state == XLINK_FAILED)
		set_state(x, XLINK_OFF);
	return session_settings(x->session, settings, count);
}

/* ---- what comes in ---- */

static struct asked *asked_find(const struct xlink *x, struct view id)
{
	struct hnode *n;
	uint64_t number;

	/* ours are "c" and digits */
	if (!view_starts(id, VIEW("c")) ||
	    view_u64(&number, view_from(id, 1), UINT64_MAX))
		return NULL;
	for (n = htable_find(&x->asked, hash_u64(number)); n;
	     n = htable_more(n))
		if (CONTAINER(n, struct asked, by_id)->id == number)
			return CONTAINER(n, struct asked, by_id);
	return NULL;
}

static struct view bare(struct view jid)
{
	struct view head, rest;

	return view_cut(jid, '/', &head, &rest) ? head : jid;
}

/* What the own server says has no from, or our address, or its own. */
static bool is_own_server(const struct xlink *x, struct view from)
{
	return view_empty(from) || view_ieqs(from, x->domain) ||
	       (x->kind == XLINK_ACCOUNT &&
		view_ieq(bare(from), bare(buf_view(&x->own))));
}

static bool may_answer(const struct xlink *x, const struct asked *a,
		       struct view from)
{
	return view_ieq(from, buf_view(&a->to)) ||
	       (is_own_server(x, buf_view(&a->to)) && is_own_server(x, from));
}

/* Answers that nobody waits for end here. */
static bool answered(struct xlink *x, const struct elem *e)
{
	struct view type = elem_get(e, "type");
	bool result = view_eqs(type, "result");
	struct asked *a;

	if (!elem_is(e, "iq", NULL) || (!result && !view_eqs(type, "error")))
		return false;
	a = asked_find(x, elem_get(e, "id"));
	if (a && may_answer(x, a, elem_get(e, "from")))
		asked_end(x, a, result ? 0 : EREMOTEIO, e);
	return true;
}

static void on_parcel(struct session *s, struct view parcel, void *arg)
{
	struct xlink *x = arg;
	struct elem e;

	(void)s;
	if (elem_check(parcel)) {
		log_warning("xmpp %s: the worker handed on what is no stanza",
			    x->label);
		return;
	}
	elem_read(&e, parcel);
	if (!view_eqs(e.ns, NS_CLIENT) || answered(x, &e))
		return;
	x->ops->stanza(x, &e, x->arg);
}

static void on_sent(struct session *s, uint64_t tag, int err,
		    struct view text, void *arg)
{
	struct xlink *x = arg;
	struct hnode *n = htable_find(&x->told, hash_u64(tag));

	(void)s;
	for (; n; n = htable_more(n)) {
		struct told *t = CONTAINER(n, struct told, by_tag);

		if (t->tag == tag) {
			told_end(x, t, err, text);
			return;
		}
	}
}

/* ---- what goes out ---- */

int xlink_send(struct xlink *x, const struct buf *stanza)
{
	if (stanza->over || stanza->n > ELEM_MAX)
		return EMSGSIZE;
	return session_send(x->session, 0, buf_view(stanza));
}

int xlink_send_many(struct xlink *x, const struct buf *stanza,
		    struct view rcpts)
{
	if (stanza->over || stanza->n > ELEM_MAX)
		return EMSGSIZE;
	return session_send_many(x->session, buf_view(stanza), rcpts);
}

static int send_told(struct xlink *x, struct view parcel, xlink_told_h *h,
		     void *arg)
{
	uint64_t tag = ++x->next_id;
	int err = session_send(x->session, tag, parcel);
	struct told *t;

	if (err)
		return err;
	t = mem_zalloc(sizeof(*t));
	*t = (struct told){ .tag = tag, .h = h, .arg = arg };
	htable_add(&x->told, &t->by_tag, hash_u64(tag));
	return 0;
}

int xlink_send_told(struct xlink *x, const struct buf *stanza,
		    xlink_told_h *h, void *arg)
{
	if (stanza->over || stanza->n > ELEM_MAX)
		return EMSGSIZE;
	return send_told(x, buf_view(stanza), h, arg);
}

int xlink_flush(struct xlink *x, xlink_told_h *h, void *arg)
{
	return send_told(x, VIEW_NONE, h, arg);
}

static void asked_add(struct xlink *x, uint64_t id, struct view to,
		      xlink_answer_h *h, void *arg)
{
	struct asked *a = mem_zalloc(sizeof(*a));

	a->id = id;
	a->until_ms = now_ms() + ASK_MS;
	a->h = h;
	a->arg = arg;
	buf_addv(&a->to, to);
	htable_add(&x->asked, &a->by_id, hash_u64(id));
	list_append(&x->asked_order, &a->in_order);
	if (!wtimer_running(&x->asked_timer))
		wheel_start(loop_wheel(x->loop), &x->asked_timer, ASK_MS,
			    on_asked_late);
}

int xlink_ask(struct xlink *x, const char *type, struct view from,
	      struct view to, const struct buf *payload, xlink_answer_h *h,
	      void *arg)
{
	uint64_t id = rand_u64() >> 1;
	struct buf b = { 0 };
	int err = EBUSY;

	elem_open(&b, "iq", NS_CLIENT);
	elem_attrs(&b, "type", type);
	elem_attr(&b, "from", from);
	elem_attr(&b, "to", to);
	buf_addc(&b, ELEM_KEY);
	buf_adds(&b, "id");
	buf_addc(&b, ELEM_VALUE);
	buf_addc(&b, 'c');
	buf_add_u64(&b, id);
	buf_addv(&b, buf_view(payload));
	elem_close(&b);
	if (x->asked.count < ASKED_MAX)
		err = xlink_send(x, &b);
	if (!err)
		asked_add(x, id, to, h, arg);
	buf_free(&b);
	return err;
}

/* ---- life ---- */

int xlink_new(struct xlink **xp, const struct xlink_conf *conf)
{
	struct xlink *x = mem_zalloc(sizeof(*x));
	const struct session_conf sc = {
		.bridge = conf->bridge,
		.label = conf->label,
		.settings = conf->settings,
		.count = conf->count,
		.alone = conf->kind != XLINK_ACCOUNT,
		.uph = on_up,
		.losth = on_lost,
		.parcelh = on_parcel,
		.senth = on_sent,
		.arg = x,
	};
	int err = session_new(&x->session, &sc);

	if (err) {
		mem_free(x);
		return err;
	}
	x->kind = conf->kind;
	x->label = mem_strdup(conf->label);
	x->domain = mem_strdup(conf->domain);
	x->loop = conf->loop;
	x->ops = conf->ops;
	x->arg = conf->arg;
	list_init(&x->asked_order);
	*xp = x;
	return 0;
}

static void drop_open(struct xlink *x)
{
	struct hnode *n;

	while ((n = htable_pop(&x->asked))) {
		struct asked *a = CONTAINER(n, struct asked, by_id);

		buf_free(&a->to);
		mem_free(a);
	}
	while ((n = htable_pop(&x->told)))
		mem_free(CONTAINER(n, struct told, by_tag));
	htable_free(&x->asked);
	htable_free(&x->told);
}

void xlink_free(struct xlink *x)
{
	if (!x)
		return;
	session_free(x->session);
	wheel_stop(loop_wheel(x->loop), &x->timer);
	wheel_stop(loop_wheel(x->loop), &x->asked_timer);
	drop_open(x);
	buf_free(&x->own);
	mem_free(x->label);
	mem_free(x->domain);
	mem_free(x);
}
