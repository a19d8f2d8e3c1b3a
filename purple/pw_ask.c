/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What libpurple asks: each question is answered, sooner or later, or a login
 * would hang for ever. People decide who may see them, and tell what a network
 * wants to know; who does not answer in time has refused. Where there is
 * nobody to ask (accounts of links), and for files, the answer is no.
 */
#include "pw_ask.h"

#include <string.h>

#include "log.h"
#include "mem.h"
#include "pw_text.h"

/* ---- the register ---- */

void *pw_ask_handle(const struct pw_ask *a)
{
	return GSIZE_TO_POINTER((gsize)a->number);
}

static struct pw_ask *ask_new(struct pw_seat *s, void *arg)
{
	struct pw_ask *a;

	if (s->asks.count >= PW_PENDING) {
		log_warning("purple %s: too many requests wait", s->label);
		return NULL;
	}
	a = mem_zalloc(sizeof(*a));
	a->seat = s;
	a->number = ++s->pw->next_number;
	a->arg = arg;
	list_append(&s->asks, &a->node);
	return a;
}

/* What the kind has stays, for who holds a copy. */
static void ask_drop(struct pw_ask *a)
{
	list_remove(&a->seat->asks, &a->node);
	wheel_stop(loop_wheel(a->seat->pw->loop), &a->late);
	mem_free(a);
}

static void free_more(const struct pw_ask *a)
{
	if (a->kind && a->kind->free)
		a->kind->free(a->more);
}

static void ask_free(struct pw_ask *a)
{
	free_more(a);
	ask_drop(a);
}

static struct pw_ask *ask_find(const struct pw_seat *s, uint64_t number)
{
	struct lnode *n, *nx;

	LIST_EACH (&s->asks, n, nx) {
		struct pw_ask *a = CONTAINER(n, struct pw_ask, node);

		if (a->number == number)
			return a;
	}
	return NULL;
}

/* libpurple gives its handle only, so all logins are looked through. */
static struct pw_ask *ask_of(void *handle)
{
	GList *l = handle ? purple_accounts_get_all() : NULL;
	struct pw_ask *a = NULL;

	for (; l && !a; l = l->next) {
		PurpleAccount *account = l->data;

		if (account->ui_data)
			a = ask_find(account->ui_data,
				     GPOINTER_TO_SIZE(handle));
	}
	return a;
}

void pw_asks_free(struct pw_seat *s)
{
	struct lnode *n;

	while ((n = list_first(&s->asks)) != NULL)
		ask_free(CONTAINER(n, struct pw_ask, node));
}

static void tell_over(const struct pw_ask *a)
{
	const struct purp p = {
		.verb = a->kind ? PURP_QUESTION_OVER : PURP_ASK_OVER,
		.number = a->number,
	};

	pw_tell(a->seat, &p);
}

/* ---- who may see us ---- */

static void *on_authorize(PurpleAccount *account, const char *who,
			  const char *id, const char *alias, const char *text,
			  gboolean on_list,
			  PurpleAccountRequestAuthorizationCb allow,
			  PurpleAccountRequestAuthorizationCb deny, void *arg)
{
	struct pw_seat *s = pw_seat_of(account);
	struct pw_ask *a = s && !s->is_account ? ask_new(s, arg) : NULL;
	struct purp p = { .verb = PURP_ASKED, .kind = on_list != FALSE };
	struct buf name = { 0 }, why = { 0 };

	(void)id;
	if (!a)
		return NULL;
	a->allow = allow;
	a->deny = deny;
	pw_norm(&name, s, who);
	pw_line(&why, text);
	p.number = a->number;
	p.who = buf_view(&name);
	p.other = view_str(alias);
	p.text = buf_view(&why);
	pw_tell(s, &p);
	buf_free(&name);
	buf_free(&why);
	return pw_ask_handle(a);
}

/* Also at the end of a connection: the server will ask again. */
static void on_close_authorize(void *handle)
{
	struct pw_ask *a = ask_of(handle);

	if (!a)
		return;
	tell_over(a);
	ask_free(a);
}

