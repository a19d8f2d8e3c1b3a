/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text views. */
#include <errno.h>
#include <string.h>

#include "mem.h"
#include "view.h"

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

struct view view_str(const char *s)
{
	return view_mem(s, s ? strlen(s) : 0);
}

struct view view_mem(const void *p, size_t n)
{
	return (struct view){ p, n };
}

bool view_empty(struct view v)
{
	return v.n == 0;
}

bool view_eq(struct view a, struct view b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool view_ieq(struct view a, struct view b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

bool view_eqs(struct view a, const char *s)
{
	return view_eq(a, view_str(s));
}

bool view_ieqs(struct view a, const char *s)
{
	return view_ieq(a, view_str(s));
}

bool view_starts(struct view v, struct view prefix)
{
	return v.n >= prefix.n && view_eq(view_head(v, prefix.n), prefix);
}

bool view_istarts(struct view v, struct view prefix)
{
	return v.n >= prefix.n && view_ieq(view_head(v, prefix.n), prefix);
}

int view_cmp(struct view a, struct view b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int d = n ? memcmp(a.p, b.p, n) : 0;

	if (d)
		return d;
	return a.n < b.n ? -1 : a.n > b.n;
}

bool view_has(struct view v, char c)
{
	return v.n && memchr(v.p, c, v.n);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct view view_trim(struct view v)
{
	while (v.n && is_space(v.p[0]))
		v = view_from(v, 1);
	while (v.n && is_space(v.p[v.n - 1]))
		v.n--;
	return v;
}

struct view view_from(struct view v, size_t from)
{
	if (from >= v.n)
		return VIEW_NONE;
	return (struct view){ v.p + from, v.n - from };
}

struct view view_head(struct view v, size_t n)
{
	return (struct view){ v.p, n < v.n ? n : v.n };
}

static bool cut_at(struct view v, const char *at, struct view *head,
		   struct view *rest)
{
	if (!at) {
		*head = v;
		*rest = VIEW_NONE;
		return false;
	}
	*head = view_head(v, (size_t)(at - v.p));
	*rest = view_from(v, (size_t)(at - v.p) + 1);
	return true;
}

bool view_cut(struct view v, char sep, struct view *head, struct view *rest)
{
	return cut_at(v, v.n ? memchr(v.p, sep, v.n) : NULL, head, rest);
}

bool view_rcut(struct view v, char sep, struct view *head, struct view *rest)
{
	return cut_at(v, v.n ? memrchr(v.p, sep, v.n) : NULL, head, rest);
}

bool view_word(struct view *v, const char *seps, struct view *word)
{
	struct view sep = view_str(seps);
	size_t n = 0;

	while (v->n && view_has(sep, v->p[0]))
		*v = view_from(*v, 1);
	while (n < v->n && !view_has(sep, v->p[n]))
		n++;
	*word = view_head(*v, n);
	*v = view_from(*v, n);
	return n > 0;
}

int view_u64(uint64_t *out, struct view v, uint64_t max)
{
	uint64_t n = 0;

	if (view_empty(v))
		return EBADMSG;
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			return EBADMSG;
	}
	for (size_t i = 0; i < v.n; i++) {
		uint64_t d = (uint64_t)(v.p[i] - '0');

		if (d > max || n > (max - d) / 10)
			return ERANGE;
		n = n * 10 + d;
	}
	*out = n;
	return 0;
}

char *view_dup(struct view v)
{
	return mem_strndup(v.p, v.n);
}

int view_copy(char *dst, size_t size, struct view v)
{
	if (!size)
		return EMSGSIZE;
	dst[0] = '\0';
	if (v.n >= size)
		return EMSGSIZE;
	if (v.n)
		memcpy(dst, v.p, v.n);
	dst[v.n] = '\0';
	return 0;
}
