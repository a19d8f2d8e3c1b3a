/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Limits around expat. What is counted is checked at each event, and what
 * makes no event (a tag without end) after each feed.
 */
#include "xlimit.h"

#include <assert.h>
#include <errno.h>
#include <expat.h>
#include <string.h>

#include "mem.h"

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#define NS_SEP '\x1f'
#define NS_XML "http://www.w3.org/XML/1998/namespace\x1f"

enum {
	DEPTH_MAX = 64, /* of any configuration */
	ATTRS_MAX = 128,
	CHUNK = 16 * 1024, /* fed to expat at once */
	RENEW_BYTES = 512 * 1024, /* then expat's tables begin anew */
};

enum xlimit_state {
	XLIMIT_READING,
	XLIMIT_RENEW,   /* at the end of this event: a new parser, and on */
	XLIMIT_RESTART, /* the same, for a new stream */
	XLIMIT_STOPPED,
	XLIMIT_REFUSED,
};

struct xlimit {
	struct xlimit_max max;
	const struct xlimit_ops *ops; /* borrowed: static */
	void *arg;
	XML_Parser expat;  /* owned */
	enum xlimit_state state;
	bool inside;       /* of expat */
	bool silent;       /* the header is read once more */
	const char *condition, *why; /* static */
	struct buf header; /* raw: all up to the end of the stream's tag */
	size_t header_end; /* of fed; 0: it goes on */
	unsigned depth;    /* elements that are open; 1: between stanzas */
	size_t fed;        /* bytes since expat began */
	size_t seen;       /* of these, up to the end of the last event */
	size_t stanza_at;  /* where it began */
	size_t expanded;
	unsigned nodes;
	unsigned children[DEPTH_MAX + 2]; /* by depth */
	bool in_text;      /* the last event was text */
};

static void halt(struct xlimit *x, enum xlimit_state state)
{
	x->state = state;
	XML_StopParser(x->expat, XML_FALSE);
}

static void refuse(struct xlimit *x, const char *condition, const char *why)
{
	if (x->state == XLIMIT_REFUSED || x->state == XLIMIT_STOPPED)
		return;
	x->condition = condition;
	x->why = why;
	halt(x, XLIMIT_REFUSED);
}

static void too_much(struct xlimit *x, const char *why)
{
	refuse(x, "policy-violation", why);
}

/* An event: true where it is to be looked at. */
static bool event(struct xlimit *x)
{
	if (x->state != XLIMIT_READING)
		return false;
	x->seen = (size_t)XML_GetCurrentByteIndex(x->expat) +
		  (size_t)XML_GetCurrentByteCount(x->expat);
	if (x->depth >= 2 && x->seen - x->stanza_at > x->max.bytes)
		too_much(x, "a stanza that is too long");
	return x->state == XLIMIT_READING;
}

/* One more child of the element that is open. */
static void count_node(struct xlimit *x, bool child)
{
	if (++x->nodes > x->max.nodes)
		too_much(x, "a stanza of too many elements");
	else if (child && ++x->children[x->depth] > x->max.children)
		too_much(x, "an element of too many elements");
}

static void count_expanded(struct xlimit *x, size_t n)
{
	x->expanded += n;
	if (x->expanded > x->max.expanded)
		too_much(x, "a stanza that is too large");
}

static void begin_stanza(struct xlimit *x)
{
	x->stanza_at = (size_t)XML_GetCurrentByteIndex(x->expat);
	x->expanded = 0;
	x->nodes = 0;
}

/* ---- tags ---- */

static void split_name(struct xlimit_tag *tag, const char *text)
{
	if (!view_cut(view_str(text), NS_SEP, &tag->ns, &tag->name)) {
		tag->name = view_str(text);
		tag->ns = VIEW_NONE;
	}
}

/* The name that an attribute is to have, or NULL: left out. */
static const char *attr_name(const char *name)
{
	size_t n = strlen(NS_XML);

	if (!strchr(name, NS_SEP))
		return name;
	if (!strncmp(name, NS_XML, n) && !strcmp(name + n, "lang"))
		return "xml:lang";
	return NULL;
}

static void take_attrs(struct xlimit *x, struct xlimit_tag *tag,
		       const char **out, const char **in)
{
	size_t count = 0;

	for (size_t i = 0; in[i]; i += 2) {
		const char *name = attr_name(in[i]);
		size_t n = strlen(in[i + 1]);

		if (i / 2 >= x->max.attrs)
			too_much(x, "an element of too many attributes");
		else if (n > x->max.value)
			too_much(x, "an attribute that is too long");
		if (x->state != XLIMIT_READING)
			return;
		if (!name)
			continue;
		count_expanded(x, n + strlen(name));
		out[2 * count] = name;
		out[2 * count++ + 1] = in[i + 1];
	}
	tag->attrs = out;
	tag->attr_count = count;
}

