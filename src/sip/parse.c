/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libosip2 behind the pre-scan. It gets a clean copy of the header section:
 * folds joined, no Content-Length (it would wait for a body), no body. It
 * checks neither mandatory headers nor ranges, so that is done after it.
 */
#include "parse_priv.h"

#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <osipparser2/osip_parser.h>

#include "arena_priv.h"
#include "mem.h"
#include "method_priv.h"
#include "text_priv.h"

/* Of an 8 KiB head of nothing but lists libosip2 makes 0.6 MiB. */
enum { ARENA_SIZE = 2 * 1024 * 1024, COPY_MAX = 128 * 1024 };

struct parser {
	struct arena *arena; /* owned */
	struct buf copy;     /* what libosip2 reads */
	struct buf type;     /* "text/plain" of the last Content-Type */
};

static void fault(struct parsed *out, int status, const char *reason)
{
	if (out->status)
		return;
	out->status = status;
	snprintf(out->reason, sizeof(out->reason), "%s", reason);
}

/* The library prints to stdout unless it has a function. */
static void quiet(const char *file, int line, osip_trace_level_t level,
		  const char *fmt, va_list ap)
{
	(void)file;
	(void)line;
	(void)level;
	(void)fmt;
	(void)ap;
}

struct parser *parser_new(void)
{
	struct parser *p = mem_zalloc(sizeof(*p));

	buf_init(&p->copy, COPY_MAX);
	buf_init(&p->type, COPY_MAX);
	osip_trace_initialize_func(TRACE_LEVEL0, quiet);
	p->arena = arena_new(ARENA_SIZE);
	parser_init();
	return p;
}

void parser_free(struct parser *p)
{
	if (!p)
		return;
	buf_free(&p->copy);
	buf_free(&p->type);
	arena_free(p->arena);
	mem_free(p);
}

size_t parser_used(const struct parser *p)
{
	return arena_used(p->arena);
}

/* ---- the copy ---- */

/* A quoted pair may hold a NUL, which would end the library's string. */
static void copy_value(struct buf *b, struct view v)
{
	size_t at = b->n, i;

	text_put_unfolded(b, v);
	for (i = at; i < b->n; i++) {
		if (!b->p[i])
			b->p[i] = '0';
	}
}

/* Not for the library: it would wait for the body, or make a bad message of
 * an authentication scheme that it does not know. */
static bool is_kept_back(const struct prescan_line *l)
{
	return l->id == HDR_LENGTH || l->id == HDR_AUTHORIZATION ||
	       l->id == HDR_PROXY_AUTH;
}

static void copy_line(struct buf *b, const struct prescan_line *l)
{
	buf_addv(b, l->name);
	buf_adds(b, ": ");
	copy_value(b, l->value);
	buf_adds(b, "\r\n");
}

/* Schemes that the library may not know are checked by uri.c alone. */
static void copy_start(struct buf *b, const struct prescan *pre, bool chat)
{
	buf_addv(b, pre->method);
	buf_addc(b, ' ');
	buf_addv(b, chat ? pre->ruri : VIEW("sip:unknown.invalid"));
	buf_adds(b, " SIP/2.0\r\n");
}

static void copy_make(struct buf *b, const struct prescan *pre, bool chat)
{
	size_t i, vias = 0;

	buf_clear(b);
	copy_start(b, pre, chat);
	for (i = 0; i < pre->lines; i++) {
		const struct prescan_line *l = &pre->line[i];

		if (is_kept_back(l) ||
		    (l->id == HDR_VIA && vias++ >= PRESCAN_VIAS))
			continue;
		copy_line(b, l);
	}
	buf_adds(b, "\r\n");
}

static osip_message_t *copy_parse(struct parser *p)
{
	osip_message_t *m = NULL;

	arena_enter(p->arena);
	if (osip_message_init(&m) == 0 &&
	    osip_message_parse(m, buf_str(&p->copy), p->copy.n))
		m = NULL;
	arena_leave();
	return m;
}

/* The library does not say which line it did not like: ask about each. */
static void blame(struct parser *p, struct parsed *out,
		  const struct prescan *pre)
{
	size_t i;

	for (i = 0; i < pre->lines; i++) {
		if (is_kept_back(&pre->line[i]))
			continue;
		buf_clear(&p->copy);
		buf_adds(&p->copy, "OPTIONS sip:unknown.invalid SIP/2.0\r\n");
		copy_line(&p->copy, &pre->line[i]);
		buf_adds(&p->copy, "\r\n");
		if (!copy_parse(p))
			break;
	}
	if (i == pre->lines) {
		fault(out, 400, "Malformed Request");
		return;
	}
	out->status = 400;
	snprintf(out->reason, sizeof(out->reason), "Malformed Header %.*s",
		 (int)view_head(pre->line[i].name, 32).n,
		 pre->line[i].name.p);
}

