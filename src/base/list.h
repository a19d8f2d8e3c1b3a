/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Intrusive doubly linked lists. */
#ifndef CONFAB_LIST_H
#define CONFAB_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct lnode {
	struct lnode *prev, *next; /* borrowed; both NULL: in no list */
};

struct list {
	struct lnode head; /* head.next is the first; a ring through head */
	size_t count;
};

void list_init(struct list *l);
bool list_empty(const struct list *l);
void list_append(struct list *l, struct lnode *n);
void list_prepend(struct list *l, struct lnode *n);
/* Nothing happens when n is in no list. */
void list_remove(struct list *l, struct lnode *n);
struct lnode *list_shift(struct list *l); /* takes the first out, or NULL */

/* Walks go over ten thousand members: no calls. NULL when empty. */
static inline struct lnode *list_first(const struct list *l)
{
	return l->count ? l->head.next : NULL;
}

static inline struct lnode *list_next(const struct list *l,
				      const struct lnode *n)
{
	return n->next == &l->head ? NULL : n->next;
}

/* The body may remove n, and nothing else. */
#define LIST_EACH(l, n, nx) \
	for ((n) = list_first(l), (nx) = (n) ? list_next(l, n) : NULL; (n); \
	     (n) = (nx), (nx) = (n) ? list_next(l, n) : NULL)

#endif
