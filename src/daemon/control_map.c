/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Accounts of users on other networks: confabctl jabber map ..., purple map
 * (where a login is PROTOCOL/NAME, with settings of its own: purple_words.h;
 * and an id will do in place of USER ACCOUNT), and irc map (NETWORK/ACCOUNT,
 * where the only setting is nick=, kept as what a resource is to XMPP). What
 * comes with passwords is in control_put.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "account_kind.h"
#include "accounts.h"
#include "control_map_priv.h"
#include "mem.h"
#include "purple/pgate.h"

/* ---- commands ---- */

static json_t *date(uint64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	char text[32];
	struct tm tm;

	if (!ms)
		return json_null();
	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_string(text);
}

static void add_settings(json_t *o, const struct account *a)
{
	struct buf server = { 0 };

	buf_addv(&server, a->host);
	if (a->port)
		buf_addf(&server, ":%u", a->port);
	json_object_set_new(o, "login",
			    json_string(account_policy_name(a->policy)));
	json_object_set_new(o, "server", server.n ?
						 control_text(buf_view(
							 &server)) :
						 json_null());
	buf_free(&server);
}

static void add_purple(json_t *o, const struct account *a,
		       const struct confab *c)
{
	struct pgate_state st = { .name = "offline" };
	const char *login = a->policy == ACCOUNT_PUBLISHED ?
				    "presence" :
				    account_policy_name(a->policy);

	if (c->pgate)
		(void)pgate_account_state(c->pgate, a->id, &st);
	json_object_set_new(o, "login", json_string(login));
	json_object_set_new(o, "settings", control_text(a->settings));
	json_object_set_new(o, "state", json_string(st.name));
	json_object_set_new(o, "since", date(st.since_ms));
}

static json_t *account_json(const struct account *a, const struct confab *c)
{
	json_t *o = json_object();

	if (view_eqs(a->network, "purple"))
		json_object_set_new(o, "id", json_integer((json_int_t)a->id));
	json_object_set_new(o, "user", control_text(a->owner));
	json_object_set_new(o, "account", control_text(a->login));
	json_object_set_new(o, "enabled", json_boolean(a->enabled));
	json_object_set_new(o, "password", json_boolean(a->has_secret));
	if (view_eqs(a->network, "irc"))
		json_object_set_new(o, "nick", a->resource.n ?
						       control_text(
							       a->resource) :
						       json_null());
	else if (view_eqs(a->network, "purple"))
		add_purple(o, a, c);
	else
		add_settings(o, a);
	json_object_set_new(o, "used", date(a->used_ms));
	json_object_set_new(o, "error", a->error.n ?
						control_text(a->error) :
						json_null());
	return o;
}

static void list(struct control_call *call, const struct account_kind *kind)
{
	const struct confab *c = control_confab(call->control);
	const struct account *a = NULL;
	struct buf owner = { 0 };
	json_t *all;

	if (call->argc > 3 && account_owner(&owner, call->argv[3],
					    view_str(c->conf->domain))) {
		control_refuse(call->control, call->conn,
			       "the user is no SIP address");
		return;
	}
	all = json_array();
	while ((a = accounts_each(c->accounts, view_str(kind->network),
				  buf_view(&owner), a)))
		json_array_append_new(all, account_json(a, c));
	buf_free(&owner);
	control_answer(call->control, call->conn, all);
}

/* What is done to an account that there is; answers in words. */
typedef int (change_h)(struct control_call *call, const struct account *a,
		       struct buf *why, struct pending *p);

static int del(struct control_call *call, const struct account *a,
	       struct buf *why, struct pending *p)
{
	(void)why;
	return accounts_del(control_confab(call->control)->accounts, a->id,
			    control_on_done, p);
}

static int disable(struct control_call *call, const struct account *a,
		   struct buf *why, struct pending *p)
{
	(void)why;
	return accounts_enable(control_confab(call->control)->accounts, a->id,
			       false, control_on_done, p);
}

static int enable(struct control_call *call, const struct account *a,
		  struct buf *why, struct pending *p)
{
	(void)why;
	return accounts_enable(control_confab(call->control)->accounts, a->id,
			       true, control_on_done, p);
}