/* ---- what the library does not check ---- */

static const struct {
	enum prescan_hdr id;
	const char *missing;
} mandatory[] = {
	{ HDR_VIA, "No Via" },	       { HDR_FROM, "No From" },
	{ HDR_TO, "No To" },	       { HDR_CALL_ID, "No Call-ID" },
	{ HDR_CSEQ, "No CSeq" },
};

static void check_mandatory(struct parsed *out, const struct prescan *pre)
{
	size_t i;

	for (i = 0; i < sizeof(mandatory) / sizeof(mandatory[0]); i++) {
		if (!pre->first[mandatory[i].id].n)
			fault(out, 400, mandatory[i].missing);
	}
}

static void check_ruri(struct parsed *out, const struct prescan *pre)
{
	if (uri_scan(&out->ruri, pre->ruri) || out->ruri.headers)
		fault(out, 400, "Malformed Request-URI");
}

static void check_parties(struct parsed *out, const struct prescan *pre)
{
	if (scan_nameaddr(&out->from, pre->first[HDR_FROM]) ||
	    uri_scan(&out->from_uri, out->from.uri))
		fault(out, 400, "Malformed From");
	if (scan_nameaddr(&out->to, pre->first[HDR_TO]) ||
	    uri_scan(&out->to_uri, out->to.uri))
		fault(out, 400, "Malformed To");
}

static void check_call_id(struct parsed *out, const struct prescan *pre)
{
	size_t i;

	out->call_id = pre->first[HDR_CALL_ID];
	for (i = 0; i < out->call_id.n; i++) {
		if (scan_is_lws(out->call_id.p[i]))
			fault(out, 400, "Malformed Call-ID");
	}
}

static void check_max_forwards(struct parsed *out, const struct prescan *pre)
{
	struct view v = pre->first[HDR_MAX_FORWARDS];
	uint64_t n;

	/* RFC 2543 has none, so a missing one is let through. */
	if (v.p && view_u64(&n, v, 255))
		fault(out, 400, "Bad Max-Forwards");
}

static void check_own(struct parsed *out, const struct prescan *pre)
{
	check_mandatory(out, pre);
	if (via_parse(&out->via, pre->first[HDR_VIA]))
		fault(out, 400, "Malformed Via");
	check_ruri(out, pre);
	check_parties(out, pre);
	check_call_id(out, pre);
	check_max_forwards(out, pre);
	out->encoding = pre->first[HDR_ENCODING];
}

static void check_cseq(struct parsed *out, const osip_cseq_t *cseq,
		       struct view method)
{
	uint64_t n = 0;

	if (!cseq || view_u64(&n, view_str(cseq->number), UINT32_MAX))
		fault(out, 400, "Bad CSeq Number");
	else if (!view_eqs(method, cseq->method))
		fault(out, 400, "CSeq Method Is Another");
	out->cseq = (uint32_t)n;
}

static struct view unquoted(struct view v)
{
	if (v.n < 2 || *v.p != '"' || v.p[v.n - 1] != '"')
		return v;
	return view_head(view_from(v, 1), v.n - 2);
}

static void take_type(struct parser *p, struct parsed *out,
		      osip_content_type_t *ct)
{
	osip_generic_param_t *charset = NULL;

	if (!ct)
		return;
	if (!scan_token_only(view_str(ct->type)) ||
	    !scan_token_only(view_str(ct->subtype))) {
		fault(out, 400, "Malformed Content-Type");
		return;
	}
	buf_clear(&p->type);
	buf_adds(&p->type, ct->type);
	buf_addc(&p->type, '/');
	buf_adds(&p->type, ct->subtype);
	out->type = buf_view(&p->type);
	osip_generic_param_get_byname(&ct->gen_params,
				      (char[]){ "charset" }, &charset);
	if (charset)
		out->charset = unquoted(view_str(charset->gvalue));
}

void parser_run(struct parser *p, struct parsed *out,
		const struct prescan *pre)
{
	osip_message_t *m;

	memset(out, 0, sizeof(*out));
	out->method = method_find(pre->method);
	if (pre->status)
		fault(out, pre->status, pre->reason);
	check_own(out, pre);
	if (out->status)
		return;

	copy_make(&p->copy, pre, out->ruri.chat);
	m = copy_parse(p);
	if (!m) {
		blame(p, out, pre);
		return;
	}
	check_cseq(out, m->cseq, pre->method);
	take_type(p, out, m->content_type);
}
