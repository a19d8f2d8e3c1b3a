/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Questions with given answers: buttons and choices. He answers by the number
 * or the words of one. Some are answered here, as every one of them has the
 * same good answer: certificates are verified by pw_cert.c, passwords never
 * go in clear, and a new room is taken as it is.
 */
#include <string.h>

#include "log.h"
#include "mem.h"
#include "pw_ask.h"
#include "pw_text.h"
#include "utf8.h"

enum { LABEL_MAX_SHOWN = 60 };

/* ---- options ---- */

void pw_options_add(struct pw_options *o, const char *label, int value,
		    PurpleRequestActionCb call)
{
	struct buf b = { 0 };

	if (o->count == PW_OPTIONS)
		return;
	/* "_Cancel": the line is under the letter of the key. */
	pw_line(&b, label && *label == '_' ? label + 1 : label);
	o->labels[o->count] = mem_strdup(buf_str(&b));
	o->values[o->count] = value;
	o->calls[o->count++] = call;
	buf_free(&b);
}

void pw_options_free(struct pw_options *o)
{
	for (size_t i = 0; i < o->count; i++)
		mem_free(o->labels[i]);
	o->count = 0;
}

void pw_options_put(struct buf *b, const struct pw_options *o)
{
	buf_addc(b, ':');
	for (size_t i = 0; i < o->count; i++) {
		struct view label = view_str(o->labels[i]);

		buf_addf(b, " (%zu) ", i + 1);
		buf_addv(b, view_head(label,
				      utf8_cut(label, LABEL_MAX_SHOWN)));
	}
}

size_t pw_options_find(const struct pw_options *o, const char *text)
{
	uint64_t n;

	for (size_t i = 0; i < o->count; i++)
		if (view_ieqs(view_str(text), o->labels[i]))
			return i;
	if (view_u64(&n, view_str(text), o->count) || !n)
		return o->count;
	return (size_t)n - 1;
}

/* ---- one of them ---- */

struct chosen {
	struct pw_options options;
	size_t refusal; /* the one that changes nothing; count: none */
	size_t at;
	char *words;    /* owned */
};

static void chosen_free(void *more)
{
	struct chosen *c = more;

	pw_options_free(&c->options);
	mem_free(c->words);
	mem_free(c);
}

static bool take(struct pw_ask *a, const char *text)
{
	struct chosen *c = a->more;

	c->at = text ? pw_options_find(&c->options, text) : c->refusal;
	if (!text || c->at < c->options.count)
		return true;
	pw_ask_put(a, view_str(c->words), false);
	return false;
}

static void finish_choice(const struct pw_ask *a, const char *text)
{
	const struct chosen *c = a->more;
	GCallback h = text ? a->ok : a->cancel;

	if (h)
		((PurpleRequestChoiceCb)h)(
			a->arg, text ? c->options.values[c->at] : -1);
}

static void finish_action(const struct pw_ask *a, const char *text)
{
	const struct chosen *c = a->more;

	(void)text;
	if (c->options.calls[c->at])
		c->options.calls[c->at](a->arg, (int)c->at);
}

static struct pw_ask *ask(PurpleAccount *account, const struct pw_kind *kind,
			  struct chosen *c, const struct pw_words *w,
			  void *arg)
{
	struct pw_ask *a = pw_ask_new(pw_seat_of(account), kind, c, arg);
	struct buf words = { 0 };

	if (!a)
		return NULL;
	pw_words_put(&words, w);
	pw_options_put(&words, &c->options);
	c->words = buf_take(&words);
	pw_ask_put(a, view_str(c->words), false);
	return a;
}

static struct chosen *chosen_new(void)
{
	return mem_zalloc(sizeof(struct chosen));
}

/* ---- choices ---- */

/* False: there are too many, or none. */
static bool take_choices(struct pw_options *o, va_list list)
{
	const char *label;

	while ((label = va_arg(list, const char *)) != NULL) {
		int value = va_arg(list, int);

		if (o->count == PW_OPTIONS)
			return false;
		pw_options_add(o, label, value, NULL);
	}
	return o->count > 0;
}

