/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What libpurple asks: each question is answered, sooner or later, or a login
 * would hang for ever. People decide who may see them, and what a network
 * wants to know in one line (a code); all else is answered here.
 */
#include <string.h>

#include "clock.h"
#include "log.h"
#include "mem.h"
#include "pw_priv.h"
#include "pw_text.h"

struct pw_ask {
	struct lnode node;
	struct pw_seat *seat; /* borrowed */
	uint64_t number;
	bool is_question;
	struct wtimer late; /* of questions */
	PurpleAccountRequestAuthorizationCb allow, deny;
	PurpleRequestInputCb ok, cancel;
	void *arg; /* libpurple's */
};

/* ---- the register ---- */

static void *handle_of(const struct pw_ask *a)
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

static void ask_free(struct pw_ask *a)
{
	list_remove(&a->seat->asks, &a->node);
	wheel_stop(loop_wheel(a->seat->pw->loop), &a->late);
	mem_free(a);
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
		.verb = a->is_question ? PURP_QUESTION_OVER : PURP_ASK_OVER,
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
	return handle_of(a);
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

/* ---- one line ---- */

static void answer_input(struct pw_ask *a, const char *text)
{
	PurpleRequestInputCb h = text ? a->ok : a->cancel;
	void *handle = handle_of(a), *arg = a->arg;

	if (a->seat->state == PW_CONNECTING)
		pw_seat_patience(a->seat);
	/* libpurple's call may close it, and the login with it. */
	ask_free(a);
	if (h)
		h(arg, text);
	purple_request_close(PURPLE_REQUEST_INPUT, handle);
}

static void on_late(struct wtimer *t)
{
	struct pw_ask *a = CONTAINER(t, struct pw_ask, late);

	tell_over(a);
	answer_input(a, NULL);
}

static void add_words(struct buf *b, const char *more)
{
	if (!more || !*more)
		return;
	buf_adds(b, b->n ? ": " : "");
	pw_line(b, more);
}

static void *on_input(const char *title, const char *primary,
		      const char *secondary, const char *value,
		      gboolean multiline, gboolean masked, gchar *hint,
		      const char *ok_text, GCallback ok,
		      const char *cancel_text, GCallback cancel,
		      PurpleAccount *account, const char *who,
		      PurpleConversation *conv, void *arg)
{
	struct pw_seat *s = pw_seat_of(account);
	struct pw_ask *a = s && !s->is_account ? ask_new(s, arg) : NULL;
	struct purp p = { .verb = PURP_QUESTION, .kind = masked != FALSE };
	struct buf words = { 0 };

	(void)value, (void)multiline, (void)hint, (void)ok_text;
	(void)cancel_text, (void)who, (void)conv;
	if (!a) {
		log_info("libpurple asked, and nobody can answer: %s",
			 title ? title : "");
		if (cancel)
			((PurpleRequestInputCb)cancel)(arg, NULL);
		return NULL;
	}
	a->is_question = true;
	a->ok = (PurpleRequestInputCb)ok;
	a->cancel = (PurpleRequestInputCb)cancel;
	wheel_start(loop_wheel(s->pw->loop), &a->late, PW_ANSWER_MS, on_late);
	/* A login in the making waits as long. */
	if (s->state == PW_CONNECTING)
		wheel_stop(loop_wheel(s->pw->loop), &s->patience);
	add_words(&words, title);
	add_words(&words, primary);
	add_words(&words, secondary);
	p.number = a->number;
	p.text = buf_view(&words);
	pw_tell(s, &p);
	buf_free(&words);
	return handle_of(a);
}

bool pw_answer(struct pw_seat *s, uint64_t number, bool yes, struct view text)
{
	struct pw_ask *a = ask_find(s, number);
	PurpleAccountRequestAuthorizationCb h;
	char *line;
	void *arg;

	if (!a)
		return false;
	if (a->is_question) {
		line = view_dup(text);
		answer_input(a, yes ? line : NULL);
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

enum { ACTIONS_MAX = 8 };

struct actions {
	const char *labels[ACTIONS_MAX];
	PurpleRequestActionCb calls[ACTIONS_MAX];
	size_t count;
};

static void take_actions(struct actions *a, size_t count, va_list list)
{
	a->count = count < ACTIONS_MAX ? count : ACTIONS_MAX;
	for (size_t i = 0; i < a->count; i++) {
		a->labels[i] = va_arg(list, char *);
		a->calls[i] = (PurpleRequestActionCb)va_arg(list, GCallback);
	}
}

static bool label_has(const char *label, const char *word)
{
	/* "_Cancel": the line is under the letter of the key. */
	return label && strcasestr(label[0] == '_' ? label + 1 : label, word);
}

/* The button that changes nothing; the last one where none says so. */
static size_t refusal(const struct actions *a)
{
	static const char *const words[] = {
		"reject", "cancel", "deny", "decline", "refuse", "no",
		"close", "ignore",
	};

	for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++)
		for (size_t i = 0; i < a->count; i++)
			if (label_has(a->labels[i], words[w]))
				return i;
	return a->count - 1;
}

static size_t choose(const struct actions *a, const char *title)
{
	if (title && strstr(title, "Create New Room"))
		for (size_t i = 0; i < a->count; i++)
			if (label_has(a->labels[i], "accept"))
				return i;
	return refusal(a);
}

/* A certificate comes without its account. */
static void blame_refusal(PurpleAccount *account, const char *title,
			  const char *primary, const char *secondary)
{
	struct pw_seat *s = account ? pw_seat_of(account) : pw_cert_seat();
	struct buf words = { 0 };

	if (!s || s->state != PW_CONNECTING)
		return;
	if (pw_cert_seat())
		buf_adds(&words, "the server's certificate can't be verified");
	else
		add_words(&words, title);
	add_words(&words, pw_cert_seat() ? NULL : primary);
	add_words(&words, secondary);
	pw_seat_blame(s, GONE_CONFIG, buf_view(&words));
	buf_free(&words);
}

static void *on_action(const char *title, const char *primary,
		       const char *secondary, int value,
		       PurpleAccount *account, const char *who,
		       PurpleConversation *conv, void *arg, size_t count,
		       va_list list)
{
	struct actions a;
	size_t i;

	(void)value, (void)who, (void)conv;
	take_actions(&a, count, list);
	if (!a.count)
		return NULL;
	i = choose(&a, title);
	log_debug("libpurple asked: %s; answered: %s",
		  title ? title : primary ? primary : "",
		  a.labels[i] ? a.labels[i] : "");
	if (!label_has(a.labels[i], "accept"))
		blame_refusal(account, title, primary, secondary);
	if (a.calls[i])
		a.calls[i](arg, (int)i);
	return NULL;
}

static void *on_icon_action(const char *title, const char *primary,
			    const char *secondary, int value,
			    PurpleAccount *account, const char *who,
			    PurpleConversation *conv, gconstpointer icon,
			    gsize size, void *arg, size_t count, va_list list)
{
	(void)icon, (void)size;
	return on_action(title, primary, secondary, value, account, who, conv,
			 arg, count, list);
}

static void *on_choice(const char *title, const char *primary,
		       const char *secondary, int value, const char *ok_text,
		       GCallback ok, const char *cancel_text, GCallback cancel,
		       PurpleAccount *account, const char *who,
		       PurpleConversation *conv, void *arg, va_list list)
{
	(void)value, (void)ok_text, (void)ok, (void)cancel_text;
	(void)who, (void)conv, (void)list;
	log_info("libpurple wants a choice, refused: %s", title ? title : "");
	blame_refusal(account, title, primary, secondary);
	if (cancel)
		((PurpleRequestChoiceCb)cancel)(arg, -1);
	return NULL;
}

static void *on_fields(const char *title, const char *primary,
		       const char *secondary, PurpleRequestFields *fields,
		       const char *ok_text, GCallback ok,
		       const char *cancel_text, GCallback cancel,
		       PurpleAccount *account, const char *who,
		       PurpleConversation *conv, void *arg)
{
	(void)ok_text, (void)ok, (void)cancel_text, (void)who, (void)conv;
	log_info("libpurple wants a form, refused: %s", title ? title : "");
	blame_refusal(account, title, primary, secondary);
	if (cancel)
		((PurpleRequestFieldsCb)cancel)(arg, fields);
	purple_request_fields_destroy(fields);
	return NULL;
}

static void *on_file(const char *title, const char *name, gboolean save,
		     GCallback ok, GCallback cancel, PurpleAccount *account,
		     const char *who, PurpleConversation *conv, void *arg)
{
	(void)name, (void)save, (void)ok, (void)account, (void)who;
	(void)conv;
	log_info("libpurple wants a file, refused: %s", title ? title : "");
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

static void on_close(PurpleRequestType type, void *handle)
{
	struct pw_ask *a = type == PURPLE_REQUEST_INPUT ? ask_of(handle)
							: NULL;

	if (!a)
		return;
	tell_over(a);
	ask_free(a);
}

PurpleRequestUiOps *pw_request_ops(void)
{
	static PurpleRequestUiOps ops = {
		.request_input = on_input,
		.request_choice = on_choice,
		.request_action = on_action,
		.request_fields = on_fields,
		.request_file = on_file,
		.close_request = on_close,
		.request_folder = on_folder,
		.request_action_with_icon = on_icon_action,
	};

	return &ops;
}

/* ---- notices: to nobody in particular ---- */

/* The one registry of this part. */
static struct {
	char *text; /* owned by GLib */
	uint64_t at;
} last;

const char *pw_notified(const char *name)
{
	/* Just now, and of this room: never of another's. */
	return last.text && now_ms() - last.at < 1000 &&
			       strstr(last.text, name)
		       ? last.text
		       : "";
}

static void *on_message(PurpleNotifyMsgType type, const char *title,
			const char *primary, const char *secondary)
{
	(void)type;
	g_free(last.text);
	last.text = g_strdup_printf("%s %s %s", title ? title : "",
				    primary ? primary : "",
				    secondary ? secondary : "");
	last.at = now_ms();
	log_debug("libpurple: %s", last.text);
	return NULL;
}

PurpleNotifyUiOps *pw_notify_ops(void)
{
	static PurpleNotifyUiOps ops = { .notify_message = on_message };

	return &ops;
}
