/* SPDX-License-Identifier: GPL-3.0-or-later */
/* confab-jabber: accounts and rooms of XMPP, for confabd. */
#include "account.h"
#include "client.h"
#include "component.h"
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

static void join(uint32_t id, const struct worker_join *join, void *arg)
{
	struct jab *j = arg;
	struct account *a = account_find(j, id);
	struct room *r = room_find(j, join->leg);

	if (r)
		room_part(r, VIEW_NONE);
	if (!a) {
		worker_lost(j->worker, join->leg, GONE_CONFIG,
			    VIEW("there is no such account"));
		return;
	}
	r = room_new(a, join);
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

static void expel(uint64_t leg, bool ban, struct view nick,
		  struct view reason, void *arg)
{
	struct jab *j = arg;
	struct room *r = room_find(j, leg);

	if (r)
		room_expel(r, ban, nick, reason);
	else
		worker_trouble(j->worker, leg, VIEW("the room is not joined"));
}

static void session(uint32_t id, const struct wire_msg *m, void *arg)
{
	struct jab *j = arg;

	if (view_eqs(wire_setting(m, "kind"), "component"))
		component_new(j, id, m);
	else if (view_eqs(wire_setting(m, "kind"), "account"))
		client_new(j, id, m);
	else
		worker_account_lost(j->worker, id, GONE_CONFIG,
				    VIEW("unknown kind of session"));
}

static void session_end(uint32_t id, void *arg)
{
	component_free(component_find(arg, id));
	client_free(client_find(arg, id));
}

static void send_one(uint32_t id, uint64_t tag, struct view parcel, void *arg)
{
	struct component *c = component_find(arg, id);
	struct client *user = client_find(arg, id);

	if (c)
		component_send(c, tag, parcel);
	if (user)
		client_send(user, tag, parcel);
}

static void send_many(uint32_t id, struct view parcel, struct view rcpts,
		      void *arg)
{
	struct component *c = component_find(arg, id);
	struct client *user = client_find(arg, id);

	if (c)
		component_send_many(c, parcel, rcpts);
	if (user)
		client_send_many(user, parcel, rcpts);
}

static void stop(void *arg)
{
	components_stop(arg);
	clients_stop(arg);
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
		.expel = expel,
		.session = session,
		.session_end = session_end,
		.send = send_one,
		.send_many = send_many,
		.stop = stop,
	};
	static struct jab jab;

	return worker_main("confab-jabber", &ops, &jab);
}
