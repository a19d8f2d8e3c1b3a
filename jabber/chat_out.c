/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Texts on their way to XMPP. The hub hands over what waits in the inbox of a
 * conversation; each is a job until the server has it, or until the sender is
 * told that nothing will come of it. Handlers of others may end a person or a
 * conversation, so that a job knows both by their addresses only.
 */
#include "chat_priv.h"

#include <errno.h>

#include "clock.h"
#include "log.h"
#include "mem.h"

enum {
	BEHIND_MS = 100, /* the worker is: so long until the next try */
	LOSSES_MAX = 5,  /* links that went away under one text */
};

/* What becomes of a job. */
enum fate {
	FATE_AGAIN,     /* the hub tries again */
	FATE_BEHIND,    /* we do, soon */
	FATE_EXPIRED, FATE_NO_ACCOUNT, FATE_NO_LOGIN, FATE_FULL, FATE_QUEUE,
	FATE_ANOTHER,   /* he is somebody else now */
	FATE_REFUSED,   /* by the server, or too big: never */
};

struct job {
	struct lnode node;  /* chats.jobs or chats.soon */
	struct chats *cs;   /* borrowed */
	struct addr *conv, *aor; /* ref */
	struct msg *msg;    /* ref */
	uint64_t member;
	enum fate fate;     /* in chats.soon */
	bool waits;         /* for its person to be online */
};

static void job_free(struct job *j)
{
	list_remove(&j->cs->jobs, &j->node);
	mem_deref(j->conv);
	mem_deref(j->aor);
	mem_deref(j->msg);
	mem_free(j);
}

/* ---- stanzas ---- */

struct view chat_id(char dst[24], const struct msg *m)
{
	struct buf b = { 0 };

	buf_adds(&b, "cf-");
	buf_add_hex(&b, m->id);
	view_copy(dst, 24, buf_view(&b));
	buf_free(&b);
	return view_mem(dst, 19);
}

bool chat_is_by(const struct msg *m, const struct person *p)
{
	struct meta meta;

	meta_get(&meta, m->meta);
	return !meta.as.n || view_eq(meta.as, buf_view(&p->jid));
}

/* RFC 7572 and XEP-0201: an answer is of the thread that it answers. */
static void add_thread(struct buf *b, const struct chat *c,
		       const struct meta *m)
{
	bool theirs = c && c->thread.n && c->device.n &&
		      now_ms() - c->device_ms <= CHAT_LOCK_MS;
	struct view thread = theirs ? buf_view(&c->thread) : m->thread;

	if (thread.n)
		elem_leaf(b, "thread", NULL, thread);
}

static void add_delay(struct buf *b, const struct person *p,
		      uint64_t time_ms)
{
	const struct xlink *x = person_link(p);
	char stamp[32];

	if (time_ms + CHAT_LATE_MS >= wall_ms())
		return;
	elem_open(b, "delay", NS_DELAY);
	elem_attr(b, "from", x->kind == XLINK_ACCOUNT ? buf_view(&x->own) :
							view_str(x->domain));
	elem_attr(b, "stamp", stanza_time(stamp, time_ms));
	elem_close(b);
}

static void add_id(struct buf *b, struct view id)
{
	elem_open(b, "origin-id", NS_SID);
	elem_attr(b, "id", id);
	elem_close(b);
}

void chat_stanza(struct buf *b, const struct chats *cs,
		 const struct person *p, const struct msg *m, struct view to)
{
	const char *type = cs->gate->conf.message_type;
	struct addr *conv = NULL;
	struct view bare, resource, id;
	const struct chat *c = NULL;
	struct meta meta;
	char idbuf[24];

	if (!view_cut(to, '/', &bare, &resource))
		bare = to;
	if (chat_addr(&conv, p->aor, bare) == 0)
		c = chat_find(cs, conv);
	meta_get(&meta, m->meta);
	id = chat_id(idbuf, m);
	stanza_open(b, "message", view_str(*type ? type : "chat"),
		    person_from(p), to, id);
	elem_attr(b, "xml:lang", meta.lang);
	if (meta.subject.n)
		elem_leaf(b, "subject", NULL, meta.subject);
	elem_leaf(b, "body", NULL, m->text);
	add_thread(b, c, &meta);
	if ((meta.receipt || cs->gate->conf.receipts) && !meta.notice)
		elem_leaf(b, "request", NS_RECEIPTS, VIEW_NONE);
	if (!c || c->manners != CHAT_SILENT)
		elem_leaf(b, "active", NS_CHATSTATES, VIEW_NONE);
	add_delay(b, p, meta.time_ms ? meta.time_ms : m->time_ms);
	add_id(b, id);
	if (meta.notice)
		chat_hints(b);
	elem_close(b);
	mem_deref(conv);
}

