/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between control.c (the socket) and control_*.c (the commands). */
#ifndef CONFAB_CONTROL_PRIV_H
#define CONFAB_CONTROL_PRIV_H

#include <jansson.h>

#include "control.h"
#include "heart.h"

enum { CONTROL_ARGS_MAX = 32 };

/* One request; argv is borrowed until control_run() returns. */
struct control_call {
	struct control *control;
	uint64_t conn;
	struct view argv[CONTROL_ARGS_MAX];
	size_t argc;
	const json_t *rows; /* borrowed; what goes with it, or NULL */
};

struct confab *control_confab(const struct control *c);
/* Finds the command and runs it; it answers now or later, once. */
void control_run(struct control_call *call);
/* Connections that are gone meanwhile are ignored. Takes result. */
void control_answer(struct control *c, uint64_t conn, json_t *result);
void control_refuse(struct control *c, uint64_t conn, const char *why);
/* A JSON string; what is no UTF-8 is "?". */
json_t *control_text(struct view v);

/* What is waiting for the disk: answered with done (taken), or refused, by
 * control_on_done(). */
struct pending;
struct pending *control_pending(const struct control_call *call, char *done);
void control_on_done(int err, void *pending);
/* Of one that will not be answered so after all. */
void control_pending_free(struct pending *p);

/* What there is, and how it is: control_show.c. */
void control_status(struct control_call *call);
void control_rooms(struct control_call *call);
void control_members(struct control_call *call);
void control_links(struct control_call *call);
void control_link_add(struct control_call *call);
void control_link_remove(struct control_call *call);
void control_link_retry(struct control_call *call);

/* The seeds' functions and calls: control_imc.c. */
void control_room_active(struct control_call *call);
void control_room_member(struct control_call *call);
void control_list_rooms(struct control_call *call);
void control_list_members(struct control_call *call);
/* For confabctl import: control_import.c. */
void control_import_rooms(struct control_call *call);
void control_import_members(struct control_call *call);
/* Answers for each row of the call "taken", "there" (EEXIST), or why not. add:
 * an errno value, or doneh hears it later. */
typedef int (control_add_h)(struct confab *c, const json_t *row,
			    store_done_h *doneh, void *arg);
void control_batch(struct control_call *call, control_add_h *add);
/* The same for rows of another kind: call has what goes for all of them; what
 * is wrong with one may be said in why, and words has the rest. */
typedef int (control_row_h)(const struct control_call *call,
			    const json_t *row, struct buf *why,
			    store_done_h *doneh, void *arg);
typedef const char *(control_words_h)(int err);
void control_batch_as(struct control_call *call, control_row_h *put,
		      control_words_h *words);

/* "alice", "alice@domain" or a URI, as an address of record. EBADMSG. */
int control_aor(struct buf *aor, const struct confab *c, struct view text);

/* Whom users watch as a list: control_buddies.c. */
void control_buddies_list(struct control_call *call);
void control_buddies_add(struct control_call *call);
void control_buddies_del(struct control_call *call);
void control_put_buddies(struct control_call *call);

/* Where a user is: control_contact.c. */
void control_contact(struct control_call *call);
/* All of a user's devices. */
void control_forget(struct confab *c, struct view user);
/* Nobody is asked any more who may see him: another may have his name. */
void control_forget_rules(struct confab *c, struct view user);
/* Nor may another log in elsewhere as he did. */
void control_forget_accounts(struct confab *c, struct view user);

/* Users: control_user.c. */
void control_put_users(struct control_call *call);
void control_list_users(struct control_call *call);
void control_user_realm(struct control_call *call);
void control_user_del(struct control_call *call);
void control_user_disable(struct control_call *call);
void control_user_enable(struct control_call *call);

/* Accounts elsewhere: control_map.c, control_put.c. */
void control_put_accounts(struct control_call *call);
void control_map(struct control_call *call);
void control_jabber_source(struct control_call *call);

/* Accounts by libpurple: control_purple.c. */
void control_purple_status(struct control_call *call);
void control_purple_workers(struct control_call *call);
void control_purple_prots(struct control_call *call);
void control_purple_login(struct control_call *call);
void control_purple_logout(struct control_call *call);
void control_purple_auth(struct control_call *call);
void control_purple_contact(struct control_call *call);
void control_purple_room(struct control_call *call);
void control_purple_reload(struct control_call *call);
void control_purple_source(struct control_call *call);

/* Networks: control_irc.c. */
void control_irc_add(struct control_call *call);
void control_irc_del(struct control_call *call);
void control_irc_list(struct control_call *call);
void control_irc_off(struct control_call *call);
void control_irc_on(struct control_call *call);

#endif
