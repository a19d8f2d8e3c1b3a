/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An answer to a request of ours. It need not be understood, only led to its
 * transaction: a full parse would cost twenty times as much.
 */
#include "response_priv.h"

#include <errno.h>
#include <string.h>

#include "scan_priv.h"

/* "SIP/2.0 200 ..." (RFC 3261 7.2). */
static int status_scan(struct response *out, struct view line)
{
	uint64_t status;

	if (line.n < 12 || !view_istarts(line, VIEW("SIP/2.0 ")) ||
	    (line.n > 12 && line.p[11] != ' ' && line.p[11] != '\r'))
		return EBADMSG;
	if (view_u64(&status, view_head(view_from(line, 8), 3), 699) ||
	    status < 100)
		return EBADMSG;
	out->status = (int)status;
	return 0;
}

/* The line that starts rest, with its folds; rest goes on behind it. */
static struct view line_take(struct view *rest)
{
	struct view line = *rest;
	const char *end;
	size_t n = 0;

	do {
		end = memchr(line.p + n, '\n', line.n - n);
		n = end ? (size_t)(end - line.p) + 1 : line.n;
	} while (n < line.n && (line.p[n] == ' ' || line.p[n] == '\t'));
	*rest = view_from(*rest, n);
	return view_head(line, n);
}

/* The value, when the line's name is name or the compact form c. */
static bool value_of(struct view *value, struct view line, struct view name,
		     char c)
{
	if (view_istarts(line, name))
		line = view_from(line, name.n);
	else if (c && line.n && (*line.p | 0x20) == c)
		line = view_from(line, 1);
	else
		return false;
	if (!scan_char(&line, ':'))
		return false;
	*value = line;
	return true;
}

static struct view branch_of(struct view via)
{
	struct sip_param param;
	struct view head, rest;

	if (!view_cut(via, ';', &head, &rest) || view_has(head, ','))
		return VIEW_NONE; /* the first value has no parameters */
	rest = view_from(via, head.n);
	while (scan_param(&param, &rest) == 0) {
		if (view_ieqs(param.name, "branch"))
			return param.value;
	}
	return VIEW_NONE;
}

static struct view method_of(struct view cseq)
{
	struct view number;

	if (!view_word(&cseq, " \t\r\n", &number))
		return VIEW_NONE;
	scan_lws(&cseq);
	return scan_token(&cseq);
}

int response_scan(struct response *out, struct view packet)
{
	struct view line, value, rest = packet;

	memset(out, 0, sizeof(*out));
	if (!rest.n || status_scan(out, line_take(&rest)))
		return EBADMSG;

	while (rest.n && !(out->branch.n && out->method.n)) {
		line = line_take(&rest);
		if (*line.p == '\r' || *line.p == '\n')
			break;
		if (!out->branch.p &&
		    value_of(&value, line, VIEW("Via"), 'v'))
			out->branch = branch_of(value);
		else if (!out->method.p &&
			 value_of(&value, line, VIEW("CSeq"), 0))
			out->method = method_of(value);
	}
	return out->branch.n && out->method.n ? 0 : EBADMSG;
}

struct view response_header(struct view packet, struct view name)
{
	struct view value, line;

	while (packet.n) {
		line = line_take(&packet);
		if (*line.p == '\r' || *line.p == '\n')
			break;
		if (value_of(&value, line, name, 0))
			return view_trim(value);
	}
	return VIEW_NONE;
}
