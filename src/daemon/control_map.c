/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Accounts of users on other networks: confabctl jabber map ... Passwords come
 * as rows, which confabctl has read where nobody could look on:
 *
 *   put-accounts jabber add|import [server=... login=... resource=...]
 *                      [user, login, password, enabled]
 *   put-accounts jabber passwd
 *                      [user, login, password]
 *
 * And confabctl purple map, where a login is PROTOCOL/NAME, with settings of
 * its own (purple_words.h); and confabctl irc map, where a login is
 * NETWORK/ACCOUNT and the only setting is nick=, kept as what a resource is to
 * XMPP.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "account_kind.h"
#include "accounts.h"
#include "bridges/irc/names.h"
#include "control_priv.h"
#include "mem.h"
#include "purple/pgate.h"
#include "purple_words.h"

/* An account as it was named; the views are into user and login. */
struct named {
	struct buf user, login; /* canonical */
	const struct account *account; /* or NULL: there is none */
};

static int find(struct named *out, const struct confab *c,
		const struct account_kind *kind, struct view user,
		struct view login, struct buf *why)
{
	int err = account_owner(&out->user, user, view_str(c->conf->domain));

	if (err)
		buf_adds(why, "the user is no SIP address");
	else
		err = kind->login_of(&out->login, login, c->conf, why);
	if (!err)
		out->account = accounts_find(c->accounts,
					     view_str(kind->network),
					     buf_view(&out->user),
					     buf_view(&out->login));
	return err;
}

static void named_free(struct named *n)
{
	buf_free(&n->user);
	buf_free(&n->login);
}

/* ---- settings as words ---- */

static int set_server(struct account_new *n, struct view value,
		      struct buf *why)
{
	struct view host = value, port = VIEW_NONE;
	uint64_t number = 0;

	/* [2001:db8::1]:5222 */
	if (view_starts(value, VIEW("[")))
		view_cut(view_from(value, 1), ']', &host, &port);
	else
		view_cut(value, ':', &host, &port);
	if (view_starts(port, VIEW(":")))
		port = view_from(port, 1);
	if (port.n && view_u64(&number, port, 65535)) {
		buf_adds(why, "server is HOST or HOST:PORT");
		return EINVAL;
	}
	n->host = host;
	n->port = (uint16_t)number;
	return 0;
}

static int set_nick(struct account_new *n, struct view word, struct buf *why)
{
	struct view key, value;

	view_cut(word, '=', &key, &value);
	if (view_eqs(key, "nick") && (!value.n || ircb_is_nick(value))) {
		n->resource = value;
		return 0;
	}
	buf_adds(why, "the only setting is nick=NICK");
	return EINVAL;
}

static int set_word(struct account_new *n, struct view word, struct buf *why)
{
	struct view key, value;

	if (view_eqs(n->network, "irc"))
		return set_nick(n, word, why);
	view_cut(word, '=', &key, &value);
	if (view_eqs(key, "server"))
		return set_server(n, value, why);
	if (view_eqs(key, "resource")) {
		n->resource = value;
		return 0;
	}
	if (view_eqs(key, "login") && !account_policy_parse(&n->policy, value))
		return 0;
	buf_adds(why, "settings are server=HOST[:PORT], resource=TEXT, and "
		      "login=default, manual, registered, published or "
		      "always");
	return EINVAL;
}

/* settings: empty; what n's point into from now on. */
static int set_words(struct account_new *n, const struct control_call *call,
		     size_t from, struct buf *settings, struct buf *why)
{
	bool purple = view_eqs(n->network, "purple");
	int err = 0;

	buf_addv(settings, n->settings);
	for (size_t i = from; i < call->argc && !err; i++)
		err = purple ? purple_word(&n->policy, settings,
					   call->argv[i], why) :
			       set_word(n, call->argv[i], why);
	n->settings = buf_view(settings);
	return err;
}

/* ---- rows of confabctl ---- */

static struct view cell(const json_t *row, size_t at)
{
	const json_t *s = json_array_get(row, at);

	return view_mem(json_string_value(s), json_string_length(s));
}

static int put_row(const struct control_call *call, const json_t *row,
		   struct buf *why, store_done_h *doneh, void *arg)
{
	const struct account_kind *kind = account_kind_find(call->argv[1]);
	struct confab *c = control_confab(call->control);
	struct account_new n = {
		.network = view_str(kind->network),
		.secret = cell(row, 2),
		.disabled = json_is_false(json_array_get(row, 3)),
	};
	bool passwd = view_eqs(call->argv[2], "passwd");
	struct named at = { 0 };
	struct buf settings = { 0 };
	int err = find(&at, c, kind, cell(row, 0), cell(row, 1), why);

	n.owner = buf_view(&at.user);
	n.login = buf_view(&at.login);
	if (!err)
		err = set_words(&n, call, 3, &settings, why);
	if (!err && passwd)
		err = at.account ? accounts_passwd(c->accounts, at.account->id,
						   n.secret, doneh, arg) :
				   ESRCH;
	else if (!err)
		err = accounts_add(c->accounts, &n, doneh, arg);
	buf_free(&settings);
	named_free(&at);
	return err;
}

static const char *words_of(int err)
{
	return err == EEXIST ? "there" : account_why(err);
}

void control_put_accounts(struct control_call *call)
{
	if (!account_kind_find(call->argv[1]))
		control_refuse(call->control, call->conn,
			       "there are no such accounts");
	else
		control_batch_as(call, put_row, words_of);
}

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
	const char *state = "offline";
	const char *login = a->policy == ACCOUNT_PUBLISHED ?
				    "presence" :
				    account_policy_name(a->policy);
	struct view trouble;

	if (c->pgate)
		(void)pgate_account_state(c->pgate, a->id, &state, &trouble);
	json_object_set_new(o, "login", json_string(login));
	json_object_set_new(o, "settings", control_text(a->settings));
	json_object_set_new(o, "state", json_string(state));
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
	int err = set_words(&n, call, 5, &settings, why);

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
	int err = find(&at, c, kind, call->argv[3], call->argv[4], &why);

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
