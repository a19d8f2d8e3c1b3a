/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A client: what it may say and hear, and its life. */
#include "client.h"

#include <errno.h>

#include "client_priv.h"
#include "jid.h"
#include "log.h"
#include "mem.h"
#include "xflat.h"

void client_set_state(struct client *c, enum client_state state)
{
	static const char *const names[] = {
		[CLIENT_LOGIN] = "logging in",
		[CLIENT_ENABLING] = "asking for stream management",
		[CLIENT_ONLINE] = "online",
		[CLIENT_BROKEN] = "connecting again",
		[CLIENT_RESUMING] = "resuming",
		[CLIENT_ENDED] = "over",
	};

	log_debug("xmpp %s: %s -> %s", c->label, names[c->state],
		  names[state]);
	c->state = state;
}

/* ---- in ---- */

static bool is_ours(const struct client *c, struct view to)
{
	return !to.n ||
	       view_ieq(jid_bare(to), jid_bare(view_str(c->own)));
}

void client_stanza(struct client *c, const struct elem *e)
{
	struct view to = elem_get(e, "to");

	if (sm_is_answer(c, e))
		return;
	if (is_ours(c, to))
		worker_parcel(c->jab->worker, c->id, e->all);
	else
		log_debug("xmpp %s: dropped a stanza to \"%.*s\"", c->label,
			  VIEW_ARG(to));
}

/* ---- out ---- */

static void say_fate(struct client *c, uint64_t tag, enum parcel_fate fate,
		     const char *text)
{
	if (tag)
		worker_sent(c->jab->worker, c->id, tag, fate, view_str(text));
	else
		log_warning("xmpp %s: a stanza was not sent: %s", c->label,
			    text);
}

/* RFC 6120 8.1.2.1: what a client may write there. */
static bool may_be_from(const struct client *c, struct view from)
{
	struct view own = view_str(c->own);

	return !from.n || view_eq(from, own) ||
	       view_eq(from, jid_bare(own));
}

static bool is_stanza(const struct elem *e)
{
	return view_eqs(e->ns, "jabber:client") &&
	       (elem_is(e, "message", NULL) || elem_is(e, "presence", NULL) ||
		elem_is(e, "iq", NULL));
}

/* What would end the stream, or is a lie. */
static const char *fault_of(const struct client *c, struct view parcel)
{
	struct elem e;

	if (elem_check(parcel))
		return "it is no stanza";
	elem_read(&e, parcel);
	if (!is_stanza(&e))
		return "it is no stanza";
	return may_be_from(c, elem_get(&e, "from")) ? NULL :
		"it does not come from the account";
}

static bool takes_stanzas(const struct client *c)
{
	return c->told && (c->state == CLIENT_ONLINE ||
			   c->state == CLIENT_BROKEN ||
			   c->state == CLIENT_RESUMING);
}

static void send_one(struct client *c, uint64_t tag, struct view parcel,
		     struct view to)
{
	struct buf xml = { 0 };

	xflat_write(&xml, parcel, to);
	if (xml.over || xml.n > UNACKED_BYTES_MAX)
		say_fate(c, tag, PARCEL_NEVER, "it is too long");
	else if (sm_send(c, tag, buf_view(&xml)))
		say_fate(c, tag, PARCEL_LATER, "the server is behind");
	buf_free(&xml);
}

void client_send(struct client *c, uint64_t tag, struct view parcel)
{
	const char *fault;

	if (!takes_stanzas(c))
		return; /* the loss is on its way */
	fault = fault_of(c, parcel);
	if (fault)
		say_fate(c, tag, PARCEL_NEVER, fault);
	else
		send_one(c, tag, parcel, VIEW_NONE);
}

void client_send_many(struct client *c, struct view parcel,
		      struct view rcpts)
{
	const char *fault;
	struct view to;

	if (!takes_stanzas(c))
		return;
	fault = fault_of(c, parcel);
	if (fault) {
		say_fate(c, 0, PARCEL_NEVER, fault);
		return;
	}
	while (view_cut(rcpts, '\n', &to, &rcpts))
		send_one(c, 0, parcel, to);
}

/* ---- life ---- */

static void on_end(void *arg)
{
	client_free(arg);
}

void client_end(struct client *c, enum worker_lost why, struct view text)
{
	if (c->state == CLIENT_ENDED)
		return;
	log_info("xmpp %s: %.*s", c->label, VIEW_ARG(text));
	worker_account_lost(c->jab->worker, c->id, why, text);
	client_drop(c);
	sm_stop(c);
	client_set_state(c, CLIENT_ENDED);
	c->end = (struct loop_idle){ .h = on_end, .arg = c };
	loop_defer(c->jab->loop, &c->end);
}

struct client *client_find(const struct jab *j, uint32_t id)
{
	struct hnode *n = htable_find(&j->clients, hash_u64(id));

	for (; n; n = htable_more(n)) {
		struct client *c = CONTAINER(n, struct client, by_id);

		if (c->id == id)
			return c;
	}
	return NULL;
}

static void leave(struct client *c)
{
	htable_del(&c->jab->clients, &c->by_id);
	loop_undefer(c->jab->loop, &c->end);
	c->front = front_leave(c->front);
	client_drop(c);
	sm_stop(c);
	unacked_free(&c->unacked);
	creds_free(&c->creds);
	mem_free(c->resume_id);
	mem_free(c->own);
	mem_free(c->label);
	mem_free(c);
}

void client_free(struct client *c)
{
	if (!c)
		return;
	if (c->state == CLIENT_ONLINE)
		sm_confirm_all(c);
	leave(c);
}

void client_new(struct jab *j, uint32_t id, const struct wire_msg *m)
{
	struct client *c = mem_zalloc(sizeof(*c));

	client_free(client_find(j, id));
	c->jab = j;
	c->id = id;
	c->label = view_dup(m->s[0]);
	creds_read(&c->creds, m, "sipim-");
	c->sm_wanted = !view_eqs(wire_setting(m, "sm"), "no");
	list_init(&c->unacked.all);
	if (c->sm_wanted)
		kept_read(c, wire_setting(m, "kept"));
	c->turn = (struct turn){ .domain = c->creds.domain,
				 .h = client_begin };
	htable_add(&j->clients, &c->by_id, hash_u64(id));
	turn_want(j, &c->turn);
}

void clients_stop(struct jab *j)
{
	struct hnode *n;

	while ((n = htable_pop(&j->clients)))
		leave(CONTAINER(n, struct client, by_id));
	htable_free(&j->clients);
}
