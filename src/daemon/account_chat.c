/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A user and his accounts, by chat. What he may not do is answered 403, what
 * makes no sense 400, what is not there 404; and always in words.
 */
#include "account_chat.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "cmdtab.h"
#include "mem.h"

enum { USAGE_MAX = 160 };

struct account_chat {
	const struct conf *conf; /* ref */
	struct accounts *as;     /* borrowed */
	const struct account_kind *kind;
	char *const *passwords;    /* in conf */
	const long *user_accounts; /* likewise */
	struct codes *codes;     /* borrowed */
	struct imc_command cmd;  /* imc has borrowed it */
	char usage[USAGE_MAX];
};

/* One command of his. */
struct said {
	struct account_chat *c;
	struct ask *ask;         /* borrowed; see later() */
	struct view user;        /* his canonical address */
	struct view network;
	struct view login;       /* the account that he means */
	struct cmdline line;
};

static void answer(const struct ask *a, int status, struct buf *text)
{
	imc_ask_answer(a, status, buf_view(text));
	buf_free(text);
}

static void say(const struct ask *a, int status, const char *words)
{
	struct buf text = { 0 };

	buf_addf(&text, "*** %s", words);
	answer(a, status, &text);
}

/* ---- answers after the disk's ---- */

struct later {
	struct ask *ask; /* ref */
	char *done;      /* owned; what to say then */
};

static struct later *later(struct ask *a, char *done)
{
	struct later *l = mem_zalloc(sizeof(*l));

	l->ask = mem_ref(a);
	l->done = done;
	return l;
}

static void later_free(struct later *l)
{
	mem_deref(l->ask);
	mem_free(l->done);
	mem_free(l);
}

static int status_of(int err)
{
	switch (err) {
	case ESRCH:
		return 404;
	case EBADMSG:
	case EINVAL:
		return 400;
	case EEXIST:
	case ENOSPC:
		return 403;
	default:
		return 503;
	}
}

static void on_done(int err, void *arg)
{
	struct later *l = arg;

	if (err)
		say(l->ask, status_of(err), account_why(err));
	else
		say(l->ask, 200, l->done);
	later_free(l);
}

/* What a change said at once. */
static void expect(int err, struct later *l)
{
	if (err)
		on_done(err, l);
}

/* ---- which account ---- */

/* The one that he names, else his only one. Refuses by itself. */
static const struct account *pick(const struct said *s, struct buf *login)
{
	const struct account *a, *next;
	struct buf why = { 0 };

	if (!s->line.argc) {
		a = accounts_each(s->c->as, s->network, s->user, NULL);
		next = a ? accounts_each(s->c->as, s->network, s->user, a) :
			   NULL;
		if (a && !next)
			return a;
		say(s->ask, a ? 400 : 404,
		    a ? "You have more than one account: name it" :
			"You have no account");
		return NULL;
	}
	if (s->c->kind->login_of(login, s->line.argv[0], s->c->conf, &why)) {
		say(s->ask, 400, buf_str(&why));
		buf_free(&why);
		return NULL;
	}
	a = accounts_find(s->c->as, s->network, s->user, buf_view(login));
	if (!a)
		say(s->ask, 404, "You have no such account");
	return a;
}

/* ---- codes ---- */

/* Whether a password may come this way; refuses by itself. */
static bool may_tell(const struct account_chat *c, const struct ask *a)
{
	if (strcmp(*c->passwords, "off") == 0)
		say(a, 403, "No passwords are taken by chat: ask the operator "
			    "to enter your account");
	else if (strcmp(*c->passwords, "any") != 0 && !imc_ask_is_private(a))
		say(a, 403, "This connection is not encrypted, and no "
			    "password is taken by it: connect by TLS, or ask "
			    "the operator to enter your account");
	else
		return true;
	return false;
}

static void send_code(const struct said *s, struct view login, bool passwd)
{
	const struct code_use use = { s->user, s->network, login, passwd };
	char code[CODE_TEXT + 1];
	struct buf text = { 0 };

	if (codes_make(s->c->codes, code, &use, now_ms())) {
		say(s->ask, 503, "Too many have asked for this: try again in "
				 "ten minutes");
		return;
	}
	buf_adds(&text, "*** Send me the next line within ten minutes, with "
			"the password of ");
	buf_addv(&text, login);
	buf_addf(&text, " in place of the last word. Send it here, and never "
			"to a room.\n%s PASSWORD", code);
	answer(s->ask, 200, &text);
	explicit_bzero(code, sizeof(code));
}

