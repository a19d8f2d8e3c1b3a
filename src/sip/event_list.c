/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists: read from XML, kept as leaves, told as multipart/related. */
#include "event_list_priv.h"
#include "notify_priv.h"

#include <errno.h>

#include "clock.h"
#include "location.h"
#include "mem.h"
#include "xlimit.h"

#define NS_LISTS "urn:ietf:params:xml:ns:resource-lists"
#define NS_RLMI "urn:ietf:params:xml:ns:rlmi"

enum {
	DEPTH = 8,
	XML_MAX = 16 * 1024,
	BOUNDARY = 16,
	RESOURCE_MAX = 200,  /* bytes of a resource in the list, but its URI */
	HEAD_MAX = 400,      /* of what stands before and behind the parts */
};

/* ---- reading ---- */

struct reading {
	struct xlimit *xml; /* borrowed */
	struct buf *out;    /* borrowed */
	const struct sip_package *package; /* borrowed */
	size_t count;
	bool done;
};

static bool has_line(struct view text, struct view line)
{
	struct view one;

	while (text.n) {
		view_cut(text, '\n', &one, &text);
		if (view_eq(one, line))
			return true;
	}
	return false;
}

static void add_entry(struct reading *r, const struct xlimit_tag *tag)
{
	struct view text = view_trim(view_str(xlimit_attr(tag, "uri")));
	struct sip_uri uri;
	struct buf aor = { 0 };

	if (text.n > SIP_URI_MAX || sip_uri_parse(&uri, text)) {
		xlimit_stop(r->xml);
		return;
	}
	/* who means nothing is refused like any other: as he is written */
	if (event_resource(&aor, r->package, &uri) != 200) {
		buf_clear(&aor);
		location_aor(&aor, &uri);
	}
	if (!has_line(buf_view(r->out), buf_view(&aor))) {
		r->count++;
		buf_addv(r->out, buf_view(&aor));
		buf_addc(r->out, '\n');
	}
	buf_free(&aor);
}

static void on_start(const struct xlimit_tag *tag, unsigned depth, void *arg)
{
	struct reading *r = arg;
	bool ours = view_eqs(tag->ns, NS_LISTS);

	if (depth >= DEPTH ||
	    (!depth && !(ours && view_eqs(tag->name, "resource-lists"))))
		xlimit_stop(r->xml);
	else if (ours && view_eqs(tag->name, "entry") &&
		 r->count <= EVENT_LIST_MAX)
		add_entry(r, tag);
}

static void on_text(struct view text, void *arg)
{
	(void)text;
	(void)arg;
}

static void on_end(unsigned depth, void *arg)
{
	struct reading *r = arg;

	r->done |= !depth;
}

int event_list_read(struct buf *out, const struct sip_package *package,
		    struct view body)
{
	static const struct xlimit_ops ops = { on_start, on_text, on_end };
	static const struct xlimit_max max = { XML_MAX, 2 * XML_MAX, XML_MAX,
					       1024,	DEPTH,	     2000,
					       1000,	32 };
	struct reading r = { .out = out, .package = package };
	int err;

	r.xml = xlimit_new(&max, &ops, &r);
	err = xlimit_feed(r.xml, body, NULL);
	mem_deref(r.xml);
	if (err || !r.done || !r.count)
		return EBADMSG;
	return r.count > EVENT_LIST_MAX ? EMSGSIZE : 0;
}

size_t event_list_count(struct view text)
{
	struct view one;
	size_t n = 0;

	while (text.n) {
		view_cut(text, '\n', &one, &text);
		n += one.n > 0;
	}
	return n;
}

/* ---- leaves ---- */

static struct sub *leaf_add(struct sub *sub, struct view resource)
{
	struct sub_setup setup = {
		.package = sub->package,
		.flow = sub->flow,
		.id = subs_id(sub->set),
		.expires = sub_watch(sub).expires,
		.resource = resource,
		.watcher = sub->watcher,
		.parent = sub,
	};
	int status = subs_ask(&setup);
	struct sub *leaf;

	if (status != 200)
		setup.state = SIP_WATCH_PENDING;
	leaf = subs_add(sub->set, &setup);
	if (status != 200)
		sub_refuse(leaf, status);
	leaf->dirty = true;
	return leaf;
}

void event_list_begin(struct sub *sub, struct view text)
{
	struct sub_list *l = mem_zalloc(sizeof(*l));
	size_t n = event_list_count(text);
	struct view one, rest;

	l->text = view_mem(view_dup(text), text.n);
	l->leaf = mem_array(NULL, n + 1, sizeof(struct sub *));
	sub->list = l;
	for (rest = text; rest.n;) {
		view_cut(rest, '\n', &one, &rest);
		if (one.n)
			l->leaf[l->count++] = leaf_add(sub, one);
	}
}

