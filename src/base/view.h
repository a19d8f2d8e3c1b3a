/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text views: a pointer and a length into somebody else's bytes. */
#ifndef CONFAB_VIEW_H
#define CONFAB_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct view {
	const char *p; /* borrowed; may be NULL when n is 0 */
	size_t n;
};

#define VIEW(lit) ((struct view){ (lit), sizeof(lit) - 1 })
#define VIEW_NONE ((struct view){ NULL, 0 })
/* For "%.*s" in log lines only: the log layer makes it harmless. */
#define VIEW_ARG(v) (int)((v).n > 512 ? 512 : (v).n), ((v).p ? (v).p : "")

/* A view of a C string; NULL gives an empty view. */
struct view view_str(const char *s);
struct view view_mem(const void *p, size_t n);

bool view_empty(struct view v);
bool view_eq(struct view a, struct view b);
/* Equal but for the case of ASCII letters. */
bool view_ieq(struct view a, struct view b);
bool view_eqs(struct view a, const char *s);
bool view_ieqs(struct view a, const char *s);
bool view_starts(struct view v, struct view prefix);
bool view_istarts(struct view v, struct view prefix);
int view_cmp(struct view a, struct view b);
bool view_has(struct view v, char c);

/* Without spaces, tabs, CR and LF at both ends. */
struct view view_trim(struct view v);
/* From byte "from" on; empty when from is beyond the end. */
struct view view_from(struct view v, size_t from);
/* The first n bytes, or all. */
struct view view_head(struct view v, size_t n);

/* Cut at the first sep: *head before it, *rest after it, true. Without sep:
 * *head is everything, *rest empty, false. */
bool view_cut(struct view v, char sep, struct view *head, struct view *rest);
/* The same at the last sep. */
bool view_rcut(struct view v, char sep, struct view *head, struct view *rest);
/* Take the next word off *v (words are separated by any of seps). False when
 * none is left. */
bool view_word(struct view *v, const char *seps, struct view *word);

/* Digits only, all of v, at most max; EBADMSG otherwise, ERANGE above max. */
int view_u64(uint64_t *out, struct view v, uint64_t max);

/* NUL-terminated copy; free with mem_free(). Bytes after a NUL are kept, so
 * check for NUL first where a C string is meant. */
char *view_dup(struct view v);
/* Copy into a fixed array with a NUL; EMSGSIZE (and an empty string) when it
 * does not fit. */
int view_copy(char *dst, size_t size, struct view v);

#endif
