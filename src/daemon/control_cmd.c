/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The operator's commands, as one table. Answers are JSON; how they look on
 * a terminal is confabctl's. */
#include <errno.h>
#include <string.h>

#include "cmdtab.h"
#include "control_priv.h"
#include "mem.h"

typedef void (run_h)(struct control_call *call);

/* What is waiting for the disk: whom to answer, and with what. */
struct pending {
	struct control *control;
	uint64_t conn;
	char *done; /* owned */
};

struct pending *control_pending(const struct control_call *call, char *done)
{
	struct pending *p = mem_zalloc(sizeof(*p));

	p->control = call->control;
	p->conn = call->conn;
	p->done = done;
	return p;
}

void control_pending_free(struct pending *p)
{
	mem_free(p->done);
	mem_free(p);
}

void control_on_done(int err, void *pending)
{
	struct pending *p = pending;

	if (err)
		control_refuse(p->control, p->conn, strerror(err));
	else
		control_answer(p->control, p->conn,
			       control_text(view_str(p->done)));
	control_pending_free(p);
}

/* min and max count the words after the first. */
static const struct cmd commands[] = {
	{ .name = "status", .run = (void (*)(void))control_status },
	{ .name = "rooms", .run = (void (*)(void))control_rooms },
	{ .name = "members", .min = 1, .max = 1, .usage = "ROOM",
	  .run = (void (*)(void))control_members },
	{ .name = "room-active", .aliases = "imc_room_active", .min = 1,
	  .max = 1, .usage = "ROOM",
	  .run = (void (*)(void))control_room_active },
	{ .name = "room-member", .aliases = "imc_room_member", .min = 2,
	  .max = 2, .usage = "ROOM USER",
	  .run = (void (*)(void))control_room_member },
	{ .name = "imc.list_rooms", .aliases = "imc_list_rooms imc:list_rooms",
	  .run = (void (*)(void))control_list_rooms },
	{ .name = "imc.list_members",
	  .aliases = "imc_list_members imc:list_members",
	  .max = 1, .usage = "ROOM",
	  .run = (void (*)(void))control_list_members },
	{ .name = "import-rooms",
	  .run = (void (*)(void))control_import_rooms },
	{ .name = "import-members",
	  .run = (void (*)(void))control_import_members },
	{ .name = "links", .run = (void (*)(void))control_links },
	{ .name = "link", .min = 1, .max = 13,
	  .usage = "add LABEL ROOM TARGET [VIA [NICK]] [SETTING=VALUE ...] | "
		   "remove LABEL | retry LABEL" },
	{ .name = "user", .min = 1, .max = 2,
	  .usage = "list | add USER | passwd USER | del USER | "
		   "disable USER | enable USER | import FILE" },
	{ .name = "contact", .aliases = "contacts", .min = 1, .max = 3,
	  .usage = "USER [delete [CONTACT]]",
	  .run = (void (*)(void))control_contact },
	{ .name = "jabber", .min = 1, .max = 7,
	  .usage = "map list|add|set|passwd|del|enable|disable|import" },
	{ .name = "irc", .min = 1, .max = 30,
	  .usage = "add LABEL SETTING=VALUE ... | list | del LABEL | "
		   "off LABEL | on LABEL | map list|add|set|passwd|del|"
		   "enable|disable" },
	{ .name = "purple", .min = 1, .max = 12,
	  .usage = "map list|add|set|passwd|del|enable|disable|import | "
		   "status | workers | prots | login|logout ID | auth | "
		   "contact | room | reload" },
	{ .name = "buddies", .min = 1, .max = 3,
	  .usage = "list [USER] | add USER WHO | del USER WHO | "
		   "import FILE" },
	{ .name = "put-buddies",
	  .run = (void (*)(void))control_put_buddies },
	{ .name = "put-accounts", .min = 2, .max = 10,
	  .usage = "jabber|irc|purple add|import|passwd|check-add|"
		   "check-passwd",
	  .run = (void (*)(void))control_put_accounts },
	{ .name = "put-users", .min = 1, .max = 1, .usage = "add|set",
	  .run = (void (*)(void))control_put_users },
};
static const struct cmd link_commands[] = {
	{ .name = "add", .min = 3, .max = 12,
	  .usage = "LABEL ROOM TARGET [VIA [NICK]] [SETTING=VALUE ...]",
	  .run = (void (*)(void))control_link_add },
	{ .name = "remove", .min = 1, .max = 1, .usage = "LABEL",
	  .run = (void (*)(void))control_link_remove },
	{ .name = "retry", .min = 1, .max = 1, .usage = "LABEL",
	  .run = (void (*)(void))control_link_retry },
};
/* add, passwd and import are confabctl's: they come as put-users. */
static const struct cmd user_commands[] = {
	{ .name = "list", .run = (void (*)(void))control_list_users },
	{ .name = "realm", .run = (void (*)(void))control_user_realm },
	{ .name = "del", .aliases = "remove delete", .min = 1, .max = 1,
	  .usage = "USER", .run = (void (*)(void))control_user_del },
	{ .name = "disable", .min = 1, .max = 1, .usage = "USER",
	  .run = (void (*)(void))control_user_disable },
	{ .name = "enable", .min = 1, .max = 1, .usage = "USER",
	  .run = (void (*)(void))control_user_enable },
};

