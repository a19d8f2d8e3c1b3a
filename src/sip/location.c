/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bindings: a hash by AOR, each entry with its devices, and a list by time,
 * from which the user goes who was silent longest. The store has the same,
 * but for connections, which do not survive a restart.
 *
 * Ids of registered devices are made of what the device says of itself, so
 * that a message that is sent again after a restart has the Call-ID that it
 * had.
 */
#include "location.h"

#include <errno.h>
#include <string.h>

#include "clock.h"
#include "hash.h"
#include "list.h"
#include "log.h"
#include "mem.h"
#include "uri_priv.h"

enum {
	STORE_AGAIN_MS = 24 * 60 * 60 * 1000, /* a learned place */
	TYPING_MS = 1000,
	LOOKS = 16, /* entries looked at for one to forget */
	SIP_PORT = 5060,
};

struct place {
	struct binding b;      /* first */
	struct location *l;    /* borrowed */
	struct entry *entry;   /* borrowed */
	struct place *next;    /* owned: the entry's list, learned last */
	struct wtimer timer;   /* of a registered one */
	uint64_t stored_ms;    /* wall clock; 0: never */
	char *words;           /* owned: what contact's views point into */
	size_t bytes;          /* of words */
};

struct entry {
	struct hnode by_aor;
	struct lnode by_time;
	struct place *first;   /* owned */
	size_t registered;
	uint64_t typed_ms;     /* his last typing notice that went on */
	struct view aor;       /* borrowed: text */
	char text[];
};

struct location {
	struct store *store;   /* borrowed, as is wheel */
	struct wheel *wheel;
	const struct sip *sip; /* borrowed, or NULL */
	struct device_rule *rule; /* owned, and so are the patterns */
	struct device_rules rules;
	struct htable aors;
	struct list order;
	size_t registered;
	size_t max, bytes, bytes_max;
	location_changed_h *changedh; /* or NULL */
	void *arg;
};

struct location_change {
	struct location *l;    /* borrowed */
	struct store_txn *t;   /* owned */
	char *aor;             /* owned */
	size_t n;
};

void location_aor(struct buf *b, const struct sip_uri *uri)
{
	size_t i;

	buf_adds(b, "sip:");
	buf_addv(b, uri->user);
	buf_addc(b, '@');
	for (i = 0; i < uri->host.n; i++) {
		char c = uri->host.p[i];

		buf_addc(b, c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c);
	}
}

/* ---- entries and places ---- */

static struct entry *entry_find(const struct location *l, struct view aor,
				uint64_t hash)
{
	struct hnode *n = htable_find(&l->aors, hash);

	for (; n; n = htable_more(n)) {
		struct entry *e = CONTAINER(n, struct entry, by_aor);

		if (view_eq(e->aor, aor))
			return e;
	}
	return NULL;
}

static struct entry *entry_new(struct location *l, struct view aor)
{
	struct entry *e = mem_zalloc(sizeof(*e) + aor.n);

	memcpy(e->text, aor.p, aor.n);
	e->aor = view_mem(e->text, aor.n);
	htable_add(&l->aors, &e->by_aor, hash_view(aor));
	list_append(&l->order, &e->by_time);
	return e;
}

static void entry_touch(struct location *l, struct entry *e)
{
	list_remove(&l->order, &e->by_time);
	list_append(&l->order, &e->by_time);
}

static void place_free(struct place *p)
{
	wheel_stop(p->l->wheel, &p->timer);
	p->l->bytes -= p->bytes;
	mem_deref(p->b.dest);
	mem_free(p->words);
	mem_free(p);
}

static struct place **place_at(struct entry *e, uint64_t id)
{
	struct place **at = &e->first;

	while (*at && (*at)->b.id != id)
		at = &(*at)->next;
	return at;
}

static void tell_changed(const struct location *l, const struct entry *e)
{
	if (l->changedh)
		l->changedh(e->aor, l->arg);
}

/* The entry goes with its last place. */
static void place_drop(struct location *l, struct entry *e, struct place **at)
{
	struct place *p = *at;

	*at = p->next;
	if (p->b.id) {
		l->registered--;
		if (!--e->registered)
			tell_changed(l, e);
	}
	place_free(p);
	if (e->first)
		return;
	htable_del(&l->aors, &e->by_aor);
	list_remove(&l->order, &e->by_time);
	mem_free(e);
}