static bool is_secret(struct view text, void *arg)
{
	struct view word;

	(void)arg;
	return view_word(&text, " \t\r\n", &word) && codes_looks(word);
}

/* It was meant for us and went elsewhere; others have not seen it, but he
 * should know that they could have. */
static void refuse_place(const struct account_chat *c, const struct ask *a)
{
	struct buf text = { 0 };

	buf_addf(&text, "*** That was for the manager's address alone. "
			"Nobody here was shown it, and the code is good no "
			"more: send '#%s passwd' or '#%s add' again, to the "
			"manager",
		 c->kind->word, c->kind->word);
	answer(a, 403, &text);
}

/* He may have had several codes. */
static bool has_all(const struct account_chat *c, const struct code_use *use)
{
	return accounts_taken(c->as, use->network, use->user) >=
	       (size_t)*c->user_accounts;
}

static void finish(struct account_chat *c, struct ask *a,
		   const struct code_use *use, struct view secret)
{
	const struct account_new n = {
		.network = use->network,
		.owner = use->user,
		.login = use->login,
		.settings = view_str(c->kind->of_users),
		.secret = secret,
	};
	const struct account *old = accounts_find(c->as, use->network,
						  use->user, use->login);
	struct later *l;

	if (use->passwd && !old) {
		say(a, 404, account_why(ESRCH));
	} else if (!use->passwd && has_all(c, use)) {
		say(a, 403, account_why(ENOSPC));
	} else if (use->passwd) {
		l = later(a, mem_printf("%s has its new password",
					old->login.p));
		expect(accounts_passwd(c->as, old->id, secret, on_done, l), l);
	} else {
		l = later(a, mem_printf("%.*s was added",
					VIEW_ARG(use->login)));
		expect(accounts_add(c->as, &n, on_done, l), l);
	}
}

static void on_secret(struct ask *a, struct view text, bool at_manager,
		      void *arg)
{
	struct account_chat *c = arg;
	struct code_use use;
	struct view code, rest;
	bool good;

	view_word(&text, " \t\r\n", &code);
	/* only the first line: what mailers and phones add is no password */
	view_cut(view_trim(text), '\n', &text, &rest);
	text = view_trim(text);
	good = codes_take(c->codes, &use, imc_ask_user(a)->text, code,
			  now_ms());
	if (!at_manager)
		refuse_place(c, a);
	else if (!good)
		say(a, 404, "This code is not yours, was used, or is older "
			    "than ten minutes");
	else if (!text.n)
		say(a, 400, "There was no password behind the code: ask for "
			    "a new one");
	else if (may_tell(c, a))
		finish(c, a, &use, text);
}

/* ---- the commands ---- */

static void run_list(struct said *s)
{
	struct account_chat *c = s->c;
	const struct account *a = NULL;
	const struct account *first = accounts_default(c->as, s->network,
						       s->user);
	/* of libpurple's all are, each by itself */
	bool one = strcmp(c->kind->word, "purple") != 0;
	struct buf text = { 0 };

	buf_adds(&text, "*** Your accounts:");
	while ((a = accounts_each(c->as, s->network, s->user, a))) {
		buf_addc(&text, '\n');
		buf_addv(&text, a->login);
		buf_adds(&text, !a->enabled    ? " (off)" :
				!a->has_secret ? " (no password)" :
				one && a == first && !a->error.n ?
						 " (in use)" :
						 "");
		if (!a->error.n)
			continue;
		buf_adds(&text, ": ");
		buf_addv(&text, a->error);
	}
	if (!accounts_owned(c->as, s->network, s->user)) {
		buf_clear(&text);
		buf_addf(&text, "*** You have no account: send '#%s add %s'",
			 c->kind->word, c->kind->login);
	}
	answer(s->ask, 200, &text);
}

static void add(struct said *s, struct view login)
{
	struct account_chat *c = s->c;
	size_t n = accounts_taken(c->as, s->network, s->user);
	struct buf text = { 0 };

	if (accounts_find(c->as, s->network, s->user, login)) {
		buf_addf(&text, "*** You have this account. A new password: "
				"'#%s passwd ", c->kind->word);
		buf_addv(&text, login);
		buf_addc(&text, '\'');
		answer(s->ask, 403, &text);
	} else if (n >= (size_t)*c->user_accounts) {
		buf_addf(&text, "*** You have %zu accounts, and may have no "
				"more ('#%s del' takes one away)", n,
			 c->kind->word);
		answer(s->ask, 403, &text);
	} else if (may_tell(c, s->ask)) {
		send_code(s, login, false);
	}
}

