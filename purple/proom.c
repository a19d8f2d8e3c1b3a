/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rooms of other networks that a user is in by himself: what is said there
 * (proom_heard.c) comes from the room's address, as "<nick> text". He is
 * brought back into them after each loss, until he leaves or is put out.
 */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "pgate_priv.h"
#include "utf8.h"
#include "worker.h"

enum { USER_ROOMS = 20, NICK_MAX = 64 };

#define NETWORK VIEW("purple")

/* The number may be another one's account by now. */
static bool is_of(const struct proom *r, const struct pacct *a)
{
	return r->account_id == a->id &&
	       view_eq(buf_view(&r->owner), a->owner->text);
}

struct proom *proom_find(const struct pacct *a, struct view name)
{
	struct hnode *n = htable_find(&a->gate->rooms,
				      pgate_key(a->id, name));

	for (; n; n = htable_more(n)) {
		struct proom *r = CONTAINER(n, struct proom, by_key);

		if (is_of(r, a) && view_eq(buf_view(&r->name), name))
			return r;
	}
	return NULL;
}

static struct proom *room_new(struct pgate *g, uint64_t account,
			      struct view owner, struct view name)
{
	struct proom *r = mem_zalloc(sizeof(*r));

	r->gate = g;
	r->account_id = account;
	buf_addv(&r->owner, owner);
	buf_addv(&r->name, name);
	htable_add(&g->rooms, &r->by_key, pgate_key(account, name));
	return r;
}

static void room_free(struct proom *r)
{
	htable_del(&r->gate->rooms, &r->by_key);
	buf_free(&r->owner);
	buf_free(&r->name);
	buf_free(&r->nick);
	buf_free(&r->secret);
	buf_free(&r->there);
	mem_free(r);
}

static size_t count_of(const struct pacct *a)
{
	struct hnode *n = NULL;
	size_t pos = 0, count = 0;

	while ((n = htable_each(&a->gate->rooms, &pos, n)))
		count += is_of(CONTAINER(n, struct proom, by_key), a);
	return count;
}

/* Those of this account, in a list of its own; stale: of others who had its
 * number. */
static struct proom **rooms_by(const struct pacct *a, bool stale,
			       size_t *count)
{
	struct proom **list = mem_array(NULL, a->gate->rooms.count + 1,
					sizeof(*list));
	struct hnode *n = NULL;
	size_t pos = 0;

	*count = 0;
	while ((n = htable_each(&a->gate->rooms, &pos, n))) {
		struct proom *r = CONTAINER(n, struct proom, by_key);

		if (r->account_id == a->id && is_of(r, a) != stale)
			list[(*count)++] = r;
	}
	return list;
}

static struct proom **rooms_of(const struct pacct *a, size_t *count)
{
	return rooms_by(a, false, count);
}

/* ---- the row ---- */

/* "17/lobby%40rooms.example.org" */
static void put_key(struct buf *b, const struct proom *r)
{
	buf_addf(b, "%llu/", (unsigned long long)r->account_id);
	pmap_escape(b, buf_view(&r->name));
}

static void put_row(struct proom *r, const struct pacct *a)
{
	struct store_txn *t = store_begin(r->gate->conf.store);
	struct buf key = { 0 };
	struct store_visit row = { .network = NETWORK,
				   .owner = a->owner->text,
				   .nick = buf_view(&r->nick),
				   .secret = buf_view(&r->secret),
				   .wanted = true };

	if (!r->id)
		r->id = (rand_u64() >> 1) | 1;
	put_key(&key, r);
	row.id = r->id;
	row.room = buf_view(&key);
	store_put_visit(t, &row);
	store_commit(t, NULL, NULL);
	buf_free(&key);
}

void proom_drop(struct proom *r)
{
	struct store_txn *t;

	if (r->id) {
		t = store_begin(r->gate->conf.store);
		store_del_visit(t, r->id);
		store_commit(t, NULL, NULL);
	}
	room_free(r);
}

void proom_load(struct pgate *g, const struct store_visit *v)
{
	struct view id, escaped;
	struct buf name = { 0 };
	struct proom *r;
	uint64_t account;

	if (view_cut(v->room, '/', &id, &escaped) &&
	    !view_u64(&account, id, UINT64_MAX) &&
	    !pmap_unescape(&name, escaped)) {
		r = room_new(g, account, v->owner, buf_view(&name));
		r->id = v->id;
		buf_addv(&r->nick, v->nick);
		buf_addv(&r->secret, v->secret);
	}
	buf_free(&name);
}

/* ---- its password ---- */

static void seal_key(struct proom *r, const struct pacct *a, struct view key)
{
	const struct pgate_accounts *as = a->gate->conf.accounts;

	buf_clear(&r->secret);
	if (key.n && as->shut &&
	    as->shut(&r->secret, a->owner->text, buf_view(&r->name), key,
		     as->arg))
		log_warning("purple %s of %s: a room's password can't be "
			    "kept", a->name, a->owner->text.p);
}

static void open_key(const struct proom *r, const struct pacct *a,
		     struct buf *out)
{
	const struct pgate_accounts *as = a->gate->conf.accounts;

	if (r->secret.n && as->unshut &&
	    as->unshut(out, a->owner->text, buf_view(&r->name),
		       buf_view(&r->secret), as->arg))
		log_warning("purple %s of %s: a room's password can't be "
			    "read", a->name, a->owner->text.p);
}

