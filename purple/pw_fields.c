/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Forms: he is asked for one field after the other, and libpurple gets them
 * all. What he need not see stays as it is. A form that nobody can fill in by
 * words (a picture, more fields than a person would answer in a chat) is
 * refused at once.
 */
#include <string.h>

#include "log.h"
#include "mem.h"
#include "pw_ask.h"
#include "pw_text.h"

enum { FIELDS_MAX = 10 };

struct form {
	PurpleRequestFields *fields; /* owned */
	PurpleRequestField *asked[FIELDS_MAX]; /* borrowed */
	size_t count, at;
	char *words; /* owned: of the whole form */
	PurpleRequestFieldsCb ok, cancel;
};

static void form_free(void *more)
{
	struct form *f = more;

	purple_request_fields_destroy(f->fields);
	mem_free(f->words);
	mem_free(f);
}

/* ---- what is asked ---- */

static bool is_asked(PurpleRequestField *field)
{
	switch (purple_request_field_get_type(field)) {
	case PURPLE_REQUEST_FIELD_STRING:
		return purple_request_field_is_visible(field) &&
		       purple_request_field_string_is_editable(field);
	case PURPLE_REQUEST_FIELD_INTEGER:
	case PURPLE_REQUEST_FIELD_BOOLEAN:
	case PURPLE_REQUEST_FIELD_CHOICE:
	case PURPLE_REQUEST_FIELD_LIST:
		return purple_request_field_is_visible(field);
	default:
		return false;
	}
}

/* False: he could not answer it. */
static bool add_field(struct form *f, PurpleRequestField *field)
{
	if (purple_request_field_get_type(field) ==
	    PURPLE_REQUEST_FIELD_IMAGE)
		return false;
	if (!is_asked(field))
		return true;
	if (f->count == FIELDS_MAX)
		return false;
	f->asked[f->count++] = field;
	return true;
}

static bool find_fields(struct form *f)
{
	GList *g = purple_request_fields_get_groups(f->fields), *l;

	for (; g; g = g->next)
		for (l = purple_request_field_group_get_fields(g->data); l;
		     l = l->next)
			if (!add_field(f, l->data))
				return false;
	return f->count > 0;
}

/* ---- the answers that a field has ---- */

static void options_of(struct pw_options *o, PurpleRequestField *field)
{
	PurpleRequestFieldType type = purple_request_field_get_type(field);
	GList *l = NULL;

	if (type == PURPLE_REQUEST_FIELD_BOOLEAN) {
		pw_options_add(o, "yes", TRUE, NULL);
		pw_options_add(o, "no", FALSE, NULL);
	} else if (type == PURPLE_REQUEST_FIELD_CHOICE) {
		l = purple_request_field_choice_get_labels(field);
	} else if (type == PURPLE_REQUEST_FIELD_LIST) {
		l = purple_request_field_list_get_items(field);
	}
	for (; l; l = l->next)
		pw_options_add(o, l->data, (int)o->count, NULL);
}

static void set_list(PurpleRequestField *field, size_t at)
{
	GList *l = purple_request_field_list_get_items(field);

	purple_request_field_list_clear_selected(field);
	l = g_list_nth(l, (guint)at);
	if (l)
		purple_request_field_list_add_selected(field, l->data);
}

static bool set_option(PurpleRequestField *field, const char *text)
{
	PurpleRequestFieldType type = purple_request_field_get_type(field);
	struct pw_options o = { .count = 0 };
	size_t at;
	bool good;

	options_of(&o, field);
	at = pw_options_find(&o, text);
	good = at < o.count;
	if (good && type == PURPLE_REQUEST_FIELD_BOOLEAN)
		purple_request_field_bool_set_value(field, o.values[at]);
	else if (good && type == PURPLE_REQUEST_FIELD_CHOICE)
		purple_request_field_choice_set_value(field, o.values[at]);
	else if (good)
		set_list(field, at);
	pw_options_free(&o);
	return good;
}

static bool set_number(PurpleRequestField *field, const char *text)
{
	uint64_t n;
	bool minus = *text == '-';

	if (view_u64(&n, view_str(text + minus), INT32_MAX))
		return false;
	purple_request_field_int_set_value(field, minus ? -(int)n : (int)n);
	return true;
}