static void run_add(struct said *s)
{
	struct buf login = { 0 }, why = { 0 };

	if (s->c->kind->login_of(&login, s->line.argv[0], s->c->conf, &why))
		say(s->ask, 400, buf_str(&why));
	else
		add(s, buf_view(&login));
	buf_free(&login);
	buf_free(&why);
}

static void run_passwd(struct said *s)
{
	struct buf login = { 0 };
	const struct account *a = pick(s, &login);

	if (a && may_tell(s->c, s->ask))
		send_code(s, a->login, true);
	buf_free(&login);
}

static void run_del(struct said *s)
{
	struct buf login = { 0 };
	const struct account *a = pick(s, &login);
	struct later *l;

	if (a) {
		codes_drop(s->c->codes, s->user, s->network, a->login);
		l = later(s->ask, mem_printf("%s was taken away",
					     a->login.p));
		expect(accounts_del(s->c->as, a->id, on_done, l), l);
	}
	buf_free(&login);
}

static void turn(struct said *s, bool on)
{
	struct buf login = { 0 };
	const struct account *a = pick(s, &login);
	struct later *l;

	if (a) {
		l = later(s->ask, mem_printf("%s is %s", a->login.p,
					     on ? "on" : "off"));
		expect(accounts_enable(s->c->as, a->id, on, on_done, l), l);
	}
	buf_free(&login);
}

static void run_on(struct said *s)
{
	turn(s, true);
}

static void run_off(struct said *s)
{
	turn(s, false);
}

typedef void (run_h)(struct said *s);

static const struct cmd commands[] = {
	{ .name = "list", .run = (void (*)(void))run_list },
	{ .name = "add", .min = 1, .max = 1,
	  .run = (void (*)(void))run_add },
	{ .name = "passwd", .aliases = "password", .max = 1,
	  .run = (void (*)(void))run_passwd },
	{ .name = "del", .aliases = "delete remove", .min = 1, .max = 1,
	  .run = (void (*)(void))run_del },
	{ .name = "on", .max = 1, .run = (void (*)(void))run_on },
	{ .name = "off", .max = 1, .run = (void (*)(void))run_off },
};

static void on_command(struct ask *a, struct view line, void *arg)
{
	struct account_chat *c = arg;
	struct said s = {
		.c = c,
		.ask = a,
		.user = imc_ask_user(a)->text,
		.network = view_str(c->kind->network),
	};
	const struct cmd *cmd;
	struct buf text = { 0 };

	(void)cmdline_parse(&s.line, view_empty(line) ? VIEW("list") : line);
	cmd = cmd_find(commands, sizeof(commands) / sizeof(commands[0]),
		       s.line.name);
	if (cmd && s.line.argc >= cmd->min && s.line.argc <= cmd->max) {
		((run_h *)cmd->run)(&s);
		return;
	}
	buf_addf(&text, "*** Send '#%s %s'", c->kind->word, c->usage);
	answer(a, 400, &text);
}

int account_chat_new(struct account_chat **cp,
		     const struct account_chat_conf *conf)
{
	struct account_chat *c = mem_zalloc(sizeof(*c));
	int err;

	c->conf = mem_ref(conf->conf);
	c->as = conf->accounts;
	c->kind = conf->kind;
	c->passwords = conf->passwords;
	c->user_accounts = conf->user_accounts;
	c->codes = conf->codes;
	snprintf(c->usage, sizeof(c->usage),
		 "list | add <%s> | passwd [%s] | del <%s> | on|off [%s]",
		 c->kind->login, c->kind->login, c->kind->login,
		 c->kind->login);
	c->cmd = (struct imc_command){
		.name = c->kind->word,
		.usage = c->usage,
		.help = c->kind->help,
		.run = on_command,
		.is_secret = is_secret,
		.secreth = on_secret,
		.arg = c,
	};
	err = imc_add_command(conf->imc, &c->cmd);
	if (err)
		account_chat_free(c);
	else
		*cp = c;
	return err;
}

void account_chat_free(struct account_chat *c)
{
	if (!c)
		return;
	mem_deref(c->conf);
	mem_free(c);
}