static struct place *place_new(struct location *l, struct entry *e,
			       uint64_t id)
{
	struct place *p = mem_zalloc(sizeof(*p));

	p->l = l;
	p->entry = e;
	p->b.id = id;
	if (!id) {
		*place_at(e, 0) = p; /* at the end */
		return p;
	}
	p->next = e->first;
	e->first = p;
	l->registered++;
	if (!e->registered++)
		tell_changed(l, e);
	return p;
}

static struct view keep(char **at, struct view v)
{
	struct view kept = view_mem(*at, v.n);

	if (v.n)
		memcpy(*at, v.p, v.n);
	*at += v.n;
	return kept;
}

static size_t contact_bytes(const struct contact *c)
{
	return c->uri.n + c->path.n + c->instance.n + c->call_id.n +
	       c->agent.n;
}

static void words_set(struct place *p, const struct contact *given)
{
	struct contact c = *given;
	char *words, *at;

	c.agent = view_head(c.agent, DEVICE_AGENT_MAX);
	p->l->bytes -= p->bytes;
	p->bytes = contact_bytes(&c);
	p->l->bytes += p->bytes;
	at = words = p->bytes ? mem_alloc(p->bytes) : NULL;
	c.uri = keep(&at, c.uri);
	c.path = keep(&at, c.path);
	c.instance = keep(&at, c.instance);
	c.call_id = keep(&at, c.call_id);
	c.agent = keep(&at, c.agent);
	mem_free(p->words); /* given may point into it */
	p->words = words;
	p->b.contact = c;
	device_name(&p->b.dev, p->entry->aor, c.agent, &p->l->rules);
}

/* EBADMSG: what the store had is no address. */
static int dest_set(struct place *p)
{
	const struct contact *c = &p->b.contact;
	struct sip_dest *d;
	int err = sip_dest_new(&d, p->entry->aor, c->uri, c->path);

	if (err)
		return err;
	mem_deref(p->b.dest);
	p->b.dest = d;
	return 0;
}

/* ---- the store ---- */

static void place_put(struct place *p, struct store_txn *t)
{
	const struct binding *b = &p->b;
	char flow[SIP_FLOW_TEXT_MAX];
	const struct store_binding row = {
		.aor = p->entry->aor,
		.id = b->id,
		.contact = b->contact.uri,
		.path = b->contact.path,
		.instance = b->contact.instance,
		.reg_id = b->contact.reg_id,
		.call_id = b->contact.call_id,
		.cseq = b->contact.cseq,
		.flow = view_str(sip_flow_str(flow, &b->flow)),
		.listener = b->flow.listener & 0xff, /* no edge's mark */
		.agent = b->contact.agent,
		.expires_ms = b->expires_ms,
		.seen_ms = b->seen_ms,
		.body_max = b->dev.learned,
		.traits = b->dev.traits,
	};

	store_put_binding(t, &row);
	p->stored_ms = wall_ms();
}

static void place_store(struct place *p)
{
	struct store_txn *t = store_begin(p->l->store);

	place_put(p, t);
	store_commit(t, NULL, NULL);
}

static void on_expired(struct wtimer *timer)
{
	struct place *p = CONTAINER(timer, struct place, timer);
	struct location *l = p->l;
	struct store_txn *t = store_begin(l->store);

	log_info("sip: %.*s is not registered any more at %.*s: expired",
		 VIEW_ARG(p->entry->aor), VIEW_ARG(p->b.contact.uri));
	store_del_binding(t, p->entry->aor, p->b.id);
	store_commit(t, NULL, NULL);
	place_drop(l, p->entry, place_at(p->entry, p->b.id));
}

static void expiry_start(struct place *p)
{
	uint64_t now = wall_ms(), until = p->b.expires_ms;

	wheel_start(p->l->wheel, &p->timer, until > now ? until - now : 0,
		    on_expired);
}

/* ---- making and loading ---- */

