/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A real confab-jabber at the other end of a pipe, and us as its confabd:
 * every frame that it sends is kept until a test asks for it.
 */
#ifndef CONFAB_TEST_JABWORKER_H
#define CONFAB_TEST_JABWORKER_H

#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "child.h"
#include "clock.h"
#include "hash.h"
#include "list.h"
#include "wire.h"
#include "worker.h"

enum { AWAIT_MS = 20000 };

struct event {
	struct lnode node;
	enum wire_type type;
	uint64_t id;  /* of the frame: the account; else the leg */
	uint64_t u[WIRE_FIELDS_MAX];
	char *s[WIRE_FIELDS_MAX]; /* owned */
};

struct rig {
	struct loop *loop;
	struct child *child;
	struct framer *framer;
	struct list events;
	bool closed, exited;
	int status;
	uint64_t pings;
	const char *server; /* of the accounts; NULL: 127.0.0.1 */
};

static struct rig rig;

static inline void event_free(struct event *e)
{
	if (!e)
		return;
	for (size_t i = 0; i < WIRE_FIELDS_MAX; i++)
		mem_free(e->s[i]);
	mem_free(e);
}

static inline void events_forget(void)
{
	struct lnode *n;

	while ((n = list_shift(&rig.events)))
		event_free(CONTAINER(n, struct event, node));
}

static inline void events_print(void)
{
	struct lnode *n, *nx;

	LIST_EACH(&rig.events, n, nx) {
		struct event *e = CONTAINER(n, struct event, node);

		print_message("  %s id %d u %d %d \"%s\" \"%s\"\n",
			      wire_name(e->type), (int)e->id, (int)e->u[0],
			      (int)e->u[1], e->s[0] ? e->s[0] : "",
			      e->s[1] ? e->s[1] : "");
	}
}

static inline void rig_frame(const struct frame *f, void *arg)
{
	struct event *e = mem_zalloc(sizeof(*e));
	struct wire_msg m;
	const char *why = "";

	(void)arg;
	if (wire_decode(&m, f, false, &why)) {
		fail_msg("%s: %s", wire_name(f->type), why);
		return;
	}
	e->type = m.type;
	e->id = m.type == WIRE_ACCOUNT_UP || m.type == WIRE_ACCOUNT_LOST ?
		m.id : m.u[0];
	memcpy(e->u, m.u, sizeof(e->u));
	if (m.type == WIRE_PARCEL)
		e->id = 0;
	for (size_t i = 0; i < WIRE_FIELDS_MAX; i++)
		if (m.s[i].p)
			e->s[i] = view_dup(m.s[i]);
	list_append(&rig.events, &e->node);
}

static inline void rig_closed(int err, const char *text, void *arg)
{
	(void)err;
	(void)text;
	(void)arg;
	rig.closed = true;
}

static inline void rig_exited(int status, void *arg)
{
	(void)arg;
	rig.exited = true;
	rig.status = status;
}