static bool may_skip(PurpleRequestField *field)
{
	const char *text;

	if (!purple_request_field_is_required(field))
		return true;
	switch (purple_request_field_get_type(field)) {
	case PURPLE_REQUEST_FIELD_STRING:
		text = purple_request_field_string_get_value(field);
		return text && *text;
	case PURPLE_REQUEST_FIELD_LIST:
		return purple_request_field_list_get_selected(field) != NULL;
	default:
		return true;
	}
}

/* False: that is no answer. */
static bool set_field(PurpleRequestField *field, const char *text)
{
	if (!strcmp(text, "-") && may_skip(field))
		return true;
	switch (purple_request_field_get_type(field)) {
	case PURPLE_REQUEST_FIELD_STRING:
		purple_request_field_string_set_value(field, text);
		return true;
	case PURPLE_REQUEST_FIELD_INTEGER:
		return set_number(field, text);
	default:
		return set_option(field, text);
	}
}

/* ---- asking ---- */

static void put_question(struct pw_ask *a)
{
	struct form *f = a->more;
	PurpleRequestField *field = f->asked[f->at];
	struct pw_options o = { .count = 0 };
	struct buf b = { 0 };
	bool secret = purple_request_field_get_type(field) ==
			      PURPLE_REQUEST_FIELD_STRING &&
		      purple_request_field_string_is_masked(field);

	if (f->count > 1)
		buf_addf(&b, "%zu of %zu: ", f->at + 1, f->count);
	buf_adds(&b, f->words);
	buf_adds(&b, *f->words ? ": " : "");
	pw_line(&b, purple_request_field_get_label(field));
	options_of(&o, field);
	if (o.count)
		pw_options_put(&b, &o);
	if (may_skip(field))
		buf_adds(&b, " (- leaves it as it is)");
	pw_ask_put(a, buf_view(&b), secret);
	pw_options_free(&o);
	buf_free(&b);
}

static bool take(struct pw_ask *a, const char *text)
{
	struct form *f = a->more;

	if (!text)
		return true;
	if (set_field(f->asked[f->at], text) && ++f->at == f->count)
		return true;
	put_question(a);
	return false;
}

static void finish(const struct pw_ask *a, const char *text)
{
	struct form *f = a->more;
	bool whole = text &&
		     purple_request_fields_all_required_filled(f->fields);
	PurpleRequestFieldsCb h = whole ? f->ok : f->cancel;

	if (h)
		h(a->arg, f->fields);
}

static void refuse(struct form *f, PurpleAccount *account,
		   const struct pw_words *w, void *arg)
{
	log_info("libpurple wants a form, refused: %s",
		 w->title     ? w->title
		 : w->primary ? w->primary
			      : "");
	pw_ask_blame(account, w);
	if (f->cancel)
		f->cancel(arg, f->fields);
	form_free(f);
}

/* A password that was not given is not asked for before there is a
 * connection: the operator, or "#purple", has to set it. */
static bool is_askable(PurpleAccount *account)
{
	const struct pw_seat *s = pw_seat_of(account);

	return s && pw_gc(s);
}

void *pw_on_fields(const char *title, const char *primary,
		   const char *secondary, PurpleRequestFields *fields,
		   const char *ok_text, GCallback ok, const char *cancel_text,
		   GCallback cancel, PurpleAccount *account, const char *who,
		   PurpleConversation *conv, void *arg)
{
	static const struct pw_kind kind = {
		.type = PURPLE_REQUEST_FIELDS,
		.take = take,
		.finish = finish,
		.free = form_free,
	};
	const struct pw_words w = { title, primary, secondary };
	struct form *f = mem_zalloc(sizeof(*f));
	struct pw_ask *a = NULL;
	struct buf words = { 0 };

	(void)ok_text, (void)cancel_text, (void)who, (void)conv;
	f->fields = fields;
	f->ok = (PurpleRequestFieldsCb)ok;
	f->cancel = (PurpleRequestFieldsCb)cancel;
	pw_words_put(&words, &w);
	f->words = buf_take(&words);
	if (is_askable(account) && find_fields(f))
		a = pw_ask_new(pw_seat_of(account), &kind, f, arg);
	if (!a) {
		refuse(f, account, &w, arg);
		return NULL;
	}
	put_question(a);
	return pw_ask_handle(a);
}