void event_list_end(struct sub *sub)
{
	for (size_t i = 0; i < sub->list->count; i++)
		if (sub->list->leaf[i])
			sub_over_with_list(sub->list->leaf[i]);
}

void event_list_free(struct sub *sub)
{
	struct sub_list *l = sub->list;

	if (!l)
		return;
	sub->list = NULL;
	for (size_t i = 0; i < l->count; i++)
		if (l->leaf[i])
			sub_free(l->leaf[i]);
	mem_free(l->leaf);
	mem_free((void *)(uintptr_t)l->text.p);
	mem_free(l);
}

bool event_list_left(const struct sub *sub)
{
	for (size_t i = 0; i < sub->list->count; i++)
		if (sub->list->leaf[i]->dirty)
			return true;
	return false;
}

/* ---- writing ---- */

static void put_attr(struct buf *b, struct view v)
{
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '&')
			buf_adds(b, "&amp;");
		else if (v.p[i] == '<')
			buf_adds(b, "&lt;");
		else if (v.p[i] == '"')
			buf_adds(b, "&quot;");
		else
			buf_addc(b, v.p[i]);
	}
}

/* As it is in an attribute. */
static size_t attr_size(struct view v)
{
	struct buf b = { 0 };
	size_t n;

	put_attr(&b, v);
	n = b.n;
	buf_free(&b);
	return n;
}

static const char *instance_state(const struct sub *leaf)
{
	if (leaf->state == SUB_OVER && leaf->reason)
		return "terminated";
	return sub_is_shown(leaf) ? "active" : "pending";
}

static void put_cid(struct buf *b, const struct sub *leaf)
{
	buf_addf(b, "r%llu@", (unsigned long long)leaf->id);
	buf_adds(b, subs_sip(leaf->set)->domain);
}

/* What a watcher is told of an entry: with a part, without one, or that there
 * is more of it than can be sent. */
enum told { TOLD_PART, TOLD_STATE, TOLD_TOO_LONG };

static void put_instance(struct buf *b, const struct sub *leaf,
			 enum told told)
{
	bool over = leaf->state == SUB_OVER && leaf->reason;

	buf_addf(b, "<instance id=\"%llu\" state=\"%s\"",
		 (unsigned long long)leaf->id,
		 told == TOLD_TOO_LONG ? "terminated" : instance_state(leaf));
	if (told == TOLD_TOO_LONG || over)
		buf_addf(b, " reason=\"%s\"", over ? leaf->reason : "giveup");
	if (told == TOLD_PART) {
		buf_adds(b, " cid=\"");
		put_cid(b, leaf);
		buf_addc(b, '"');
	}
	buf_adds(b, "/>");
}

static void put_resource(struct buf *b, const struct sub *leaf,
			 enum told told)
{
	buf_adds(b, "<resource uri=\"");
	put_attr(b, leaf->resource);
	buf_adds(b, "\">");
	put_instance(b, leaf, told);
	buf_adds(b, "</resource>");
}

/* It is on the list; how it is comes in another one. */
static void put_name(struct buf *b, const struct sub *leaf)
{
	buf_adds(b, "<resource uri=\"");
	put_attr(b, leaf->resource);
	buf_adds(b, "\"/>");
}

static void put_part_head(struct buf *b, struct view boundary,
			  const char *type)
{
	buf_adds(b, "\r\n--");
	buf_addv(b, boundary);
	buf_adds(b, "\r\nContent-Transfer-Encoding: binary\r\nContent-Type: ");
	buf_adds(b, type);
	buf_adds(b, "\r\nContent-ID: <");
}

static void put_part(struct buf *b, const struct sub *leaf,
		     struct view boundary, struct view body)
{
	put_part_head(b, boundary, leaf->package->type);
	put_cid(b, leaf);
	buf_adds(b, ">\r\n\r\n");
	buf_addv(b, body);
}

/* A document while it is made: the list, and the parts that it names. */
struct multipart {
	char text[BOUNDARY];
	struct view boundary;
	struct buf resources, parts;
	size_t max;
	size_t entries;  /* told whole */
	size_t names;    /* bytes that those that are to come need */
	bool full;
};

static bool fits(const struct multipart *m, size_t n)
{
	return m->resources.n + m->parts.n + m->names + n + HEAD_MAX <= m->max;
}

