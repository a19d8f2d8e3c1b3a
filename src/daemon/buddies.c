/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lists of people, by chat. They are small, so a change is a copy: what is
 * written is the list with all changes that are under way. A list is what is
 * on the disk of it; where one of several changes fails and a later one does
 * not, that one has it written once more, without.
 */
#include "buddies.h"

#include <errno.h>
#include <stdlib.h>

#include "events.h"
#include "hash.h"
#include "mapped.h"
#include "mem.h"

struct buddies {
	const struct hub *hub; /* borrowed */
	struct store *store; /* borrowed */
	struct sip *sip;     /* borrowed, or NULL */
	struct view domain;  /* borrowed */
	struct view address; /* owned: of everybody's list */
	struct htable lists; /* owns them */
	struct imc_command cmd;
};

/* Lists are AORs, each with a line feed behind. */
struct people {
	struct hnode by_user;
	struct buddies *set; /* borrowed */
	struct view user;    /* borrowed: in text */
	struct buf list;     /* on the disk */
	struct buf wanted;   /* with all changes */
	struct list changes; /* borrowed: under way, in order */
	bool failed;         /* one of them; */
	bool spoilt;         /* and a later one has written it */
	char text[];
};

/* One that is on its way to the disk. */
struct change {
	struct lnode node;
	struct people *people; /* borrowed; NULL: there are none any more */
	store_done_h *doneh;
	void *arg;
	bool on;
	struct view who;       /* borrowed: in text */
	char text[];
};

/* ---- lists ---- */

static struct people *find(const struct buddies *b, struct view user)
{
	struct hnode *n = htable_find(&b->lists, hash_view(user));

	while (n && !view_eq(CONTAINER(n, struct people, by_user)->user, user))
		n = htable_more(n);
	return n ? CONTAINER(n, struct people, by_user) : NULL;
}

static struct people *get(struct buddies *b, struct view user)
{
	struct people *p = find(b, user);

	if (p)
		return p;
	p = mem_zalloc(sizeof(*p) + user.n + 1);
	p->set = b;
	list_init(&p->changes);
	(void)view_copy(p->text, user.n + 1, user);
	p->user = view_mem(p->text, user.n);
	htable_add(&b->lists, &p->by_user, hash_view(user));
	return p;
}

/* Who waits for the disk hears of it all the same. */
static void people_free(struct people *p)
{
	struct lnode *n;

	while ((n = list_shift(&p->changes)))
		CONTAINER(n, struct change, node)->people = NULL;
	buf_free(&p->list);
	buf_free(&p->wanted);
	mem_free(p);
}

static size_t count(struct view list)
{
	size_t n = 0;

	for (size_t i = 0; i < list.n; i++)
		n += list.p[i] == '\n';
	return n;
}

/* All but one. */
static bool without(struct buf *out, struct view list, struct view aor)
{
	struct view one;
	bool found = false;

	while (list.n) {
		view_cut(list, '\n', &one, &list);
		if (view_eq(one, aor)) {
			found = true;
			continue;
		}
		buf_addv(out, one);
		buf_addc(out, '\n');
	}
	return found;
}

void buddies_load(const struct store_kept *k, void *arg)
{
	struct buddies *b = arg;
	struct people *p;

	if (!view_eqs(k->network, BUDDIES_NETWORK))
		return;
	p = get(b, k->key);
	buf_addv(&p->list, k->value);
	buf_addv(&p->wanted, k->value);
}

bool buddies_list(const struct buddies *b, struct view watcher,
		  struct view resource, struct buf *out)
{
	const struct people *p;

	if (!view_eq(resource, b->address))
		return false;
	p = find(b, watcher);
	if (p)
		buf_addv(out, buf_view(&p->list));
	return true;
}

/* ---- changes ---- */

/* Nothing happens where it is so already. */
static void apply(struct buf *list, const struct change *c)
{
	struct buf out = { 0 };

	if (without(&out, buf_view(list), c->who) == c->on) {
		buf_free(&out);
		return;
	}
	if (c->on) {
		buf_addv(&out, c->who);
		buf_addc(&out, '\n');
	}
	buf_free(list);
	*list = out;
}

static void write_wanted(const struct people *p, store_done_h *doneh,
			 void *arg)
{
	struct store_txn *t = store_begin(p->set->store);
	const struct store_kept row = { VIEW(BUDDIES_NETWORK), p->user,
					buf_view(&p->wanted) };

	if (row.value.n)
		store_put_kept(t, &row);
	else
		store_del_kept(t, row.network, row.key);
	store_commit(t, doneh, arg);
}

