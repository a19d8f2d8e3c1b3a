/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rosters, rooms as presentities and lists of watchers: their documents, and
 * when they end; on a real hub, with an edge that only notes. */
#include <stdio.h>

#include "conference.h"
#include "consent.h"
#include "events.h"
#include "hub_rig.h"
#include "mem.h"
#include "room_shown.h"
#include "winfo.h"

enum { SUBS = 8 };

/* What the edge would have. */
static struct {
	struct sip_package package[2];
	size_t packages;
	struct sip_watch watch[SUBS];
	bool there[SUBS];
	size_t changed[SUBS], set[SUBS];
	uint64_t more[SUBS];
	const char *reason[SUBS];
	size_t events;
} fake_edge;

#define EDGE ((struct sip *)(void *)&fake_edge)

int sip_package_add(struct sip *s, const struct sip_package *p)
{
	(void)s;
	fake_edge.package[fake_edge.packages++] = *p;
	return 0;
}

void sip_watch_changed(struct sip *s, uint64_t id)
{
	(void)s;
	fake_edge.changed[id]++;
}

void sip_watch_mark(struct sip *s, uint64_t id, uint64_t mark)
{
	(void)s;
	fake_edge.watch[id].mark = mark;
}

void sip_watch_more(struct sip *s, uint64_t id, uint64_t place)
{
	(void)s;
	assert_true(place);
	fake_edge.more[id] = place;
}

bool sip_watch_get(const struct sip *s, uint64_t id, struct sip_watch *out)
{
	(void)s;
	*out = fake_edge.watch[id];
	return fake_edge.there[id];
}

void sip_watch_end(struct sip *s, uint64_t id, const char *reason,
		   uint32_t retry_after)
{
	const struct sip_package *p = &fake_edge.package[0];

	(void)s;
	(void)retry_after;
	fake_edge.there[id] = false;
	fake_edge.reason[id] = reason;
	if (fake_edge.packages && p->goneh)
		p->goneh(&fake_edge.watch[id], p->arg);
}

void sip_watch_set(struct sip *s, uint64_t id, enum sip_watch_state state)
{
	(void)s;
	fake_edge.watch[id].state = state;
	fake_edge.set[id]++;
}

void sip_event_changed(struct sip *s, const char *package,
		       struct view resource)
{
	(void)s;
	(void)package;
	(void)resource;
	fake_edge.events++;
}

static size_t ids_of(struct view resource, struct view watcher, uint64_t *ids,
		     size_t max)
{
	size_t n = 0;

	for (uint64_t i = 0; i < SUBS; i++) {
		const struct sip_watch *w = &fake_edge.watch[i];

		if (!fake_edge.there[i] || !view_eq(w->resource, resource) ||
		    (watcher.n && !view_eq(w->watcher, watcher)))
			continue;
		if (n < max)
			ids[n] = i;
		n++;
	}
	return n;
}

size_t sip_watchers(const struct sip *s, const char *package,
		    struct view resource, uint64_t *ids, size_t max)
{
	(void)s;
	assert_string_equal(package, "presence");
	return ids_of(resource, VIEW_NONE, ids, max);
}

size_t sip_watches_of(const struct sip *s, const char *package,
		      struct view resource, struct view watcher,
		      uint64_t *ids, size_t max)
{
	(void)s;
	assert_string_equal(package, "presence");
	return ids_of(resource, watcher, ids, max);
}

/* ---- the rig ---- */

static struct conference *conference;
static struct rooms_shown *shown;
static struct winfo *winfo;

static void start(void)
{
	memset(&fake_edge, 0, sizeof(fake_edge));
	rig_start();
}

static void start_conference(void)
{
	start();
	assert_int_equal(conference_new(&conference, rig.hub, EDGE), 0);
}

static void stop_conference(void)
{
	conference_quiet(conference);
	conference_free(conference);
	rig_stop();
}

