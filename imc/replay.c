/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Replays. The list of the imc owns them; letters know them by id. */
#include "imc_priv.h"
#include "letter.h"
#include "mem.h"
#include "replay.h"

struct replay {
	struct lnode in_imc;
	uint64_t id;
	struct ask *ask;   /* ref; to whom, and how */
	size_t count, next;
	struct msg *msgs[]; /* refs */
};

static void replay_destroy(void *obj)
{
	struct replay *rp = obj;

	for (size_t n = 0; n < rp->count; n++)
		mem_deref(rp->msgs[n]);
	mem_deref(rp->ask);
}

static void replay_end(struct imc *i, struct replay *rp)
{
	list_remove(&i->replays, &rp->in_imc);
	mem_deref(rp);
}

static struct replay *replay_of(struct imc *i, uint64_t id)
{
	struct lnode *n, *nx;

	LIST_EACH(&i->replays, n, nx) {
		struct replay *rp = CONTAINER(n, struct replay, in_imc);

		if (rp->id == id)
			return rp;
	}
	return NULL;
}

static void on_line(int status, uint64_t id, uint64_t unused, void *arg);

static int send_line(struct imc *i, struct replay *rp)
{
	const struct msg *m = rp->msgs[rp->next++];
	const struct ask *a = rp->ask;
	struct buf text = { 0 };
	struct letter_conf conf = {
		.from = a->room->text,
		.time_ms = m->time_ms,
		.doneh = on_line,
		.a = rp->id,
	};
	int err = ask_way(a, &conf, VIEW_NONE);

	if (i->time_marks)
		dialect_add_time(&text, m->time_ms);
	dialect_render(&text, i->dialect, m);
	conf.text = buf_view(&text);
	if (!err)
		err = letter_send(i, &conf);
	mem_deref(conf.to);
	buf_free(&text);
	return err;
}

static void replay_go_on(struct imc *i, struct replay *rp)
{
	if (rp->next == rp->count || send_line(i, rp))
		replay_end(i, rp);
}

static void on_line(int status, uint64_t id, uint64_t unused, void *arg)
{
	struct imc *i = arg;
	struct replay *rp = replay_of(i, id);

	(void)unused;
	if (rp && status < 300)
		replay_go_on(i, rp);
	else if (rp)
		replay_end(i, rp); /* he does not listen */
}

static struct replay *replay_new(struct ask *a, struct msg *const *msgs,
				 size_t count)
{
	struct replay *rp = mem_new(sizeof(*rp) + count * sizeof(*msgs),
				    replay_destroy);

	rp->id = ++a->imc->replay_id;
	rp->ask = mem_ref(a);
	rp->count = count;
	for (size_t n = 0; n < count; n++)
		rp->msgs[n] = mem_ref(msgs[n]);
	list_append(&a->imc->replays, &rp->in_imc);
	return rp;
}

static void replay(struct ask *a, struct msg *const *msgs, size_t count)
{
	if (a->imc->sip && a->imc->running && count)
		replay_go_on(a->imc, replay_new(a, msgs, count));
}

/* For one who joined: where there is nothing, nothing is said. */
static void on_history(int err, struct msg *const *msgs, size_t count,
		       void *arg)
{
	struct ask *a = arg;

	if (!err)
		replay(a, msgs, count);
	mem_deref(a);
}

static void on_asked(int err, struct msg *const *msgs, size_t count, void *arg)
{
	struct ask *a = arg;

	if (err) {
		ask_refuse(a, refusal_of(err));
	} else if (!count) {
		ask_tell_now(a, TELL_ROOM, TEXT_NO_HISTORY);
	} else {
		ask_answer(a, 200);
		replay(a, msgs, count);
	}
	mem_deref(a);
}

void replay_start(struct ask *a, unsigned count, bool asked)
{
	struct room *r = ask_room(a);

	if (r && count)
		hub_history(r, count, asked ? on_asked : on_history,
			    ask_keep(a));
}

void replays_free(struct imc *i)
{
	struct lnode *n;

	while ((n = list_shift(&i->replays)) != NULL)
		mem_deref(CONTAINER(n, struct replay, in_imc));
}