static void rules_copy(struct location *l, const struct location_conf *conf)
{
	l->rule = mem_array(NULL, conf->rules + 1, sizeof(*l->rule));
	for (size_t i = 0; i < conf->rules; i++) {
		l->rule[i] = conf->rule[i];
		l->rule[i].pattern = mem_strdup(conf->rule[i].pattern);
	}
	l->rules.rule = l->rule;
	l->rules.count = conf->rules;
}

static void rules_free(struct location *l)
{
	for (size_t i = 0; i < l->rules.count; i++)
		mem_free((char *)l->rule[i].pattern);
	mem_free(l->rule);
}

struct location *location_new(const struct location_conf *conf)
{
	struct location *l = mem_zalloc(sizeof(*l));

	l->store = conf->store;
	l->wheel = conf->wheel;
	rules_copy(l, conf);
	l->max = conf->aors ? conf->aors : LOCATION_AORS;
	l->bytes_max = conf->bytes ? conf->bytes : LOCATION_BYTES;
	list_init(&l->order);
	return l;
}

void location_free(struct location *l)
{
	struct lnode *n;

	if (!l)
		return;
	while ((n = list_first(&l->order))) {
		struct entry *e = CONTAINER(n, struct entry, by_time);

		while (e->first->next)
			place_drop(l, e, &e->first);
		place_drop(l, e, &e->first);
	}
	htable_free(&l->aors);
	rules_free(l);
	mem_free(l);
}

static void reconnect(struct entry *e, const struct sip *s)
{
	struct place *p;

	for (p = e->first; p && p->b.id; p = p->next) {
		if (sip_is_stream(p->b.flow.transport) &&
		    sip_conn_at(s, &p->b.flow))
			p->b.conn = p->b.flow.conn;
	}
}

/* An edge that was there before us (db_mode 2) has connections already. */
void location_set_sip(struct location *l, const struct sip *s)
{
	struct sip_stats st = { 0 };
	struct lnode *n, *nx;

	l->sip = s;
	if (s)
		sip_stats(s, &st);
	if (!st.conns)
		return;
	LIST_EACH (&l->order, n, nx)
		reconnect(CONTAINER(n, struct entry, by_time), s);
}

static struct entry *entry_get(struct location *l, struct view aor)
{
	struct entry *e = entry_find(l, aor, hash_view(aor));

	return e ? e : entry_new(l, aor);
}

static void place_load(struct place *p, const struct store_binding *sb,
		       const struct sip_flow *flow)
{
	const struct contact c = {
		.uri = sb->contact,
		.path = sb->path,
		.instance = sb->instance,
		.reg_id = (uint32_t)sb->reg_id,
		.call_id = sb->call_id,
		.cseq = (uint32_t)sb->cseq,
		.agent = sb->agent,
	};

	p->b.flow = *flow;
	p->b.flow.listener = sb->listener & SIP_LISTENER;
	p->b.expires_ms = sb->expires_ms;
	p->b.seen_ms = p->stored_ms = sb->seen_ms;
	p->b.dev.learned = (uint32_t)sb->body_max;
	p->b.dev.traits = sb->traits;
	words_set(p, &c);
}

/* What expired while we were away goes at the loop's first turn. */
static int load(struct location *l, const struct store_binding *sb)
{
	struct sip_flow flow;
	struct entry *e;
	struct place *p;

	if (view_empty(sb->aor) || sip_flow_parse(&flow, sb->flow) ||
	    (sb->id && view_empty(sb->contact)))
		return EBADMSG;
	e = entry_get(l, sb->aor);
	if (*place_at(e, sb->id))
		return EEXIST;
	p = place_new(l, e, sb->id);
	place_load(p, sb, &flow);
	if (dest_set(p)) {
		place_drop(l, e, place_at(e, sb->id));
		return EBADMSG;
	}
	if (sb->id)
		expiry_start(p);
	return 0;
}

void location_load(const struct store_binding *sb, void *arg)
{
	if (load(arg, sb))
		log_warning("a stored place of %.*s can't be read",
			    VIEW_ARG(sb->aor));
}

/* ---- hearing ---- */

/* As the store has it: without listener and connection. */
static bool same_place(const struct sip_flow *a, const struct sip_flow *b)
{
	return a->transport == b->transport && netaddr_eq(&a->peer, &b->peer);
}