static void on_written(struct people *p, const struct change *c)
{
	const struct buddies *b = p->set;

	p->spoilt |= p->failed;
	apply(&p->list, c);
	if (b->sip)
		sip_list_changed(b->sip, p->user, b->address);
}

/* What is wanted is what the others make of what there is. */
static void on_refused(struct people *p)
{
	struct lnode *n, *nx;

	p->failed = true;
	buf_clear(&p->wanted);
	buf_addv(&p->wanted, buf_view(&p->list));
	LIST_EACH (&p->changes, n, nx)
		apply(&p->wanted, CONTAINER(n, struct change, node));
}

static void all_settled(struct people *p)
{
	if (p->spoilt)
		write_wanted(p, NULL, NULL);
	p->failed = p->spoilt = false;
	if (p->list.n)
		return;
	htable_del(&p->set->lists, &p->by_user);
	people_free(p);
}

static void on_change(int err, void *arg)
{
	struct change *c = arg;
	struct people *p = c->people;

	if (p) {
		list_remove(&p->changes, &c->node);
		if (err)
			on_refused(p);
		else
			on_written(p, c);
		if (list_empty(&p->changes))
			all_settled(p);
	}
	c->doneh(err, c->arg);
	mem_free(c);
}

static int check(const struct buddies *b, const struct people *p, bool there,
		 bool on)
{
	size_t n = p ? count(buf_view(&p->wanted)) : 0;

	if (there == on)
		return on ? EEXIST : ENOENT;
	return on && (n >= BUDDIES_MAX ||
		      (!p && b->lists.count >= BUDDIES_USERS)) ?
		       EBUSY :
		       0;
}

static struct change *change_new(struct view who, bool on)
{
	struct change *c = mem_zalloc(sizeof(*c) + who.n + 1);

	(void)view_copy(c->text, who.n + 1, who);
	c->who = view_mem(c->text, who.n);
	c->on = on;
	return c;
}

int buddies_put(struct buddies *b, struct view user, struct view who, bool on,
		store_done_h *doneh, void *arg)
{
	struct people *p = find(b, user);
	struct view old = p ? buf_view(&p->wanted) : VIEW_NONE;
	struct buf unused = { 0 };
	int err = check(b, p, without(&unused, old, who), on);
	struct change *c;

	buf_free(&unused);
	if (err)
		return err;
	p = get(b, user);
	c = change_new(who, on);
	c->people = p;
	c->doneh = doneh;
	c->arg = arg;
	list_append(&p->changes, &c->node);
	apply(&p->wanted, c);
	write_wanted(p, on_change, c);
	return 0;
}

static int by_user(const void *a, const void *b)
{
	const struct people *const *x = a, *const *y = b;

	return view_cmp((*x)->user, (*y)->user);
}

void buddies_each(const struct buddies *b, struct view user,
		  buddies_each_h *h, void *arg)
{
	const struct people **all = mem_array(NULL, b->lists.count + 1,
					      sizeof(struct people *));
	struct hnode *n = NULL;
	size_t pos = 0, found = 0;

	while ((n = htable_each(&b->lists, &pos, n))) {
		const struct people *p = CONTAINER(n, struct people, by_user);

		if (!user.n || view_eq(user, p->user))
			all[found++] = p;
	}
	qsort(all, found, sizeof(struct people *), by_user);
	for (size_t i = 0; i < found; i++)
		h(all[i]->user, buf_view(&all[i]->list), arg);
	mem_free(all);
}

/* ---- what users say ---- */

/* Answered when it is on the disk. */
struct later {
	struct ask *ask;   /* ref */
	struct buf words;
};

static void later_free(struct later *l)
{
	buf_free(&l->words);
	mem_deref(l->ask);
	mem_free(l);
}

static void on_stored(int err, void *arg)
{
	struct later *l = arg;

	if (err)
		imc_ask_answer(l->ask, 503, VIEW("*** Can't be stored now"));
	else
		imc_ask_answer(l->ask, 200, buf_view(&l->words));
	later_free(l);
}

static void put_shown(struct buf *b, struct view aor)
{
	struct view scheme, rest;

	view_cut(aor, ':', &scheme, &rest);
	buf_addv(b, rest);
}

static void say(struct ask *a, int status, const char *words, struct view who)
{
	struct buf text = { 0 };

	buf_adds(&text, "*** ");
	if (who.n)
		put_shown(&text, who);
	buf_adds(&text, words);
	imc_ask_answer(a, status, buf_view(&text));
	buf_free(&text);
}