/* "purple map del 17", "purple map set 17 auth=deny": an account is
 * PROTOCOL/NAME. */
static bool is_by_id(const struct control_call *call,
		     const struct account_kind *kind)
{
	struct view key, value;

	return strcmp(kind->word, "purple") == 0 && call->argc > 3 &&
	       (call->argc == 4 ||
		(view_cut(call->argv[4], '=', &key, &value) &&
		 !view_has(key, '/')));
}

static int set(struct control_call *call, const struct account *a,
	       struct buf *why, struct pending *p)
{
	struct account_new n = {
		.network = a->network,
		.host = a->host,
		.port = a->port,
		.resource = a->resource,
		.settings = a->settings,
		.policy = a->policy,
	};
	struct buf settings = { 0 };
	size_t from = is_by_id(call, account_kind_find(call->argv[0])) ? 4 : 5;
	int err = map_set_words(&n, call, from, &settings, why);

	if (!err)
		err = accounts_set(control_confab(call->control)->accounts,
				   a->id, &n, control_on_done, p);
	buf_free(&settings);
	return err;
}

static void refuse(struct control_call *call, int err, struct buf *why)
{
	control_refuse(call->control, call->conn,
		       why->n ? buf_str(why) : account_why(err));
}

static void change(struct control_call *call, const struct account_kind *kind,
		   change_h *h, const char *done)
{
	struct confab *c = control_confab(call->control);
	struct named at = { 0 };
	struct buf why = { 0 };
	struct pending *p;
	int err = named_find(&at, c, kind, call->argv[3],
			     is_by_id(call, kind) ? VIEW_NONE : call->argv[4],
			     &why);

	if (!err && !at.account)
		err = ESRCH;
	if (!err) {
		p = control_pending(call,
				    mem_printf("account %s of %s %s",
					       buf_str(&at.login),
					       buf_str(&at.user), done));
		err = h(call, at.account, &why, p);
		if (err)
			control_pending_free(p);
	}
	if (err)
		refuse(call, err, &why);
	buf_free(&why);
	named_free(&at);
}

static const struct {
	const char *name;
	change_h *h; /* NULL: list */
	size_t min, max; /* words after the name */
	const char *done;
} commands[] = {
	{ "list", NULL, 0, 1, NULL },
	{ "del", del, 2, 2, "deleted" },
	{ "disable", disable, 2, 2, "disabled" },
	{ "enable", enable, 2, 2, "enabled" },
	{ "set", set, 3, 10, "changed" },
};

static void usage(struct control_call *call, const struct account_kind *kind)
{
	struct buf b = { 0 };

	buf_addf(&b, "usage: %s map list [USER] | add USER ACCOUNT "
		     "[SETTING=VALUE ...] | set USER ACCOUNT SETTING=VALUE "
		     "... | passwd|del|enable|disable USER ACCOUNT%s",
		 kind->word,
		 strcmp(kind->word, "irc") ? " | import [FILE ...]" : "");
	control_refuse(call->control, call->conn, buf_str(&b));
	buf_free(&b);
}

/* jabber map NAME ..., irc map NAME ... */
void control_map(struct control_call *call)
{
	const struct account_kind *kind = account_kind_find(call->argv[0]);
	size_t words = call->argc - 3; /* there is a word, see the table */

	if (!view_eqs(call->argv[2], "list") && is_by_id(call, kind))
		words++;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (!view_eqs(call->argv[2], commands[i].name))
			continue;
		if (words < commands[i].min || words > commands[i].max)
			break;
		if (commands[i].h)
			change(call, kind, commands[i].h, commands[i].done);
		else
			list(call, kind);
		return;
	}
	usage(call, kind);
}

/* jabber defaults: what confabctl import has to know. */
void control_jabber_source(struct control_call *call)
{
	const struct confab *c = control_confab(call->control);
	json_t *o = json_object();

	json_object_set_new(o, "db_url",
			    control_text(view_str(
				    c->conf->jabber_gateway.db_url)));
	control_answer(call->control, call->conn, o);
}