/* ---- the end of a job ---- */

static bool is_late(const struct job *j)
{
	uint64_t delay_ms = j->cs->gate->conf.delay_s * UINT64_C(1000);

	return j->msg->time_ms + delay_ms <= wall_ms();
}

static enum jtext text_of(enum fate fate)
{
	static const enum jtext texts[] = {
		[FATE_AGAIN] = JTEXT_SEND_FAILED,
		[FATE_BEHIND] = JTEXT_QUEUE_FULL,
		[FATE_EXPIRED] = JTEXT_EXPIRED,
		[FATE_NO_ACCOUNT] = JTEXT_NO_ACCOUNT,
		[FATE_NO_LOGIN] = JTEXT_NO_LOGIN,
		[FATE_FULL] = JTEXT_FULL,
		[FATE_QUEUE] = JTEXT_QUEUE_FULL,
		[FATE_ANOTHER] = JTEXT_ANOTHER,
		[FATE_REFUSED] = JTEXT_SEND_FAILED,
	};

	return texts[fate];
}

/* A text under which link after link breaks is what breaks them. */
static bool is_poison(const struct job *j)
{
	struct chat *c = chat_find(j->cs, j->conv);

	if (!c || !j->cs->gate->running)
		return false;
	if (c->lost_seq != j->msg->seq) {
		c->lost_seq = j->msg->seq;
		c->losses = 0;
	}
	return ++c->losses >= LOSSES_MAX;
}

/* The hub may hand over the next one before this returns. */
static void job_end(struct job *j, enum fate fate)
{
	struct hub *h = j->cs->gate->conf.hub;
	uint64_t member = j->member, seq = j->msg->seq;
	struct view words = jtext(text_of(fate));
	bool again = fate == FATE_AGAIN || (fate == FATE_FULL && !is_late(j));

	const struct chat_answer why = { 480, words };

	if (!again)
		chat_not_sent(j->cs, j->conv, j->msg, &why);
	job_free(j);
	hub_on_member_failed(h, member, seq, again, words);
}

static void on_soon(struct wtimer *t);

/* Not now: the hub, or the link, is just calling us. */
static void later(struct job *j, enum fate fate)
{
	struct chats *cs = j->cs;

	j->fate = fate;
	list_remove(&cs->jobs, &j->node);
	list_append(&cs->soon, &j->node);
	if (fate != FATE_BEHIND || !wtimer_running(&cs->soon_timer))
		wheel_start(loop_wheel(cs->gate->conf.loop), &cs->soon_timer,
			    fate == FATE_BEHIND ? BEHIND_MS : 0, on_soon);
}

/* ---- its way ---- */

static void on_told(int err, struct view text, void *arg)
{
	struct job *j = arg;
	struct hub *h = j->cs->gate->conf.hub;
	uint64_t member = j->member, seq = j->msg->seq;

	if (err) {
		log_info("xmpp %.*s: not sent: %.*s", VIEW_ARG(j->conv->text),
			 VIEW_ARG(text));
		if (err == EREMOTEIO || (err == ENOTCONN && is_poison(j)))
			job_end(j, FATE_REFUSED);
		else
			job_end(j, FATE_AGAIN);
		return;
	}
	job_free(j);
	hub_on_member_delivered(h, member, seq);
}

static void job_send(struct job *j, struct person *p)
{
	struct chat *c = chat_get(j->cs, j->conv, j->aor);
	struct view to = chat_to(c);
	struct buf b = { 0 };
	int err;

	chat_stanza(&b, j->cs, p, j->msg, to);
	err = xlink_send_told(person_link(p), &b, on_told, j);
	buf_free(&b);
	if (!err)
		chat_sent_add(j->cs, j->conv, j->msg, view_has(to, '/'));
	else if (err == EBUSY)
		later(j, is_late(j) ? FATE_QUEUE : FATE_BEHIND);
	else
		later(j, err == EMSGSIZE ? FATE_REFUSED : FATE_AGAIN);
}

