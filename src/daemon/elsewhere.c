/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The accounts of users, wired into the daemon. */
#include "elsewhere.h"

#include "account_chat.h"
#include "accounts.h"
#include "codes.h"
#include "log.h"
#include "mem.h"
#include "share.h"

/* Daemons that share a data base share the key that is for it. */
static char *key_path(const struct conf *conf)
{
	char *dir, *path;

	if (*conf->jabber_gateway.seal_key)
		return mem_strdup(conf->jabber_gateway.seal_key);
	dir = share_is_on(conf) ? share_dir(conf) :
				  mem_strdup(conf->state_dir);
	path = mem_printf("%s/seal.key", dir);
	mem_free(dir);
	return path;
}

static void start_accounts(struct confab *c)
{
	char *path = key_path(c->conf);
	struct seal *seal = NULL;
	struct buf why = { 0 };

	if (seal_new(&seal, path, &why))
		log_error("%s: passwords of accounts can be neither read nor "
			  "kept", buf_str(&why));
	c->accounts = accounts_new(c->store, seal, buf_str(&why));
	c->codes = codes_new();
	mem_deref(seal);
	mem_free(path);
	buf_free(&why);
}

static int start_irc_chat(struct confab *c)
{
	const struct conf_irc_gateway *g = &c->conf->irc_gateway;
	const struct account_chat_conf chat = {
		.conf = c->conf,
		.accounts = c->accounts,
		.codes = c->codes,
		.imc = c->imc,
		.kind = account_kind_find(VIEW("irc")),
		.passwords = &g->passwords,
		.user_accounts = &g->user_accounts,
	};

	return *g->ircdomain ? account_chat_new(&c->irc_chat, &chat) : 0;
}

static int start_purple_chat(struct confab *c)
{
	const struct conf_purple_gateway *g = &c->conf->purple_gateway;
	const struct account_chat_conf chat = {
		.conf = c->conf,
		.accounts = c->accounts,
		.codes = c->codes,
		.imc = c->imc,
		.kind = account_kind_find(VIEW("purple")),
		.passwords = &g->passwords,
		.user_accounts = &g->user_accounts,
	};

	return *g->domain ? account_chat_new(&c->purple_chat, &chat) : 0;
}

int elsewhere_start(struct confab *c)
{
	const struct conf_jabber_gateway *g = &c->conf->jabber_gateway;
	struct account_chat_conf chat = {
		.conf = c->conf,
		.imc = c->imc,
		.kind = account_kind_find(VIEW("jabber")),
		.passwords = &g->passwords,
		.user_accounts = &g->user_accounts,
	};
	int err;

	start_accounts(c);
	chat.accounts = c->accounts;
	chat.codes = c->codes;
	err = *g->jdomain ? account_chat_new(&c->jabber_chat, &chat) : 0;
	if (!err)
		err = start_irc_chat(c);
	return err ? err : start_purple_chat(c);
}

void elsewhere_free(struct confab *c)
{
	account_chat_free(c->jabber_chat);
	account_chat_free(c->irc_chat);
	account_chat_free(c->purple_chat);
	accounts_free(c->accounts);
	codes_free(c->codes);
	c->jabber_chat = c->irc_chat = c->purple_chat = NULL;
	c->accounts = NULL;
	c->codes = NULL;
}
