/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a user logs in with: what the network's section has, but for all that
 * says who the relay is, and then who he is.
 */
#include <errno.h>
#include <string.h>

#include "check.h"
#include "iseat_priv.h"
#include "log.h"
#include "mem.h"
#include "utf8.h"

enum { IDENT_MAX = 10, NICK_MAX = 30 };

struct login {
	struct seat *seat;
	const struct session_conf *conf;
	struct igate_account account; /* id 0: none */
	struct view own;              /* the network's label */
	struct bridge_setting net[BRIDGE_SETTINGS_MAX];
	size_t net_count;
};

/* One password for all who connect; else it may say who does. */
static bool shares_password(const struct login *l)
{
	for (size_t i = 0; i < l->net_count; i++)
		if (!strcmp(l->net[i].key, "password_for_users"))
			return !strcmp(l->net[i].value, "1");
	return false;
}

/* The relay's own: with them he would be taken for it. */
static bool is_relays(const struct bridge_setting *s, bool shared)
{
	static const char *const keys[] = {
		"nick", "username", "realname", "login", "login_password",
		"cert_file", "key_file", "password_for_users", "contact",
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(keys[i], s->key))
			return true;
	if (!strcmp(s->key, "password"))
		return !shared;
	/* it has no certificate then */
	return !strcmp(s->key, "sasl") && !strcmp(s->value, "external");
}

static bool fits(char c, bool first)
{
	return ircb_is_nick(view_mem(&c, 1)) ||
	       (!first && ((c >= '0' && c <= '9') || c == '-'));
}

void login_nick(char out[IRCB_NICK_MAX], struct view name)
{
	size_t n = 0;

	if (!name.n || (!fits(name.p[0], true) && fits(name.p[0], false)))
		out[n++] = '_';
	for (size_t i = 0; i < name.n && n < NICK_MAX; i++)
		out[n++] = fits(name.p[i], false) ? name.p[i] : '_';
	out[n] = '\0';
}

static void want_nick(struct seat *s, const struct igate_account *a)
{
	const char *suffix = s->gate->conf.nick_suffix;
	struct buf b = { 0 };

	if (s->wanted[0]) {
		view_copy(s->nick, sizeof(s->nick), view_str(s->wanted));
		return;
	}
	login_nick(s->nick, a->nick.n  ? a->nick :
			    a->login.n ? a->login :
					 s->aor->user);
	buf_adds(&b, s->nick);
	if (s->gate->conf.nick_always)
		buf_adds(&b, suffix);
	if (ircb_is_nick(buf_view(&b)))
		view_copy(s->nick, sizeof(s->nick), buf_view(&b));
	buf_free(&b);
}

static void want_ident(char out[IDENT_MAX + 1], struct view name)
{
	size_t n = 0;

	for (size_t i = 0; i < name.n && n < IDENT_MAX; i++) {
		char c = name.p[i];

		if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'))
			out[n++] = c;
		else if (c >= 'A' && c <= 'Z')
			out[n++] = (char)(c | 0x20);
	}
	if (!n)
		out[n++] = 'u';
	out[n] = '\0';
}

/* Who he is, by what, and whom the network's staff may ask. */
static char *want_realname(const struct seat *s)
{
	const char *contact = s->gate->conf.contact;
	struct buf b = { 0 };

	utf8_clean_name(&b, s->aor->user, 64);
	buf_adds(&b, " via confab");
	if (*contact && b.n + strlen(contact) + 3 <= IRC_TEXT_MAX)
		buf_addf(&b, " (%s)", contact);
	return buf_take(&b);
}

static int use(struct login *l, const char *password)
{
	struct seat *s = l->seat;
	struct bridge_setting out[BRIDGE_SETTINGS_MAX];
	char ident[IDENT_MAX + 1];
	char *realname = want_realname(s);
	char *account = view_dup(l->account.login);
	bool shared = shares_password(l);
	size_t n = 0;
	int err;

	for (size_t i = 0; i < l->net_count; i++)
		if (!is_relays(&l->net[i], shared))
			out[n++] = l->net[i];
	want_ident(ident, s->aor->user);
	const struct bridge_setting his[] = {
		{ "nick", s->nick },
		{ "username", ident },
		{ "realname", realname },
		{ "login", account },
		{ "login_password", password },
		{ "nick_suffix", s->gate->conf.nick_suffix },
		{ "contact", s->gate->conf.contact },
	};

	for (size_t i = 0; i < sizeof(his) / sizeof(his[0]); i++)
		if (n < BRIDGE_SETTINGS_MAX)
			out[n++] = his[i];
	err = s->session ? session_settings(s->session, out, n) : 0;
	if (!s->session) {
		struct session_conf conf = *l->conf;

		conf.settings = out;
		conf.count = n;
		err = session_new(&s->session, &conf);
	}
	mem_free(realname);
	mem_free(account);
	return err;
}

static int use_password(struct view password, void *arg)
{
	char *text = view_dup(password);
	int err = use(arg, text);

	mem_wipe_free(text, password.n);
	return err;
}

int login_prepare(struct seat *s, const struct session_conf *conf,
		  struct buf *why)
{
	const struct igate_accounts *as = s->gate->conf.accounts;
	struct login l = { .seat = s, .conf = conf };
	int err = bridge_settings(s->gate->conf.bridge, s->network, &l.own,
				  l.net, &l.net_count);

	if (err) {
		buf_adds(why, "there is no such network any more");
		return err;
	}
	if (!as || as->find(s->aor, s->network, &l.account, as->arg))
		l.account = (struct igate_account){ 0 };
	want_nick(s, &l.account);
	s->account = l.account.id;
	if (l.account.id)
		return as->open(l.account.id, use_password, &l, why, as->arg);
	return use(&l, "");
}

void login_note(struct seat *s, struct view error)
{
	const struct igate_accounts *as = s->gate->conf.accounts;

	if (s->account && as && as->note)
		as->note(s->account, error, as->arg);
}
