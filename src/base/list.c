/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Intrusive lists: a ring through the head. */
#include "list.h"

void list_init(struct list *l)
{
	l->head.next = l->head.prev = &l->head;
	l->count = 0;
}

bool list_empty(const struct list *l)
{
	return l->count == 0;
}

static void insert_after(struct list *l, struct lnode *at, struct lnode *n)
{
	n->prev = at;
	n->next = at->next;
	at->next->prev = n;
	at->next = n;
	l->count++;
}

void list_append(struct list *l, struct lnode *n)
{
	insert_after(l, l->head.prev, n);
}

void list_prepend(struct list *l, struct lnode *n)
{
	insert_after(l, &l->head, n);
}

void list_remove(struct list *l, struct lnode *n)
{
	if (!n->next)
		return;
	n->prev->next = n->next;
	n->next->prev = n->prev;
	n->prev = n->next = NULL;
	l->count--;
}

struct lnode *list_shift(struct list *l)
{
	struct lnode *n = list_first(l);

	if (n)
		list_remove(l, n);
	return n;
}