/* import is confabctl's: it comes as put-buddies. */
static const struct cmd buddies_commands[] = {
	{ .name = "list", .max = 1, .usage = "[USER]",
	  .run = (void (*)(void))control_buddies_list },
	{ .name = "add", .min = 2, .max = 2, .usage = "USER WHO",
	  .run = (void (*)(void))control_buddies_add },
	{ .name = "del", .aliases = "remove delete", .min = 2, .max = 2,
	  .usage = "USER WHO", .run = (void (*)(void))control_buddies_del },
};

/* add, passwd and import are confabctl's: they come as put-accounts. */
static const struct cmd jabber_commands[] = {
	{ .name = "map", .min = 1, .max = 6,
	  .usage = "list|add|set|passwd|del|enable|disable|import",
	  .run = (void (*)(void))control_map },
	{ .name = "source", .run = (void (*)(void))control_jabber_source },
};

static const struct cmd irc_commands[] = {
	{ .name = "add", .min = 2, .max = 29,
	  .usage = "LABEL server=HOST SETTING=VALUE ...",
	  .run = (void (*)(void))control_irc_add },
	{ .name = "list", .run = (void (*)(void))control_irc_list },
	{ .name = "del", .aliases = "remove delete", .min = 1, .max = 1,
	  .usage = "LABEL", .run = (void (*)(void))control_irc_del },
	{ .name = "off", .min = 1, .max = 1, .usage = "LABEL",
	  .run = (void (*)(void))control_irc_off },
	{ .name = "on", .min = 1, .max = 1, .usage = "LABEL",
	  .run = (void (*)(void))control_irc_on },
	{ .name = "map", .min = 1, .max = 6,
	  .usage = "list|add|set|passwd|del|enable|disable",
	  .run = (void (*)(void))control_map },
};

static const struct cmd purple_commands[] = {
	{ .name = "map", .min = 1, .max = 11,
	  .usage = "list|add|set|passwd|del|enable|disable|import",
	  .run = (void (*)(void))control_map },
	{ .name = "status", .run = (void (*)(void))control_purple_status },
	{ .name = "workers", .run = (void (*)(void))control_purple_workers },
	{ .name = "prots", .run = (void (*)(void))control_purple_prots },
	{ .name = "login", .min = 1, .max = 1, .usage = "ID",
	  .run = (void (*)(void))control_purple_login },
	{ .name = "logout", .min = 1, .max = 1, .usage = "ID",
	  .run = (void (*)(void))control_purple_logout },
	{ .name = "auth", .min = 1, .max = 3,
	  .usage = "list [USER] | allow USER WHO | deny USER WHO",
	  .run = (void (*)(void))control_purple_auth },
	{ .name = "contact", .min = 2, .max = 3,
	  .usage = "list ID | add ID NAME | del ID NAME",
	  .run = (void (*)(void))control_purple_contact },
	{ .name = "room", .min = 2, .max = 4,
	  .usage = "list ID | join ID ROOM [NICK] | leave ID ROOM",
	  .run = (void (*)(void))control_purple_room },
	{ .name = "reload", .run = (void (*)(void))control_purple_reload },
	{ .name = "source", .run = (void (*)(void))control_purple_source },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *name;
	const struct cmd *table;
	size_t count;
} groups[] = {
	{ "link", link_commands, COUNT(link_commands) },
	{ "user", user_commands, COUNT(user_commands) },
	{ "buddies", buddies_commands, COUNT(buddies_commands) },
	{ "jabber", jabber_commands, COUNT(jabber_commands) },
	{ "irc", irc_commands, COUNT(irc_commands) },
	{ "purple", purple_commands, COUNT(purple_commands) },
};

static void refuse_name(struct control_call *call, const struct cmd *table,
			size_t count, struct view name)
{
	const struct cmd *near = cmd_nearest(table, count, name);
	struct buf why = { 0 };

	buf_addf(&why, "there is no command \"%.*s\"", VIEW_ARG(name));
	if (near)
		buf_addf(&why, ": did you mean \"%s\"?", near->name);
	else
		buf_adds(&why, ": confabctl --help has them all");
	control_refuse(call->control, call->conn, buf_str(&why));
	buf_free(&why);
}

static void refuse_usage(struct control_call *call, const char *group,
			 const struct cmd *cmd)
{
	struct buf why = { 0 };

	buf_addf(&why, "usage: %s%s%s %s", group, *group ? " " : "",
		 cmd->name, cmd->usage ? cmd->usage : "");
	control_refuse(call->control, call->conn, buf_str(&why));
	buf_free(&why);
}

/* The command of a table, or NULL, and refused. */
static const struct cmd *pick(struct control_call *call, const char *group,
			      const struct cmd *table, size_t count)
{
	size_t at = *group ? 1 : 0;
	const struct cmd *cmd = cmd_find(table, count, call->argv[at]);
	size_t args = call->argc - at - 1;

	if (!cmd) {
		refuse_name(call, table, count, call->argv[at]);
	} else if (args < cmd->min || args > cmd->max) {
		refuse_usage(call, group, cmd);
		return NULL;
	}
	return cmd;
}

void control_run(struct control_call *call)
{
	const struct cmd *cmd = pick(call, "", commands, COUNT(commands));

	for (size_t i = 0; cmd && !cmd->run; i++)
		if (strcmp(groups[i].name, cmd->name) == 0)
			cmd = pick(call, groups[i].name, groups[i].table,
				   groups[i].count);
	if (cmd)
		((run_h *)cmd->run)(call);
}
