/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands about what was said, and about links with other networks. */
#include "command.h"
#include "command_priv.h"
#include "mem.h"
#include "replay.h"

enum { HISTORY = 20, LABEL_BYTES = 48, LABEL_TRIES = 1000 };

void cmd_help(struct ask *a, const struct cmdline *line)
{
	struct buf text = { 0 };

	(void)line;
	command_help(&text, a->imc);
	cmd_answer_text(a, TELL_HERE, &text);
}

void cmd_history(struct ask *a, const struct cmdline *line)
{
	uint64_t count = HISTORY;

	if (line->argc && (view_u64(&count, line->argv[0], REPLAY_MAX) ||
			   !count))
		ask_refuse(a, REFUSED_COUNT);
	else if (cmd_room(a, line->argv[1]))
		replay_start(a, (unsigned)count, true);
}

/* "[14:05] delivered to 3, waiting for 1, failed for 0", and who. */
static void add_fate(struct buf *b, const struct hub_fate *f,
		     struct view details)
{
	dialect_add_time(b, f->time_ms);
	buf_addf(b, "delivered to %zu, waiting for %zu, failed for %zu",
		 f->delivered, f->waiting, f->failed);
	details = view_trim(details);
	if (!view_empty(details)) {
		buf_addc(b, '\n');
		buf_addv(b, details);
	}
}

static void tell_fate(struct ask *a, const struct hub_fate *f,
		      struct view details)
{
	struct buf fate = { 0 }, text = { 0 };
	struct text_args args = { 0 };

	add_fate(&fate, f, details);
	args.text = buf_view(&fate);
	ask_add(&text, a, TEXT_FATE, &args);
	cmd_answer_text(a, TELL_ROOM, &text);
	buf_free(&fate);
}

void cmd_status(struct ask *a, const struct cmdline *line)
{
	struct room *r = cmd_room(a, line->argv[0]);
	struct buf details = { 0 };
	struct hub_fate fate;

	if (!r)
		return;
	if (hub_fate(&fate, &details, r, a->user))
		ask_refuse(a, REFUSED_NOTHING_SAID);
	else
		tell_fate(a, &fate, buf_view(&details));
	buf_free(&details);
}

static bool label_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
}

/* "lobby-1": of the room's name, and a number that is free. */
static void make_label(struct buf *b, const struct room *r)
{
	struct view name = view_head(room_name(r), LABEL_BYTES);
	unsigned n = 0;

	do {
		buf_clear(b);
		for (size_t at = 0; at < name.n; at++)
			buf_addc(b, label_char(name.p[at]) ? name.p[at] : '-');
		buf_addf(b, "-%u", ++n);
	} while (n < LABEL_TRIES && hub_link(r->hub, buf_view(b)));
}

static void refuse_link(struct ask *a, struct view why)
{
	const struct text_args args = { .text = why };

	mem_deref(a); /* the reference of ask_keep() */
	ask_refuse_with(a, REFUSED_LINK, &args);
}

static void link_room(struct ask *a, struct room *r,
		      const struct cmdline *line)
{
	struct buf label = { 0 }, why = { 0 };
	struct hub_link link = { .target = line->argv[0],
				 .via = line->argv[1] };
	int err;

	make_label(&label, r);
	link.label = buf_view(&label);
	a->done = TEXT_LINKED;
	a->note = view_dup(link.label);
	err = hub_link_add(a->imc->hub, r, &link, &why, ask_on_done,
			   ask_keep(a));
	if (why.n && err)
		refuse_link(a, buf_view(&why));
	else
		cmd_expect_done(a, err);
	buf_free(&label);
	buf_free(&why);
}

void cmd_link(struct ask *a, const struct cmdline *line)
{
	struct room *r;

	a->verb = a->imc->link_verb;
	r = cmd_room(a, VIEW_NONE);
	if (r)
		link_room(a, r, line);
}

/* By its label or its target. */
static struct leg *find_leg(const struct room *r, struct view word)
{
	struct lnode *n, *nx;

	LIST_EACH(&r->legs, n, nx) {
		struct leg *l = CONTAINER(n, struct leg, in_room);

		if (view_ieqs(word, l->label) || view_eqs(word, l->target))
			return l;
	}
	return NULL;
}

void cmd_unlink(struct ask *a, const struct cmdline *line)
{
	struct leg *l;
	struct room *r;

	a->verb = a->imc->link_verb;
	r = cmd_room(a, VIEW_NONE);
	if (!r)
		return;
	l = find_leg(r, line->argv[0]);
	if (!l) {
		ask_refuse(a, REFUSED_NO_LINK);
	} else if (l->configured) {
		ask_refuse(a, REFUSED_CONFIGURED);
	} else {
		a->done = TEXT_UNLINKED;
		a->note = mem_strdup(l->label);
		cmd_expect_done(a, hub_link_remove(a->imc->hub, l, ask_on_done,
						   ask_keep(a)));
	}
}

static void leg_line(struct buf *b, const struct leg *l)
{
	buf_addc(b, '\n');
	buf_adds(b, l->label);
	buf_adds(b, ": ");
	buf_adds(b, l->target);
	buf_adds(b, " is ");
	buf_adds(b, leg_state_name(l->state));
	if (l->state != LEG_UP && l->error) {
		buf_adds(b, " (");
		buf_adds(b, l->error);
		buf_addc(b, ')');
	}
}

void cmd_links(struct ask *a, const struct cmdline *line)
{
	struct buf text = { 0 };
	struct lnode *n, *nx;
	struct room *r;

	(void)line;
	a->verb = a->imc->link_verb;
	r = cmd_room(a, VIEW_NONE);
	if (!r)
		return;
	buf_adds(&text, "Links:");
	LIST_EACH(&r->legs, n, nx)
		leg_line(&text, CONTAINER(n, struct leg, in_room));
	cmd_answer_text(a, TELL_ROOM, &text);
}
