/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Invitations: made, told, taken or declined. One that does not reach its
 * user's device is taken back, and the inviter hears of it; one that is not
 * answered for days expires in the hub.
 */
#include "blocks.h"
#include "command_priv.h"
#include "fork.h"
#include "gateway.h"
#include "mem.h"

static struct member *member_of(const struct room *r, uint64_t id)
{
	struct lnode *n, *nx;

	LIST_EACH(&r->order, n, nx) {
		struct member *mb = CONTAINER(n, struct member, order);

		if (mb->id == id)
			return mb;
	}
	return NULL;
}

/* An invitation that is taken back. */
struct failed {
	struct imc *imc;                /* ref */
	uint64_t room;
	struct addr *inviter, *invited; /* refs; inviter may be NULL */
	int status;                     /* what his device said */
};

static void failed_destroy(void *obj)
{
	struct failed *f = obj;

	mem_deref(f->inviter);
	mem_deref(f->invited);
	mem_deref(f->imc);
}

static void tell_failed(const struct failed *f, struct room *r)
{
	const struct text_args args = {
		.who = { .addr = f->invited },
		.n = (unsigned)f->status,
	};
	struct buf text = { 0 };

	imc_add_text(&text, f->imc, TEXT_INVITE_FAILED, &args, r);
	imc_tell(f->imc, r, f->inviter, buf_view(&text));
	buf_free(&text);
}

/* Now that it is gone, he may be invited again. */
static void on_taken_back(int err, void *arg)
{
	struct failed *f = arg;
	struct room *r = NULL;

	if (!err && f->inviter && f->imc->running)
		r = hub_room_by_id(f->imc->hub, f->room);
	if (r)
		tell_failed(f, r);
	mem_deref(f);
}

static void take_back(struct imc *i, struct room *r, struct member *mb,
		      int status)
{
	struct failed *f = mem_new(sizeof(*f), failed_destroy);

	f->imc = mem_ref(i);
	f->room = r->id;
	f->inviter = mem_ref(member_inviter(mb));
	f->invited = mem_ref(mb->addr);
	f->status = status;
	if (hub_member_remove(r, mb, VIEW_NONE, on_taken_back, f))
		mem_deref(f);
}

static void on_told(int status, uint64_t room, uint64_t member, void *arg)
{
	struct imc *i = arg;
	struct room *r;
	struct member *mb;

	if (status < 300 || !i->running)
		return;
	r = hub_room_by_id(i->hub, room);
	mb = r ? member_of(r, member) : NULL;
	if (mb && mb->state == MEMBER_INVITED && !mb->leaving)
		take_back(i, r, mb, status);
}

static int send_invitation(struct ask *a, struct room *r,
			   const struct member *mb)
{
	struct buf text = { 0 };
	struct letter_conf conf = {
		.from = r->addr->text,
		.in_reply_to = a->call_id,
		.doneh = on_told,
		.a = r->id,
		.b = mb->id,
	};
	struct ways ways;
	int err;

	if (!addr_is(mb->addr, "sip"))
		return hub_gate_invited(a->imc->hub, r, a->user, mb->addr) ?
			       480 : 0;
	if (imc_ways(a->imc, mb->addr, &ways) != ROUTE_OK)
		return 480;
	ask_add(&text, a, TEXT_INVITES, NULL);
	conf.text = buf_view(&text);
	err = fork_send(a->imc, &conf, ways.way, ways.count);
	buf_free(&text);
	return err ? 503 : 0;
}

static void tell_invited(struct ask *a)
{
	struct room *r = ask_room(a);
	struct member *mb = r ? room_member(r, a->other) : NULL;
	int status;

	if (!mb || mb->state != MEMBER_INVITED)
		return;
	status = send_invitation(a, r, mb);
	if (status)
		take_back(a->imc, r, mb, status);
}

/* Why somebody who has a row can't be invited. */
static enum refusal is_something(const struct member *mb)
{
	if (mb->leaving)
		return REFUSED_UNDER_WAY;
	if (mb->state == MEMBER_BANNED)
		return REFUSED_IS_BANNED;
	return mb->state == MEMBER_INVITED ? REFUSED_IS_INVITED :
					     REFUSED_IS_IN;
}

