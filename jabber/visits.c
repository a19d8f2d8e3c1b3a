/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SIP users in rooms of XMPP, each as himself. What brings one back is on the
 * disk: room, nick, password, and up to where he has heard it; so he is in
 * again, silently, whatever went away meanwhile.
 */
#include <errno.h>

#include "clock.h"
#include "log.h"
#include "mem.h"
#include "visit_priv.h"

enum { MARK_MS = 1000 };

#define NETWORK VIEW("xmpp")

struct visits *visits_of(const struct gate *g)
{
	return g->state[GATE_VISITS];
}

static uint64_t key_of(const struct addr *owner, struct view room)
{
	return hash_u64(owner->hash ^ hash_view(room));
}

struct visit *visit_find(const struct gate *g, const struct addr *owner,
			 struct view room)
{
	struct hnode *n = htable_find(&visits_of(g)->table,
				      key_of(owner, room));

	for (; n; n = htable_more(n)) {
		struct visit *v = CONTAINER(n, struct visit, node);

		if (addr_eq(v->owner, owner) &&
		    view_eq(buf_view(&v->room), room))
			return v;
	}
	return NULL;
}

bool visit_is_in(const struct visit *v)
{
	return v->o && occupant_state(v->o) == OCCUPANT_IN;
}

size_t visits_count(const struct gate *g, const struct addr *owner)
{
	struct hnode *n = NULL;
	size_t pos = 0, count = 0;

	while ((n = htable_each(&visits_of(g)->table, &pos, n)))
		count += addr_eq(CONTAINER(n, struct visit, node)->owner,
				 owner);
	return count;
}

/* ---- the row ---- */

void visit_put(struct visit *v)
{
	const struct store_visit row = {
		.id = v->id,
		.network = NETWORK,
		.owner = v->owner->text,
		.room = buf_view(&v->room),
		.nick = buf_view(&v->nick),
		.secret = buf_view(&v->secret),
		.wanted = true,
		.last_id = buf_view(&v->last_id),
		.last_ms = v->last_ms,
		.settings = buf_view(&v->shown),
	};
	struct store_txn *t = store_begin(visit_gate(v)->conf.store);

	store_put_visit(t, &row);
	store_commit(t, NULL, NULL);
	v->stored = true;
}

static void put_mark(struct visit *v)
{
	struct store_txn *t;

	wheel_stop(visit_wheel(v), &v->mark);
	if (!v->stored)
		return;
	t = store_begin(visit_gate(v)->conf.store);
	store_visit_mark(t, v->id, buf_view(&v->last_id), v->last_ms);
	store_commit(t, NULL, NULL);
}

static void on_mark(struct wtimer *t)
{
	put_mark(CONTAINER(t, struct visit, mark));
}

void visit_mark(struct visit *v, struct view id, uint64_t time_ms, bool soon)
{
	if (id.n) {
		buf_clear(&v->last_id);
		buf_addv(&v->last_id, id);
	}
	if (time_ms > v->last_ms)
		v->last_ms = time_ms;
	if (soon)
		put_mark(v);
	else if (!wtimer_running(&v->mark))
		wheel_start(visit_wheel(v), &v->mark, MARK_MS, on_mark);
}

static void del_row(struct visit *v)
{
	struct store_txn *t = store_begin(visit_gate(v)->conf.store);

	store_del_visit(t, v->id);
	store_commit(t, NULL, NULL);
	v->stored = false;
}

/* ---- life ---- */

static struct visit *visit_make(struct visits *all, struct addr *owner,
				struct view room, struct view shown)
{
	const struct jmap_target t = { .kind = JMAP_ROOM,
				       .bare = room,
				       .nick = shown };
	struct addr *from = gate_addr(all->gate, &t);
	struct visit *v;

	if (!from)
		return NULL;
	v = mem_zalloc(sizeof(*v));
	v->all = all;
	v->owner = mem_ref(owner);
	v->from = from;
	buf_addv(&v->room, room);
	buf_addv(&v->shown, shown);
	list_init(&v->said);
	visit_hear_init(v);
	htable_add(&all->table, &v->node, key_of(owner, room));
	return v;
}

/* He himself is gone, the visit is not. */
static void let_go(struct visit *v)
{
	struct person *p = v->person;

	occupant_free(v->o);
	v->o = NULL;
	v->person = NULL;
	if (!p)
		return;
	person_unwait(p, v);
	person_release(p);
}

