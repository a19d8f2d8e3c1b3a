/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads.h"
#include "mem.h"

struct head *heads_find(const struct heads *h, uint64_t id, bool inbox)
{
	struct hnode *n = htable_find(&h->table, hash_u64(id));

	for (; n; n = htable_more(n)) {
		struct head *head = CONTAINER(n, struct head, node);

		if (head->id == id && head->inbox == inbox)
			return head;
	}
	return NULL;
}

struct head *heads_get(struct heads *h, uint64_t id, bool inbox)
{
	struct head *head = heads_find(h, id, inbox);

	if (head)
		return head;
	head = mem_zalloc(sizeof(*head));
	head->id = id;
	head->inbox = inbox;
	htable_add(&h->table, &head->node, hash_u64(id));
	return head;
}

void heads_clear(struct heads *h)
{
	struct hnode *n;

	while ((n = htable_pop(&h->table)) != NULL)
		mem_free(CONTAINER(n, struct head, node));
	htable_free(&h->table);
}
