/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists: of members, of everybody, of rooms, of those who are banned. */
#include <stdlib.h>

#include "command_priv.h"
#include "mem.h"

typedef bool (pick_h)(const struct member *mb);
typedef void (line_h)(struct buf *b, const struct ask *a,
		      const struct member *mb);

static bool is_joined(const struct member *mb)
{
	return mb->state == MEMBER_JOINED;
}

static bool is_banned(const struct member *mb)
{
	return mb->state == MEMBER_BANNED;
}

static void add_members(struct buf *b, const struct ask *a,
			const struct room *r, pick_h *pick, line_h *line)
{
	struct lnode *n, *nx;
	size_t more = 0;

	LIST_EACH(&r->order, n, nx) {
		const struct member *mb = CONTAINER(n, struct member, order);

		if (!pick(mb))
			continue;
		if (b->n >= LIST_MAX) {
			more++;
			continue;
		}
		buf_addc(b, '\n');
		line(b, a, mb);
	}
	cmd_add_more(b, more);
}

static void add_mark(struct buf *b, const struct member *mb)
{
	if (mb->role == ROLE_OWNER)
		buf_addc(b, '*');
	else if (mb->role == ROLE_ADMIN)
		buf_addc(b, '~');
}

static void add_nick(struct buf *b, const struct member *mb)
{
	buf_addc(b, '[');
	buf_addv(b, mb->nick);
	buf_addc(b, ']');
}

static void member_line(struct buf *b, const struct ask *a,
			const struct member *mb)
{
	add_mark(b, mb);
	if (a->imc->dialect == DIALECT_OPENSIPS)
		buf_addv(b, mb->addr->text);
	else
		add_nick(b, mb);
}

void cmd_members(struct ask *a, const struct cmdline *line)
{
	struct room *r = cmd_room(a, line->argv[0]);
	struct buf text = { 0 };

	if (!r)
		return;
	buf_adds(&text, "Members:");
	add_members(&text, a, r, is_joined, member_line);
	cmd_answer_text(a, TELL_ROOM, &text);
}

/* "*[alice] sip:alice@example.org: away: at lunch" */
static void who_line(struct buf *b, const struct ask *a,
		     const struct member *mb)
{
	(void)a;
	add_mark(b, mb);
	add_nick(b, mb);
	buf_addc(b, ' ');
	buf_addv(b, mb->addr->text);
	if (member_away(mb)) {
		buf_adds(b, ", away: ");
		buf_adds(b, member_away(mb));
	}
}

/* "[confab@libera] irc:libera/#lobby, link lobby-i is up" */
static void leg_line(struct buf *b, const struct leg *l)
{
	buf_adds(b, "\n[");
	buf_adds(b, l->own_nick ? l->own_nick : l->nick);
	buf_addc(b, '@');
	buf_adds(b, *l->via ? l->via : l->label);
	buf_adds(b, "] ");
	buf_adds(b, l->target);
	buf_adds(b, ", link ");
	buf_adds(b, l->label);
	buf_adds(b, " is ");
	buf_adds(b, leg_state_name(l->state));
}

void cmd_who(struct ask *a, const struct cmdline *line)
{
	struct room *r = cmd_room(a, line->argv[0]);
	struct buf text = { 0 };
	struct lnode *n, *nx;

	if (!r)
		return;
	buf_adds(&text, "Who is here:");
	add_members(&text, a, r, is_joined, who_line);
	LIST_EACH(&r->legs, n, nx)
		leg_line(&text, CONTAINER(n, struct leg, in_room));
	cmd_answer_text(a, TELL_ROOM, &text);
}

static void ban_line(struct buf *b, const struct ask *a,
		     const struct member *mb)
{
	(void)a;
	buf_addv(b, mb->addr->text);
}

void cmd_bans(struct ask *a, const struct cmdline *line)
{
	struct room *r = cmd_room(a, line->argv[0]);
	struct buf text = { 0 };

	if (!r)
		return;
	buf_adds(&text, "Banned:");
	add_members(&text, a, r, is_banned, ban_line);
	cmd_answer_text(a, TELL_ROOM, &text);
}

static int compare_rooms(const void *a, const void *b)
{
	const struct room *const *r = a, *const *s = b;

	return view_cmp((*r)->addr->text, (*s)->addr->text);
}

static bool may_know(const struct room *r, const struct addr *user)
{
	const struct member *mb;

	if (r->ending)
		return false;
	if (!room_is_private(r))
		return true;
	mb = room_member(r, user);
	return mb && mb->state != MEMBER_BANNED;
}

/* The rooms that user may know of, by name. Free with mem_free(). */
static struct room **rooms_for(const struct hub *h, const struct addr *user,
			       size_t *count)
{
	struct room **list, *r = NULL;
	size_t pos = 0;

	list = mem_array(NULL, hub_room_count(h), sizeof(struct room *));
	*count = 0;
	while ((r = hub_each_room(h, &pos, r)) != NULL)
		if (may_know(r, user))
			list[(*count)++] = r;
	qsort(list, *count, sizeof(struct room *), compare_rooms);
	return list;
}

static void list_rooms(struct buf *b, const struct hub *h,
		       const struct addr *user)
{
	size_t count, n;
	struct room **rooms = rooms_for(h, user, &count);

	buf_adds(b, "Rooms:");
	for (n = 0; n < count && b->n < LIST_MAX; n++) {
		buf_adds(b, "\n[");
		buf_addv(b, room_name(rooms[n]));
		if (!hub_is_our_domain(h, room_domain(rooms[n]))) {
			buf_addc(b, '@');
			buf_addv(b, room_domain(rooms[n]));
		}
		buf_addc(b, ']');
	}
	cmd_add_more(b, count - n);
	mem_free(rooms);
}

void cmd_rooms(struct ask *a, const struct cmdline *line)
{
	struct buf text = { 0 };

	(void)line;
	list_rooms(&text, a->imc->hub, a->user);
	cmd_answer_text(a, TELL_HERE, &text);
}
