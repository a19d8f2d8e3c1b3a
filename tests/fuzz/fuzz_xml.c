/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a server sends to an account that is online, with one room: each line
 * of the input is a stanza, or behind a '!' something that we say. Requests
 * get one answer, errors none; what is said ends once, and the room is lost
 * once.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#include "account_priv.h"
#include "log.h"
#include "muc.h"
#include "route.h"
#include "stanza.h"
#include "utf8.h"

enum { LINES = 24, LEG = 9 };

static struct jab jab;
static bool lost, ended[LINES + 1];
static size_t said, answers, live;

int __wrap_account_send(struct account *a, xmpp_stanza_t *s);
void __wrap_worker_joined(struct worker *w, uint64_t leg,
			  struct view own_nick);
void __wrap_worker_lost(struct worker *w, uint64_t leg, enum worker_lost why,
			struct view text);
void __wrap_worker_heard(struct worker *w, uint64_t leg, unsigned kind,
			 struct view nick, struct view text, uint64_t time_ms,
			 struct view stable_id);
void __wrap_worker_delivered(struct worker *w, uint64_t leg, uint64_t seq);
void __wrap_worker_failed(struct worker *w, uint64_t leg, uint64_t seq,
			  bool again, struct view text);

void __wrap_worker_topic(struct worker *w, uint64_t leg,
			 enum worker_topic how, struct view nick,
			 struct view text);

void __wrap_worker_people(struct worker *w, uint64_t leg,
			  const struct worker_people *p);
void __wrap_worker_missed(struct worker *w, uint64_t leg);
void __wrap_worker_trouble(struct worker *w, uint64_t leg, struct view words);

void __wrap_worker_people(struct worker *w, uint64_t leg,
			  const struct worker_people *p)
{
	(void)w;
	assert(leg == LEG && !lost && p->nick.n && p->what <= RENAMED);
	assert(utf8_valid(p->nick) && utf8_valid(p->other) &&
	       utf8_valid(p->reason));
}

void __wrap_worker_missed(struct worker *w, uint64_t leg)
{
	(void)w;
	assert(leg == LEG && !lost);
}

void __wrap_worker_trouble(struct worker *w, uint64_t leg, struct view words)
{
	(void)w;
	assert(leg == LEG && !lost && utf8_valid(words));
}

void __wrap_worker_topic(struct worker *w, uint64_t leg,
			 enum worker_topic how, struct view nick,
			 struct view text)
{
	(void)w;
	(void)how;
	assert(leg == LEG && !lost);
	assert(utf8_valid(nick) && utf8_valid(text));
}

/* What we write can be read, by the same parser. */
int __wrap_account_send(struct account *a, xmpp_stanza_t *s)
{
	struct view type = in_attr(s, "type");
	xmpp_stanza_t *again;
	char *text;
	size_t n;

	(void)a;
	answers += view_eqs(type, "result") || view_eqs(type, "error");
	assert(!xmpp_stanza_to_text(s, &text, &n));
	assert(utf8_valid(view_mem(text, n)));
	again = xmpp_stanza_new_from_string(jab.ctx, text);
	assert(again);
	xmpp_stanza_release(again);
	xmpp_free(jab.ctx, text);
	xmpp_stanza_release(s);
	return 0;
}

void __wrap_worker_joined(struct worker *w, uint64_t leg, struct view own_nick)
{
	(void)w;
	assert(leg == LEG && !lost && own_nick.n);
}

void __wrap_worker_lost(struct worker *w, uint64_t leg, enum worker_lost why,
			struct view text)
{
	(void)w;
	(void)why;
	assert(leg == LEG && !lost && text.n);
	lost = true;
}

void __wrap_worker_heard(struct worker *w, uint64_t leg, unsigned kind,
			 struct view nick, struct view text, uint64_t time_ms,
			 struct view stable_id)
{
	(void)w;
	(void)time_ms;
	assert(leg == LEG && !lost && kind <= SAY_SUBJECT);
	assert(utf8_valid(nick) && utf8_valid(text) && utf8_valid(stable_id));
	assert(text.n <= 128 * 1024);
}

static void end_one(uint64_t leg, uint64_t seq)
{
	assert(leg == LEG && seq < said && !ended[seq]);
	ended[seq] = true;
}

void __wrap_worker_delivered(struct worker *w, uint64_t leg, uint64_t seq)
{
	(void)w;
	assert(!lost);
	end_one(leg, seq);
}

void __wrap_worker_failed(struct worker *w, uint64_t leg, uint64_t seq,
			  bool again, struct view text)
{
	(void)w;
	(void)again;
	assert(text.n);
	end_one(leg, seq);
}

static void quiet(enum log_level level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	(void)arg;
}

static struct account *begin(void)
{
	const struct worker_join join = {
		.leg = LEG,
		.place = VIEW("room@rooms.example"),
		.nick = VIEW("me"),
	};
	const struct wire_msg m = {
		.s = { VIEW("home") },
		.settings = { { VIEW("jid"), VIEW("gw@home.example") } },
		.settings_count = 1,
	};
	struct account *a;

	log_set_handler(quiet, NULL);
	jab = (struct jab){ .loop = jab.loop, .ctx = jab.ctx };
	if (!jab.loop) {
		assert(!loop_new(&jab.loop));
		xmpp_initialize();
		jab.ctx = xmpp_ctx_new(NULL, NULL);
		live = mem_live();
	}
	list_init(&jab.waiting);
	list_init(&jab.logins);
	memset(ended, 0, sizeof(ended));
	lost = false;
	said = 0;
	account_new(&jab, 1, &m);
	a = account_find(&jab, 1);
	a->state = ACCOUNT_ONLINE;
	room_enter(room_new(a, &join));
	return a;
}

static void say(struct view text)
{
	const struct worker_say w = {
		.leg = LEG, .seq = said, .name = VIEW("bob"), .text = text,
	};
	struct room *r = room_find(&jab, LEG);

	if (!r)
		return;
	said++;
	room_say(r, &w);
}

static void hear(struct account *a, struct view line)
{
	char *text = view_dup(line);
	xmpp_stanza_t *s = xmpp_stanza_new_from_string(jab.ctx, text);
	struct view type;
	bool request;

	mem_free(text);
	if (!s)
		return;
	type = in_attr(s, "type");
	request = xmpp_stanza_get_name(s) &&
		  !strcmp(xmpp_stanza_get_name(s), "iq") &&
		  (view_eqs(type, "get") || view_eqs(type, "set"));
	answers = 0;
	route_in(a, s);
	assert(answers <= 1 && (answers == 1 || !request));
	assert(!view_eqs(type, "error") || !answers);
	assert(lost == !room_find(&jab, LEG));
	xmpp_stanza_release(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view rest = view_mem(data, size), line;
	struct account *a = begin();

	for (int n = 0; n < LINES && rest.n; n++) {
		view_cut(rest, '\n', &line, &rest);
		if (line.n && *line.p == '!')
			say(view_from(line, 1));
		else if (line.n)
			hear(a, line);
	}
	a->state = ACCOUNT_OFF;
	account_free(a);
	htable_free(&jab.accounts);
	htable_free(&jab.rooms);
	assert(mem_live() == live);
	return 0;
}
