/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is sent by an account, and what became of it. */
#include <errno.h>

#include "pgate_priv.h"
#include "seal.h"

struct tag {
	struct lnode node; /* pacct.tags, as they were sent */
	uint64_t tag;
	pacct_told_h *told;
	void *arg;
};

static struct tag *tag_take(struct pacct *a, uint64_t number)
{
	struct lnode *n, *nx;

	LIST_EACH (&a->tags, n, nx) {
		struct tag *t = CONTAINER(n, struct tag, node);

		if (t->tag != number)
			continue;
		list_remove(&a->tags, n);
		return t;
	}
	return NULL;
}

static bool may_send(const struct pacct *a, const struct purp *p)
{
	return a->state == PACCT_ONLINE ||
	       (a->state == PACCT_CONNECTING && p->verb == PURP_ANSWER);
}

int pacct_send(struct pacct *a, const struct purp *p, pacct_told_h *told,
	       void *arg)
{
	struct buf b = { 0 };
	struct tag *t;
	int err = may_send(a, p) ? purp_put(&b, p) : ENOTCONN;

	if (!err)
		err = session_send(a->session, told ? a->next_tag + 1 : 0,
				   buf_view(&b));
	seal_wipe(&b); /* it may be a password, or a code */
	if (err || !told)
		return err;
	t = mem_zalloc(sizeof(*t));
	t->tag = ++a->next_tag;
	t->told = told;
	t->arg = arg;
	list_append(&a->tags, &t->node);
	return 0;
}

void pacct_untell(struct pacct *a, const void *arg)
{
	struct lnode *n, *nx;

	LIST_EACH (&a->tags, n, nx) {
		struct tag *t = CONTAINER(n, struct tag, node);

		if (t->arg != arg)
			continue;
		list_remove(&a->tags, n);
		mem_free(t);
	}
}

void pacct_on_sent(struct session *s, uint64_t number, int err,
		    struct view text, void *arg)
{
	struct tag *t = tag_take(arg, number), got;

	(void)s;
	if (!t)
		return;
	got = *t;
	mem_free(t);
	got.told(err, text, got.arg);
}

void pacct_tell_none(struct pacct *a)
{
	size_t left = a->tags.count;
	struct lnode *n;

	while (left-- && (n = list_shift(&a->tags))) {
		struct tag *t = CONTAINER(n, struct tag, node);
		struct tag got = *t;

		mem_free(t);
		got.told(EAGAIN, VIEW("the connection broke"), got.arg);
	}
}