static void visit_free(struct visit *v)
{
	let_go(v);
	visit_say_end(v, VIEW_NONE);
	gate_lines_free(&v->lines);
	wheel_stop(visit_wheel(v), &v->mark);
	htable_del(&v->all->table, &v->node);
	mem_deref(v->owner);
	mem_deref(v->from);
	mem_deref(v->told);
	buf_free(&v->room);
	buf_free(&v->nick);
	buf_free(&v->shown);
	buf_free(&v->secret);
	buf_free(&v->last_id);
	mem_free(v);
}

void visit_drop(struct visit *v, struct view words)
{
	struct buf b = { 0 };

	buf_addv(&b, words); /* may be a part of what goes */
	del_row(v);
	let_go(v);
	visit_say_end(v, b.n ? buf_view(&b) : VIEW("you left the room"));
	visit_hear_flush(v);
	visit_free(v);
	buf_free(&b);
}

/* The login that a join waits for has failed. */
static void on_online(int err, void *arg)
{
	struct visit *v = arg;
	enum jtext why = err == EACCES	 ? JTEXT_NO_LOGIN :
			 err == ENOSPC	 ? JTEXT_QUEUE_FULL :
					   JTEXT_JOIN_FAILED;

	if (!err || !v->asked)
		return;
	visit_answer(v, jtext(why));
	visit_drop(v, VIEW("there is no connection"));
}

static void open_secret(const struct visit *v, struct buf *out)
{
	const struct gate_accounts *as = visit_gate(v)->conf.accounts;

	if (!v->secret.n || !as || !as->unshut)
		return;
	if (as->unshut(out, v->owner->text, buf_view(&v->room),
		       buf_view(&v->secret), as->arg))
		log_warning("xmpp %s: the password of %.*s can't be opened",
			    v->owner->text.p,
			    VIEW_ARG(buf_view(&v->room)));
}

static void seal_secret(struct visit *v, struct view password)
{
	const struct gate_accounts *as = visit_gate(v)->conf.accounts;

	buf_clear(&v->secret);
	if (password.n && as && as->shut &&
	    as->shut(&v->secret, v->owner->text, buf_view(&v->room), password,
		     as->arg))
		log_warning("xmpp %s: the password of %.*s can't be kept",
			    v->owner->text.p,
			    VIEW_ARG(buf_view(&v->room)));
}

/* Takes the person, and goes in as he. password empty: the sealed one. */
static int enter(struct visit *v, struct person *p, struct view password)
{
	struct buf secret = { 0 };
	struct occupant_conf conf = {
		.gate = visit_gate(v),
		.link = person_link(p),
		.from = person_from(p),
		.room = buf_view(&v->room),
		.nick = buf_view(&v->nick),
		.history = visit_gate(v)->conf.history,
		.since_ms = v->last_ms,
		.ops = &visit_ops,
		.arg = v,
	};
	int err;

	buf_addv(&secret, password);
	if (!secret.n)
		open_secret(v, &secret);
	conf.password = buf_view(&secret);
	err = occupant_new(&v->o, &conf);
	mem_scrub_free(secret.p);
	if (err)
		return err;
	v->person = p;
	person_hold(p);
	occupant_join(v->o);
	return 0;
}

void visit_new(const struct visit_join *j)
{
	struct visits *all = visits_of(j->person->gate);
	struct visit *v = visit_make(all, j->person->aor, j->room, j->shown);

	if (!v) {
		person_tell(j->person, j->told, jtext(JTEXT_NO_ROOM));
		return;
	}
	v->id = (rand_u64() >> 1) | 1;
	v->told = mem_ref(j->told);
	v->asked = true;
	buf_addv(&v->nick, j->nick);
	seal_secret(v, j->password);
	visit_put(v);
	if (enter(v, j->person, j->password)) {
		visit_answer(v, jtext(JTEXT_JOIN_FAILED));
		visit_drop(v, VIEW_NONE);
	} else if (!person_is_online(j->person)) {
		person_wait(j->person, on_online, v);
	}
}

/* ---- back again ---- */

static void come_back(struct visit *v)
{
	struct person *p;

	if (v->person)
		return;
	if (person_get(&p, visit_gate(v), v->owner)) {
		log_info("xmpp %s: has no account any more for %.*s",
			 v->owner->text.p, VIEW_ARG(buf_view(&v->room)));
		visit_tell(v, jtext(JTEXT_NO_ACCOUNT));
		visit_drop(v, VIEW("there is no account"));
		return;
	}
	v->lines.held = v->last_id.n > 0;
	if (enter(v, p, VIEW_NONE))
		visit_drop(v, VIEW("the room is visited already"));
	else
		(void)person_wake(p);
}