static void send_join(const struct proom *r, struct pacct *a)
{
	struct buf key = { 0 };
	struct purp p = { .verb = PURP_JOIN, .place = buf_view(&r->name),
			  .who = buf_view(&r->nick) };

	open_key(r, a, &key);
	p.other = buf_view(&key);
	(void)pacct_send(a, &p, NULL, NULL);
	if (key.p)
		explicit_bzero(key.p, key.n);
	buf_free(&key);
}

/* ---- what users say ---- */

static struct proom *room_or_refuse(struct pask *ask, struct pacct *a,
				    struct view name)
{
	struct proom *r = proom_find(a, name);

	if (!r)
		pask_answer(ask, 404, 0,
			    VIEW("ERROR: You are not in this room: :join "
				 "first."));
	return r;
}

int proom_enter(struct pacct *a, const struct pgate_join *j)
{
	size_t max = a->gate->conf.user_rooms;
	struct proom *r = proom_find(a, j->name);

	if (!r && count_of(a) >= (max ? max : USER_ROOMS))
		return ENOSPC;
	if (!r)
		r = room_new(a->gate, a->id, a->owner->text, j->name);
	buf_clear(&r->nick);
	utf8_clean_line(&r->nick, j->nick, NICK_MAX);
	seal_key(r, a, j->password);
	put_row(r, a);
	pacct_text(a);
	if (a->state == PACCT_ONLINE)
		send_join(r, a);
	return 0;
}

int proom_leave(struct pacct *a, struct view name, struct view words)
{
	struct proom *r = proom_find(a, name);
	const struct purp p = { .verb = PURP_PART, .place = name,
				.text = words };

	if (!r)
		return ESRCH;
	(void)pacct_send(a, &p, NULL, NULL);
	proom_drop(r);
	return 0;
}

void proom_join(struct pask *ask, struct pacct *a, struct view name,
		struct view words)
{
	struct pgate_join j = { .name = name };
	struct view rest;

	(void)view_word(&words, " \t\r\n", &j.nick);
	/* on IRC the next line is another command */
	(void)view_cut(view_trim(words), '\n', &j.password, &rest);
	j.password = view_trim(j.password);
	if (proom_enter(a, &j)) {
		pask_answer(ask, 403, 0,
			    VIEW("ERROR: You are in too many rooms."));
		return;
	}
	pask_answer(ask, 202, 0, VIEW_NONE);
	if (a->state != PACCT_ONLINE)
		pgate_tell(a, ask->req.to,
			   VIEW("INFO: You join as soon as you "
				"are online there."));
}

void proom_exit(struct pask *ask, struct pacct *a, struct view name,
		struct view words)
{
	if (room_or_refuse(ask, a, name) && !proom_leave(a, name, words))
		pask_answer(ask, 200, 0,
			    VIEW("INFO: You have left the room."));
}

static void pass_on(struct pask *ask, struct pacct *a, const struct purp *p)
{
	if (!room_or_refuse(ask, a, p->place))
		return;
	if (pacct_send(a, p, NULL, NULL))
		pask_answer(ask, 480, 5,
			    VIEW("ERROR: You are offline there just now."));
	else
		pask_answer(ask, 202, 0, VIEW_NONE);
}

void proom_who(struct pask *ask, struct pacct *a, struct view name,
	       struct view words)
{
	const struct purp p = { .verb = PURP_WHO, .place = name };

	(void)words;
	pass_on(ask, a, &p);
}

void proom_topic(struct pask *ask, struct pacct *a, struct view name,
		 struct view words)
{
	const struct purp p = { .verb = PURP_TOPIC, .place = name,
				.text = words };

	pass_on(ask, a, &p);
}

/* ---- accounts ---- */

static void drop_stale(struct pacct *a)
{
	size_t count;
	struct proom **list = rooms_by(a, true, &count);

	for (size_t i = 0; i < count; i++)
		proom_drop(list[i]);
	mem_free(list);
}

void proom_up(struct pacct *a)
{
	size_t count;
	struct proom **list = rooms_of(a, &count);

	drop_stale(a);

	for (size_t i = 0; i < count; i++)
		send_join(list[i], a);
	mem_free(list);
}

void proom_down(struct pacct *a)
{
	size_t count;
	struct proom **list = rooms_of(a, &count);

	for (size_t i = 0; i < count; i++)
		list[i]->in = false;
	mem_free(list);
}

void proom_gone(struct pacct *a)
{
	size_t count;
	struct proom **list = rooms_of(a, &count);

	for (size_t i = 0; i < count && a->gate->running; i++)
		proom_drop(list[i]);
	mem_free(list);
}

void proom_free(struct pgate *g)
{
	struct hnode *n;

	while ((n = htable_pop(&g->rooms))) {
		struct proom *r = CONTAINER(n, struct proom, by_key);

		room_free(r);
	}
	htable_free(&g->rooms);
}

void proom_list(const struct pacct *a, struct sink *out)
{
	size_t count;
	struct proom **list = rooms_of(a, &count);

	for (size_t i = 0; i < count; i++)
		sink_printf(out, "%s %s\n", buf_str(&list[i]->name),
			    list[i]->in ? "in" : "waiting");
	mem_free(list);
}
