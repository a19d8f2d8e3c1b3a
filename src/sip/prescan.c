/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pre-scan. The first fault decides the answer, but the lines after it
 * are still collected: the answer needs Via, From, To, Call-ID and CSeq.
 */
#include "prescan_priv.h"

#include <errno.h>
#include <string.h>

#include "scan_priv.h"

/* once: may stand once only. quotes: a quoted string in it must end. text:
 * free text, where quotes and separators mean nothing. */
static const struct {
	struct view name;
	char compact;
	enum prescan_hdr id;
	bool once, quotes, text;
} known[] = {
#define NAME(s) { s, sizeof(s) - 1 }
	{ NAME("via"), 'v', HDR_VIA, false, true, false },
	{ NAME("from"), 'f', HDR_FROM, true, true, false },
	{ NAME("to"), 't', HDR_TO, true, true, false },
	{ NAME("call-id"), 'i', HDR_CALL_ID, true, false, true },
	{ NAME("cseq"), 0, HDR_CSEQ, true, false, false },
	{ NAME("max-forwards"), 0, HDR_MAX_FORWARDS, true, false, false },
	{ NAME("content-length"), 'l', HDR_LENGTH, true, false, false },
	{ NAME("content-type"), 'c', HDR_TYPE, true, true, false },
	{ NAME("content-encoding"), 'e', HDR_ENCODING, false, false, false },
	{ NAME("require"), 0, HDR_REQUIRE, false, false, false },
	{ NAME("expires"), 0, HDR_EXPIRES, true, false, false },
	{ NAME("contact"), 'm', HDR_CONTACT, false, true, false },
	{ NAME("path"), 0, HDR_PATH, false, true, false },
	{ NAME("supported"), 'k', HDR_SUPPORTED, false, false, false },
	{ NAME("accept"), 0, HDR_ACCEPT, false, true, false },
	{ NAME("authorization"), 0, HDR_AUTHORIZATION, false, true, false },
	{ NAME("proxy-authorization"), 0, HDR_PROXY_AUTH, false, true, false },
	{ NAME("p-asserted-identity"), 0, HDR_ASSERTED, false, true, false },
	{ NAME("event"), 'o', HDR_EVENT, true, true, false },
	{ NAME("sip-if-match"), 0, HDR_IF_MATCH, true, false, false },
	{ NAME("record-route"), 0, HDR_RECORD_ROUTE, false, true, false },
	{ NAME("subject"), 's', HDR_TEXT, false, false, true },
	{ NAME("user-agent"), 0, HDR_USER_AGENT, false, false, true },
	{ NAME("server"), 0, HDR_TEXT, false, false, true },
	{ NAME("organization"), 0, HDR_TEXT, false, false, true },
	{ NAME("date"), 0, HDR_TEXT, false, false, true },
	/* An unknown one. */
	{ NAME(""), 0, HDR_OTHER, false, false, false },
#undef NAME
};

enum { UNKNOWN = sizeof(known) / sizeof(known[0]) - 1 };

struct scan {
	struct prescan *out;
	struct view rest; /* not yet looked at */
	bool cut;         /* the packet goes on behind rest */
	size_t commas;
};

static void fault(struct prescan *out, int status, const char *reason)
{
	if (out->status)
		return;
	out->status = status;
	out->reason = reason;
}

static size_t known_find(struct view name)
{
	size_t i;

	for (i = 0; i < UNKNOWN; i++) {
		if (view_ieq(name, known[i].name) ||
		    (name.n == 1 && (*name.p | 0x20) == known[i].compact))
			break;
	}
	return i;
}

/* Takes the next line off, without its end. False: there is none. */
static bool line_take(struct scan *s, struct view *line)
{
	size_t n;

	if (!view_cut(s->rest, '\n', line, &s->rest)) {
		if (s->cut)
			fault(s->out, 513, "Header Section Too Large");
		else
			fault(s->out, 400, "No Empty Line After The Headers");
		return false;
	}
	n = line->n;
	if (n && line->p[n - 1] == '\r')
		line->n--;
	else
		fault(s->out, 400, "Line Ends Without CR");
	return true;
}

/* The lines that continue this one (RFC 3261 7.3.1) are joined to it. */
static void folds_join(struct scan *s, struct view *line)
{
	struct view more;

	while (s->rest.n && (*s->rest.p == ' ' || *s->rest.p == '\t')) {
		if (!line_take(s, &more))
			return;
		line->n = (size_t)(more.p - line->p) + more.n;
	}
}

/* NUL and other controls may stand behind a backslash in a quoted string
 * (RFC 3261 25.1, quoted-pair), CR and LF nowhere but in a fold. */
static bool control_ok(struct view v, size_t i, bool escaped)
{
	char c = v.p[i];

	if (c == '\t')
		return true;
	if (c == '\r')
		return i + 1 < v.n && v.p[i + 1] == '\n';
	if (c == '\n')
		return i > 0 && v.p[i - 1] == '\r' && i + 1 < v.n &&
		       (v.p[i + 1] == ' ' || v.p[i + 1] == '\t');
	return escaped;
}

struct counts {
	size_t params, params_max, commas;
	bool quoted, escaped;
};

/* Separators count in quotes too: who comes after us may see no quotes. */
static void count_char(struct counts *n, char c)
{
	bool escaped = n->escaped;

	n->escaped = n->quoted && !escaped && c == '\\';
	if (c == '"' && !escaped) {
		n->quoted = !n->quoted;
	} else if (c == ',') {
		n->commas++;
		n->params = 0;
	} else if (c == ';' || c == '&') {
		n->params++;
	}
	if (n->params > n->params_max)
		n->params_max = n->params;
}