static struct sip_watch *watch_new(uint64_t id, const char *resource,
				   const char *watcher)
{
	struct sip_watch *w = &fake_edge.watch[id];

	*w = (struct sip_watch){ .id = id, .resource = view_str(resource),
				 .watcher = view_str(watcher),
				 .expires = 600, .full = true };
	fake_edge.there[id] = true;
	return w;
}

/* The status that a SUBSCRIBE gets. */
static int ask(uint64_t id, const char *resource, const char *watcher)
{
	const struct sip_package *p = &fake_edge.package[0];
	struct sip_watch *w = watch_new(id, resource, watcher);
	int status = p->watchh(w, &w->state, p->arg);

	fake_edge.there[id] = status == 200;
	return status;
}

static struct buf doc;

/* As the next NOTIFY has it. */
static void show(uint64_t id, size_t max)
{
	const struct sip_package *p = &fake_edge.package[0];

	buf_free(&doc);
	buf_init(&doc, max);
	fake_edge.more[id] = 0;
	p->showh(&fake_edge.watch[id], &doc, p->arg);
	assert_false(doc.over);
	fake_edge.watch[id].place = fake_edge.more[id];
	fake_edge.watch[id].version++;
	fake_edge.watch[id].full = false;
}

static void has(const char *what)
{
	if (!strstr(buf_str(&doc), what))
		fail_msg("no %s in %s", what, buf_str(&doc));
}

static size_t times(const char *what)
{
	size_t n = 0;

	for (const char *p = buf_str(&doc); (p = strstr(p, what)); p++)
		n++;
	return n;
}

static void leave(struct room *r, struct member *m)
{
	size_t before = rig.done;

	assert_int_equal(hub_member_remove(r, m, VIEW_NONE, rig_done, NULL),
			 0);
	assert_int_equal(rig_answer(before), 0);
}

#define LOBBY "sip:lobby@confab.example"
#define ALICE "sip:alice@confab.example"
#define BOB "sip:bob@confab.example"

static struct room *lobby(void)
{
	struct room *r = rig_room("lobby");

	rig_join(r, "alice");
	assert_string_equal(r->addr->text.p, LOBBY);
	return r;
}

/* ---- rosters ---- */

static void roster_for_members(void **state)
{
	struct room *r;

	(void)state;
	start_conference();
	r = lobby();
	assert_int_equal(ask(1, LOBBY, ALICE), 200);
	assert_int_equal(ask(2, LOBBY, BOB), 403);
	assert_int_equal(ask(2, "sip:none@confab.example", BOB), 404);
	r->flags |= ROOM_PRIVATE;
	assert_int_equal(ask(2, LOBBY, BOB), 404);
	show(1, 16384);
	has("state=\"full\" version=\"0\">");
	has("<user-count>1</user-count>");
	has("<user entity=\"" ALICE "\" state=\"full\">"
	    "<display-text>alice</display-text>");
	has("<status>connected</status>");
	/* a fetch, or one who is not in it any more */
	fake_edge.watch[3] = fake_edge.watch[1];
	fake_edge.watch[3].watcher = VIEW(BOB);
	show(3, 16384);
	assert_int_equal(doc.n, 0);
	sip_watch_end(EDGE, 1, "timeout", 0);
	stop_conference();
}

static void roster_changes(void **state)
{
	struct member *bob;
	struct room *r;
	char name[20];

	(void)state;
	start_conference();
	r = lobby();
	assert_int_equal(ask(1, LOBBY, ALICE), 200);
	show(1, 16384);
	bob = rig_join(r, "bob");
	rig_settle();
	assert_int_equal(fake_edge.changed[1], 1);
	show(1, 16384);
	has("state=\"partial\" version=\"1\">");
	assert_int_equal(times("<user "), 1);
	has("<user entity=\"" BOB "\" state=\"full\">");
	show(1, 16384);
	assert_int_equal(times("<user "), 0);
	leave(r, bob);
	rig_settle();
	show(1, 16384);
	has("<user entity=\"" BOB "\" state=\"deleted\"/>");
	/* more than is remembered: all of it */
	for (int i = 0; i < 70; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		rig_join(r, name);
	}
	rig_settle();
	show(1, 16384);
	has("state=\"full\"");
	assert_int_equal(times("<user "), 71);
	stop_conference();
}

