/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The commands, in the texts that Kamailio's users know. What Kamailio
 * answers by a text keeps its 200; what it refuses with a bare 500 gets a
 * status that fits, and a text.
 */
#include <errno.h>
#include <stdlib.h>

#include "cmdtab.h"
#include "command.h"
#include "imc_priv.h"
#include "mem.h"
#include "utf8.h"

enum {
	CMD_ANYWHERE = 1, /* also at the address of a room that is to be */
};

enum {
	QUOTE_MAX = 64,         /* of a peer's word in a text of ours */
	LIST_MAX = 48 * 1024,   /* of a list; what is more is counted */
};

typedef void (cmd_run_h)(struct ask *a, const struct cmdline *line);

static bool is_shown(const struct member *mb)
{
	return mb->state == MEMBER_JOINED;
}

/* The place of a room argument, or of the request's URI where there is none.
 * Refuses by itself. */
static int find_place(struct ask *a, struct place *out, struct buf *bytes,
		      struct view arg)
{
	const struct imc *i = a->imc;

	*out = a->at;
	if (!view_empty(arg)) {
		if (place_parse(out, bytes, arg, a->at.domain)) {
			ask_refuse(a, ASK_BAD_ROOM);
			return EBADMSG;
		}
		out->domain = imc_domain_of(i, out->domain);
	}
	if (view_empty(out->name)) {
		ask_refuse(a, ASK_WHICH_ROOM);
		return EINVAL;
	}
	if (imc_is_manager(i, out->name, out->domain)) {
		ask_refuse(a, ASK_MANAGERS);
		return EACCES;
	}
	return 0;
}

/* An existing room; NULL: refused. */
static struct room *find_room(struct ask *a, const struct cmdline *line)
{
	struct buf bytes = { 0 };
	struct place place;
	struct room *r = NULL;

	if (!find_place(a, &place, &bytes, line->argv[0])) {
		r = hub_room(a->imc->hub, place.name, place.domain);
		if (r)
			ask_about(a, r);
		else
			ask_refuse(a, ASK_NO_ROOM);
	}
	buf_free(&bytes);
	return r;
}

static void tell_now(struct ask *a, enum tell how, const char *text)
{
	ask_answer(a, 200);
	ask_tell(a, how, view_str(text));
}

/* The hub's answer to a change: when it took it, ask_on_done follows. */
static void expect_done(struct ask *a, int err)
{
	if (!err)
		return;
	mem_deref(a); /* the reference of ask_keep() */
	ask_refuse(a, err == EBADMSG ? ASK_BAD_ROOM : err);
}

static bool is_user(const struct imc *i, struct view name, struct view domain)
{
	struct addr *user = NULL;
	bool known;

	known = !addr_new(&user, VIEW("sip"), name, domain, VIEW_NONE) &&
		contacts_find(i->contacts, user);
	mem_deref(user);
	return known;
}

/* Who speaks from a room's address is taken for a loop: a room must not take
 * anybody's voice away. Room names have no case; most users' are lower. */
static bool is_users_place(const struct imc *i, const struct place *place)
{
	char *lower = view_dup(place->name);
	bool known;

	for (size_t n = 0; n < place->name.n; n++)
		if (lower[n] >= 'A' && lower[n] <= 'Z')
			lower[n] |= 0x20;
	known = is_user(i, place->name, place->domain) ||
		is_user(i, view_mem(lower, place->name.n), place->domain);
	mem_free(lower);
	return known;
}

static void create_room(struct ask *a, const struct place *place,
			uint32_t flags)
{
	struct room *r = NULL;
	int err;

	if (is_users_place(a->imc, place)) {
		ask_refuse(a, ASK_USERS);
		return;
	}
	a->done = "*** Room was created";
	err = hub_room_create(a->imc->hub, &r, place->name, place->domain,
			      flags, a->user, ask_on_done, ask_keep(a));
	if (!err)
		ask_about(a, r);
	expect_done(a, err);
}

/* "*** [alice] has joined the room": as the others will see him. */
static void add_notice(struct buf *b, const struct ask *a, const char *what)
{
	buf_adds(b, "*** [");
	hub_name_user(a->imc->hub, b, a->user);
	buf_adds(b, "] ");
	buf_adds(b, what);
}

