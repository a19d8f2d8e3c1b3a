/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Users. A change is in force when it is on the disk. No password comes here,
 * only what digest needs of it: confabctl has asked for realm and domain, and
 * worked it out.
 *
 *   put-users add|set  [name, realm, and the HA1s in the order of users.h]
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "control_priv.h"
#include "ircgate.h"
#include "log.h"
#include "mem.h"
#include "share.h"
#include "users.h"

/* ---- changes ---- */

struct change {
	struct confab *confab; /* borrowed: its users outlive the store */
	store_done_h *doneh;
	void *arg;
	struct user user;    /* views into bytes */
	bool gone;           /* to be deleted; only the name counts */
	bool anew;           /* the password is another */
	size_t size;
	char bytes[];
};

static struct view keep(char **at, struct view v)
{
	struct view kept = view_mem(*at, v.n);

	if (v.n)
		memcpy(*at, v.p, v.n);
	*at += v.n;
	return kept;
}

static struct change *change_new(struct confab *c, const struct user *u,
				 store_done_h *doneh, void *arg)
{
	size_t i, n = u->name.n + u->realm.n;
	struct change *ch;
	char *at;

	for (i = 0; i < USER_HA1S; i++)
		n += u->ha1[i].n;
	ch = mem_zalloc(sizeof(*ch) + n);
	ch->size = sizeof(*ch) + n;
	ch->confab = c;
	ch->doneh = doneh;
	ch->arg = arg;
	ch->user = *u;
	at = ch->bytes;
	ch->user.name = keep(&at, u->name);
	ch->user.realm = keep(&at, u->realm);
	for (i = 0; i < USER_HA1S; i++)
		ch->user.ha1[i] = keep(&at, u->ha1[i]);
	return ch;
}

static void on_changed(int err, void *arg)
{
	struct change *ch = arg;
	struct confab *c = ch->confab;

	users_del(c->coming, ch->user.name);
	if (!err && ch->gone)
		users_del(c->users, ch->user.name);
	else if (!err)
		err = users_put(c->users, &ch->user);
	/* Where he is somebody has said who may not say so any more. */
	if (!err && (ch->gone || ch->anew || ch->user.disabled))
		control_forget(c, ch->user.name);
	if (!err && ch->gone)
		control_forget_rules(c, ch->user.name);
	/* The next one of this name is somebody else. */
	if (!err && ch->gone)
		control_forget_accounts(c, ch->user.name);
	if (!err)
		ircgate_user(c, ch->user.name, ch->gone);
	share_user(c, ch->user.name);
	ch->doneh(err, ch->arg);
	mem_wipe_free(ch, ch->size);
}

static void put(struct confab *c, const struct user *u, bool anew,
		store_done_h *doneh, void *arg)
{
	struct change *ch = change_new(c, u, doneh, arg);
	struct store_txn *t = store_begin(c->store);
	struct store_user row = {
		.name = u->name,
		.realm = u->realm,
		.disabled = u->disabled,
		.created_ms = u->created_ms,
	};
	size_t i;

	_Static_assert((int)STORE_HA1S == (int)USER_HA1S, "one order");
	ch->anew = anew;
	for (i = 0; i < USER_HA1S; i++)
		row.ha1[i] = u->ha1[i];
	store_put_user(t, &row);
	store_commit(t, on_changed, ch);
}

static void del(struct confab *c, struct view name, store_done_h *doneh,
		void *arg)
{
	const struct user u = { .name = name };
	struct change *ch = change_new(c, &u, doneh, arg);
	struct store_txn *t = store_begin(c->store);

	ch->gone = true;
	store_del_user(t, name);
	store_commit(t, on_changed, ch);
}

void control_load_user(const struct store_user *row, void *arg)
{
	struct confab *c = arg;
	struct user u = {
		.name = row->name,
		.realm = row->realm,
		.disabled = row->disabled,
		.created_ms = row->created_ms,
	};
	size_t i;

	for (i = 0; i < USER_HA1S; i++)
		u.ha1[i] = row->ha1[i];
	if (users_put(c->users, &u))
		log_warning("users: \"%.*s\" in the data base is none",
			    VIEW_ARG(u.name));
}

/* ---- rows of confabctl ---- */

static struct view cell(const json_t *row, size_t at)
{
	const json_t *s = json_array_get(row, at);

	return view_mem(json_string_value(s), json_string_length(s));
}

static void read_row(struct user *u, const json_t *row)
{
	size_t i;

	u->name = cell(row, 0);
	u->realm = cell(row, 1);
	for (i = 0; i < USER_HA1S; i++)
		u->ha1[i] = cell(row, 2 + i);
}

/* What a room or the manager says is never a user's. */
static bool is_place(const struct confab *c, struct view name)
{
	return view_ieqs(name, c->conf->imc.manager) ||
	       hub_room(c->hub, name, view_str(c->conf->domain));
}

