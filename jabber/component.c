/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A component: what it may say and hear, and its life. */
#include "component.h"

#include <errno.h>
#include <string.h>

#include "component_priv.h"
#include "jid.h"
#include "log.h"
#include "mem.h"

enum { PORT = 5347 };

/* ---- in ---- */

static struct view host_of(struct view jid)
{
	struct jid j;

	jid_split(&j, jid);
	return j.domain;
}

/* XEP-0114 6: a server sends us what is for our domain. An iq that is none of
 * these is answered by nobody, like any of a stranger. */
void component_stanza(struct component *c)
{
	struct elem e;
	struct view from, to;

	elem_read(&e, buf_view(&c->flat.flat));
	from = elem_get(&e, "from");
	to = elem_get(&e, "to");
	if (link_is_answer(c, &e))
		return;
	if (view_eqs(elem_get(&e, "id"), "alive") && elem_is(&e, "iq", NULL) &&
	    !view_eqs(elem_get(&e, "type"), "get") &&
	    !view_eqs(elem_get(&e, "type"), "set"))
		return; /* the answer to our ping */
	if (!from.n || !view_ieqs(host_of(to), c->domain) ||
	    view_ieqs(host_of(from), c->domain)) {
		log_debug("component %s: dropped a stanza from \"%.*s\" to "
			  "\"%.*s\"", c->domain, VIEW_ARG(from),
			  VIEW_ARG(to));
		return;
	}
	worker_parcel(c->jab->worker, c->id, buf_view(&c->flat.flat));
}

/* ---- out ---- */

static void say_fate(struct component *c, uint64_t tag,
		     enum parcel_fate fate, const char *text)
{
	if (tag)
		worker_sent(c->jab->worker, c->id, tag, fate, view_str(text));
	else
		log_warning("component %s: a stanza was not sent: %s",
			    c->domain, text);
}

/* What would end the stream, for all who speak through it. */
static const char *fault_of(const struct component *c, struct view parcel,
			    bool many)
{
	struct elem e;

	if (elem_check(parcel))
		return "it is no stanza";
	elem_read(&e, parcel);
	if (!view_eqs(e.ns, "jabber:client") ||
	    (!elem_is(&e, "message", NULL) && !elem_is(&e, "presence", NULL) &&
	     !elem_is(&e, "iq", NULL)))
		return "it is no stanza";
	if (!view_eqs(host_of(elem_get(&e, "from")), c->domain))
		return "it does not come from the component's domain";
	return many || elem_get(&e, "to").n ? NULL : "it is for nobody";
}

static void proof_add(struct component *c, uint64_t tag)
{
	struct proof *p = mem_zalloc(sizeof(*p));

	p->tag = tag;
	p->at = c->written;
	list_append(&c->proofs, &p->node);
}

static int write_one(struct component *c, struct view parcel, struct view to)
{
	buf_clear(&c->out);
	xflat_write(&c->out, parcel, to);
	return link_write(c, buf_view(&c->out));
}

void component_send(struct component *c, uint64_t tag, struct view parcel)
{
	const char *fault;
	int err;

	if (c->state != COMPONENT_UP)
		return; /* the loss is on its way */
	if (!parcel.n) { /* of what went before */
		proof_add(c, tag);
		link_prove(c);
		return;
	}
	fault = fault_of(c, parcel, false);
	if (fault) {
		say_fate(c, tag, PARCEL_NEVER, fault);
		return;
	}
	err = write_one(c, parcel, VIEW_NONE);
	if (err)
		say_fate(c, tag, PARCEL_LATER, "the server is behind");
	else if (tag)
		proof_add(c, tag);
	link_prove(c);
}

void component_send_many(struct component *c, struct view parcel,
			 struct view rcpts)
{
	const char *fault;
	struct view to;

	if (c->state != COMPONENT_UP)
		return;
	fault = fault_of(c, parcel, true);
	if (fault) {
		say_fate(c, 0, PARCEL_NEVER, fault);
		return;
	}
	while (view_cut(rcpts, '\n', &to, &rcpts))
		if (write_one(c, parcel, to))
			say_fate(c, 0, PARCEL_LATER, "the server is behind");
}

/* ---- life ---- */

struct component *component_find(const struct jab *j, uint32_t id)
{
	struct hnode *n = htable_find(&j->components, hash_u64(id));

	for (; n; n = htable_more(n)) {
		struct component *c = CONTAINER(n, struct component, by_id);

		if (c->id == id)
			return c;
	}
	return NULL;
}

void component_free(struct component *c)
{
	if (!c)
		return;
	htable_del(&c->jab->components, &c->by_id);
	loop_undefer(c->jab->loop, &c->end);
	link_close(c);
	mem_deref(c->reader);
	xflat_free(&c->flat);
	buf_free(&c->out);
	if (c->secret)
		mem_wipe_free(c->secret, strlen(c->secret));
	mem_free(c->domain);
	mem_free(c->host);
	mem_free(c);
}

static const char *settings_fault(const struct component *c)
{
	if (!jid_is_host(view_str(c->domain)))
		return "the component's domain is none";
	if (!*c->host)
		return "the component needs its server's host";
	return *c->secret ? NULL : "the component needs a secret";
}

void component_new(struct jab *j, uint32_t id, const struct wire_msg *m)
{
	struct component *c = mem_zalloc(sizeof(*c));
	uint64_t port = PORT;
	const char *fault;

	component_free(component_find(j, id));
	c->jab = j;
	c->id = id;
	c->domain = view_dup(wire_setting(m, "domain"));
	c->host = view_dup(wire_setting(m, "host"));
	c->secret = view_dup(wire_setting(m, "secret"));
	if (wire_setting(m, "port").n)
		(void)view_u64(&port, wire_setting(m, "port"), 65535);
	c->port = (uint16_t)(port ? port : PORT);
	list_init(&c->proofs);
	htable_add(&j->components, &c->by_id, hash_u64(id));
	fault = settings_fault(c);
	if (fault)
		link_end(c, GONE_CONFIG, view_str(fault));
	else
		link_begin(c);
}

void components_stop(struct jab *j)
{
	struct hnode *n;

	while ((n = htable_pop(&j->components)))
		component_free(CONTAINER(n, struct component, by_id));
	htable_free(&j->components);
}