/* Turns the loop until cond is true. */
#define AWAIT(cond) \
	do { \
		uint64_t await_end = now_ms() + AWAIT_MS; \
		while (!(cond)) { \
			loop_turn(rig.loop, 2); \
			if (now_ms() > await_end) { \
				events_print(); \
				fail_msg("waited in vain: %s", #cond); \
			} \
		} \
	} while (0)

static inline struct event *event_find(enum wire_type type, uint64_t id)
{
	struct lnode *n, *nx;

	LIST_EACH(&rig.events, n, nx) {
		struct event *e = CONTAINER(n, struct event, node);

		if (e->type == type && e->id == id)
			return e;
	}
	return NULL;
}

/* The first event of this kind, taken out; free with event_free(). */
static inline struct event *event_take(enum wire_type type, uint64_t id)
{
	struct event *e;

	AWAIT((e = event_find(type, id)));
	list_remove(&rig.events, &e->node);
	return e;
}

static inline void await_event(enum wire_type type, uint64_t id)
{
	event_free(event_take(type, id));
}

/* The event comes, with this number (-1: any) and these words in its text. */
static inline void await_words(enum wire_type type, uint64_t id, int number,
			       const char *words)
{
	struct event *e = event_take(type, id);
	uint64_t got = type == WIRE_ACCOUNT_LOST ? e->u[0] :
		       type == WIRE_FAILED ? e->u[2] : e->u[1];
	const char *text = e->s[0] ? e->s[0] : "";

	if (!strstr(text, words))
		fail_msg("\"%s\" is not in \"%s\"", words, text);
	if (number >= 0)
		assert_int_equal(got, number);
	event_free(e);
}

static inline void rig_send(struct wire_msg m)
{
	assert_int_equal(wire_send(rig.framer, &m), 0);
}

/* Everything that the worker had to say before now has come. */
static inline void rig_sync(void)
{
	rig_send((struct wire_msg){ .type = WIRE_PING,
				    .u = { ++rig.pings } });
	await_event(WIRE_PONG, rig.pings);
}

static inline void rig_start(void)
{
	const char *path = getenv("CONFAB_JABBER");
	char *argv[] = { (char *)"confab-jabber", NULL };
	int fd;

	rig = (struct rig){ 0 };
	list_init(&rig.events);
	assert_int_equal(loop_new(&rig.loop), 0);
	assert_int_equal(child_start(&rig.child, rig.loop,
				     path ? path : "./confab-jabber", argv,
				     &fd, rig_exited, NULL), 0);
	assert_int_equal(framer_new(&rig.framer, rig.loop, fd, 1 << 20,
				    rig_frame, rig_closed, NULL), 0);
	rig_send((struct wire_msg){ .type = WIRE_HELLO,
				    .u = { WIRE_VERSION, LOG_DEBUG },
				    .s = { VIEW("xmpp") } });
	await_event(WIRE_READY, WIRE_VERSION);
}

/* Closes the pipe; a worker that leaks says so by its status. */
static inline void rig_stop(void)
{
	rig.framer = framer_free(rig.framer);
	AWAIT(rig.exited);
	child_free(rig.child);
	events_forget();
	loop_free(rig.loop);
}

static inline void rig_stop_well(void)
{
	rig_stop();
	assert_true(WIFEXITED(rig.status));
	assert_int_equal(WEXITSTATUS(rig.status), 0);
}

static inline void rig_account(uint32_t id, const char *user,
			       const char *password, uint16_t port,
			       const char *ca_file)
{
	struct wire_msg m = { .type = WIRE_ACCOUNT, .id = id };
	char jid[64], number[8];

	snprintf(jid, sizeof(jid), "%s@xmpp.test", user);
	snprintf(number, sizeof(number), "%u", port);
	m.s[0] = view_str(user);
	const struct wire_setting settings[] = {
		{ VIEW("jid"), view_str(jid) },
		{ VIEW("password"), view_str(password) },
		{ VIEW("server"),
		  view_str(rig.server ? rig.server : "127.0.0.1") },
		{ VIEW("port"), view_str(number) },
		{ VIEW("tls"), ca_file ? VIEW("required") : VIEW("off") },
		{ VIEW("ca_file"), view_str(ca_file) },
		{ VIEW("resource"), VIEW("") },
	};

	m.settings_count = sizeof(settings) / sizeof(settings[0]);
	memcpy(m.settings, settings, sizeof(settings));
	rig_send(m);
}

static inline void rig_join(uint32_t account, uint64_t leg, const char *room,
			    const char *nick)
{
	char place[80];

	snprintf(place, sizeof(place), "%s@rooms.xmpp.test", room);
	rig_send((struct wire_msg){ .type = WIRE_JOIN, .id = account,
				    .u = { leg },
				    .s = { view_str(place),
					   view_str(nick) } });
}

static inline void rig_part(uint64_t leg)
{
	rig_send((struct wire_msg){ .type = WIRE_PART, .u = { leg },
				    .s = { VIEW("unlinked") } });
}

static inline void rig_say(uint64_t leg, uint64_t seq, unsigned kind,
			   struct view name, struct view text)
{
	rig_send((struct wire_msg){ .type = WIRE_SAY,
				    .u = { leg, seq, seq, kind, 1 },
				    .s = { name, text } });
}

#endif