/* The users in this document and in those that follow it. */
static size_t shown_rest(uint64_t id, size_t max)
{
	size_t n = times("<user ");

	while (fake_edge.more[id]) {
		show(id, max);
		n += times("<user ");
		has("state=\"partial\"");
	}
	return n;
}

static void roster_too_long(void **state)
{
	struct room *r;
	char name[20];

	(void)state;
	start_conference();
	r = lobby();
	assert_int_equal(ask(1, LOBBY, ALICE), 200);
	show(1, 16384);
	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		rig_join(r, name);
	}
	rig_settle();
	/* the rest of what changed follows, and each is told once */
	show(1, 3000);
	has("state=\"partial\" version=\"1\"");
	has("</users></conference-info>");
	assert_int_equal(shown_rest(1, 3000), 40);
	show(1, 3000);
	assert_int_equal(times("<user "), 0);
	/* all of it: whole at first, then the rest */
	fake_edge.watch[1].full = true;
	show(1, 3000);
	has("state=\"full\"");
	has("<users state=\"full\">");
	has("<user-count>41</user-count>");
	has("</users></conference-info>");
	assert_in_range(times("<user "), 5, 20);
	assert_int_equal(shown_rest(1, 3000), 41);
	stop_conference();
}

/* Nobody is left out who comes, goes or changes between two parts. */
static void roster_parts_and_changes(void **state)
{
	struct member *first, *late;
	struct room *r;
	size_t before;
	char name[20];

	(void)state;
	start_conference();
	r = lobby();
	assert_int_equal(ask(1, LOBBY, ALICE), 200);
	first = rig_join(r, "first");
	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		rig_join(r, name);
	}
	rig_settle();
	show(1, 3000);
	has("state=\"full\"");
	leave(r, first);
	late = rig_join(r, "late");
	rig_settle();
	/* alice, 40 others, and who changed; perhaps both before that too */
	assert_in_range(shown_rest(1, 3000), 43, 45);
	has("<user entity=\"sip:first@confab.example\" state=\"deleted\"/>");
	has("<user entity=\"sip:late@confab.example\" state=\"full\">");
	/* more than is remembered: all of it once more, but not at once */
	fake_edge.watch[1].full = true;
	show(1, 3000);
	for (int i = 0; i < 70; i++) {
		leave(r, late);
		late = rig_join(r, "late");
	}
	rig_settle();
	before = fake_edge.changed[1];
	show(1, 3000);
	has("state=\"partial\"");
	(void)shown_rest(1, 3000);
	assert_int_equal(fake_edge.changed[1], before + 1);
	show(1, 3000);
	has("state=\"full\"");
	assert_int_equal(shown_rest(1, 3000), 42);
	assert_int_equal(fake_edge.changed[1], before + 1);
	/* who only looks has nothing that is kept */
	fake_edge.watch[2] = fake_edge.watch[1];
	fake_edge.watch[2].id = 2;
	fake_edge.watch[2].full = true;
	sip_watch_end(EDGE, 1, "timeout", 0);
	show(2, 3000);
	assert_int_equal(shown_rest(2, 3000), 42);
	stop_conference();
}

static void roster_ends(void **state)
{
	struct member *bob;
	struct room *r;

	(void)state;
	start_conference();
	r = lobby();
	bob = rig_join(r, "bob");
	assert_int_equal(ask(1, LOBBY, ALICE), 200);
	assert_int_equal(ask(2, LOBBY, BOB), 200);
	leave(r, bob);
	rig_settle();
	assert_string_equal(fake_edge.reason[2], "rejected");
	assert_null(fake_edge.reason[1]);
	assert_int_equal(hub_room_destroy(r, VIEW_NONE, NULL, NULL), 0);
	rig_settle();
	assert_string_equal(fake_edge.reason[1], "noresource");
	stop_conference();
}

