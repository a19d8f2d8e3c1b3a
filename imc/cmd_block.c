/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands about oneself: whose invitations one does not want. */
#include "blocks.h"
#include "command_priv.h"
#include "mem.h"

static void commit(struct ask *a, enum text done,
		   void (*change)(struct store_txn *t,
				  const struct store_block *b))
{
	const struct store_block b = { a->user->text, a->other->text };
	struct store_txn *t = store_begin(a->imc->store);

	a->done = done;
	change(t, &b);
	store_commit(t, ask_on_done, ask_keep(a));
}

static void add(struct ask *a)
{
	blocks_add(a->imc->blocks, a->user, a->other);
}

static void take_away(struct ask *a)
{
	blocks_remove(a->imc->blocks, a->user, a->other);
}

static void refuse_many(struct ask *a)
{
	const struct text_args args = { .n = BLOCKS_USER_MAX };

	ask_refuse_with(a, REFUSED_BLOCKS, &args);
}

static void list(struct ask *a)
{
	struct buf text = { 0 };
	struct block *b = NULL;

	buf_adds(&text, "Blocked:");
	while ((b = blocks_next(a->imc->blocks, a->user, b)) != NULL) {
		buf_addc(&text, '\n');
		buf_addv(&text, b->other->text);
	}
	cmd_answer_text(a, TELL_HERE, &text);
}

void cmd_block(struct ask *a, const struct cmdline *line)
{
	if (!line->argc) {
		list(a);
	} else if (!cmd_other(a, line->argv[0])) {
		return;
	} else if (blocks_count(a->imc->blocks, a->user) >= BLOCKS_USER_MAX) {
		refuse_many(a);
	} else {
		a->after = add;
		commit(a, TEXT_BLOCKED, store_put_block);
	}
}

void cmd_unblock(struct ask *a, const struct cmdline *line)
{
	if (!cmd_other(a, line->argv[0]))
		return;
	if (!blocks_has(a->imc->blocks, a->user, a->other)) {
		cmd_refuse_other(a, REFUSED_NOT_BLOCKED);
	} else {
		a->after = take_away;
		commit(a, TEXT_UNBLOCKED, store_del_block);
	}
}