/* By him, and to the other one. False: refused. */
static bool may_invite(struct ask *a)
{
	if (blocks_has(a->imc->blocks, a->other, a->user)) {
		cmd_refuse_other(a, REFUSED_BLOCKED);
		return false;
	}
	return ask_within(a, QUOTA_INVITE, a->user->hash) &&
	       ask_within(a, QUOTA_INVITED, a->other->hash);
}

static void invite(struct ask *a, struct room *r)
{
	const struct hub_join join = {
		.addr = a->other,
		.role = ROLE_MEMBER,
		.state = MEMBER_INVITED,
		.inviter = a->user,
	};

	a->after = tell_invited;
	cmd_expect_done(a, hub_member_add(r, &join, ask_on_done,
					  ask_keep(a)));
}

void cmd_invite(struct ask *a, const struct cmdline *line)
{
	struct room *r;
	struct member *mb;
	struct ways ways;

	if (!cmd_pair(a, &r, &mb, line->argv[0], line->argv[1]))
		return;
	if (mb)
		cmd_refuse_other(a, is_something(mb));
	else if (addr_is(a->other, "sip") &&
		 imc_ways(a->imc, a->other, &ways) != ROUTE_OK)
		cmd_refuse_other(a, REFUSED_UNREACHABLE);
	else if (cmd_has_place(a, a->other) && may_invite(a))
		invite(a, r);
}

static void add_new(struct ask *a, struct room *r, struct view notice)
{
	const struct hub_join join = {
		.addr = a->other,
		.role = ROLE_MEMBER,
		.state = MEMBER_JOINED,
		.notice = notice,
	};

	cmd_expect_done(a, hub_member_add(r, &join, ask_on_done,
					  ask_keep(a)));
}

static void add_invited(struct ask *a, struct member *mb, struct view notice)
{
	const struct hub_member_change c = {
		.what = MEMBER_SET_STATE,
		.state = MEMBER_JOINED,
		.notice = notice,
	};

	cmd_expect_done(a, hub_member_change(mb, &c, ask_on_done,
					     ask_keep(a)));
}

void cmd_add(struct ask *a, const struct cmdline *line)
{
	struct buf notice = { 0 };
	struct room *r;
	struct member *mb;

	if (!cmd_pair(a, &r, &mb, line->argv[0], line->argv[1]))
		return;
	if (mb && mb->state != MEMBER_INVITED) {
		cmd_refuse_other(a, is_something(mb));
		return;
	}
	if ((!mb && !cmd_has_place(a, a->other)) || !may_invite(a))
		return;
	cmd_notice(&notice, a, TEXT_JOINED, VIEW_NONE);
	if (mb)
		add_invited(a, mb, buf_view(&notice));
	else
		add_new(a, r, buf_view(&notice));
	buf_free(&notice);
}

void cmd_accept(struct ask *a, const struct cmdline *line)
{
	struct room *r = cmd_room(a, line->argv[0]);

	if (r)
		cmd_accept_invite(a, r, room_member(r, a->user));
}

/* a->other is the inviter here. */
static void tell_inviter(struct ask *a)
{
	struct room *r = ask_room(a);
	struct buf text = { 0 };

	if (!r)
		return;
	ask_add(&text, a, TEXT_DECLINED, NULL);
	imc_tell(a->imc, r, a->other, buf_view(&text));
	buf_free(&text);
}

void cmd_decline(struct ask *a, struct room *r, struct member *mb)
{
	if (member_inviter(mb)) {
		a->other = mem_ref(member_inviter(mb));
		a->after = tell_inviter;
	}
	cmd_expect_done(a, hub_member_remove(r, mb, VIEW_NONE, ask_on_done,
					     ask_keep(a)));
}

void cmd_reject(struct ask *a, const struct cmdline *line)
{
	struct room *r = cmd_room(a, line->argv[0]);

	if (r)
		cmd_decline(a, r, room_member(r, a->user));
}