static void on_start(void *arg, const XML_Char *name, const XML_Char **attrs)
{
	struct xlimit *x = arg;
	struct xlimit_tag tag = { .attrs = NULL };
	const char *pairs[2 * ATTRS_MAX];

	if (x->depth == 1)
		begin_stanza(x);
	if (!event(x))
		return;
	if (x->depth > x->max.depth)
		too_much(x, "elements nested too deep");
	else if (x->depth >= 1)
		count_node(x, x->depth > 1);
	split_name(&tag, name);
	count_expanded(x, tag.ns.n + tag.name.n);
	if (x->state == XLIMIT_READING)
		take_attrs(x, &tag, pairs, attrs);
	if (x->state != XLIMIT_READING)
		return;
	x->in_text = false;
	if (!x->depth)
		x->header_end = x->seen;
	x->children[++x->depth] = 0;
	if (!x->silent && x->ops->start)
		x->ops->start(&tag, x->depth - 1, x->arg);
}

static void on_end(void *arg, const XML_Char *name)
{
	struct xlimit *x = arg;

	(void)name;
	if (!event(x))
		return;
	x->in_text = false;
	x->depth--;
	if (x->depth == 1 && x->seen > RENEW_BYTES)
		halt(x, XLIMIT_RENEW);
	if (x->ops->end)
		x->ops->end(x->depth, x->arg);
}

/* ---- all else ---- */

static bool is_blank(struct view v)
{
	return !view_trim(v).n;
}

static void on_text(void *arg, const XML_Char *p, int n)
{
	struct xlimit *x = arg;
	struct view text = view_mem(p, (size_t)n);

	if (!event(x))
		return;
	if (x->depth < 2) {
		/* RFC 6120 4.6.1: whitespace keeps a connection alive. */
		if (!is_blank(text))
			refuse(x, "bad-format", "text between stanzas");
		return;
	}
	count_node(x, !x->in_text);
	count_expanded(x, text.n);
	x->in_text = true;
	if (x->state == XLIMIT_READING && x->ops->text)
		x->ops->text(text, x->arg);
}

static void on_decl(void *arg, const XML_Char *version,
		    const XML_Char *encoding, int standalone)
{
	(void)version;
	(void)encoding; /* it is read as UTF-8 whatever it says */
	(void)standalone;
	(void)event(arg);
}

static void on_doctype(void *arg, const XML_Char *name, const XML_Char *sysid,
		       const XML_Char *pubid, int internal)
{
	(void)name;
	(void)sysid;
	(void)pubid;
	(void)internal;
	refuse(arg, "restricted-xml", "a DOCTYPE");
}

static void on_comment(void *arg, const XML_Char *text)
{
	(void)text;
	refuse(arg, "restricted-xml", "a comment");
}

static void on_pi(void *arg, const XML_Char *target, const XML_Char *text)
{
	(void)target;
	(void)text;
	refuse(arg, "restricted-xml", "a processing instruction");
}

/* ---- the parser ---- */

static void set_handlers(struct xlimit *x)
{
#if HAVE_DECL_XML_SETREPARSEDEFERRALENABLED
	/* Else a tag that comes in two pieces waits for what follows it. What
	 * it is to save is bounded by max.tag. */
	XML_SetReparseDeferralEnabled(x->expat, XML_FALSE);
#endif
	XML_SetUserData(x->expat, x);
	XML_SetElementHandler(x->expat, on_start, on_end);
	XML_SetCharacterDataHandler(x->expat, on_text);
	XML_SetXmlDeclHandler(x->expat, on_decl);
	XML_SetStartDoctypeDeclHandler(x->expat, on_doctype);
	XML_SetCommentHandler(x->expat, on_comment);
	XML_SetProcessingInstructionHandler(x->expat, on_pi);
}

static void begin_parser(struct xlimit *x)
{
	XML_Bool done = XML_ParserReset(x->expat, "UTF-8");

	assert(done); /* its allocator never fails */
	(void)done;
	set_handlers(x);
	x->state = XLIMIT_READING;
	x->depth = 0;
	x->fed = x->seen = x->header_end = 0;
	x->expanded = 0;
	x->in_text = false;
}

static void begin_stream(struct xlimit *x)
{
	buf_free(&x->header);
	buf_init(&x->header, x->max.tag + 2 * CHUNK);
	x->condition = x->why = NULL;
	begin_parser(x);
}