static struct binding *registered_at(const struct entry *e,
				     const struct sip_flow *flow,
				     struct view agent)
{
	struct place *p;

	agent = view_head(agent, DEVICE_AGENT_MAX);
	for (p = e->first; p && p->b.id; p = p->next) {
		if (same_place(&p->b.flow, flow) &&
		    (view_empty(agent) || view_empty(p->b.contact.agent) ||
		     view_eq(p->b.contact.agent, agent)))
			return &p->b;
	}
	return NULL;
}

static bool agent_set(struct place *p, struct view agent)
{
	struct contact c = p->b.contact;

	agent = view_head(agent, DEVICE_AGENT_MAX);
	if (view_empty(agent) || view_eq(agent, c.agent))
		return false;
	if (!view_empty(c.agent))
		device_forget(&p->b.dev); /* another device */
	c.agent = agent;
	words_set(p, &c);
	return true;
}

/* The one who was silent longest makes room; who is registered stays. */
static bool entry_forget(struct location *l)
{
	int looks;

	for (looks = 0; looks < LOOKS; looks++) {
		struct lnode *n = list_first(&l->order);
		struct entry *e = CONTAINER(n, struct entry, by_time);
		struct store_txn *t;

		if (e->registered) {
			entry_touch(l, e);
			continue;
		}
		log_warning("more than %zu SIP users: forgot where %.*s is",
			    l->max, VIEW_ARG(e->aor));
		t = store_begin(l->store);
		store_del_binding(t, e->aor, 0);
		store_commit(t, NULL, NULL);
		place_drop(l, e, &e->first);
		return true;
	}
	return false;
}

static bool has_room(struct location *l)
{
	return l->order.count < l->max || entry_forget(l);
}

static struct place *learned_get(struct location *l, struct view aor)
{
	struct entry *e = entry_find(l, aor, hash_view(aor));
	struct place *p = e ? *place_at(e, 0) : NULL;

	if (p)
		return p;
	if (!e) {
		if (!has_room(l))
			return NULL;
		e = entry_new(l, aor);
	}
	p = place_new(l, e, 0);
	if (!dest_set(p))
		return p;
	place_drop(l, e, place_at(e, 0));
	return NULL;
}

static void heard_learned(struct location *l, struct view aor,
			  const struct sip_flow *flow,
			  const struct device_heard *heard)
{
	struct place *p = learned_get(l, aor);
	bool changed;

	if (!p)
		return;
	changed = !p->stored_ms || !same_place(&p->b.flow, flow);
	p->b.flow = *flow;
	if (sip_is_stream(flow->transport))
		p->b.conn = flow->conn;
	p->b.seen_ms = wall_ms();
	if (agent_set(p, heard->user_agent))
		changed = true;
	if (device_heard(&p->b.dev, heard))
		changed = true;
	entry_touch(l, p->entry);
	if (changed || p->b.seen_ms > p->stored_ms + STORE_AGAIN_MS)
		place_store(p);
}

void location_heard(struct location *l, struct view aor,
		    const struct sip_flow *flow,
		    const struct device_heard *heard)
{
	struct entry *e = entry_find(l, aor, hash_view(aor));
	struct binding *b =
		e ? registered_at(e, flow, heard->user_agent) : NULL;
	struct place *p = (struct place *)b;

	if (!b) {
		heard_learned(l, aor, flow, heard);
		return;
	}
	if (sip_is_stream(flow->transport))
		b->flow.conn = b->conn = flow->conn;
	b->seen_ms = wall_ms();
	if (device_heard(&b->dev, heard))
		place_store(p);
}

void location_learned(struct location *l, struct binding *b)
{
	(void)l;
	place_store((struct place *)b);
}

bool location_may_type(struct location *l, struct view aor, uint64_t now_ms)
{
	struct entry *e = entry_find(l, aor, hash_view(aor));

	if (!e)
		return true;
	if (e->typed_ms && now_ms < e->typed_ms + TYPING_MS)
		return false;
	e->typed_ms = now_ms;
	return true;
}

/* ---- finding ---- */

