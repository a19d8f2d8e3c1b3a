/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What has changed in the file, and of that what a daemon that runs takes. */
#include <string.h>

#include "mem.h"
#include "options.h"

static bool same_list(char *const *a, char *const *b)
{
	while (*a && *b && strcmp(*a, *b) == 0) {
		a++;
		b++;
	}
	return !*a && !*b;
}

static bool same_value(const struct opt *o, const void *a, const void *b)
{
	const void *x = (const char *)a + o->offset;
	const void *y = (const char *)b + o->offset;

	switch (o->type) {
	case OPT_INT:
		return *(const long *)x == *(const long *)y;
	case OPT_BOOL:
		return *(const bool *)x == *(const bool *)y;
	case OPT_LIST:
		return same_list(*(char *const *const *)x,
				 *(char *const *const *)y);
	case OPT_STR:
		break;
	}
	return strcmp(*(const char *const *)x, *(const char *const *)y) == 0;
}

static void swap_bytes(void *a, void *b, size_t size)
{
	char *x = a, *y = b;

	while (size--) {
		char c = *x;

		*x++ = *y;
		*y++ = c;
	}
}

static size_t size_of(const struct opt *o)
{
	return o->type == OPT_INT ? sizeof(long) :
	       o->type == OPT_BOOL ? sizeof(bool) : sizeof(void *);
}

static void say(struct buf *out, const struct opt_section *s, const char *key)
{
	if (out->n)
		buf_adds(out, ", ");
	if (s->name)
		buf_adds(out, s->name);
	if (s->name && key)
		buf_addc(out, '.');
	if (key)
		buf_adds(out, key);
}

static void take_section(struct conf *c, struct conf *fresh,
			 const struct opt_section *s, struct conf_taken *out)
{
	char *to = (char *)c + s->offset, *from = (char *)fresh + s->offset;

	for (size_t i = 0; i < s->count; i++) {
		const struct opt *o = &s->opts[i];

		if (same_value(o, to, from))
			continue;
		say(o->reload ? &out->taken : &out->later, s, o->key);
		if (o->reload)
			swap_bytes(to + o->offset, from + o->offset,
				   size_of(o));
	}
}

/* Of named sections: each of them, in order. */
static bool same_all(const struct conf *c, const struct conf *fresh,
		     const struct opt_section *s)
{
	size_t n = *(const size_t *)(const void *)((const char *)c +
						   s->array_count);
	const char *a = *(const char *const *)(const void *)(
		(const char *)c + s->array);
	const char *b = *(const char *const *)(const void *)(
		(const char *)fresh + s->array);

	if (n != *(const size_t *)(const void *)((const char *)fresh +
						 s->array_count))
		return false;
	for (; n--; a += s->size, b += s->size) {
		if (strcmp(*(const char *const *)(const void *)a,
			   *(const char *const *)(const void *)b))
			return false;
		for (size_t i = 0; i < s->count; i++)
			if (!same_value(&s->opts[i], a, b))
				return false;
	}
	return true;
}

static void take_titled(struct conf *c, struct conf *fresh,
			const struct opt_section *s, struct conf_taken *out)
{
	if (same_all(c, fresh, s))
		return;
	say(s->reload ? &out->taken : &out->later, s, NULL);
	if (!s->reload)
		return;
	swap_bytes((char *)c + s->array, (char *)fresh + s->array,
		   sizeof(void *));
	swap_bytes((char *)c + s->array_count,
		   (char *)fresh + s->array_count, sizeof(size_t));
}

void conf_take(struct conf *c, struct conf *fresh, struct conf_taken *out)
{
	for (size_t i = 0; i < opt_section_count; i++) {
		const struct opt_section *s = &opt_sections[i];

		if (s->titled)
			take_titled(c, fresh, s, out);
		else
			take_section(c, fresh, s, out);
	}
}