static struct visit **all_of(const struct visits *all, const struct addr *who,
			     size_t *count)
{
	struct visit **list = mem_array(NULL, all->table.count + 1,
					sizeof(*list));
	struct hnode *n = NULL;
	size_t pos = 0;

	*count = 0;
	while ((n = htable_each(&all->table, &pos, n))) {
		struct visit *v = CONTAINER(n, struct visit, node);

		if (!who || addr_eq(v->owner, who))
			list[(*count)++] = v;
	}
	return list;
}

static void on_start(struct wtimer *t)
{
	struct visits *all = CONTAINER(t, struct visits, start);
	struct visit **list;
	size_t count;

	if (!all->gate->running) { /* still loading */
		wheel_start(loop_wheel(all->gate->conf.loop), t, 10,
			    on_start);
		return;
	}
	list = all_of(all, NULL, &count);
	for (size_t i = 0; i < count; i++)
		come_back(list[i]);
	mem_free(list);
}

static void bring_back(struct visits *all)
{
	wheel_start(loop_wheel(all->gate->conf.loop), &all->start, 10,
		    on_start);
}

static void load_visit(struct gate *g, const struct store_visit *row)
{
	struct addr *owner;
	struct visit *v = NULL;

	if (!row->wanted || addr_parse(&owner, row->owner))
		return;
	if (!visit_find(g, owner, row->room))
		v = visit_make(visits_of(g), owner, row->room, row->settings);
	mem_deref(owner);
	if (!v) {
		log_warning("xmpp: a visit of %.*s can't be taken up again",
			    VIEW_ARG(row->room));
		return;
	}
	v->id = row->id;
	v->stored = true;
	v->last_ms = row->last_ms;
	buf_addv(&v->nick, row->nick);
	buf_addv(&v->secret, row->secret);
	buf_addv(&v->last_id, row->last_id);
	bring_back(visits_of(g));
}

/* Somebody else from now on: by another account he comes again. */
static void gone(struct person *p)
{
	struct visits *all = visits_of(p->gate);
	size_t count;
	struct visit **list = all_of(all, p->aor, &count);

	for (size_t i = 0; i < count; i++)
		if (list[i]->person == p)
			let_go(list[i]);
	mem_free(list);
	if (count && p->gate->running)
		bring_back(all);
}

/* ---- the module ---- */

static int start(struct gate *g)
{
	struct visits *all = mem_zalloc(sizeof(*all));

	all->gate = g;
	list_init(&all->invited);
	g->state[GATE_VISITS] = all;
	return 0;
}

static void stop(struct gate *g)
{
	size_t count;
	struct visit **list = all_of(visits_of(g), NULL, &count);

	for (size_t i = 0; i < count; i++) {
		visit_hear_flush(list[i]);
		put_mark(list[i]);
		let_go(list[i]);
	}
	mem_free(list);
}

static void free_all(struct gate *g)
{
	struct visits *all = visits_of(g);
	struct hnode *n;

	if (!all)
		return;
	while ((n = htable_pop(&all->table)))
		visit_free(CONTAINER(n, struct visit, node));
	visits_uninvite(all);
	htable_free(&all->table);
	wheel_stop(loop_wheel(g->conf.loop), &all->start);
	mem_free(all);
	g->state[GATE_VISITS] = NULL;
}

static int status(struct gate *g, struct sink *out)
{
	struct hnode *n = NULL;
	size_t pos = 0, in = 0;

	while ((n = htable_each(&visits_of(g)->table, &pos, n)))
		in += visit_is_in(CONTAINER(n, struct visit, node));
	return sink_printf(out, "visits: %zu, in their rooms: %zu\n",
			   visits_of(g)->table.count, in);
}

static const char *how(const struct visit *v)
{
	return visit_is_in(v) ? "" : " (not in it just now)";
}

static void about(const struct person *p, struct buf *out)
{
	size_t count;
	struct visit **list = all_of(visits_of(p->gate), p->aor, &count);

	for (size_t i = 0; i < count; i++) {
		buf_adds(out, i ? ", " : "\nRooms: ");
		jtext_line(out, buf_view(&list[i]->room), 256);
		buf_adds(out, how(list[i]));
	}
	mem_free(list);
}

const struct gate_module visits_module = {
	.start = start,
	.stop = stop,
	.free = free_all,
	.gone = gone,
	.kinds = 1U << JMAP_ROOM | 1U << JMAP_PM,
	.message = visit_message,
	.commands = visit_commands,
	.command_count = VISIT_COMMANDS,
	.status = status,
	.about = about,
	.load_visit = load_visit,
};
