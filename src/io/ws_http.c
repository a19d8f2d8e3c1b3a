/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The opening of a WebSocket. Only what RFC 6455 asks for is taken, and
 * nothing that could be read in two ways: this may stand behind a proxy that
 * reads it its own way.
 */
#include "ws_http.h"

#include <openssl/evp.h>
#include <string.h>

enum { LINES_MAX = 64, SHA1_SIZE = 20, SHA1_BASE64 = 28, KEY_SIZE = 24 };

enum field {
	HOST, UPGRADE, CONNECTION, KEY, VERSION, PROTOCOL, ORIGIN, LENGTH,
	ENCODING, FIELDS,
};

static const struct {
	const char *name;
	bool list; /* may stand more than once */
} fields[FIELDS] = {
	[HOST] = { "Host", false },
	[UPGRADE] = { "Upgrade", true },
	[CONNECTION] = { "Connection", true },
	[KEY] = { "Sec-WebSocket-Key", false },
	[VERSION] = { "Sec-WebSocket-Version", false },
	[PROTOCOL] = { "Sec-WebSocket-Protocol", true },
	[ORIGIN] = { "Origin", false },
	[LENGTH] = { "Content-Length", false },
	[ENCODING] = { "Transfer-Encoding", false },
};

struct request {
	struct view method, target, version;
	struct view line[LINES_MAX]; /* values */
	enum field kind[LINES_MAX];
	size_t lines;
	struct view first[FIELDS];   /* p NULL: not there */
};

struct refusal {
	int status;
	const char *reason, *header, *why;
};

static const struct refusal bad = { 400, "Bad Request", "",
				    "bad HTTP request" };
static const struct refusal no_get = { 405, "Method Not Allowed",
				       "Allow: GET\r\n", "not a GET" };
static const struct refusal no_http11 = { 505, "HTTP Version Not Supported",
					  "", "not HTTP/1.1" };
static const struct refusal no_ws = {
	426, "Upgrade Required",
	"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
	"no WebSocket of version 13 asked for"
};
static const struct refusal no_protocol = { 400, "Bad Request", "",
					    "subprotocol not offered" };
static const struct refusal no_origin = { 403, "Forbidden", "",
					  "Origin not allowed" };
static const struct refusal too_big = {
	431, "Request Header Fields Too Large", "", "HTTP request too big"
};

static bool is_tchar(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') ||
	       (c && strchr("!#$%&'*+-.^_`|~", c));
}


static bool is_token(struct view v)
{
	size_t i;

	for (i = 0; i < v.n; i++) {
		if (!is_tchar(v.p[i]))
			return false;
	}
	return v.n;
}


/* low: the lowest character that may stand in it. */
static bool is_visible(struct view v, char low)
{
	size_t i;

	for (i = 0; i < v.n; i++) {
		unsigned char c = (unsigned char)v.p[i];

		if (c == 0x7f || (c < (unsigned char)low && c != '\t'))
			return false;
		if (c == '\t' && low > ' ')
			return false;
	}
	return true;
}


/* Takes a line off; false: none ends with CRLF. */
static bool line_take(struct view *v, struct view *line)
{
	if (!view_cut(*v, '\n', line, v) || !line->n ||
	    line->p[line->n - 1] != '\r')
		return false;
	line->n--;
	return true;
}


static bool start_read(struct request *r, struct view line)
{
	return view_cut(line, ' ', &r->method, &line) &&
	       view_cut(line, ' ', &r->target, &r->version) &&
	       is_token(r->method) && r->target.n &&
	       is_visible(r->target, '!') && is_visible(r->version, '!');
}


static bool field_read(struct request *r, struct view line)
{
	struct view name, value;
	size_t i;

	if (r->lines == LINES_MAX || !view_cut(line, ':', &name, &value) ||
	    !is_token(name) || !is_visible(value, ' '))
		return false;
	for (i = 0; i < FIELDS && !view_ieqs(name, fields[i].name); i++)
		;
	r->kind[r->lines] = (enum field)i;
	r->line[r->lines++] = value = view_trim(value);
	if (i == FIELDS)
		return true;
	if (r->first[i].p && !fields[i].list)
		return false;
	if (!r->first[i].p)
		r->first[i] = value.p ? value : VIEW("");
	return true;
}


static bool request_read(struct request *r, struct view head)
{
	struct view line;

	memset(r, 0, sizeof(*r));
	if (!line_take(&head, &line) || !start_read(r, line))
		return false;
	while (line_take(&head, &line)) {
		if (!line.n)
			return !head.n;
		if (!field_read(r, line))
			return false;
	}
	return false;
}