static void join_room(struct ask *a, struct room *r)
{
	struct buf notice = { 0 };
	struct hub_join join = {
		.addr = a->user,
		.role = ROLE_MEMBER,
		.state = MEMBER_JOINED,
	};

	ask_about(a, r);
	add_notice(&notice, a, "has joined the room");
	join.notice = buf_view(&notice);
	expect_done(a, hub_member_add(r, &join, ask_on_done, ask_keep(a)));
	buf_free(&notice);
}

static void tell_owners(const struct ask *a, const struct room *r,
			const char *what)
{
	struct buf notice = { 0 };
	struct lnode *n, *nx;

	add_notice(&notice, a, what);
	LIST_EACH(&r->order, n, nx) {
		const struct member *mb = CONTAINER(n, struct member, order);

		if (is_shown(mb) && mb->role >= ROLE_ADMIN)
			ask_tell_member(a, mb, buf_view(&notice));
	}
	buf_free(&notice);
}

static void create_again(struct ask *a, struct room *r)
{
	if (a->imc->check_on_create)
		tell_now(a, TELL_HERE, "*** Room already exists");
	else if (room_is_private(r))
		tell_now(a, TELL_HERE, "*** A private room with the same "
				       "name already exists");
	else if (room_member(r, a->user))
		tell_now(a, TELL_HERE, "*** Room already exists and you are "
				       "a member");
	else
		join_room(a, r);
}

static void cmd_create(struct ask *a, const struct cmdline *line)
{
	bool private = line->argc && view_ieqs(line->argv[line->argc - 1],
					       "private");
	size_t names = line->argc - private;
	struct buf bytes = { 0 };
	struct place place;
	struct room *r;

	if (names > 1) {
		ask_usage(a, "create", "[room] [private]");
		return;
	}
	if (find_place(a, &place, &bytes, names ? line->argv[0] : VIEW_NONE))
		goto out;
	r = hub_room(a->imc->hub, place.name, place.domain);
	if (r)
		create_again(a, r);
	else
		create_room(a, &place, private ? ROOM_PRIVATE : 0);
 out:
	buf_free(&bytes);
}

static void join_existing(struct ask *a, struct room *r)
{
	ask_about(a, r);
	if (room_member(r, a->user)) {
		tell_now(a, TELL_ROOM, "*** You are in the room already");
	} else if (room_is_private(r)) {
		tell_now(a, TELL_ROOM_SENDER, "*** Private rooms are by "
			 "invitation only. Room owners have been notified.");
		tell_owners(a, r, "attempted to join the room");
	} else {
		join_room(a, r);
	}
}

static void cmd_join(struct ask *a, const struct cmdline *line)
{
	struct buf bytes = { 0 };
	struct place place;
	struct room *r;

	if (find_place(a, &place, &bytes, line->argv[0]))
		goto out;
	r = hub_room(a->imc->hub, place.name, place.domain);
	if (r)
		join_existing(a, r);
	else if (a->imc->create_on_join)
		create_room(a, &place, 0);
	else
		ask_refuse(a, ASK_NO_ROOM);
 out:
	buf_free(&bytes);
}

static void cmd_leave(struct ask *a, const struct cmdline *line)
{
	struct room *r = find_room(a, line);
	struct member *mb = r ? room_member(r, a->user) : NULL;
	struct buf notice = { 0 };

	if (!r)
		return;
	if (!mb) {
		ask_refuse(a, EACCES);
		return;
	}
	if (mb->role == ROLE_OWNER) {
		tell_now(a, TELL_ROOM,
			 "*** You are the room's owner and cannot leave.");
		return;
	}
	add_notice(&notice, a, "has left the room");
	expect_done(a, hub_member_remove(r, mb, buf_view(&notice),
					 ask_on_done, ask_keep(a)));
	buf_free(&notice);
}

static void add_more(struct buf *b, size_t more)
{
	if (more)
		buf_addf(b, "\n... and %zu more", more);
}