static bool same_ip(const struct netaddr *a, const struct netaddr *b)
{
	struct netaddr x = *a, y = *b;

	netaddr_set_port(&x, 0);
	netaddr_set_port(&y, 0);
	return netaddr_eq(&x, &y);
}

/* A phone that listens, and is behind no NAT. Who uses outbound (RFC 5626)
 * can't be connected to. */
static bool dial(const struct location *l, const struct binding *b,
		 struct sip_flow *out)
{
	struct sip_uri uri;
	struct netaddr a;

	if (!b->id || b->contact.reg_id || b->flow.transport != SIP_TCP ||
	    sip_uri_parse(&uri, b->contact.uri) ||
	    netaddr_set(&a, uri.host, uri.port ? uri.port : SIP_PORT) ||
	    !same_ip(&a, &b->flow.peer) || !sip_may_send(l->sip, &a))
		return false;
	out->conn = 0;
	out->peer = a;
	return true;
}

/* A connection that is gone leads nowhere until the device comes back. */
static bool stream_flow(const struct location *l, const struct binding *b,
			struct sip_flow *out)
{
	struct sip_flow alive;

	if (!l->sip)
		return false;
	return (b->flow.conn && sip_conn_flow(l->sip, b->flow.conn, &alive)) ||
	       dial(l, b, out);
}

bool location_flow(const struct location *l, const struct binding *b,
		   struct sip_flow *out)
{
	*out = b->flow;
	return !b->id || !sip_is_stream(b->flow.transport) ||
	       stream_flow(l, b, out);
}

bool location_reaches(const struct location *l, const struct binding *b)
{
	struct sip_flow flow;

	return location_flow(l, b, &flow);
}

size_t location_find(const struct location *l, struct view aor, uint64_t hash,
		     struct binding *out[LOCATION_BINDINGS])
{
	struct entry *e = entry_find(l, aor, hash);
	struct place *p;
	size_t n = 0;

	if (!e)
		return 0;
	for (p = e->first; p && p->b.id; p = p->next)
		if (n < LOCATION_BINDINGS && location_reaches(l, &p->b))
			out[n++] = &p->b;
	if (!e->registered && p)
		out[n++] = &p->b;
	return n;
}

size_t location_all(const struct location *l, struct view aor,
		    struct binding *out[LOCATION_BINDINGS + 1])
{
	struct entry *e = entry_find(l, aor, hash_view(aor));
	struct place *p;
	size_t n = 0;

	for (p = e ? e->first : NULL; p && n <= LOCATION_BINDINGS; p = p->next)
		out[n++] = &p->b;
	return n;
}

struct binding *location_binding(const struct location *l, struct view aor,
				 uint64_t hash, uint64_t id)
{
	struct entry *e = entry_find(l, aor, hash);
	struct place *p = e ? *place_at(e, id) : NULL;

	return p ? &p->b : NULL;
}

struct binding *location_by_flow(const struct location *l, struct view aor,
				 uint64_t hash, const struct sip_flow *flow,
				 struct view agent)
{
	struct entry *e = entry_find(l, aor, hash);
	struct binding *b = e ? registered_at(e, flow, agent) : NULL;

	return b ? b : location_binding(l, aor, hash, 0);
}

bool location_has(const struct location *l, struct view aor, uint64_t hash)
{
	return entry_find(l, aor, hash);
}

bool location_is_registered(const struct location *l, struct view aor)
{
	const struct entry *e = entry_find(l, aor, hash_view(aor));

	return e && e->registered;
}

void location_on_change(struct location *l, location_changed_h *h, void *arg)
{
	l->changedh = h;
	l->arg = arg;
}

size_t location_count(const struct location *l)
{
	return l->order.count;
}

size_t location_registered(const struct location *l)
{
	return l->registered;
}

/* ---- registering ---- */

static bool same_contact(const struct binding *b, const struct contact *c)
{
	if (!view_empty(c->instance) || !view_empty(b->contact.instance))
		return view_eq(b->contact.instance, c->instance) &&
		       b->contact.reg_id == c->reg_id;
	return uri_same(b->contact.uri, c->uri);
}

static struct place *same_find(const struct entry *e, const struct contact *c)
{
	struct place *p;