static void value_scan(struct scan *s, struct view v, size_t kind)
{
	struct counts n = { 0 };
	size_t i;

	for (i = 0; i < v.n; i++) {
		unsigned char c = (unsigned char)v.p[i];

		if (c < ' ' && !control_ok(v, i, n.escaped)) {
			fault(s->out, 400, "Control Character In A Header");
			return;
		}
		if (!known[kind].text)
			count_char(&n, (char)c);
	}
	s->commas += n.commas;
	if (n.quoted && known[kind].quotes)
		fault(s->out, 400, "Quoted String Does Not End");
	if (n.params_max > PRESCAN_PARAMS)
		fault(s->out, 400, "Too Many Parameters");
	if (s->commas > PRESCAN_COMMAS)
		fault(s->out, 400, "Too Many Values");
}

static void length_scan(struct prescan *out, struct view v)
{
	if (view_u64(&out->length, v, UINT32_MAX))
		fault(out, 400, "Bad Content-Length");
	out->has_length = true;
}

static const char *const doubles[HDR_COUNT] = {
	[HDR_FROM] = "More Than One From",
	[HDR_TO] = "More Than One To",
	[HDR_CALL_ID] = "More Than One Call-ID",
	[HDR_CSEQ] = "More Than One CSeq",
	[HDR_MAX_FORWARDS] = "More Than One Max-Forwards",
	[HDR_LENGTH] = "More Than One Content-Length",
	[HDR_TYPE] = "More Than One Content-Type",
	[HDR_EXPIRES] = "More Than One Expires",
	[HDR_EVENT] = "More Than One Event",
	[HDR_IF_MATCH] = "More Than One SIP-If-Match",
};

static void line_keep(struct prescan *out, struct prescan_line *l,
		      size_t kind)
{
	struct view *first = &out->first[l->id];

	if (first->p && known[kind].once)
		fault(out, 400, doubles[l->id]);
	if (!first->p)
		*first = l->value;
	if (l->id == HDR_LENGTH)
		length_scan(out, l->value);
	out->lines++;
}

/* Keeps its address when nothing is left: first[] tells by it what was
 * there. */
static struct view value_trim(struct view v)
{
	while (v.n && scan_is_lws(*v.p)) {
		v.p++;
		v.n--;
	}
	while (v.n && scan_is_lws(v.p[v.n - 1]))
		v.n--;
	return v;
}

static void header_scan(struct scan *s, struct view line)
{
	struct prescan_line *l = &s->out->line[s->out->lines];
	struct view rest = line;
	size_t kind, commas = s->commas;

	l->name = scan_token(&rest);
	while (rest.n && (*rest.p == ' ' || *rest.p == '\t'))
		rest = view_from(rest, 1);
	if (!l->name.n || !rest.n || *rest.p != ':') {
		fault(s->out, 400, "Malformed Header Line");
		return;
	}
	rest.p++;
	rest.n--;
	kind = known_find(l->name);
	value_scan(s, rest, kind);

	l->id = known[kind].id;
	l->value = value_trim(rest);
	line_keep(s->out, l, kind);
	if (l->id == HDR_VIA)
		s->out->vias += 1 + s->commas - commas;
}

static bool word_take(struct view *rest, struct view *word)
{
	return view_cut(*rest, ' ', word, rest) && word->n;
}

/* "SIP/" digits "." digits (RFC 3261 25.1, SIP-Version). */
static bool version_shape(struct view v)
{
	struct view major, minor;
	uint64_t n;

	return view_istarts(v, VIEW("SIP/")) &&
	       view_cut(view_from(v, 4), '.', &major, &minor) &&
	       !view_u64(&n, major, UINT32_MAX) &&
	       !view_u64(&n, minor, UINT32_MAX);
}

static void start_scan(struct prescan *out, struct view line)
{
	struct view rest = line;

	out->start = line;
	out->response = view_istarts(line, VIEW("SIP/"));
	if (out->response)
		return;
	if (!word_take(&rest, &out->method) || !scan_token_only(out->method) ||
	    !word_take(&rest, &out->ruri)) {
		fault(out, 400, "Malformed Request Line");
		return;
	}
	out->version = rest;
	if (view_ieqs(rest, "SIP/2.0"))
		return;
	if (version_shape(rest))
		fault(out, 505, "Version Not Supported");
	else
		fault(out, 400, "Malformed Request Line");
}

static void lines_scan(struct scan *s)
{
	struct prescan *out = s->out;
	struct view line;

	while (line_take(s, &line)) {
		if (!line.n)
			return;
		if (out->lines == PRESCAN_LINES) {
			fault(out, 400, "Too Many Headers");
			return;
		}
		folds_join(s, &line);
		header_scan(s, line);
	}
}

void prescan(struct prescan *out, struct view packet, size_t head_max)
{
	struct scan s = { out, view_head(packet, head_max),
			  packet.n > head_max, 0 };
	size_t all = s.rest.n;
	struct view line;

	memset(out, 0, offsetof(struct prescan, line));
	memset(&out->lines, 0, sizeof(*out) - offsetof(struct prescan, lines));
	if (!line_take(&s, &line))
		return;
	start_scan(out, line);
	lines_scan(&s);
	out->size = all - s.rest.n;
}

size_t prescan_blank(struct view packet)
{
	size_t n = 0;

	while (n < packet.n && (packet.p[n] == '\r' || packet.p[n] == '\n'))
		n++;
	return n;
}

size_t prescan_head(struct view stream, size_t *from)
{
	const char *end;
	size_t start = *from > 3 ? *from - 3 : 0;

	end = stream.n > start ? memmem(stream.p + start, stream.n - start,
					"\r\n\r\n", 4) : NULL;
	*from = stream.n;
	return end ? (size_t)(end - stream.p) + 4 : 0;
}