static enum fate fate_of_wait(const struct person *p, int err)
{
	switch (err) {
	case EACCES:
		return FATE_NO_LOGIN;
	case ENOSPC:
		return FATE_QUEUE;
	case ECANCELED: /* logged out by his wish, or another account now */
		return !p || p->refused ? FATE_EXPIRED : FATE_AGAIN;
	default:
		return FATE_EXPIRED;
	}
}

static void on_ready(int err, void *arg)
{
	struct job *j = arg;
	struct person *p = person_find(j->cs->gate, j->aor);
	struct chat *c = chat_find(j->cs, j->conv);

	j->waits = false;
	if (!err && p) {
		job_send(j, p);
		return;
	}
	if ((err == ETIMEDOUT || err == ECANCELED) && c)
		c->expired_ms = wall_ms();
	job_end(j, fate_of_wait(p, err));
}

/* A text before this one has waited in vain when this one waited already: it
 * does not begin anew, nor bring him online against his word. */
static bool has_waited(const struct job *j, const struct chat *c,
		       const struct person *p)
{
	return c->expired_ms >= j->msg->time_ms && (is_late(j) || p->refused);
}

static void job_start(struct job *j)
{
	struct chat *c = chat_get(j->cs, j->conv, j->aor);
	struct person *p;
	int err;

	if (person_get(&p, j->cs->gate, j->aor)) {
		later(j, FATE_NO_ACCOUNT);
		return;
	}
	if (!chat_is_by(j->msg, p)) {
		later(j, FATE_ANOTHER);
		return;
	}
	if (person_is_online(p)) {
		person_busy(p);
		job_send(j, p);
		return;
	}
	if (has_waited(j, c, p)) {
		later(j, FATE_EXPIRED);
		return;
	}
	err = person_wake(p);
	if (err) {
		later(j, err == EBUSY ? FATE_FULL : FATE_NO_LOGIN);
		return;
	}
	j->waits = true;
	person_wait(p, on_ready, j);
}

/* Whose time has come: they fail, or try again. */
static void on_soon(struct wtimer *t)
{
	struct chats *cs = CONTAINER(t, struct chats, soon_timer);
	size_t left = cs->soon.count;
	struct lnode *n;

	while (left-- && (n = list_shift(&cs->soon))) {
		struct job *j = CONTAINER(n, struct job, node);

		list_append(&cs->jobs, n);
		if (j->fate == FATE_BEHIND)
			job_start(j);
		else
			job_end(j, j->fate);
	}
}

static void job_new(struct chats *cs, struct addr *conv, struct msg *msg,
		    uint64_t member)
{
	struct job *j = mem_zalloc(sizeof(*j));
	int err = chat_owner(&j->aor, conv);

	j->cs = cs;
	j->conv = mem_ref(conv);
	j->msg = mem_ref(msg);
	j->member = member;
	list_append(&cs->jobs, &j->node);
	if (!err) {
		job_start(j);
		return;
	}
	log_error("xmpp %.*s: a conversation with nobody",
		  VIEW_ARG(conv->text));
	j->aor = mem_ref(conv);
	later(j, FATE_NO_ACCOUNT);
}

void chats_fanout(struct gate *g, struct room *room, struct msg *msg,
		  struct member *const *members, size_t count)
{
	for (size_t i = 0; i < count; i++)
		job_new(chats_of(g), room->addr, msg, members[i]->id);
}

/* ---- life ---- */

void chat_out_init(struct chats *cs)
{
	list_init(&cs->jobs);
	list_init(&cs->soon);
}

/* What waits for him is for whoever he is next; what the server was given is
 * with the server. */
void chat_out_gone(struct chats *cs, const struct person *p)
{
	struct lnode *n, *nx;

	LIST_EACH (&cs->jobs, n, nx) {
		struct job *j = CONTAINER(n, struct job, node);

		if (!j->waits || !addr_eq(j->aor, p->aor))
			continue;
		j->waits = false;
		later(j, FATE_AGAIN);
	}
}

void chat_out_free(struct chats *cs)
{
	struct gate *g = cs->gate;
	struct lnode *n;

	wheel_stop(loop_wheel(g->conf.loop), &cs->soon_timer);
	while ((n = list_shift(&cs->soon)))
		list_append(&cs->jobs, n);
	while ((n = list_first(&cs->jobs))) {
		struct job *j = CONTAINER(n, struct job, node);
		struct person *p = person_find(g, j->aor);

		if (p)
			person_unwait(p, j);
		if (p && person_link(p))
			xlink_forget(person_link(p), j);
		if (g->component)
			xlink_forget(g->component, j);
		job_free(j);
	}
}
