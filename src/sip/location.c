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
#include "location_priv.h"

#include <errno.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "mem.h"

void location_aor(struct buf *b, const struct sip_uri *uri)
{
	size_t i;

	buf_adds(b, "sip:");
	buf_addv(b, uri->user);
	if (uri->user.n)
		buf_addc(b, '@');
	for (i = 0; i < uri->host.n; i++) {
		char c = uri->host.p[i];

		buf_addc(b, c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c);
	}
}

/* ---- entries and places ---- */

struct entry *entry_find(const struct location *l, struct view aor,
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

struct entry *entry_new(struct location *l, struct view aor)
{
	struct entry *e = mem_zalloc(sizeof(*e) + aor.n);

	memcpy(e->text, aor.p, aor.n);
	e->aor = view_mem(e->text, aor.n);
	htable_add(&l->aors, &e->by_aor, hash_view(aor));
	list_append(&l->order, &e->by_time);
	return e;
}

void entry_touch(struct location *l, struct entry *e)
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

struct place **place_at(struct entry *e, uint64_t id)
{
	struct place **at = &e->first;

	while (*at && (*at)->b.id != id)
		at = &(*at)->next;
	return at;
}

static void tell_changed(const struct location *l, const struct entry *e)
{
	for (size_t i = 0; i < l->nhearers; i++)
		l->hearers[i].h(e->aor, l->hearers[i].arg);
}

/* The entry goes with its last place. */
void place_drop(struct location *l, struct entry *e, struct place **at)
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

struct place *place_new(struct location *l, struct entry *e, uint64_t id)
{
	struct place *p = mem_zalloc(sizeof(*p));

	p->l = l;
	p->entry = e;
	p->b.id = id;
	device_name(&p->b.dev, e->aor, VIEW_NONE, &l->rules);
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

void place_set_words(struct place *p, const struct contact *given)
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
int place_set_dest(struct place *p)
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

void place_put(struct place *p, struct store_txn *t)
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
		.listener = b->flow.listener & SIP_LISTENER,
		.agent = b->contact.agent,
		.expires_ms = b->expires_ms,
		.seen_ms = b->seen_ms,
		.body_max = b->dev.learned,
		.traits = b->dev.traits,
	};

	store_put_binding(t, &row);
	p->stored_ms = wall_ms();
}

void place_store(struct place *p)
{
	struct store_txn *t = store_begin(p->l->store);

	place_put(p, t);
	store_commit(t, NULL, NULL);
}

static void forget(struct place *p)
{
	struct location *l = p->l;
	struct store_txn *t = store_begin(l->store);

	store_del_binding(t, p->entry->aor, p->b.id);
	store_commit(t, NULL, NULL);
	place_drop(l, p->entry, place_at(p->entry, p->b.id));
}

/* A learned one lives longer with each request: the timer only looks. */
static void on_expired(struct wtimer *timer)
{
	struct place *p = CONTAINER(timer, struct place, timer);

	if (!p->b.id && p->b.expires_ms > wall_ms()) {
		place_start_expiry(p);
		return;
	}
	if (p->b.id)
		log_info("sip: %.*s is not registered any more at %.*s: "
			 "expired", VIEW_ARG(p->entry->aor),
			 VIEW_ARG(p->b.contact.uri));
	forget(p);
}

void place_start_expiry(struct place *p)
{
	uint64_t now = wall_ms(), until = p->b.expires_ms;

	wheel_start(p->l->wheel, &p->timer, until > now ? until - now : 0,
		    on_expired);
}

/* The one who was silent longest makes room; who is registered stays. */
static bool entry_forget(struct location *l)
{
	int looks;

	for (looks = 0; looks < LOCATION_LOOKS; looks++) {
		struct lnode *n = list_first(&l->order);
		struct entry *e = CONTAINER(n, struct entry, by_time);

		if (e->registered) {
			entry_touch(l, e);
			continue;
		}
		log_warning("more than %zu SIP users: forgot where %.*s is",
			    l->max, VIEW_ARG(e->aor));
		forget(e->first);
		return true;
	}
	return false;
}

bool entry_has_room(struct location *l)
{
	return l->order.count < l->max || entry_forget(l);
}

/* ---- making and loading ---- */

static void rules_copy(struct location *l, const struct device_rule *rule,
		       size_t count)
{
	l->rule = mem_array(NULL, count + 1, sizeof(*l->rule));
	for (size_t i = 0; i < count; i++) {
		l->rule[i] = rule[i];
		l->rule[i].pattern = mem_strdup(rule[i].pattern);
	}
	l->rules.rule = l->rule;
	l->rules.count = count;
}

static void rules_free(struct location *l)
{
	for (size_t i = 0; i < l->rules.count; i++)
		mem_free((char *)l->rule[i].pattern);
	mem_free(l->rule);
}

static void name_all(struct entry *e)
{
	struct place *p;

	for (p = e->first; p; p = p->next)
		device_name(&p->b.dev, e->aor, p->b.contact.agent,
			    &p->l->rules);
}

void location_set_rules(struct location *l, const struct device_rule *rule,
			size_t count)
{
	struct lnode *n, *nx;

	rules_free(l);
	rules_copy(l, rule, count);
	LIST_EACH (&l->order, n, nx)
		name_all(CONTAINER(n, struct entry, by_time));
}

struct location *location_new(const struct location_conf *conf)
{
	struct location *l = mem_zalloc(sizeof(*l));

	l->store = conf->store;
	l->wheel = conf->wheel;
	rules_copy(l, conf->rule, conf->rules);
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

/* What was learned of a connection is worth nothing without it. */
static void reconnect(struct entry *e, struct sip *s)
{
	struct place *p, *next;

	for (p = e->first; p; p = next) {
		next = p->next; /* the learned one is the last */
		sip_user_was(s, e->aor, &p->b.flow);
		if (!sip_is_stream(p->b.flow.transport))
			continue;
		if (sip_conn_at(s, &p->b.flow, e->aor))
			p->b.conn = p->b.flow.conn;
		else if (!p->b.id)
			forget(p);
	}
}

/* An edge that was there before us (db_mode 2) has connections already. */
void location_set_sip(struct location *l, struct sip *s)
{
	struct lnode *n, *nx;

	l->sip = s;
	if (!s)
		return;
	LIST_EACH (&l->order, n, nx)
		reconnect(CONTAINER(n, struct entry, by_time), s);
}

struct entry *entry_get(struct location *l, struct view aor)
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
	place_set_words(p, &c);
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
	if (place_set_dest(p)) {
		place_drop(l, e, place_at(e, sb->id));
		return EBADMSG;
	}
	/* as it was learned by versions that kept it for ever */
	if (!p->b.expires_ms)
		p->b.expires_ms = sb->seen_ms + LOCATION_HEARD_MS;
	place_start_expiry(p);
	return 0;
}

void location_load(const struct store_binding *sb, void *arg)
{
	if (load(arg, sb))
		log_warning("a stored place of %.*s can't be read",
			    VIEW_ARG(sb->aor));
}
