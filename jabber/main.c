/* SPDX-License-Identifier: GPL-3.0-or-later */
/* confab-jabber: accounts and rooms of XMPP, for confabd. */
#include "account.h"
#include "muc.h"

static int start(struct worker *w, struct loop *l, void *arg)
{
	return jab_start(arg, w, l);
}

static void account(uint32_t id, const struct wire_msg *m, void *arg)
{
	account_new(arg, id, m);
}

static void account_del(uint32_t id, void *arg)
{
	account_free(account_find(arg, id));
}

static void join(uint32_t id, uint64_t leg, struct view place,
		 struct view nick, void *arg)
{
	struct jab *j = arg;
	struct account *a = account_find(j, id);
	struct room *r = room_find(j, leg);

	if (r)
		room_part(r, VIEW_NONE);
	if (!a) {
		worker_lost(j->worker, leg, GONE_CONFIG,
			    VIEW("there is no such account"));
		return;
	}
	r = room_new(a, leg, place, nick);
	if (!r)
		return;
	account_want(a);
	if (account_online(a))
		room_enter(r);
}

static void part(uint64_t leg, struct view reason, void *arg)
{
	struct room *r = room_find(arg, leg);

	if (r)
		room_part(r, reason);
}

static void say(const struct worker_say *s, void *arg)
{
	struct jab *j = arg;
	struct room *r = room_find(j, s->leg);

	if (r)
		room_say(r, s);
}

static void stop(void *arg)
{
	jab_stop(arg);
}

int main(void)
{
	static const struct worker_ops ops = {
		.start = start,
		.account = account,
		.account_del = account_del,
		.join = join,
		.part = part,
		.say = say,
		.stop = stop,
	};
	static struct jab jab;

	return worker_main("confab-jabber", &ops, &jab);
}
