/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Forks. They are found by id when an answer comes: the table owns them. */
#include "fork.h"
#include "imc_priv.h"
#include "mem.h"

struct fork {
	struct hnode by_id;
	uint64_t id;
	sip_done_h *doneh;
	uint64_t a, b;
	size_t left; /* letters that have no answer yet */
	int status;  /* the best refusal so far, 0: none */
	bool told;   /* doneh ran */
};

static struct fork *fork_of(const struct imc *i, uint64_t id)
{
	struct hnode *n = htable_find(&i->forks, hash_u64(id));

	for (; n; n = htable_more(n)) {
		struct fork *f = CONTAINER(n, struct fork, by_id);

		if (f->id == id)
			return f;
	}
	return NULL;
}

static struct fork *fork_new(struct imc *i, const struct letter_conf *conf)
{
	struct fork *f = mem_zalloc(sizeof(*f));

	f->id = ++i->letter_id;
	f->doneh = conf->doneh;
	f->a = conf->a;
	f->b = conf->b;
	htable_add(&i->forks, &f->by_id, hash_u64(f->id));
	return f;
}

static void fork_free(struct imc *i, struct fork *f)
{
	htable_del(&i->forks, &f->by_id);
	mem_free(f);
}

static void on_branch(int status, uint64_t id, uint64_t unused, void *arg)
{
	struct imc *i = arg;
	struct fork *f = fork_of(i, id), was;
	enum fanout_fate fate = fanout_fate(status);
	bool tell;

	(void)unused;
	if (!f)
		return;
	f->left--;
	if (!f->status || fate == FATE_AGAIN)
		f->status = status;
	tell = !f->told && (fate == FATE_DELIVERED || !f->left);
	if (fate == FATE_DELIVERED)
		f->status = status;
	f->told |= tell;
	was = *f;
	if (!f->left)
		fork_free(i, f);
	if (tell && was.doneh)
		was.doneh(was.status, was.a, was.b, i);
}

/* Each device's own Call-ID, the same after a restart; the learned place has
 * the member's, as when it is the only one. */
static uint64_t key_of(const struct letter_conf *conf, const struct way *way)
{
	return conf->key + way->binding * UINT64_C(0x9e3779b97f4a7c15);
}

static struct letter_conf branch_of(const struct letter_conf *conf,
				    const struct way *way)
{
	struct letter_conf c = *conf;

	c.to = way->dest;
	c.flow = way->flow;
	c.flow.anew |= conf->flow.anew;
	c.binding = way->binding;
	c.key = key_of(conf, way);
	return c;
}

static int send_all(struct imc *i, const struct letter_conf *conf,
		    const struct way *ways, size_t count)
{
	struct fork *f = fork_new(i, conf);
	int err = 0, last = 0;

	for (size_t n = 0; n < count; n++) {
		struct letter_conf c = branch_of(conf, &ways[n]);

		c.doneh = on_branch;
		c.a = f->id;
		err = letter_send(i, &c);
		if (err)
			last = err;
		else
			f->left++;
	}
	if (f->left)
		return 0;
	fork_free(i, f);
	return last;
}

int fork_send(struct imc *i, const struct letter_conf *conf,
	      const struct way *ways, size_t count)
{
	struct letter_conf only;

	if (count > 1)
		return send_all(i, conf, ways, count);
	only = branch_of(conf, &ways[0]);
	return letter_send(i, &only);
}

void forks_free(struct imc *i)
{
	struct hnode *n;

	while ((n = htable_pop(&i->forks)) != NULL)
		mem_free(CONTAINER(n, struct fork, by_id));
	htable_free(&i->forks);
}