/* In a list of words, on however many lines: the word as it stands there, or
 * an empty view. */
static struct view list_find(const struct request *r, enum field kind,
			     const char *want)
{
	struct view rest, word;
	size_t i;

	for (i = 0; i < r->lines; i++) {
		rest = r->line[i];
		while (r->kind[i] == kind && rest.n) {
			view_cut(rest, ',', &word, &rest);
			word = view_trim(word);
			if (view_ieqs(word, want))
				return word;
		}
	}
	return VIEW_NONE;
}


/* 16 bytes in base64. */
static bool is_key(struct view v)
{
	size_t i;

	if (v.n != KEY_SIZE || !view_eqs(view_from(v, KEY_SIZE - 2), "=="))
		return false;
	for (i = 0; i < KEY_SIZE - 2; i++) {
		char c = v.p[i];

		if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z') &&
		    (c < '0' || c > '9') && c != '+' && c != '/')
			return false;
	}
	return true;
}


static bool origin_is_allowed(const struct ws_conf *conf, struct view origin)
{
	char *const *p = conf->origins;

	if (!p || !*p || !origin.p)
		return true;
	for (; *p; p++) {
		if (view_ieqs(origin, *p))
			return true;
	}
	return false;
}


/* No body: it would be taken for frames. */
static bool has_body(const struct request *r)
{
	return r->first[ENCODING].p ||
	       (r->first[LENGTH].p && !view_eqs(r->first[LENGTH], "0"));
}


static const struct refusal *check(const struct request *r,
				   const struct ws_conf *conf)
{
	if (!view_eqs(r->version, "HTTP/1.1"))
		return view_starts(r->version, VIEW("HTTP/")) ? &no_http11 :
								&bad;
	if (!view_eqs(r->method, "GET"))
		return &no_get;
	if (*r->target.p != '/' || !r->first[HOST].n ||
	    !is_visible(r->first[HOST], '!') || has_body(r))
		return &bad;
	if (!list_find(r, UPGRADE, "websocket").n ||
	    !list_find(r, CONNECTION, "Upgrade").n ||
	    !view_eqs(r->first[VERSION], "13"))
		return &no_ws;
	if (!is_key(r->first[KEY]))
		return &bad;
	if (!list_find(r, PROTOCOL, conf->protocol).n)
		return &no_protocol;
	if (!origin_is_allowed(conf, r->first[ORIGIN]))
		return &no_origin;
	return NULL;
}


static void refuse(struct buf *out, const struct refusal *no)
{
	buf_adds(out, "HTTP/1.1 ");
	buf_add_u64(out, (uint64_t)no->status);
	buf_addc(out, ' ');
	buf_adds(out, no->reason);
	buf_adds(out, "\r\nConnection: close\r\nContent-Length: 0\r\n");
	buf_adds(out, no->header);
	buf_adds(out, "\r\n");
}


/* RFC 6455 4.2.2, 5.4 */
static void accept_put(struct buf *out, struct view key)
{
	unsigned char sum[SHA1_SIZE], text[SHA1_BASE64 + 1];
	struct buf b = { 0 };

	buf_addv(&b, key);
	buf_adds(&b, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
	EVP_Digest(b.p, b.n, sum, NULL, EVP_sha1(), NULL);
	buf_free(&b);
	EVP_EncodeBlock(text, sum, SHA1_SIZE);
	buf_add(out, text, SHA1_BASE64);
}


static void agree(struct buf *out, const struct request *r,
		  const struct ws_conf *conf)
{
	buf_adds(out, "HTTP/1.1 101 Switching Protocols\r\n"
		      "Upgrade: websocket\r\nConnection: Upgrade\r\n"
		      "Sec-WebSocket-Accept: ");
	accept_put(out, r->first[KEY]);
	buf_adds(out, "\r\nSec-WebSocket-Protocol: ");
	buf_addv(out, list_find(r, PROTOCOL, conf->protocol));
	buf_adds(out, "\r\n\r\n");
}


int ws_http_answer(struct buf *out, struct view head,
		   const struct ws_conf *conf, const char **why)
{
	const struct refusal *no = &bad;
	struct request r;

	if (request_read(&r, head))
		no = check(&r, conf);
	if (no) {
		refuse(out, no);
		*why = no->why;
		return no->status;
	}
	agree(out, &r, conf);
	return 101;
}


void ws_http_too_big(struct buf *out)
{
	refuse(out, &too_big);
}
