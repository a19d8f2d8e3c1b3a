/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a user says of his own login: ":online", ":offline", ":status". */
#include <errno.h>

#include "chat_priv.h"
#include "mem.h"

enum { BUSY_RETRY_S = 30 };

#define EVERYWHERE                                                            \
	(GATE_TO_REGISTRAR | 1U << JMAP_PERSON | 1U << JMAP_ROOM |            \
	 1U << JMAP_PM | 1U << JMAP_SERVICE)

/* Somebody who waits to hear that he is online. */
struct login {
	struct lnode node; /* chats.logins */
	struct chats *cs;  /* borrowed */
	struct addr *aor;  /* ref */
	struct addr *from; /* ref: the address that he wrote to */
};

static void login_free(struct login *l)
{
	list_remove(&l->cs->logins, &l->node);
	mem_deref(l->aor);
	mem_deref(l->from);
	mem_free(l);
}

void chat_logins_free(struct chats *cs)
{
	struct lnode *n;

	while ((n = list_first(&cs->logins))) {
		struct login *l = CONTAINER(n, struct login, node);
		struct person *p = person_find(cs->gate, l->aor);

		if (p)
			person_unwait(p, l);
		login_free(l);
	}
}

void chat_logins_gone(struct chats *cs, const struct person *p)
{
	struct lnode *n, *nx;

	LIST_EACH (&cs->logins, n, nx) {
		struct login *l = CONTAINER(n, struct login, node);

		if (addr_eq(l->aor, p->aor))
			login_free(l);
	}
}

/* ---- :online ---- */

static void add_online(struct buf *b, const struct person *p)
{
	buf_adds(b, "INFO: You are online in Jabber network as ");
	jtext_line(b, p->account ? buf_view(&p->account->own) :
				   buf_view(&p->jid), 512);
	buf_addc(b, '.');
}

static void on_login(int err, void *arg)
{
	struct login *l = arg;
	struct person *p = person_find(l->cs->gate, l->aor);
	struct buf b = { 0 };

	if (!p) {
		login_free(l);
		return;
	}
	if (!err)
		add_online(&b, p);
	else if (err == EACCES)
		buf_adds(&b, "ERROR: Authentication to Jabber server failed.");
	else if (err == ENOSPC)
		buf_adds(&b, "ERROR: SIP-2-JABBER gateway is full.");
	else if (err != ECANCELED)
		buf_adds(&b, "ERROR: Cannot connect to Jabber server.");
	if (b.n)
		person_tell(p, l->from, buf_view(&b));
	buf_free(&b);
	login_free(l);
}

static void wait_for(struct gate_ask *a)
{
	struct chats *cs = chats_of(a->gate);
	struct login *l = mem_zalloc(sizeof(*l));

	l->cs = cs;
	l->aor = mem_ref(a->person->aor);
	l->from = mem_ref(a->req.to);
	list_append(&cs->logins, &l->node);
	gate_ok(a, 202, VIEW_NONE);
	person_wait(a->person, on_login, l);
}

static void online(struct gate_ask *a)
{
	struct buf b = { 0 };
	int err = person_wake(a->person);

	if (err == EBUSY) {
		gate_refuse(a, 480, BUSY_RETRY_S,
			    VIEW("ERROR: SIP-2-JABBER gateway is full."));
	} else if (err) {
		gate_refuse(a, 403, 0, VIEW("ERROR: Authentication to Jabber "
					    "server failed."));
	} else if (person_is_online(a->person)) {
		add_online(&b, a->person);
		gate_ok(a, 200, buf_view(&b));
	} else {
		wait_for(a);
	}
	buf_free(&b);
}

/* ---- :offline ---- */

static void offline(struct gate_ask *a)
{
	struct person *p = a->person;

	if (!p->account) {
		gate_ok(a, 200, VIEW("INFO: You have no account to log out "
				     "from: you speak by the gateway."));
		return;
	}
	person_offline(p);
	gate_ok(a, 200, jtext(JTEXT_OFFLINE));
}

/* ---- :status ---- */

static void add_session(struct buf *b, const struct person *p)
{
	const struct xlink *x = person_link(p);

	buf_adds(b, "INFO: You are ");
	jtext_line(b, buf_view(&p->jid), 512);
	buf_adds(b, p->account ? ", by your account: " :
				 ", by the gateway: ");
	buf_adds(b, xlink_state_name(x->state));
	if (x->error[0] && x->state != XLINK_ONLINE) {
		buf_adds(b, " (");
		jtext_line(b, view_str(x->error), 200);
		buf_addc(b, ')');
	}
	buf_addc(b, '.');
}

static void status(struct gate_ask *a)
{
	struct buf b = { 0 };

	add_session(&b, a->person);
	for (size_t i = 0; i < GATE_MODULES; i++)
		if (gate_module(i)->about)
			gate_module(i)->about(a->person, &b);
	gate_ok(a, 200, buf_view(&b));
	buf_free(&b);
}

const struct gate_command chat_commands[CHAT_COMMANDS] = {
	{ .verb.names = "online on jab_go_online",
	  .verb.help = ":online - log in to your Jabber account",
	  .verb.kinds = EVERYWHERE,
	  .run = online },
	{ .verb.names = "offline off jab_go_offline",
	  .verb.help = ":offline - log out of it; you leave all rooms",
	  .verb.kinds = EVERYWHERE,
	  .run = offline },
	{ .verb.names = "status",
	  .verb.help = ":status - your login, your rooms and your contacts",
	  .verb.kinds = EVERYWHERE,
	  .run = status },
};