void *pw_on_choice(const char *title, const char *primary,
		   const char *secondary, int value, const char *ok_text,
		   GCallback ok, const char *cancel_text, GCallback cancel,
		   PurpleAccount *account, const char *who,
		   PurpleConversation *conv, void *arg, va_list list)
{
	static const struct pw_kind kind = {
		.type = PURPLE_REQUEST_CHOICE,
		.take = take,
		.finish = finish_choice,
		.free = chosen_free,
	};
	const struct pw_words w = { title, primary, secondary };
	struct chosen *c = chosen_new();
	struct pw_ask *a = NULL;

	(void)value, (void)ok_text, (void)cancel_text, (void)who, (void)conv;
	if (take_choices(&c->options, list))
		a = ask(account, &kind, c, &w, arg);
	if (a) {
		c->refusal = c->options.count;
		a->ok = ok;
		a->cancel = cancel;
		return pw_ask_handle(a);
	}
	log_info("libpurple wants a choice, refused: %s", title ? title : "");
	chosen_free(c);
	pw_ask_blame(account, &w);
	if (cancel)
		((PurpleRequestChoiceCb)cancel)(arg, -1);
	return NULL;
}

/* ---- buttons ---- */

static bool label_has(const struct pw_options *o, size_t i, const char *word)
{
	return strcasestr(o->labels[i], word) != NULL;
}

/* The button that changes nothing; the last one where none says so. */
static size_t refusal(const struct pw_options *o)
{
	static const char *const words[] = {
		"reject", "cancel", "deny", "decline", "refuse", "no",
		"close", "ignore",
	};

	for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++)
		for (size_t i = 0; i < o->count; i++)
			if (label_has(o, i, words[w]))
				return i;
	return o->count - 1;
}

static size_t acceptance(const struct pw_options *o)
{
	for (size_t i = 0; i < o->count; i++)
		if (label_has(o, i, "accept"))
			return i;
	return refusal(o);
}

static bool has_title(const struct pw_words *w, const char *title)
{
	return w->title && strstr(w->title, title);
}

/* Answered here: the same for all. */
static bool is_policy(const struct pw_words *w, const struct pw_options *o)
{
	return o->count < 2 || has_title(w, "Create New Room") ||
	       has_title(w, "Plaintext Authentication");
}

static void decide(PurpleAccount *account, const struct pw_words *w,
		   const struct pw_options *o, void *arg)
{
	const bool room = has_title(w, "Create New Room");
	size_t i = room ? acceptance(o) : refusal(o);
	PurpleRequestActionCb call = o->calls[i];

	log_debug("libpurple asked: %s; answered: %s",
		  w->title     ? w->title
		  : w->primary ? w->primary
			       : "",
		  o->labels[i]);
	if (!room && o->count > 1)
		pw_ask_blame(account, w);
	if (call)
		call(arg, (int)i);
}

void *pw_on_action(const char *title, const char *primary,
		   const char *secondary, int value, PurpleAccount *account,
		   const char *who, PurpleConversation *conv, void *arg,
		   size_t count, va_list list)
{
	static const struct pw_kind kind = {
		.type = PURPLE_REQUEST_ACTION,
		.take = take,
		.finish = finish_action,
		.free = chosen_free,
	};
	const struct pw_words w = { title, primary, secondary };
	struct chosen *c = chosen_new();
	struct pw_ask *a = NULL;

	(void)value, (void)who, (void)conv;
	for (size_t i = 0; i < count; i++) {
		const char *label = va_arg(list, const char *);

		pw_options_add(&c->options, label, (int)i,
			       (PurpleRequestActionCb)va_arg(list, GCallback));
	}
	if (c->options.count)
		c->refusal = refusal(&c->options);
	if (!is_policy(&w, &c->options))
		a = ask(account, &kind, c, &w, arg);
	if (a)
		return pw_ask_handle(a);
	if (c->options.count)
		decide(account, &w, &c->options, arg);
	chosen_free(c);
	return NULL;
}