/* ---- rooms ---- */

static struct addr *target, *watcher;

static void room_doc(uint64_t id)
{
	buf_free(&doc);
	buf_init(&doc, 0);
	rooms_shown_put(shown, &doc, &fake_edge.watch[id], target, watcher);
}

static void room_as_presentity(void **state)
{
	struct member *alice;
	struct room *r;
	struct sip_watch *w;

	(void)state;
	start();
	r = rig_room("lobby");
	alice = rig_join(r, "alice");
	shown = rooms_shown_new(rig.loop, rig.hub, EDGE);
	assert_int_equal(addr_parse(&target, VIEW(LOBBY)), 0);
	assert_int_equal(addr_parse(&watcher, VIEW(ALICE)), 0);
	r->flags |= ROOM_PRIVATE;
	w = watch_new(1, LOBBY, ALICE);
	assert_true(rooms_shown_has(shown, target));
	assert_int_equal(rooms_shown_watch(shown, w, target, watcher, 403,
					   &w->state), 200);
	assert_int_equal(w->state, SIP_WATCH_ACTIVE);
	room_doc(1);
	has("<basic>open</basic>");
	has("<rpid:away/>");
	rig_say(r, "alice", "hello");
	rig_settle();
	rig_advance(5010);
	assert_int_equal(fake_edge.changed[1], 1);
	room_doc(1);
	assert_int_equal(times("rpid:away"), 0);
	rig_advance(5010);
	assert_int_equal(fake_edge.changed[1], 1);
	rig_advance(ROOM_ACTIVE_MS);
	assert_int_equal(fake_edge.changed[1], 2);
	/* a private room is nothing to one who is not in it */
	leave(r, alice);
	rig_settle();
	room_doc(1);
	has("<basic>closed</basic>");
	assert_int_equal(times("<tuple"), 1);
	rig_advance(5010);
	assert_string_equal(fake_edge.reason[1], "rejected");
	rooms_shown_gone(shown, 1);
	assert_int_equal(rooms_shown_watch(shown, w, target, watcher, 403,
					   &w->state), 403);
	w = watch_new(1, LOBBY, ALICE);
	assert_int_equal(rooms_shown_watch(shown, w, target, watcher, 200,
					   &w->state), 200);
	assert_int_equal(w->state, SIP_WATCH_PENDING);
	rig_join(r, "alice");
	rig_advance(5010);
	assert_int_equal(fake_edge.set[1], 1);
	rooms_shown_free(shown);
	mem_deref(target);
	mem_deref(watcher);
	rig_stop();
}

/* Closed only when the last one of its links is lost. */
static void room_with_links(void **state)
{
	struct leg *one, *two;
	struct sip_watch *w;
	struct room *r;

	(void)state;
	start();
	r = lobby();
	one = rig_link_up(r, "one", "net:one");
	two = rig_link_up(r, "two", "net:two");
	shown = rooms_shown_new(rig.loop, rig.hub, EDGE);
	assert_int_equal(addr_parse(&target, VIEW(LOBBY)), 0);
	assert_int_equal(addr_parse(&watcher, VIEW(BOB)), 0);
	w = watch_new(1, LOBBY, BOB);
	assert_int_equal(rooms_shown_watch(shown, w, target, watcher, 200,
					   &w->state), 200);
	room_doc(1);
	assert_int_equal(times("<basic>open</basic>"), 3);
	hub_on_lost(rig.hub, one->id, LOST_NET, VIEW("gone"));
	rig_advance(5010);
	assert_int_equal(fake_edge.changed[1], 1);
	room_doc(1);
	has("<tuple id=\"ID-room\"><status><basic>open</basic>");
	has("<tuple id=\"ID-one\"><status><basic>closed</basic>");
	has("<tuple id=\"ID-two\"><status><basic>open</basic>");
	hub_on_lost(rig.hub, two->id, LOST_AUTH, VIEW("gone"));
	room_doc(1);
	has("<tuple id=\"ID-room\"><status><basic>closed</basic>");
	assert_int_equal(times("<basic>open</basic>"), 0);
	/* the room ends */
	assert_int_equal(hub_room_destroy(r, VIEW_NONE, NULL, NULL), 0);
	rig_settle();
	assert_false(rooms_shown_has(shown, target));
	rig_advance(5010);
	assert_string_equal(fake_edge.reason[1], "noresource");
	rooms_shown_free(shown);
	mem_deref(target);
	mem_deref(watcher);
	rig_stop();
}

