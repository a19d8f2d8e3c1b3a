/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From one to one: what SIP users say to people of XMPP comes in here, and is
 * on the disk before they hear 202. chat_out.c takes it to XMPP, chat_in.c
 * brings what is said there.
 */
#include "chat_priv.h"

#include <errno.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "mem.h"

enum {
	CHATS_MAX = 20000,
	UNUSED_MS = 3600 * 1000, /* then a conversation is forgotten */
	TYPING_RATE = 1,
	BUSY_RETRY_S = 30,
};

struct chats *chats_of(const struct gate *g)
{
	return g->state[GATE_CHATS];
}

/* ---- conversations ---- */

struct view chat_bare(struct view jid)
{
	struct view bare, resource;

	return view_cut(jid, '/', &bare, &resource) ? bare : jid;
}

int chat_addr(struct addr **ap, const struct addr *aor, struct view bare)
{
	struct view user, host;

	if (!view_cut(bare, '@', &user, &host)) {
		host = bare;
		user = VIEW_NONE;
	}
	return addr_new(ap, VIEW("xmpp"), user, host,
			view_from(aor->text, strlen("sip:")));
}

struct view chat_peer(const struct addr *conversation)
{
	struct view peer, rest;

	view_cut(view_from(conversation->text, strlen("xmpp:")), '/', &peer,
		 &rest);
	return peer;
}

int chat_owner(struct addr **ap, const struct addr *conversation)
{
	struct buf text = { 0 };
	int err;

	buf_adds(&text, "sip:");
	buf_addv(&text, conversation->resource);
	err = conversation->resource.n ? addr_parse(ap, buf_view(&text)) :
					 EBADMSG;
	buf_free(&text);
	return err;
}

struct chat *chat_find(const struct chats *cs, const struct addr *conv)
{
	struct hnode *n = htable_find(&cs->all, conv->hash);

	for (; n; n = htable_more(n)) {
		struct chat *c = CONTAINER(n, struct chat, by_addr);

		if (addr_eq(c->addr, conv))
			return c;
	}
	return NULL;
}

static void chat_free(struct chats *cs, struct chat *c)
{
	htable_del(&cs->all, &c->by_addr);
	list_remove(&cs->used, &c->by_use);
	mem_deref(c->addr);
	mem_deref(c->aor);
	buf_free(&c->device);
	buf_free(&c->thread);
	buf_free(&c->lang);
	mem_free(c);
}

static void make_room(struct chats *cs)
{
	struct lnode *n;

	while ((n = list_first(&cs->used))) {
		struct chat *c = CONTAINER(n, struct chat, by_use);

		if (cs->all.count < CHATS_MAX &&
		    now_ms() - c->used_ms < UNUSED_MS)
			return;
		chat_free(cs, c);
	}
}

struct chat *chat_get(struct chats *cs, struct addr *conv, struct addr *aor)
{
	struct chat *c = chat_find(cs, conv);

	if (!c) {
		make_room(cs);
		c = mem_zalloc(sizeof(*c));
		c->addr = mem_ref(conv);
		c->aor = mem_ref(aor);
		htable_add(&cs->all, &c->by_addr, conv->hash);
	}
	list_remove(&cs->used, &c->by_use);
	list_append(&cs->used, &c->by_use);
	c->used_ms = now_ms();
	return c;
}

struct view chat_to(const struct chat *c)
{
	return c->device.n && now_ms() - c->device_ms <= CHAT_LOCK_MS ?
		       buf_view(&c->device) : chat_peer(c->addr);
}

static struct chat *chat_with(struct person *p, struct view bare)
{
	struct chats *cs = chats_of(p->gate);
	struct addr *conv;
	struct chat *c;

	if (!cs || chat_addr(&conv, p->aor, bare))
		return NULL;
	c = chat_find(cs, conv);
	mem_deref(conv);
	return c;
}

void chat_presence(struct person *p, const struct elem *e)
{
	struct view bare = chat_bare(elem_get(e, "from"));
	struct chat *c;

	c = bare.n ? chat_with(p, bare) : NULL;
	if (c)
		buf_clear(&c->device);
}

struct view chat_device(struct person *p, struct view bare)
{
	const struct chat *c = chat_with(p, bare);

	return c && c->device.n && now_ms() - c->device_ms <= CHAT_LOCK_MS ?
		       buf_view(&c->device) : VIEW_NONE;
}

