/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A section as words, by its option table. */
#include "words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "options.h"

enum { LABEL_MAX = 32, LIST_MAX = 16 };

static void *field(void *n, const struct opt *o)
{
	return (char *)n + o->offset;
}

static const void *field_of(const void *n, const struct opt *o)
{
	return (const char *)n + o->offset;
}

static void free_list(char **list)
{
	for (char **p = list; p && *p; p++)
		mem_free(*p);
	mem_free(list);
}

static void free_value(void *n, const struct opt *o)
{
	if (o->type == OPT_LIST) {
		free_list(*(char ***)field(n, o));
		*(char ***)field(n, o) = NULL;
	} else if (o->type == OPT_STR) {
		mem_scrub_free(*(char **)field(n, o));
		*(char **)field(n, o) = NULL;
	}
}

void words_free(void *section, const struct words *w)
{
	for (size_t i = 0; i < w->count; i++)
		free_value(section, &w->opts[i]);
}

static const struct opt *opt_find(const struct words *w, struct view key)
{
	for (size_t i = 0; i < w->count; i++)
		if (view_eqs(key, w->opts[i].key))
			return &w->opts[i];
	return NULL;
}

bool words_is_secret(struct view word)
{
	struct view key, value;

	view_cut(word, '=', &key, &value);
	return key.n >= 8 && view_eqs(view_from(key, key.n - 8), "password");
}

/* ---- values ---- */

static int set_int(long *out, const struct opt *o, const char *text,
		   struct buf *why)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (errno || end == text || *end || n < o->min || n > o->max) {
		buf_addf(why, "must be %ld to %ld", o->min, o->max);
		return EINVAL;
	}
	*out = n;
	return 0;
}

static int set_bool(bool *out, const char *text, struct buf *why)
{
	if (strcmp(text, "true") && strcmp(text, "false")) {
		buf_adds(why, "must be true or false");
		return EINVAL;
	}
	*out = !strcmp(text, "true");
	return 0;
}

static int set_list(char ***out, const struct opt *o, const char *text,
		    struct buf *why)
{
	struct view rest = view_str(text), one;
	char **list = mem_array(NULL, LIST_MAX + 1, sizeof(*list));
	size_t n = 0;
	int err = 0;

	while (rest.n && n < LIST_MAX && !err) {
		view_cut(rest, ',', &one, &rest);
		list[n++] = view_dup(view_trim(one));
		err = o->check ? o->check(list[n - 1], why) : 0;
	}
	list[n] = NULL;
	if (rest.n && !err) {
		buf_adds(why, "are too many");
		err = EINVAL;
	}
	*out = list;
	return err;
}

static int set_value(void *n, const struct opt *o,
		     const char *text, struct buf *why)
{
	free_value(n, o);
	switch (o->type) {
	case OPT_INT:
		return set_int(field(n, o), o, text, why);
	case OPT_BOOL:
		return set_bool(field(n, o), text, why);
	case OPT_LIST:
		return set_list(field(n, o), o, text, why);
	case OPT_STR:
		break;
	}
	*(char **)field(n, o) = mem_strdup(text);
	return *text && o->check ? o->check(text, why) : 0;
}

static int set_default(void *n, const struct opt *o)
{
	struct buf why = { 0 };
	int err = set_value(n, o, o->type == OPT_LIST ? "" : o->def, &why);

	buf_free(&why);
	return err;
}

static int set_word(void *n, const struct words *w, struct view word,
		    struct buf *why)
{
	struct buf wrong = { 0 };
	struct view key, value;
	const struct opt *o;
	char *text;
	int err;

	view_cut(word, '=', &key, &value);
	o = opt_find(w, key);
	if (!o || view_has(word, '\0') || view_has(word, '\n')) {
		buf_addf(why, "there is no setting \"%.*s\" in a section %s",
			 VIEW_ARG(key), w->section);
		return EINVAL;
	}
	text = view_dup(value);
	err = set_value(n, o, text, &wrong);
	if (err)
		buf_addf(why, "%s: %s", o->key, buf_str(&wrong));
	mem_scrub_free(text);
	buf_free(&wrong);
	return err;
}

bool words_label_ok(struct view v)
{
	for (size_t i = 0; i < v.n; i++) {
		char c = v.p[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') &&
		    !(c >= 'A' && c <= 'Z') && !view_has(VIEW("-_."), c))
			return false;
	}
	return v.n && v.n <= LABEL_MAX;
}

static int check_required(const void *n, const struct words *w,
			  struct buf *why)
{
	for (size_t i = 0; i < w->count; i++) {
		const struct opt *o = &w->opts[i];

		if (!o->required || o->type != OPT_STR ||
		    **(char *const *)field_of(n, o))
			continue;
		buf_addf(why, "%s is missing: write for example %s=%s",
			 o->key, o->key, o->example ? o->example : o->def);
		return EINVAL;
	}
	return 0;
}

int words_read(void *section, const struct words *w, const struct view *words,
	       size_t count, struct buf *why)
{
	int err = 0;

	for (size_t i = 0; i < w->count; i++)
		(void)set_default(section, &w->opts[i]);
	for (size_t i = 0; i < count && !err; i++)
		err = set_word(section, w, words[i], why);
	return err ? err : check_required(section, w, why);
}

/* ---- back ---- */

static void put_list(struct buf *out, char *const *list)
{
	for (; *list; list++) {
		buf_adds(out, *list);
		if (list[1])
			buf_addc(out, ',');
	}
}

static bool is_default(const void *n, const struct opt *o)
{
	switch (o->type) {
	case OPT_INT:
		return *(const long *)field_of(n, o) ==
		       strtol(o->def, NULL, 10);
	case OPT_BOOL:
		return *(const bool *)field_of(n, o) ==
		       !strcmp(o->def, "true");
	case OPT_LIST:
		return !**(char **const *)field_of(n, o);
	case OPT_STR:
		break;
	}
	return !strcmp(*(char *const *)field_of(n, o), o->def);
}

static void put_value(struct buf *out, const void *n, const struct opt *o)
{
	switch (o->type) {
	case OPT_INT:
		buf_addf(out, "%ld", *(const long *)field_of(n, o));
		break;
	case OPT_BOOL:
		buf_adds(out, *(const bool *)field_of(n, o) ? "true" :
							      "false");
		break;
	case OPT_LIST:
		put_list(out, *(char **const *)field_of(n, o));
		break;
	case OPT_STR:
		buf_adds(out, *(char *const *)field_of(n, o));
		break;
	}
}

static bool is_file_of_secret(const struct opt *o)
{
	return strstr(o->key, "password_file") != NULL;
}

void words_put(struct buf *out, const void *n, const struct words *w)
{
	for (size_t i = 0; i < w->count; i++) {
		const struct opt *o = &w->opts[i];

		if (is_default(n, o) || is_file_of_secret(o))
			continue;
		buf_addf(out, "%s=", o->key);
		put_value(out, n, o);
		buf_addc(out, '\n');
	}
}