/* "alice" and "Alice" in one room would be taken for one another. */
static int check_new(const struct confab *c, struct view name)
{
	if (users_find(c->users, name) || users_find(c->coming, name))
		return EEXIST;
	if (users_like(c->users, name) || users_like(c->coming, name))
		return ENOTUNIQ;
	return is_place(c, name) ? EADDRINUSE : 0;
}

static int add_user(struct confab *c, const json_t *row, store_done_h *doneh,
		    void *arg)
{
	struct user u = { .created_ms = wall_ms() };
	int err;

	read_row(&u, row);
	err = check_new(c, u.name);
	if (!err)
		err = users_check(&u);
	if (err)
		return err;
	users_put(c->coming, &(struct user){ .name = u.name });
	put(c, &u, false, doneh, arg);
	return 0;
}

/* A new password; what else there is stays. */
static int set_user(struct confab *c, const json_t *row, store_done_h *doneh,
		    void *arg)
{
	const struct user *old = users_find(c->users, cell(row, 0));
	struct user u = { 0 };
	int err;

	if (!old)
		return ESRCH;
	u = *old;
	read_row(&u, row);
	err = users_check(&u);
	if (!err)
		put(c, &u, true, doneh, arg);
	return err;
}

void control_put_users(struct control_call *call)
{
	if (view_eqs(call->argv[1], "set"))
		control_batch(call, set_user);
	else
		control_batch(call, add_user);
}

/* ---- commands ---- */

static const char *algorithms(const struct user *u)
{
	bool md5 = u->ha1[USER_MD5].n || u->ha1[USER_MD5_FULL].n;
	bool sha = u->ha1[USER_SHA256].n || u->ha1[USER_SHA256_FULL].n;

	if (md5 && sha)
		return "SHA-256, MD5";
	return md5 ? "MD5" : sha ? "SHA-256" : "none";
}

static json_t *date(uint64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	char text[32];
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_string(text);
}

static json_t *user_json(const struct user *u)
{
	json_t *o = json_object();

	json_object_set_new(o, "user", control_text(u->name));
	json_object_set_new(o, "disabled", json_boolean(u->disabled));
	json_object_set_new(o, "realm", control_text(u->realm));
	json_object_set_new(o, "algorithms", json_string(algorithms(u)));
	json_object_set_new(o, "created", date(u->created_ms));
	return o;
}

static int by_name(const void *a, const void *b)
{
	const struct user *const *ua = a, *const *ub = b;

	return view_cmp((*ua)->name, (*ub)->name);
}

void control_list_users(struct control_call *call)
{
	const struct users *us = control_confab(call->control)->users;
	size_t pos = 0, n = 0, count = users_count(us);
	const struct user **all = mem_array(NULL, count + 1, sizeof(*all));
	const struct user *u = NULL;
	json_t *list = json_array();

	while ((u = users_each(us, &pos, u)))
		all[n++] = u;
	qsort(all, n, sizeof(*all), by_name);
	for (pos = 0; pos < n; pos++)
		json_array_append_new(list, user_json(all[pos]));
	mem_free(all);
	control_answer(call->control, call->conn, list);
}

void control_user_realm(struct control_call *call)
{
	const struct users *us = control_confab(call->control)->users;
	json_t *o = json_object();

	json_object_set_new(o, "domain", control_text(users_domain(us)));
	json_object_set_new(o, "realm", control_text(users_realm(us)));
	control_answer(call->control, call->conn, o);
}

/* "alice", "alice@domain", "sip:alice@domain": NULL, and refused, where there
 * is no such user. */
static const struct user *find(struct control_call *call)
{
	const struct users *us = control_confab(call->control)->users;
	struct view name = call->argv[2], domain;
	const struct user *u = NULL;
	struct buf why = { 0 };

	if (view_istarts(name, VIEW("sip:")))
		name = view_from(name, 4);
	if (!view_cut(name, '@', &name, &domain) ||
	    view_ieq(domain, users_domain(us)))
		u = users_find(us, name);
	if (!u) {
		buf_addf(&why, "there is no user %.*s",
			 VIEW_ARG(call->argv[2]));
		control_refuse(call->control, call->conn, buf_str(&why));
		buf_free(&why);
	}
	return u;
}

void control_user_del(struct control_call *call)
{
	const struct user *u = find(call);

	if (u)
		del(control_confab(call->control), u->name, control_on_done,
		    control_pending(call, mem_printf("user %.*s deleted",
						     VIEW_ARG(u->name))));
}

static void set_disabled(struct control_call *call, bool disabled)
{
	const struct user *old = find(call);
	struct user u;

	if (!old)
		return;
	u = *old;
	u.disabled = disabled;
	put(control_confab(call->control), &u, false, control_on_done,
	    control_pending(call, mem_printf("user %.*s %s",
					     VIEW_ARG(u.name),
					     disabled ? "disabled" :
							"enabled")));
}

void control_user_disable(struct control_call *call)
{
	set_disabled(call, true);
}

void control_user_enable(struct control_call *call)
{
	set_disabled(call, false);
}