static void show(const struct buddies *b, struct ask *a, struct view user)
{
	const struct people *p = find(b, user);
	struct view one, list = p ? buf_view(&p->list) : VIEW_NONE;
	struct buf text = { 0 };

	if (!list.n) {
		say(a, 200, "Your list is empty", VIEW_NONE);
		return;
	}
	buf_adds(&text, "*** Your list:");
	while (list.n) {
		view_cut(list, '\n', &one, &list);
		buf_adds(&text, "\r\n");
		put_shown(&text, one);
	}
	imc_ask_answer(a, 200, buf_view(&text));
	buf_free(&text);
}

/* "bob" is one of ours. */
static int read_aor(const struct buddies *b, struct buf *out,
		    struct view text)
{
	struct buf full = { 0 };
	struct sip_uri uri;
	struct view user, host;
	int err;

	if (!view_istarts(text, VIEW("sip:")))
		buf_adds(&full, "sip:");
	buf_addv(&full, text);
	if (!view_cut(text, '@', &user, &host)) {
		buf_addc(&full, '@');
		buf_addv(&full, b->domain);
	}
	err = full.n > 256 || sip_uri_parse(&uri, buf_view(&full)) ||
	      view_empty(uri.user) ? EBADMSG : 0;
	if (!err && mapped_address(b->hub, &uri, out) != 200)
		err = EBADMSG;
	buf_free(&full);
	return err;
}

static void say_no(struct ask *a, int err, struct view who)
{
	if (err == EEXIST)
		say(a, 200, " is on your list already", who);
	else if (err == ENOENT)
		say(a, 404, " is not on your list", who);
	else
		say(a, 403, "Your list is full", VIEW_NONE);
}

static void change(struct buddies *b, struct ask *a, struct view who, bool on)
{
	struct later *l = mem_zalloc(sizeof(*l));
	int err;

	l->ask = mem_ref(a);
	buf_adds(&l->words, "*** ");
	put_shown(&l->words, who);
	buf_adds(&l->words, on ? " is on your list" :
				 " is not on your list any more");
	err = buddies_put(b, imc_ask_user(a)->text, who, on, on_stored, l);
	if (!err)
		return;
	say_no(a, err, who);
	later_free(l);
}

static void run(struct ask *a, struct view line, void *arg)
{
	struct view verb, who;
	struct buddies *b = arg;
	struct buf aor = { 0 };
	bool add;

	line = view_trim(line);
	if (!line.n) {
		show(b, a, imc_ask_user(a)->text);
		return;
	}
	view_cut(line, ' ', &verb, &who);
	who = view_trim(who);
	add = view_ieqs(verb, "add");
	if ((!add && !view_ieqs(verb, "remove")) || read_aor(b, &aor, who))
		say(a, 400, "Use #buddies, #buddies add USER or #buddies "
			    "remove USER", VIEW_NONE);
	else
		change(b, a, buf_view(&aor), add);
	buf_free(&aor);
}

void buddies_forget(struct buddies *b, struct view user)
{
	struct people *p = find(b, user);
	struct store_txn *t;

	if (!p)
		return;
	t = store_begin(b->store);
	store_del_kept(t, VIEW(BUDDIES_NETWORK), user);
	store_commit(t, NULL, NULL);
	htable_del(&b->lists, &p->by_user);
	people_free(p);
}

/* ---- life ---- */

int buddies_new(struct buddies **bp, struct imc *imc, const struct hub *hub,
		struct store *store, const char *domain)
{
	struct buddies *b = mem_zalloc(sizeof(*b));
	char *address = mem_printf("sip:buddies@%s", domain);
	int err;

	b->hub = hub;
	b->store = store;
	b->domain = view_str(domain);
	b->address = view_str(address);
	b->cmd = (struct imc_command){
		.name = "buddies",
		.usage = "[add|remove] [user]",
		.help = "whom your phone watches as a list",
		.run = run,
		.arg = b,
	};
	err = imc_add_command(imc, &b->cmd);
	if (err)
		buddies_free(b);
	else
		*bp = b;
	return err;
}

void buddies_set_sip(struct buddies *b, struct sip *sip)
{
	b->sip = sip;
}

void buddies_free(struct buddies *b)
{
	struct hnode *n;

	if (!b)
		return;
	while ((n = htable_pop(&b->lists)))
		people_free(CONTAINER(n, struct people, by_user));
	htable_free(&b->lists);
	mem_free((void *)(uintptr_t)b->address.p);
	mem_free(b);
}