struct addr *chat_gate_addr(const struct gate *g, const struct addr *conv)
{
	const struct jmap_target t = {
		.kind = conv->user.n ? JMAP_PERSON : JMAP_SERVICE,
		.bare = chat_peer(conv),
	};
	struct addr *a = gate_addr(g, &t);

	return a ? a : mem_ref(g->registrar);
}

void chat_tell(const struct gate *g, const struct addr *conv,
	       struct addr *aor, struct view text)
{
	struct addr *from = chat_gate_addr(g, conv);

	if (g->running)
		hub_gate_tell(g->conf.hub, from, aor, text);
	mem_deref(from);
}

void chat_not_sent(struct chats *cs, const struct addr *conv,
		   const struct msg *m, const struct chat_answer *why)
{
	struct meta meta;

	meta_get(&meta, m->meta);
	if (meta.notice)
		log_info("xmpp %.*s: a notice was not sent",
			 VIEW_ARG(conv->text));
	else if (!chat_early_end(cs, conv, m->id, why))
		chat_tell(cs->gate, conv, m->from, why->words);
}

/* ---- words of SIP users ---- */

/* A text on its way to the disk. */
struct keeping {
	struct gate_ask *ask; /* ref */
	struct addr *conv;    /* ref */
	uint64_t id;
};

static void keeping_free(struct keeping *k)
{
	mem_deref(k->ask);
	mem_deref(k->conv);
	mem_free(k);
}

static void on_kept(int err, void *arg)
{
	struct keeping *k = arg;

	if (err && err != EEXIST)
		gate_refuse(k->ask, 500, BUSY_RETRY_S,
			    jtext(JTEXT_SEND_FAILED));
	else if (err || !chat_early_hold(k->ask, k->conv, k->id))
		gate_ok(k->ask, 202, VIEW_NONE);
	keeping_free(k);
}

/* Why it can't even be kept. */
static void refuse(struct gate_ask *a, int err)
{
	if (err == EBADMSG) /* nothing of it is to be seen */
		gate_ok(a, 200, VIEW_NONE);
	else if (err == EMSGSIZE)
		gate_refuse(a, 413, 0, VIEW("ERROR: Your message was not "
					    "sent. It is too long."));
	else
		gate_refuse(a, 480, BUSY_RETRY_S, jtext(JTEXT_QUEUE_FULL));
}

static void keep(struct gate_ask *a, struct addr *conv)
{
	struct keeping *k = mem_zalloc(sizeof(*k));
	struct buf meta = { 0 };
	struct hub_say say = {
		.id = msg_new_id(),
		.from = a->person->aor,
		.kind = MSG_TEXT,
		.text = a->req.text,
		.dedupe = a->req.dedupe,
	};
	int err;

	a->req.meta.time_ms = a->req.time_ms;
	a->req.meta.as = buf_view(&a->person->jid);
	meta_put(&meta, &a->req.meta);
	say.meta = buf_view(&meta);
	k->ask = mem_ref(a);
	k->conv = mem_ref(conv);
	k->id = say.id;
	err = hub_direct(a->gate->conf.hub, conv, &say, on_kept, k);
	buf_free(&meta);
	if (!err)
		return;
	refuse(a, err);
	keeping_free(k);
}

/* He can't be online, and that is known by now. */
static bool can_speak(struct gate_ask *a)
{
	int err = person_wake(a->person);

	if (err == EBUSY)
		gate_refuse(a, 480, BUSY_RETRY_S, jtext(JTEXT_FULL));
	else if (err)
		gate_refuse(a, 403, 0, jtext(JTEXT_NO_LOGIN));
	return !err;
}

static void on_text(struct gate_ask *a, struct addr *conv)
{
	struct chat *c;

	if (!can_speak(a))
		return;
	c = chat_get(chats_of(a->gate), conv, a->person->aor);
	c->typed = false;
	if (a->req.meta.lang.n) {
		buf_clear(&c->lang);
		buf_addv(&c->lang, a->req.meta.lang);
	}
	keep(a, conv);
}