static void list_members(struct buf *b, const struct room *r)
{
	struct lnode *n, *nx;
	size_t more = 0;

	buf_adds(b, "Members:");
	LIST_EACH(&r->order, n, nx) {
		const struct member *mb = CONTAINER(n, struct member, order);

		if (!is_shown(mb))
			continue;
		if (b->n >= LIST_MAX) {
			more++;
			continue;
		}
		buf_addc(b, '\n');
		if (mb->role >= ROLE_ADMIN)
			buf_addc(b, mb->role == ROLE_OWNER ? '*' : '~');
		buf_addc(b, '[');
		buf_addv(b, mb->nick);
		buf_addc(b, ']');
	}
	add_more(b, more);
}

static void cmd_members(struct ask *a, const struct cmdline *line)
{
	struct room *r = find_room(a, line);
	struct buf text = { 0 };

	if (!r)
		return;
	if (!room_member(r, a->user)) {
		ask_refuse(a, EACCES);
		return;
	}
	list_members(&text, r);
	ask_answer(a, 200);
	ask_tell(a, TELL_ROOM, buf_view(&text));
	buf_free(&text);
}

static int compare_rooms(const void *a, const void *b)
{
	const struct room *const *r = a, *const *s = b;

	return view_cmp((*r)->addr->text, (*s)->addr->text);
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
		if (!room_is_private(r) || room_member(r, user))
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
	add_more(b, count - n);
	mem_free(rooms);
}

static void cmd_rooms(struct ask *a, const struct cmdline *line)
{
	struct buf text = { 0 };

	(void)line;
	list_rooms(&text, a->imc->hub, a->user);
	ask_answer(a, 200);
	ask_tell(a, TELL_HERE, buf_view(&text));
	buf_free(&text);
}

static void cmd_help(struct ask *a, const struct cmdline *line)
{
	struct buf text = { 0 };

	(void)line;
	command_help(&text, a->imc->mark);
	ask_answer(a, 200);
	ask_tell(a, TELL_HERE, buf_view(&text));
	buf_free(&text);
}

#define RUN(fn) (void (*)(void))(fn)

static const struct cmd commands[] = {
	{ "create", NULL, CMD_ANYWHERE, 0, 2, "[room] [private]",
	  "make a room and be its owner; a private one is by invitation only",
	  RUN(cmd_create) },
	{ "join", NULL, CMD_ANYWHERE, 0, 1, "[room]",
	  "become a member of a room", RUN(cmd_join) },
	{ "leave", "exit", 0, 0, 1, "[room]", "be a member no more",
	  RUN(cmd_leave) },
	{ "members", "list", 0, 0, 1, "[room]",
	  "list who is in a room (* its owner, ~ an admin)",
	  RUN(cmd_members) },
	{ "rooms", NULL, 0, 0, CMD_ARGS_MAX, "", "list the rooms",
	  RUN(cmd_rooms) },
	{ "help", NULL, 0, 0, CMD_ARGS_MAX, "", "show this text",
	  RUN(cmd_help) },
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

void command_help(struct buf *out, const char *mark)
{
	buf_adds(out, "\r\n");
	for (size_t n = 0; n < COMMANDS; n++)
		buf_addf(out, "%s%s%s%s - %s\r\n", mark, commands[n].name,
			 *commands[n].usage ? " " : "", commands[n].usage,
			 commands[n].help);
	buf_adds(out, "\r\n");
}

/* A bare mark is refused; for an unknown name the text is the answer. */
static void tell_invalid(const struct ask *a, struct view name)
{
	struct buf text = { 0 };

	buf_adds(&text, "*** Invalid command '");
	utf8_clean(&text, view_head(name, utf8_cut(name, QUOTE_MAX)));
	buf_addf(&text, "' (send '%shelp' for help)", a->imc->mark);
	ask_answer(a, view_empty(name) ? 400 : 200);
	ask_tell(a, TELL_HERE, buf_view(&text));
	buf_free(&text);
}

void command_run(struct ask *a, struct view text)
{
	struct cmdline line;
	const struct cmd *cmd;

	(void)cmdline_parse(&line, text); /* EBADMSG: the name is empty */
	cmd = cmd_find(commands, COMMANDS, line.name);
	if (!a->exists && !(cmd && cmd->role & CMD_ANYWHERE))
		ask_answer(a, 404);
	else if (!cmd)
		tell_invalid(a, line.name);
	else if (line.argc < cmd->min || line.argc > cmd->max)
		ask_usage(a, cmd->name, cmd->usage);
	else
		((cmd_run_h *)cmd->run)(a, &line);
}
