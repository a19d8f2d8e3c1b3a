/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See sipload.h. Reads what a server under test sends, so it trusts a little
 * and checks what it counts. */
#include <errno.h>
#include <string.h>

#include "sipload.h"

/* Up to CR LF, which is taken off as well. */
static bool take_line(struct view *rest, struct view *line)
{
	const char *end = memchr(rest->p, '\n', rest->n);

	if (!end || end == rest->p || end[-1] != '\r')
		return false;
	*line = view_head(*rest, (size_t)(end - rest->p) - 1);
	*rest = view_from(*rest, line->n + 2);
	return true;
}

/* "SIP/2.0 202 Accepted" or "MESSAGE sip:r0m1@bench.example SIP/2.0". */
static int read_start(struct sipload *m, struct view line)
{
	struct view first, second, user, rest;
	uint64_t status;

	if (!view_word(&line, " ", &first) || !view_word(&line, " ", &second))
		return EBADMSG;
	if (view_eqs(first, "SIP/2.0")) {
		if (view_u64(&status, second, 699) || status < 100)
			return EBADMSG;
		m->status = (unsigned)status;
		return 0;
	}
	if (!view_eqs(first, "MESSAGE") ||
	    !view_starts(second, VIEW("sip:")) ||
	    !view_cut(view_from(second, 4), '@', &user, &rest))
		return EBADMSG;
	m->user = user;
	return 0;
}

static struct view find_branch(struct view via)
{
	static const char key[] = ";branch=";
	const char *at = memmem(via.p, via.n, key, sizeof(key) - 1);
	struct view word = VIEW_NONE, rest;

	if (!at)
		return word;
	rest = view_from(via, (size_t)(at - via.p) + sizeof(key) - 1);
	view_word(&rest, ";, ", &word);
	return word;
}

static void read_via(struct sipload *m, struct view value)
{
	if (m->via_count == SIPLOAD_VIAS)
		return; /* found out at the end: too many */
	if (!m->via_count)
		m->branch = find_branch(value);
	m->vias[m->via_count++] = value;
}

/* By its full name, or by its compact one (0: it has none). Most lines are
 * told by their first letter: this is done for each copy. */
static bool is_named(struct view name, struct view full, char compact)
{
	return (name.n == full.n && view_ieq(name, full)) ||
	       (compact && name.n == 1 && (*name.p | 0x20) == compact);
}

static void read_c_header(struct sipload *m, struct view name,
			  struct view value, uint64_t *length)
{
	if (is_named(name, VIEW("Call-ID"), 0))
		m->call_id = value;
	else if (is_named(name, VIEW("CSeq"), 0))
		m->cseq = value;
	else if (is_named(name, VIEW("Content-Length"), 0))
		if (view_u64(length, value, UINT32_MAX))
			*length = UINT64_MAX;
}

/* length stays as it is unless this is Content-Length. */
static void read_header(struct sipload *m, struct view name,
			struct view value, uint64_t *length)
{
	switch (name.n ? *name.p | 0x20 : 0) {
	case 'v':
		if (is_named(name, VIEW("Via"), 'v'))
			read_via(m, value);
		break;
	case 'f':
		if (is_named(name, VIEW("From"), 'f'))
			m->from = value;
		break;
	case 't':
		if (is_named(name, VIEW("To"), 't'))
			m->to = value;
		break;
	case 'i':
		if (is_named(name, VIEW("i"), 0))
			m->call_id = value;
		break;
	case 'l':
		if (is_named(name, VIEW("l"), 0) &&
		    view_u64(length, value, UINT32_MAX))
			*length = UINT64_MAX;
		break;
	case 'w':
		if (!m->challenge.n &&
		    is_named(name, VIEW("WWW-Authenticate"), 0))
			m->challenge = value;
		break;
	case 'c':
		read_c_header(m, name, value, length);
		break;
	}
}

static bool is_whole(const struct sipload *m, uint64_t length)
{
	return m->via_count && m->branch.n && m->from.n && m->to.n &&
	       m->call_id.n && m->cseq.n && length == m->body.n;
}

int sipload_read(struct sipload *m, struct view bytes)
{
	struct view rest = bytes, line, name, value;
	uint64_t length = 0;

	*m = (struct sipload){ .status = 0 };
	if (!take_line(&rest, &line) || read_start(m, line))
		return EBADMSG;
	while (take_line(&rest, &line) && line.n) {
		if (!view_cut(line, ':', &name, &value))
			return EBADMSG;
		read_header(m, view_trim(name), view_trim(value), &length);
	}
	m->body = rest;
	return is_whole(m, length) ? 0 : EBADMSG;
}

/* Fixed memory: an answer is made for each delivery. */
struct writer {
	char *p;
	size_t n, size; /* n > size: it did not fit */
};

static void put(struct writer *w, struct view v)
{
	if (v.n <= w->size && w->n <= w->size - v.n)
		memcpy(w->p + w->n, v.p, v.n);
	w->n += v.n;
}

static void put_header(struct writer *w, struct view name, struct view value)
{
	put(w, name);
	put(w, value);
	put(w, VIEW("\r\n"));
}

size_t sipload_answer(char *dst, size_t size, const struct sipload *m)
{
	struct writer w = { dst, 0, size };

	put(&w, VIEW("SIP/2.0 200 OK\r\n"));
	for (unsigned i = 0; i < m->via_count; i++)
		put_header(&w, VIEW("Via: "), m->vias[i]);
	put_header(&w, VIEW("From: "), m->from);
	put(&w, VIEW("To: "));
	put_header(&w, m->to, VIEW(";tag=member"));
	put_header(&w, VIEW("Call-ID: "), m->call_id);
	put_header(&w, VIEW("CSeq: "), m->cseq);
	put(&w, VIEW("Content-Length: 0\r\n\r\n"));
	return w.n <= size ? w.n : 0;
}

static void add_uri(struct buf *out, const char *before, struct view user,
		    const char *host, const char *after)
{
	buf_adds(out, before);
	buf_adds(out, "sip:");
	buf_addv(out, user);
	buf_addc(out, '@');
	buf_adds(out, host);
	buf_adds(out, after);
}

void sipload_ruri(struct buf *out, const struct sipload_text *t)
{
	buf_adds(out, "sip:");
	buf_addv(out, t->to);
	buf_adds(out, t->to.n ? "@" : "");
	buf_adds(out, t->domain);
}

void sipload_request(struct buf *out, const struct sipload_text *t)
{
	const char *method = t->method ? t->method : "MESSAGE";

	buf_clear(out);
	buf_adds(out, method);
	buf_addc(out, ' ');
	sipload_ruri(out, t);
	buf_adds(out, " SIP/2.0\r\nVia: SIP/2.0/UDP ");
	buf_adds(out, t->here);
	buf_adds(out, ";branch=z9hG4bK");
	buf_addv(out, t->id);
	add_uri(out, "\r\nMax-Forwards: 70\r\nFrom: <", t->from, t->domain,
		">;tag=");
	buf_addv(out, t->id);
	add_uri(out, "\r\nTo: <", t->to.n ? t->to : t->from, t->domain,
		">\r\nCall-ID: ");
	buf_addv(out, t->id);
	buf_adds(out, "@fanout\r\nCSeq: 1 ");
	buf_adds(out, method);
	buf_adds(out, "\r\n");
	buf_addv(out, t->headers);
	if (t->body.n)
		buf_adds(out, "Content-Type: text/plain\r\n");
	buf_adds(out, "Content-Length: ");
	buf_add_u64(out, t->body.n);
	buf_adds(out, "\r\n\r\n");
	buf_addv(out, t->body);
}