static struct sip_watch *link_watch(const char *who, int status)
{
	struct sip_watch *w = watch_new(1, "sip:link*One@confab.example", who);

	fake_edge.reason[1] = NULL;
	mem_deref(target);
	mem_deref(watcher);
	assert_int_equal(addr_parse(&target, w->resource), 0);
	assert_int_equal(addr_parse(&watcher, w->watcher), 0);
	assert_int_equal(rooms_shown_watch(shown, w, target, watcher, 403,
					   &w->state), status);
	return w;
}

/* Idle, active, down; for those who may see its room. */
static void link_as_presentity(void **state)
{
	struct leg *one, *two;
	struct room *r;

	(void)state;
	start();
	r = lobby();
	one = rig_link_up(r, "one", "net:one");
	two = rig_link_up(r, "two", "net:two");
	shown = rooms_shown_new(rig.loop, rig.hub, EDGE);
	target = watcher = NULL;
	link_watch(BOB, 200);
	room_doc(1);
	assert_int_equal(times("<tuple "), 1);
	has("<tuple id=\"ID-one\"><status><basic>open</basic>");
	has("<rpid:away/>");
	has("<note>link up</note>");
	/* what crosses another one is none of its business */
	rig_hear(two, "nick", "hello", "m1");
	rig_settle();
	rig_advance(5010);
	assert_int_equal(fake_edge.changed[1], 0);
	rig_hear(one, "nick", "hello", "m2");
	rig_settle();
	rig_advance(5010);
	assert_int_equal(fake_edge.changed[1], 1);
	room_doc(1);
	has("<basic>open</basic>");
	assert_int_equal(times("rpid:away"), 0);
	rig_advance(ROOM_ACTIVE_MS);
	assert_int_equal(fake_edge.changed[1], 2);
	room_doc(1);
	has("<rpid:away/>");
	hub_on_lost(rig.hub, one->id, LOST_NET, VIEW("gone"));
	rig_advance(5010);
	assert_int_equal(fake_edge.changed[1], 3);
	room_doc(1);
	has("<basic>closed</basic>");
	has("<note>link down</note>");
	r->flags |= ROOM_PRIVATE;
	rig_advance(5010);
	assert_string_equal(fake_edge.reason[1], "rejected");
	rooms_shown_gone(shown, 1);
	link_watch(BOB, 403);
	link_watch(ALICE, 200);
	assert_int_equal(hub_link_remove(rig.hub, two, NULL, NULL), 0);
	rig_settle();
	rig_advance(5010);
	assert_null(fake_edge.reason[1]);
	assert_int_equal(hub_link_remove(rig.hub, one, NULL, NULL), 0);
	rig_settle();
	rig_advance(5010);
	assert_string_equal(fake_edge.reason[1], "noresource");
	assert_false(rooms_shown_has(shown, target));
	rooms_shown_free(shown);
	mem_deref(target);
	mem_deref(watcher);
	rig_stop();
}

/* ---- watchers ---- */

/* The watchers in this document and in those that follow it. */
static size_t watchers_rest(uint64_t id)
{
	size_t n = times("<watcher ");

	while (fake_edge.more[id]) {
		show(id, 360);
		n += times("<watcher ");
		has("state=\"partial\"");
	}
	return n;
}

