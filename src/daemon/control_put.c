/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Accounts with their passwords, as rows, which confabctl has read where
 * nobody could look on:
 *
 *   put-accounts jabber add|import [server=... login=... resource=...]
 *                      [user, login, password, enabled]
 *   put-accounts jabber passwd
 *                      [user, login, password]
 *
 * and the same with check-add and check-passwd, without a password: would it
 * be taken? So that nobody types one for nothing.
 */
#include <errno.h>
#include <string.h>

#include "account_kind.h"
#include "bridges/irc/names.h"
#include "control_map_priv.h"
#include "mem.h"
#include "purple_words.h"

/* ---- naming ---- */

/* "17", of purple map list. */
static const struct account *by_id(const struct confab *c,
				   const struct account_kind *kind,
				   struct view id)
{
	const struct account *a = NULL;
	uint64_t n;

	if (strcmp(kind->word, "purple") == 0 && !view_u64(&n, id, UINT64_MAX))
		a = accounts_by_id(c->accounts, n);
	return a && view_eqs(a->network, kind->network) ? a : NULL;
}

static int find_id(struct named *out, const struct confab *c,
		   const struct account_kind *kind, struct view id)
{
	out->account = by_id(c, kind, id);
	if (!out->account)
		return ESRCH;
	buf_addv(&out->user, out->account->owner);
	buf_addv(&out->login, out->account->login);
	return 0;
}

int named_find(struct named *out, const struct confab *c,
		const struct account_kind *kind, struct view user,
		struct view login, struct buf *why)
{
	int err;

	if (!login.n)
		return find_id(out, c, kind, user);
	err = account_owner(&out->user, user, view_str(c->conf->domain));

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

void named_free(struct named *n)
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

int map_set_words(struct account_new *n, const struct control_call *call,
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

/* ---- rows ---- */

static struct view cell(const json_t *row, size_t at)
{
	const json_t *s = json_array_get(row, at);

	return view_mem(json_string_value(s), json_string_length(s));
}

/* Of one login there is one user; the operator may know who. */
static int check_twin(const struct confab *c, const struct account_new *n,
		      struct buf *why)
{
	const struct account *a = NULL;

	while (view_eqs(n->network, "purple") &&
	       (a = accounts_each(c->accounts, n->network, VIEW_NONE, a))) {
		if (view_eq(a->owner, n->owner) || !a->enabled ||
		    !purple_is_one(a->login, n->login))
			continue;
		buf_addv(why, a->owner);
		buf_adds(why, " has this account");
		return EEXIST;
	}
	return 0;
}

/* What is asked for; changed: an account that there is. */
struct putting {
	struct confab *c;
	const struct account *old; /* or NULL */
	const struct account_new *n;
	bool passwd, check;
};

static int put_password(const struct putting *p, store_done_h *doneh,
			void *arg)
{
	if (!p->old)
		return ESRCH;
	if (!p->check)
		return accounts_passwd(p->c->accounts, p->old->id,
				       p->n->secret, doneh, arg);
	doneh(0, arg);
	return 0;
}

static int put_account(const struct putting *p, store_done_h *doneh,
		       void *arg)
{
	int err;

	if (!p->check)
		return accounts_add(p->c->accounts, p->n, doneh, arg);
	err = accounts_may_add(p->c->accounts, p->n);
	if (!err)
		doneh(0, arg);
	return err;
}

static int put_row(const struct control_call *call, const json_t *row,
		   struct buf *why, store_done_h *doneh, void *arg)
{
	const struct account_kind *kind = account_kind_find(call->argv[1]);
	struct confab *c = control_confab(call->control);
	struct view verb = call->argv[2];
	struct account_new n = {
		.network = view_str(kind->network),
		.secret = cell(row, 2),
		.disabled = json_is_false(json_array_get(row, 3)),
	};
	struct putting p = { .c = c, .n = &n };
	struct named at = { 0 };
	struct buf settings = { 0 };
	int err = named_find(&at, c, kind, cell(row, 0), cell(row, 1), why);

	p.check = view_starts(verb, VIEW("check-"));
	if (p.check)
		verb = view_from(verb, 6);
	p.passwd = view_eqs(verb, "passwd");
	p.old = at.account;
	n.owner = buf_view(&at.user);
	n.login = buf_view(&at.login);
	if (!err)
		err = map_set_words(&n, call, 3, &settings, why);
	if (!err && view_eqs(verb, "add"))
		err = check_twin(c, &n, why);
	if (!err)
		err = p.passwd ? put_password(&p, doneh, arg) :
				 put_account(&p, doneh, arg);
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