	for (p = e->first; p && p->b.id; p = p->next)
		if (same_contact(&p->b, c))
			return p;
	return NULL;
}

struct binding *location_same(const struct location *l, struct view aor,
			      const struct contact *contact)
{
	struct entry *e = entry_find(l, aor, hash_view(aor));
	struct place *p = e ? same_find(e, contact) : NULL;

	return p ? &p->b : NULL;
}

int location_room(const struct location *l, struct view aor, size_t more,
		  size_t bytes)
{
	const struct entry *e = entry_find(l, aor, hash_view(aor));

	if ((e ? e->registered : 0) + more > LOCATION_BINDINGS)
		return EBUSY;
	return l->bytes + bytes > l->bytes_max ||
			       (!e && l->order.count >= l->max + LOOKS) ?
		       ENOSPC : 0;
}

/* The same for the same device. The key is no secret: nobody gains by two of
 * his own devices with one id, and the second gets another. */
static uint64_t id_make(struct entry *e, const struct contact *c)
{
	static const uint8_t key[16];
	struct view who = view_empty(c->instance) ? c->uri : c->instance;
	uint64_t id = siphash(key, who.p, who.n) + c->reg_id;

	while (!(id &= INT64_MAX) || *place_at(e, id))
		id++;
	return id;
}

struct location_change *location_begin(struct location *l, struct view aor)
{
	struct location_change *c = mem_zalloc(sizeof(*c));

	c->l = l;
	c->t = store_begin(l->store);
	c->aor = view_dup(aor);
	c->n = aor.n;
	return c;
}

void location_bind(struct location_change *c, const struct contact *contact,
		   const struct sip_flow *flow, uint64_t expires_ms)
{
	struct location *l = c->l;
	struct view aor = { c->aor, c->n };
	struct entry *e;
	struct place *p;

	(void)has_room(l); /* an entry more than wished is no harm */
	e = entry_get(l, aor);
	p = same_find(e, contact);
	if (!p)
		p = place_new(l, e, id_make(e, contact));
	else if (!view_eq(p->b.contact.agent,
			  view_head(contact->agent, DEVICE_AGENT_MAX)))
		device_forget(&p->b.dev);
	p->b.flow = *flow;
	p->b.flow.tls_name = NULL;
	p->b.conn = flow->conn;
	p->b.expires_ms = expires_ms;
	p->b.seen_ms = wall_ms();
	words_set(p, contact);
	(void)dest_set(p); /* the registrar has looked at the URI */
	expiry_start(p);
	place_put(p, c->t);
	entry_touch(l, e);
}

void location_unbind(struct location_change *c, uint64_t id)
{
	struct location *l = c->l;
	struct view aor = { c->aor, c->n };
	struct entry *e = entry_find(l, aor, hash_view(aor));

	store_del_binding(c->t, aor, id);
	if (e && *place_at(e, id))
		place_drop(l, e, place_at(e, id));
}

void location_keep(struct location_change *c, struct binding *b)
{
	place_put((struct place *)b, c->t);
}

void location_commit(struct location_change *c, store_done_h *doneh,
		     void *arg)
{
	store_commit(c->t, doneh, arg);
	mem_free(c->aor);
	mem_free(c);
}

void location_put(struct buf *b, const struct location *l,
		  const struct binding *bd)
{
	char flow[SIP_FLOW_TEXT_MAX];

	buf_addv(b, sip_dest_ruri(bd->dest));
	buf_adds(b, bd->id ? " registered, " : " learned, ");
	buf_adds(b, sip_flow_str(flow, &bd->flow));
	if (bd->id && !location_reaches(l, bd))
		buf_adds(b, " (gone)");
	if (bd->id) {
		uint64_t now = wall_ms(), until = bd->expires_ms;

		buf_adds(b, ", for ");
		buf_add_u64(b, until > now ? (until - now) / 1000 : 0);
		buf_adds(b, " s");
	}
	buf_adds(b, ", ");
	device_put(b, &bd->dev, bd->flow.transport);
	if (!view_empty(bd->contact.agent)) {
		buf_adds(b, ", ");
		buf_addv(b, bd->contact.agent);
	}
}