static void on_was_added(PurpleAccount *account, const char *who,
			 const char *id, const char *alias, const char *text)
{
	struct pw_seat *s = pw_seat_of(account);

	(void)id;
	(void)alias;
	(void)text;
	if (s)
		pw_notice(s, "has you on his list now: ", who);
}

PurpleAccountUiOps *pw_account_ops(void)
{
	static PurpleAccountUiOps ops = {
		.notify_added = on_was_added,
		.request_add = on_was_added,
		.request_authorize = on_authorize,
		.close_account_request = on_close_authorize,
	};

	return &ops;
}

/* ---- questions ---- */

static void add_words(struct buf *b, const char *more)
{
	if (!more || !*more)
		return;
	buf_adds(b, b->n ? ": " : "");
	pw_line(b, more);
}

void pw_words_put(struct buf *b, const struct pw_words *w)
{
	add_words(b, w->title);
	add_words(b, w->primary);
	add_words(b, w->secondary);
}

static bool has_questions(const struct pw_seat *s)
{
	struct lnode *n, *nx;

	LIST_EACH (&s->asks, n, nx)
		if (CONTAINER(n, struct pw_ask, node)->kind)
			return true;
	return false;
}

/* A login waits for people as long as they are asked. */
static void go_on(struct pw_seat *s)
{
	if (s->state == PW_CONNECTING && !has_questions(s))
		pw_seat_patience(s);
}

static void answer(struct pw_ask *a, const char *text)
{
	struct pw_ask copy;

	if (!a->kind->take(a, text))
		return;
	copy = *a;
	ask_drop(a);
	go_on(copy.seat);
	/* libpurple's call may close it, and the login with it. */
	copy.kind->finish(&copy, text);
	free_more(&copy);
	purple_request_close(copy.kind->type, pw_ask_handle(&copy));
}

static void on_late(struct wtimer *t)
{
	struct pw_ask *a = CONTAINER(t, struct pw_ask, late);

	tell_over(a);
	answer(a, NULL);
}

struct pw_ask *pw_ask_new(struct pw_seat *s, const struct pw_kind *kind,
			  void *more, void *arg)
{
	struct pw_ask *a = s && !s->is_account ? ask_new(s, arg) : NULL;

	if (!a)
		return NULL;
	a->kind = kind;
	a->more = more;
	wheel_start(loop_wheel(s->pw->loop), &a->late, PW_ANSWER_MS, on_late);
	/* A login in the making waits as long. */
	if (s->state == PW_CONNECTING)
		wheel_stop(loop_wheel(s->pw->loop), &s->patience);
	return a;
}

void pw_ask_put(struct pw_ask *a, struct view words, bool secret)
{
	const struct purp p = {
		.verb = PURP_QUESTION,
		.kind = secret,
		.number = a->number,
		.text = words,
	};

	pw_tell(a->seat, &p);
}

/* A certificate comes without its account. */
void pw_ask_blame(PurpleAccount *account, const struct pw_words *w)
{
	const bool cert = !account && pw_cert_seat();
	struct pw_seat *s = cert ? pw_cert_seat() : pw_seat_of(account);
	struct buf words = { 0 };

	if (!s || s->state != PW_CONNECTING)
		return;
	if (cert)
		buf_adds(&words, "the server's certificate can't be verified");
	add_words(&words, cert ? NULL : w->title);
	add_words(&words, cert ? NULL : w->primary);
	add_words(&words, w->secondary);
	pw_seat_blame(s, GONE_CONFIG, buf_view(&words));
	buf_free(&words);
}

/* ---- one line ---- */

static bool take_line(struct pw_ask *a, const char *text)
{
	(void)a;
	(void)text;
	return true;
}

static void finish_line(const struct pw_ask *a, const char *text)
{
	GCallback h = text ? a->ok : a->cancel;

	if (h)
		((PurpleRequestInputCb)h)(a->arg, text);
}