static void who_watches(void **state)
{
	static const char *const names[SUBS] = {
		"", "", "", "sip:n3@x.example", "sip:n4@x.example",
		"sip:n5@x.example", "sip:n6@x.example", "sip:n7@x.example",
	};
	struct addr *alice, *xmpp, *manager;

	(void)state;
	start();
	assert_int_equal(winfo_new(&winfo, rig.hub, EDGE), 0);
	assert_int_equal(addr_parse(&alice, VIEW(ALICE)), 0);
	assert_int_equal(addr_parse(&xmpp, VIEW("xmpp:x@y.example")), 0);
	assert_int_equal(addr_parse(&manager, VIEW("sip:m@confab.example")),
			 0);
	assert_int_equal(ask(1, ALICE, BOB), 403);
	assert_int_equal(ask(1, ALICE, ALICE), 200);
	fake_edge.there[1] = false; /* is not of presence */
	watch_new(2, ALICE, BOB)->state = SIP_WATCH_PENDING;
	watch_new(3, ALICE, "sip:a&b@x.example")->state = SIP_WATCH_ACTIVE;
	assert_int_equal(consent_ask(rig.hub, alice, xmpp, manager), 0);
	assert_int_equal(fake_edge.events, 1);
	show(1, 16384);
	has("version=\"0\" state=\"full\">");
	has("<watcher id=\"w2\" status=\"pending\" event=\"subscribe\">" BOB
	    "</watcher>");
	has("status=\"active\" event=\"approved\">sip:a&amp;b@x.example<");
	has("status=\"pending\" event=\"subscribe\">xmpp:x@y.example<");
	/* what changed, by the same names */
	fake_edge.watch[2].state = SIP_WATCH_ACTIVE;
	show(1, 16384);
	has("version=\"1\" state=\"partial\">");
	has("<watcher id=\"w2\" status=\"active\" event=\"approved\">" BOB);
	assert_int_equal(times("<watcher "), 1);
	fake_edge.there[3] = false;
	assert_int_equal(consent_set(rig.hub, alice, xmpp, CONSENT_DENIED),
			 0);
	show(1, 16384);
	assert_int_equal(times("<watcher "), 2);
	has("<watcher id=\"w3\" status=\"terminated\" event=\"timeout\">"
	    "sip:a&amp;b@x.example<");
	has("status=\"terminated\" event=\"rejected\">xmpp:x@y.example<");
	show(1, 16384);
	assert_int_equal(times("<watcher "), 0);
	has("version=\"3\" state=\"partial\">");
	/* those who wait first, never half of one, and then the rest */
	for (uint64_t i = 3; i < SUBS; i++)
		watch_new(i, ALICE, names[i])->state = i % 2 ?
			SIP_WATCH_ACTIVE : SIP_WATCH_PENDING;
	fake_edge.watch[1].full = true;
	show(1, 360);
	has("state=\"full\">");
	assert_int_equal(times("<watcher "), 1);
	has(names[4]);
	has("</watcher-list></watcherinfo>");
	assert_int_equal(watchers_rest(1), 6);
	for (uint64_t i = 3; i < SUBS; i++)
		fake_edge.there[i] = false;
	show(1, 360);
	assert_int_equal(watchers_rest(1), 5);
	/* who only looks */
	watch_new(3, ALICE, names[3]);
	watch_new(4, ALICE, ALICE);
	fake_edge.there[4] = false;
	show(4, 310);
	has("state=\"full\">");
	assert_int_equal(watchers_rest(4), 2);
	rig_settle();
	winfo_quiet(winfo);
	winfo_free(winfo);
	mem_deref(alice);
	mem_deref(xmpp);
	mem_deref(manager);
	rig_stop();
}

static void start_winfo(void)
{
	start();
	assert_int_equal(winfo_new(&winfo, rig.hub, EDGE), 0);
}

static void stop_winfo(void)
{
	rig_settle();
	winfo_quiet(winfo);
	winfo_free(winfo);
	rig_stop();
}