/* Nobody logs in to say that he is typing. */
static void on_typing(struct gate_ask *a, struct addr *conv)
{
	struct person *p = a->person;
	struct chat *c = chat_get(chats_of(a->gate), conv, p->aor);
	bool types = a->req.kind == GATE_TYPING;
	struct buf b = { 0 };
	char id[24];

	gate_ok(a, 200, VIEW_NONE);
	if (c->typed == types || c->manners == CHAT_SILENT ||
	    !person_is_online(p) ||
	    (types && !gate_within(a->gate, conv->text, 't', TYPING_RATE, 2)))
		return;
	c->typed = types;
	stanza_open(&b, "message", VIEW("chat"), person_from(p), chat_to(c),
		    stanza_id(id));
	elem_leaf(&b, types ? "composing" : "paused", NS_CHATSTATES,
		  VIEW_NONE);
	elem_leaf(&b, "no-store", "urn:xmpp:hints", VIEW_NONE);
	elem_close(&b);
	(void)xlink_send(person_link(p), &b);
	buf_free(&b);
}

static uint64_t hash_of(struct view v)
{
	return hash_view(v) | 1;
}

/* His device has it: only what asked for it hears so. */
static void on_receipt(struct gate_ask *a, struct addr *conv)
{
	struct chat *c = chat_find(chats_of(a->gate), conv);
	uint64_t id = hash_of(a->req.meta.id);

	gate_ok(a, 200, VIEW_NONE);
	for (size_t i = 0; c && a->req.meta.id.n && i < CHAT_HEARD; i++)
		if (c->heard[i].at_ms && c->heard[i].id == id &&
		    c->heard[i].receipt)
			chat_confirm(a->person, chat_to(c), a->req.meta.id);
}

static void chats_message(struct gate_ask *a)
{
	struct addr *conv;

	if (chat_addr(&conv, a->person->aor, a->target.bare)) {
		gate_refuse(a, 484, 0, VIEW("ERROR: Your message was not sent."
					    " The address is too long."));
		return;
	}
	if (a->req.kind == GATE_TEXT)
		on_text(a, conv);
	else if (a->req.kind == GATE_RECEIPT)
		on_receipt(a, conv);
	else
		on_typing(a, conv);
	mem_deref(conv);
}

/* ---- life ---- */

static int chats_start(struct gate *g)
{
	struct chats *cs = mem_zalloc(sizeof(*cs));

	cs->gate = g;
	list_init(&cs->used);
	list_init(&cs->fresh);
	list_init(&cs->kept);
	list_init(&cs->asks);
	list_init(&cs->logins);
	list_init(&cs->owed);
	list_init(&cs->early);
	chat_out_init(cs);
	g->state[GATE_CHATS] = cs;
	return 0;
}

/* What is kept is kept, whatever comes of it. */
static void chats_stop(struct gate *g)
{
	chat_early_stop(chats_of(g));
}

static void chats_free(struct gate *g)
{
	struct chats *cs = chats_of(g);
	struct lnode *n;

	if (!cs)
		return;
	chat_early_stop(cs);
	chat_out_free(cs);
	chat_sent_free(cs);
	chat_asks_free(cs);
	chat_logins_free(cs);
	chat_owed_free(cs);
	while ((n = list_first(&cs->used)))
		chat_free(cs, CONTAINER(n, struct chat, by_use));
	htable_free(&cs->all);
	g->state[GATE_CHATS] = NULL;
	mem_free(cs);
}

static void chats_gone(struct person *p)
{
	struct chats *cs = chats_of(p->gate);
	struct lnode *n, *nx;

	chat_out_gone(cs, p);
	chat_logins_gone(cs, p);
	LIST_EACH (&cs->used, n, nx) {
		struct chat *c = CONTAINER(n, struct chat, by_use);

		if (addr_eq(c->aor, p->aor))
			chat_free(cs, c);
	}
}

/* What failed while it was away is tried again now, not in 30 s. */
static void chats_up(struct gate *g, struct xlink *x, struct person *p)
{
	struct chats *cs = chats_of(g);
	struct lnode *n, *nx;

	if (x->kind == XLINK_ROOMS)
		return;
	chat_owed_up(cs, p);
	LIST_EACH (&cs->used, n, nx) {
		struct chat *c = CONTAINER(n, struct chat, by_use);

		if (!p || addr_eq(c->aor, p->aor))
			hub_member_awake(g->conf.hub, c->addr);
	}
}

const struct gate_module chats_module = {
	.start = chats_start,
	.stop = chats_stop,
	.free = chats_free,
	.stanza = chats_stanza,
	.up = chats_up,
	.gone = chats_gone,
	.kinds = 1U << JMAP_PERSON | 1U << JMAP_SERVICE,
	.message = chats_message,
	.commands = chat_commands,
	.command_count = CHAT_COMMANDS,
};
