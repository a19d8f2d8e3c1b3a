/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The extra_hdrs parameter, checked once at the start, and the Date header: a
 * message may be delivered long after it was said.
 */
#include <errno.h>
#include <string.h>

#include "fromgate.h"
#include "headers.h"
#include "mem.h"
#include "utf8.h"

enum { SUBJECT_MAX = 256 };

/* Made by the SIP edge or by us, with their short forms; a MESSAGE has no
 * Contact (RFC 3428 4). */
static const char *const taken[] = {
	"Via", "v", "From", "f", "To", "t", "Call-ID", "i", "CSeq",
	"Max-Forwards", "Content-Length", "l", "Content-Type", "c", "Date",
	"In-Reply-To", "Contact", "m", "User-Agent",
};

/* RFC 3261 25.1: token */
static bool is_token_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || view_has(VIEW("-.!%*_+`'~"), c);
}

static bool is_token(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (!is_token_char(v.p[i]))
			return false;
	return v.n > 0;
}

static bool is_plain(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if ((unsigned char)v.p[i] < ' ' && v.p[i] != '\t')
			return false;
	return true;
}

static bool is_taken(struct view name)
{
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (view_ieqs(name, taken[i]))
			return true;
	return false;
}

static int refuse(struct buf *why, struct view line, const char *what)
{
	buf_adds(why, "extra_hdrs: \"");
	buf_addv(why, line);
	buf_adds(why, "\" ");
	buf_adds(why, what);
	return EINVAL;
}

static int add_line(struct headers *h, struct view line, struct buf *why)
{
	struct view name, value;

	if (!view_cut(line, ':', &name, &value))
		return refuse(why, line, "is no \"Name: value\"");
	name = view_trim(name);
	value = view_trim(value);
	if (!is_token(name) || !is_plain(value))
		return refuse(why, line, "is no \"Name: value\"");
	if (is_taken(name))
		return refuse(why, line, "is set by confab itself");
	if (h->count == HEADERS_MAX)
		return refuse(why, line, "is one header too many");
	h->list[h->count++] = (struct sip_header){ name, value };
	return 0;
}

int headers_init(struct headers *h, const char *extra, struct buf *why)
{
	struct view rest, line;
	int err = 0;

	h->text = mem_strdup(extra ? extra : "");
	h->list = mem_zalloc(HEADERS_MAX * sizeof(*h->list));
	h->list[0].name = VIEW("Date");
	h->count = 1;
	rest = view_str(h->text);
	while (!err && !view_empty(rest)) {
		view_cut(rest, '\n', &line, &rest);
		line = view_trim(line);
		if (!view_empty(line))
			err = add_line(h, line, why);
	}
	return err;
}

void headers_free(struct headers *h)
{
	mem_free(h->list);
	mem_free(h->text);
	*h = (struct headers){ 0 };
}

static size_t put(struct sip_header *list, size_t count, const char *name,
		  struct view value)
{
	size_t i = 0;

	if (!value.n)
		return count;
	while (i < count && !view_ieqs(list[i].name, name))
		i++;
	list[i] = (struct sip_header){ view_str(name), value };
	return i == count ? count + 1 : count;
}

/* RFC 3261 25.1: language-tag, and what BCP 47 adds */
static bool is_lang(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] != '-' && !(v.p[i] >= '0' && v.p[i] <= '9') &&
		    !((v.p[i] | 32) >= 'a' && (v.p[i] | 32) <= 'z'))
			return false;
	return v.n > 0;
}

size_t headers_put(struct sip_header list[HEADERS_MAX + HEADERS_MORE],
		   const struct headers *h, const struct headers_more *more)
{
	struct view subject = view_trim(view_head(
		more->subject, utf8_cut(more->subject, SUBJECT_MAX)));
	size_t n = h->count;

	memcpy(list, h->list, n * sizeof(*list));
	if (is_plain(subject))
		n = put(list, n, "Subject", subject);
	if (is_lang(more->lang))
		n = put(list, n, "Content-Language", more->lang);
	if (more->notice)
		n = put(list, n, NOTICE_HEADER, VIEW("1"));
	return n;
}