static void expat_refuses(struct xlimit *x)
{
	enum XML_Error e = XML_GetErrorCode(x->expat);

	if (x->state != XLIMIT_READING)
		return; /* we stopped it ourselves */
	x->state = XLIMIT_REFUSED;
	x->condition = e == XML_ERROR_UNDEFINED_ENTITY ? "restricted-xml" :
							 "not-well-formed";
	x->why = XML_ErrorString(e);
}

/* Reads until all is read or something stops it; returns how much. */
static size_t parse(struct xlimit *x, struct view v)
{
	size_t before = x->fed;
	enum XML_Status status;

	x->fed += v.n;
	x->inside = true;
	status = XML_Parse(x->expat, v.p, (int)v.n, 0);
	x->inside = false;
	if (status != XML_STATUS_OK) {
		expat_refuses(x);
		return x->seen > before ? x->seen - before : 0;
	}
	if (x->fed - x->seen > x->max.tag)
		too_much(x, "a tag that is too long");
	return v.n;
}

/* It is needed once more when expat begins anew in the middle. */
static void keep_header(struct xlimit *x, struct view v, size_t before)
{
	if (!x->header_end)
		buf_addv(&x->header, v);
	else if (before < x->header_end)
		buf_addv(&x->header, view_head(v, x->header_end - before));
}

static void renew(struct xlimit *x)
{
	struct view header = buf_view(&x->header);

	begin_parser(x);
	x->silent = true;
	(void)parse(x, header);
	x->silent = false;
}

/* RFC 6120 11.6: UTF-8, without a mark; expat would take UTF-16 as well. */
static bool is_utf8_start(const struct xlimit *x, struct view v)
{
	if (x->header_end)
		return true;
	return (x->fed || !(*v.p & 0x80)) && !memchr(v.p, '\0', v.n);
}

static size_t feed_some(struct xlimit *x, struct view v)
{
	size_t before = x->fed, n;

	v = view_head(v, CHUNK);
	if (!is_utf8_start(x, v)) {
		refuse(x, "unsupported-encoding",
		       "another encoding than UTF-8");
		return 0;
	}
	n = parse(x, v);
	keep_header(x, v, before);
	if (x->state == XLIMIT_RENEW)
		renew(x);
	else if (x->state == XLIMIT_RESTART)
		begin_stream(x);
	return n;
}

int xlimit_feed(struct xlimit *x, struct view v, size_t *used)
{
	size_t n = 0;

	while (n < v.n && x->state == XLIMIT_READING)
		n += feed_some(x, view_from(v, n));
	if (used)
		*used = n;
	if (x->state == XLIMIT_READING)
		return 0;
	return x->state == XLIMIT_STOPPED ? ECANCELED : EBADMSG;
}

void xlimit_stop(struct xlimit *x)
{
	if (x->state != XLIMIT_REFUSED)
		halt(x, XLIMIT_STOPPED);
}

void xlimit_restart(struct xlimit *x)
{
	if (x->inside)
		halt(x, XLIMIT_RESTART);
	else
		begin_stream(x);
}

static void xlimit_destroy(void *obj)
{
	struct xlimit *x = obj;

	XML_ParserFree(x->expat);
	buf_free(&x->header);
}

struct xlimit *xlimit_new(const struct xlimit_max *max,
			  const struct xlimit_ops *ops, void *arg)
{
	static const XML_Memory_Handling_Suite mem = { mem_alloc, mem_realloc,
						       mem_free };
	static const char sep[] = { NS_SEP, '\0' };
	struct xlimit *x = mem_new(sizeof(*x), xlimit_destroy);

	x->max = max ? *max : XLIMIT_DEFAULTS;
	assert(x->max.depth <= DEPTH_MAX && x->max.attrs <= ATTRS_MAX);
	x->ops = ops;
	x->arg = arg;
	x->expat = XML_ParserCreate_MM("UTF-8", &mem, sep);
	begin_stream(x);
	return x;
}

const char *xlimit_condition(const struct xlimit *x)
{
	return x->condition;
}

const char *xlimit_why(const struct xlimit *x)
{
	return x->why ? x->why : "";
}

bool xlimit_is_between(const struct xlimit *x)
{
	return x->state == XLIMIT_READING && x->depth == 1;
}

const char *xlimit_attr(const struct xlimit_tag *tag, const char *name)
{
	for (size_t i = 0; i < tag->attr_count; i++)
		if (!strcmp(tag->attrs[2 * i], name))
			return tag->attrs[2 * i + 1];
	return NULL;
}