static void *on_input(const char *title, const char *primary,
		      const char *secondary, const char *value,
		      gboolean multiline, gboolean masked, gchar *hint,
		      const char *ok_text, GCallback ok,
		      const char *cancel_text, GCallback cancel,
		      PurpleAccount *account, const char *who,
		      PurpleConversation *conv, void *arg)
{
	static const struct pw_kind kind = {
		.type = PURPLE_REQUEST_INPUT,
		.take = take_line,
		.finish = finish_line,
	};
	const struct pw_words w = { title, primary, secondary };
	struct pw_ask *a = pw_ask_new(pw_seat_of(account), &kind, NULL, arg);
	struct buf words = { 0 };

	(void)value, (void)multiline, (void)hint, (void)ok_text;
	(void)cancel_text, (void)who, (void)conv;
	if (!a) {
		log_info("libpurple asked, and nobody can answer: %s",
			 title ? title : "");
		pw_ask_blame(account, &w);
		if (cancel)
			((PurpleRequestInputCb)cancel)(arg, NULL);
		return NULL;
	}
	a->ok = ok;
	a->cancel = cancel;
	pw_words_put(&words, &w);
	pw_ask_put(a, buf_view(&words), masked != FALSE);
	buf_free(&words);
	return pw_ask_handle(a);
}

/* An answer without words is none: confabd's, when he was too late. */
bool pw_answer(struct pw_seat *s, uint64_t number, bool yes, struct view text)
{
	struct pw_ask *a = ask_find(s, number);
	PurpleAccountRequestAuthorizationCb h;
	char *line;
	void *arg;

	if (!a)
		return false;
	if (a->kind) {
		line = view_dup(text);
		answer(a, yes && *line ? line : NULL);
		mem_scrub_free(line);
		return true;
	}
	h = yes ? a->allow : a->deny;
	arg = a->arg;
	ask_free(a);
	h(arg);
	return true;
}

/* ---- what nobody is asked ---- */

static void *on_file(const char *title, const char *name, gboolean save,
		     GCallback ok, GCallback cancel, PurpleAccount *account,
		     const char *who, PurpleConversation *conv, void *arg)
{
	struct pw_seat *s = pw_seat_of(account);

	(void)name, (void)save, (void)ok, (void)who, (void)conv;
	if (s)
		pw_notice(s, "There is no way to give it a file: ",
			  title ? title : "?");
	if (cancel)
		((PurpleRequestFileCb)cancel)(arg, NULL);
	return NULL;
}

static void *on_folder(const char *title, const char *name, GCallback ok,
		       GCallback cancel, PurpleAccount *account,
		       const char *who, PurpleConversation *conv, void *arg)
{
	return on_file(title, name, FALSE, ok, cancel, account, who, conv,
		       arg);
}

static void *on_icon_action(const char *title, const char *primary,
			    const char *secondary, int value,
			    PurpleAccount *account, const char *who,
			    PurpleConversation *conv, gconstpointer icon,
			    gsize size, void *arg, size_t count, va_list list)
{
	(void)icon, (void)size;
	return pw_on_action(title, primary, secondary, value, account, who,
			    conv, arg, count, list);
}

static void on_close(PurpleRequestType type, void *handle)
{
	struct pw_ask *a = ask_of(handle);
	struct pw_seat *s = a ? a->seat : NULL;

	if (!a || !a->kind || a->kind->type != type)
		return;
	tell_over(a);
	ask_free(a);
	go_on(s);
}

PurpleRequestUiOps *pw_request_ops(void)
{
	static PurpleRequestUiOps ops = {
		.request_input = on_input,
		.request_choice = pw_on_choice,
		.request_action = pw_on_action,
		.request_fields = pw_on_fields,
		.request_file = on_file,
		.close_request = on_close,
		.request_folder = on_folder,
		.request_action_with_icon = on_icon_action,
	};

	return &ops;
}
