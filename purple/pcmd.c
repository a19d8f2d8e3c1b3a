/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Commands of users: ":join" at the address that it is about; "/join ROOM",
 * and the like, at the account's or the gateway's own.
 */
#include "pgate_priv.h"

enum { OF_NAME = 1, OF_ACCOUNT = 2, ANYWHERE = 1 };

struct pcommand {
	struct gate_verb verb; /* at any address */
	unsigned of;           /* what it has to know */
	void (*run)(struct pask *ask, struct pacct *a, struct view name,
		    struct view words);
};

/* ---- his account ---- */

static void add_state(struct buf *b, const struct pacct *a)
{
	pacct_title(b, a);
	buf_adds(b, ": ");
	buf_adds(b, pacct_state_name(a->state));
	if (a->trouble.n) {
		buf_adds(b, " (");
		buf_addv(b, buf_view(&a->trouble));
		buf_addc(b, ')');
	}
}

static void status(struct pask *ask, struct pacct *a, struct view name,
		   struct view words)
{
	struct pacct *each = NULL;
	struct buf b = { 0 };

	(void)name;
	(void)words;
	buf_adds(&b, "INFO: ");
	if (a)
		add_state(&b, a);
	while (!a && (each = pacct_next(ask->gate, each))) {
		if (!addr_eq(each->owner, ask->req.from))
			continue;
		if (b.n > 6)
			buf_addc(&b, '\n');
		add_state(&b, each);
	}
	if (b.n == 6)
		buf_adds(&b, "You have no account there.");
	pask_answer(ask, 200, 0, buf_view(&b));
	buf_free(&b);
}

static void online(struct pask *ask, struct pacct *a, struct view name,
		   struct view words)
{
	struct buf b = { 0 };

	(void)name;
	(void)words;
	pacct_online(a);
	buf_adds(&b, "INFO: ");
	add_state(&b, a);
	pask_answer(ask, 200, 0, buf_view(&b));
	buf_free(&b);
}

static void offline(struct pask *ask, struct pacct *a, struct view name,
		    struct view words)
{
	(void)name;
	(void)words;
	pacct_offline(a);
	pask_answer(ask, 200, 0,
		    VIEW("INFO: You are offline there until you say "
			 ":online, or come anew."));
}

static void change(struct pask *ask, struct pacct *a, struct view name,
		   enum purp_verb verb, struct view done)
{
	const struct purp p = { .verb = verb, .who = name };

	if (pacct_send(a, &p, NULL, NULL))
		pask_answer(ask, 480, 5,
			    VIEW("ERROR: You are offline there just now."));
	else
		pask_answer(ask, 200, 0, done);
}

static void add(struct pask *ask, struct pacct *a, struct view name,
		struct view words)
{
	(void)words;
	pshow_meet(a, name);
	change(ask, a, name, PURP_ADD, VIEW("INFO: Added to your contacts."));
}

static void remove_one(struct pask *ask, struct pacct *a, struct view name,
		       struct view words)
{
	(void)words;
	change(ask, a, name, PURP_REMOVE,
	       VIEW("INFO: Taken off your contacts."));
}

static const struct pcommand commands[] = {
	{ { "status", ":status - how your account there is", ANYWHERE }, 0,
	  status },
	{ { "online on", ":online - log in there", ANYWHERE }, OF_ACCOUNT,
	  online },
	{ { "offline off", ":offline - log out there", ANYWHERE },
	  OF_ACCOUNT, offline },
	{ { "add", ":add - make this one your contact", ANYWHERE }, OF_NAME,
	  add },
	{ { "remove del", ":remove - take this one off your contacts",
	    ANYWHERE }, OF_NAME, remove_one },
	{ { "join jab_join_jconf",
	    ":join [NICK [PASSWORD]] - enter this room", ANYWHERE },
	  OF_NAME, proom_join },
	{ { "exit part leave jab_exit_jconf", ":exit - leave this room",
	    ANYWHERE }, OF_NAME, proom_exit },
	{ { "who names", ":who - who is in this room", ANYWHERE }, OF_NAME,
	  proom_who },
	{ { "topic subject", ":topic TEXT - set this room's topic",
	    ANYWHERE }, OF_NAME, proom_topic },
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

/* ---- finding it ---- */

static const struct gate_verb *nth_verb(size_t n)
{
	return n < COMMANDS ? &commands[n].verb : NULL;
}

static const struct pcommand *find(struct view name)
{
	bool known;
	const struct gate_verb *v =
		gate_verb_find(nth_verb, ANYWHERE, name, &known);

	return v ? CONTAINER(v, const struct pcommand, verb) : NULL;
}

static void help(struct pask *ask)
{
	struct buf b = { 0 };

	gate_verb_help(&b, nth_verb, ANYWHERE);
	buf_adds(&b, "\nAt an account's own address the name comes first, as "
		     "in :join ROOM NICK.");
	pask_answer(ask, 200, 0, buf_view(&b));
	buf_free(&b);
}

static void refuse_place(struct pask *ask)
{
	struct buf b = { 0 };

	if (ask->target.proto.n)
		pask_no_account(&b, ask);
	else
		buf_adds(&b, "ERROR: Say it at the address of an account of "
			     "yours.");
	pask_answer(ask, 404, 0, buf_view(&b));
	buf_free(&b);
}

static void run(struct pask *ask, struct pacct *a, const struct pcommand *c,
		struct view words)
{
	struct view said = ask->target.name;
	struct buf name = { 0 };

	if (c->of && !a)
		refuse_place(ask);
	else if (c->of == OF_NAME && !said.n &&
		 !view_word(&words, " \t\r\n", &said))
		pask_answer(ask, 400, 0, VIEW("ERROR: A name is missing."));
	else if (c->of == OF_NAME && pgate_name(&name, a, said))
		pask_answer(ask, 484, 0,
			    VIEW("ERROR: That can be nobody's name."));
	else
		c->run(ask, a, buf_view(&name), view_trim(words));
	buf_free(&name);
}

/* ":word" anywhere; "/word" only where there is nobody to say it to. */
static bool is_command(const struct pask *ask, struct view line)
{
	return line.n >= 2 && (line.p[1] | 32) >= 'a' &&
	       (line.p[1] | 32) <= 'z' &&
	       (line.p[0] == ':' ||
		(line.p[0] == '/' && ask->target.kind != PMAP_NAME));
}

bool pcmd_run(struct pask *ask, struct pacct *a)
{
	struct view line = view_trim(ask->req.text), rest, name = VIEW_NONE;
	const struct pcommand *c;

	if (ask->req.kind != GATE_TEXT)
		return false;
	if (gate_req_consent(&ask->req, ask->gate->conf.hub, ask->req.from))
		return true;
	if (!is_command(ask, line))
		return false;
	rest = view_from(line, 1);
	(void)view_word(&rest, " \t\r\n", &name);
	c = find(name);
	if (c)
		run(ask, a, c, rest);
	else if (view_ieqs(name, "help"))
		help(ask);
	else if (ask->target.kind == PMAP_NAME)
		return false; /* ":Sue, are you there?" */
	else
		gate_verb_unknown(&ask->req, name, false);
	return true;
}
