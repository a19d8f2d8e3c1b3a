/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rendering. struct msg is clean already (msg_new), so a line can only begin
 * where an LF stands: there the indentation goes.
 */
#include "render.h"

/* Empty lines stay empty: trailing blanks help nobody. */
static void add_indented(struct buf *b, struct view text)
{
	struct view line;
	bool more;

	more = view_cut(text, '\n', &line, &text);
	buf_addv(b, line);
	while (more) {
		more = view_cut(text, '\n', &line, &text);
		buf_addc(b, '\n');
		if (!view_empty(line))
			buf_adds(b, "  ");
		buf_addv(b, line);
	}
}

static void add_name(struct buf *b, const char *before, const struct msg *m,
		     const char *after)
{
	buf_adds(b, before);
	buf_addv(b, m->name);
	buf_adds(b, after);
}

static void add_sip_prefix(struct buf *b, const struct msg *m)
{
	switch (m->kind) {

	case MSG_TEXT:
		add_name(b, "[", m, "]: ");
		break;

	case MSG_EMOTE:
		add_name(b, "* [", m, "] ");
		break;

	case MSG_SUBJECT:
		add_name(b, "* [", m, "] set the subject: ");
		break;

	case MSG_NOTICE:
		break;
	}
}

static void add_relay_prefix(struct buf *b, const struct msg *m)
{
	switch (m->kind) {

	case MSG_TEXT:
	case MSG_EMOTE:
		add_name(b, "<", m, "> ");
		break;

	case MSG_SUBJECT:
		add_name(b, "* <", m, "> set the subject: ");
		break;

	case MSG_NOTICE:
		buf_adds(b, "* ");
		break;
	}
}

void render_sip(struct buf *b, const struct msg *m)
{
	add_sip_prefix(b, m);
	add_indented(b, m->text);
}

void render_relay(struct buf *b, const struct msg *m)
{
	add_relay_prefix(b, m);
	add_indented(b, m->text);
}

bool render_relay_line(struct buf *b, const struct msg *m, size_t *pos)
{
	struct view line = VIEW_NONE, rest = view_from(m->text, *pos);

	while (!view_empty(rest) && view_empty(line)) {
		view_cut(rest, '\n', &line, &rest);
		*pos = m->text.n - rest.n;
	}
	if (view_empty(line))
		return false;
	add_relay_prefix(b, m);
	buf_addv(b, line);
	return true;
}