/* False: it is more than can be sent. */
static bool try_show(uint64_t id, size_t max)
{
	const struct sip_package *p = &fake_edge.package[0];

	buf_free(&doc);
	buf_init(&doc, max);
	fake_edge.more[id] = 0;
	p->showh(&fake_edge.watch[id], &doc, p->arg);
	fake_edge.watch[id].place = fake_edge.more[id];
	fake_edge.watch[id].full = false;
	return !doc.over;
}

/* In parts of any size each of them comes once. */
static void watchers_in_any_size(void **state)
{
	size_t told = 0, max, sizes = 0;

	(void)state;
	start_winfo();
	assert_int_equal(ask(1, ALICE, ALICE), 200);
	fake_edge.there[1] = false;
	watch_new(2, ALICE, "sip:n2@x.example")->state = SIP_WATCH_ACTIVE;
	watch_new(3, ALICE, "sip:n3@x.example")->state = SIP_WATCH_ACTIVE;
	for (max = 260; max < 480; max++) {
		fake_edge.watch[1].full = true;
		for (told = 0; try_show(1, max); ) {
			told += times("<watcher ");
			assert_true(told <= 2);
			if (!fake_edge.more[1])
				break;
		}
		assert_true(doc.over || told == 2);
		sizes += !doc.over;
	}
	assert_true(sizes > 100);
	stop_winfo();
}

/* Who sees all of it each time misses nobody, whoever goes meanwhile; and
 * sees it again where somebody did. */
static void watchers_go_meanwhile(void **state)
{
	static const char *const names[SUBS] = {
		"", "", "", "sip:n3@x.example", "sip:n4@x.example",
		"sip:n5@x.example", "sip:n6@x.example", "sip:n7@x.example",
	};

	(void)state;
	start_winfo();
	for (uint64_t i = 3; i < SUBS; i++)
		watch_new(i, ALICE, names[i])->state = i % 2 ?
			SIP_WATCH_ACTIVE : SIP_WATCH_PENDING;
	/* not asked for: nothing is kept for him */
	watch_new(1, ALICE, ALICE);
	fake_edge.there[1] = false;
	show(1, 420);
	has("state=\"full\">");
	assert_int_equal(times("<watcher "), 2);
	/* those two go, whom he was told of */
	for (uint64_t i = 3; i < SUBS; i++)
		fake_edge.there[i] = strstr(buf_str(&doc), names[i]) == NULL;
	assert_int_equal(watchers_rest(1), 5);
	assert_int_equal(fake_edge.changed[1], 1);
	/* nobody does: once is enough */
	show(1, 420);
	has("state=\"full\">");
	(void)watchers_rest(1);
	assert_int_equal(fake_edge.changed[1], 1);
	stop_winfo();
}

/* One that was told of changes ends: it is told all, from the beginning. */
static void watchers_at_the_end(void **state)
{
	(void)state;
	start_winfo();
	assert_int_equal(ask(1, ALICE, ALICE), 200);
	fake_edge.there[1] = false;
	watch_new(2, ALICE, "sip:n2@x.example")->state = SIP_WATCH_ACTIVE;
	watch_new(3, ALICE, "sip:n3@x.example")->state = SIP_WATCH_ACTIVE;
	show(1, 350);
	assert_int_equal(times("<watcher "), 1);
	assert_true(fake_edge.more[1]);
	fake_edge.package[0].goneh(&fake_edge.watch[1],
				   fake_edge.package[0].arg);
	show(1, 16384);
	has("state=\"full\">");
	assert_int_equal(times("<watcher "), 2);
	stop_winfo();
}

static int end(void **state)
{
	buf_free(&doc);
	return rig_teardown(state);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, rig_setup, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(roster_for_members), CASE(roster_changes),
		CASE(roster_too_long),	  CASE(roster_ends),
		CASE(roster_parts_and_changes),
		CASE(room_as_presentity), CASE(room_with_links),
		CASE(link_as_presentity),
		CASE(who_watches),	  CASE(watchers_in_any_size),
		CASE(watchers_go_meanwhile),
		CASE(watchers_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
