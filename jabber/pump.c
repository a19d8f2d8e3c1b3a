/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The worker's beginning and end, and who may log in next. */
#include <sys/resource.h>

#include "account.h"
#include "front.h"
#include "jab.h"
#include "muc.h"
#include "shim.h"
#include "turn.h"

/* Logins keep to the descriptors below 1,024, connections go above. */
enum { FDS_WANTED = 4096 };

static void set_limits(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) || r.rlim_cur >= FDS_WANTED)
		return;
	r.rlim_cur = r.rlim_max < FDS_WANTED ? r.rlim_max : FDS_WANTED;
	setrlimit(RLIMIT_NOFILE, &r);
}

static void work(void *arg)
{
	turn_work(arg);
}

void jab_poke(struct jab *j)
{
	loop_defer(j->loop, &j->work);
}

struct view jab_id(char dst[20], char letter, uint64_t n)
{
	struct buf b = { 0 };

	buf_addc(&b, letter);
	buf_add_hex(&b, n);
	view_copy(dst, 20, buf_view(&b));
	buf_free(&b);
	return view_str(dst);
}

int jab_start(struct jab *j, struct worker *w, struct loop *l)
{
	int err;

	*j = (struct jab){ .worker = w, .loop = l };
	j->work.h = work;
	j->work.arg = j;
	list_init(&j->waiting);
	list_init(&j->logins);
	list_init(&j->leaving);
	trust_init(&j->trust);
	set_limits();
	err = dns_new(&j->dns, l);
	if (err)
		return err;
	xmpp_initialize();
	/* No log object: with one, each line of each stanza is formatted
	 * before anybody looks at its level. */
	j->ctx = xmpp_ctx_new(NULL, NULL);
	shim_setup(j->ctx);
	return 0;
}

void jab_stop(struct jab *j)
{
	account_free_all(j);
	front_end_all(&j->leaving);
	loop_undefer(j->loop, &j->work);
	xmpp_ctx_free(j->ctx);
	xmpp_shutdown();
	trust_free(&j->trust);
	dns_free(j->dns);
	htable_free(&j->accounts);
	htable_free(&j->rooms);
	worker_done(j->worker);
}