/* What an entry with a body of n bytes needs. */
static size_t part_size(const struct sub *leaf, size_t n)
{
	return 2 * RESOURCE_MAX + attr_size(leaf->resource) + n;
}

/* False: it is for the next one. There is always one that is not, or names
 * are told: all goes on. */
static bool told_as(enum told *told, const struct multipart *m,
		    const struct sub *leaf, const struct buf *body)
{
	const struct sub *list = leaf->parent;
	bool first = !m->entries && !m->names;

	*told = TOLD_STATE;
	if (!body->n && !body->over)
		return first || fits(m, RESOURCE_MAX +
					attr_size(leaf->resource));
	*told = TOLD_PART;
	if (!body->over && fits(m, part_size(leaf, body->n)))
		return true;
	if (!body->over && part_size(leaf, body->n) + HEAD_MAX <= m->max)
		return false;
	*told = TOLD_TOO_LONG;
	return first && (list->dialled || !notify_may_dial(list));
}

static bool put_leaf(struct multipart *m, struct sub *leaf)
{
	const struct sip_package *p = leaf->package;
	struct sip_watch w = sub_watch(leaf);
	struct buf body = { 0 };
	enum told told;
	bool now;

	buf_init(&body, m->max);
	if (sub_is_shown(leaf))
		p->showh(&w, &body, p->arg);
	now = told_as(&told, m, leaf, &body);
	if (now)
		put_resource(&m->resources, leaf, told);
	if (now && told == TOLD_PART)
		put_part(&m->parts, leaf, m->boundary, buf_view(&body));
	m->entries += now;
	buf_free(&body);
	return now;
}

static size_t name_size(const struct sub *leaf)
{
	struct buf b = { 0 };
	size_t n;

	put_name(&b, leaf);
	n = b.n;
	buf_free(&b);
	return n;
}

/* RFC 4662 4.5: what tells all names all, whatever else of it has to wait;
 * unless the names alone would fill it. */
static void begin_full(struct multipart *m, const struct sub_list *l)
{
	for (size_t i = 0; i < l->count; i++) {
		l->leaf[i]->dirty = true;
		m->names += name_size(l->leaf[i]);
	}
	if (m->names > m->max / 2)
		m->names = 0;
}

static void put_leaves(struct multipart *m, struct sub *sub)
{
	const struct sub_list *l = sub->list;
	bool names;

	m->full = sub->full;
	if (m->full)
		begin_full(m, l);
	names = m->names;
	for (size_t i = 0; i < l->count; i++) {
		struct sub *leaf = l->leaf[i];

		if (!leaf->dirty)
			continue;
		if (names)
			m->names -= name_size(leaf);
		leaf->dirty = !put_leaf(m, leaf);
		if (leaf->dirty && names)
			put_name(&m->resources, leaf);
	}
}

static void put_list(struct buf *b, const struct multipart *m,
		     const struct sub *sub)
{
	put_part_head(b, m->boundary,
		      "application/rlmi+xml;charset=\"UTF-8\"");
	buf_adds(b, "list@");
	buf_adds(b, subs_sip(sub->set)->domain);
	buf_adds(b, ">\r\n\r\n<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
		    "<list xmlns=\"" NS_RLMI "\" uri=\"");
	put_attr(b, sub->resource);
	buf_addf(b, "\" version=\"%u\" fullState=\"%s\">", sub->cseq_out,
		 m->full ? "true" : "false");
	buf_addv(b, buf_view(&m->resources));
	buf_adds(b, "</list>");
}

static void put_type(struct buf *b, const struct multipart *m,
		     const struct sub *sub)
{
	buf_adds(b, "multipart/related;type=\"application/rlmi+xml\";"
		    "start=\"<list@");
	buf_adds(b, subs_sip(sub->set)->domain);
	buf_adds(b, ">\";boundary=\"");
	buf_addv(b, m->boundary);
	buf_addc(b, '"');
}

void event_list_put(struct sub *sub, struct buf *body, struct buf *type)
{
	size_t used = attr_size(sub->resource);
	struct multipart m = { .max = body->max > used ? body->max - used :
							 0 };

	template_hex(m.text, rand_u64(), BOUNDARY);
	m.boundary = view_mem(m.text, BOUNDARY);
	put_leaves(&m, sub);
	put_type(type, &m, sub);
	put_list(body, &m, sub);
	buf_addv(body, buf_view(&m.parts));
	buf_adds(body, "\r\n--");
	buf_addv(body, m.boundary);
	buf_adds(body, "--\r\n");
	buf_free(&m.resources);
	buf_free(&m.parts);
}
