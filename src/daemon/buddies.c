/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of people, by chat. They are small, so a change is a copy. */
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

/* AORs, each with a line feed behind. */
struct people {
	struct hnode by_user;
	struct view user;    /* borrowed: in text */
	struct buf list;
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
	(void)view_copy(p->text, user.n + 1, user);
	p->user = view_mem(p->text, user.n);
	htable_add(&b->lists, &p->by_user, hash_view(user));
	return p;
}

static void people_free(struct people *p)
{
	buf_free(&p->list);
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

	if (view_eqs(k->network, BUDDIES_NETWORK))
		buf_addv(&get(b, k->key)->list, k->value);
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

/* The new list is list's, which is taken. */
static void list_set(struct buddies *b, struct view user, struct buf *list,
		     store_done_h *doneh, void *arg)
{
	struct store_txn *t = store_begin(b->store);
	struct people *p = get(b, user);
	const struct store_kept row = { VIEW(BUDDIES_NETWORK), p->user,
					buf_view(list) };

	if (list->n)
		store_put_kept(t, &row);
	else
		store_del_kept(t, row.network, p->user);
	store_commit(t, doneh, arg);
	if (b->sip)
		sip_list_changed(b->sip, p->user, b->address);
	buf_free(&p->list);
	p->list = *list;
	if (!list->n) {
		htable_del(&b->lists, &p->by_user);
		people_free(p);
	}
}

static int check(const struct buddies *b, const struct people *p, bool there,
		 bool on)
{
	size_t n = p ? count(buf_view(&p->list)) : 0;

	if (there == on)
		return on ? EEXIST : ENOENT;
	return on && (n >= BUDDIES_MAX ||
		      (!p && b->lists.count >= BUDDIES_USERS)) ?
		       EBUSY :
		       0;
}

int buddies_put(struct buddies *b, struct view user, struct view who, bool on,
		store_done_h *doneh, void *arg)
{
	const struct people *p = find(b, user);
	struct view old = p ? buf_view(&p->list) : VIEW_NONE;
	struct buf list = { 0 };
	int err = check(b, p, without(&list, old, who), on);

	if (err) {
		buf_free(&list);
		return err;
	}
	if (on) {
		buf_addv(&list, who);
		buf_addc(&list, '\n');
	}
	list_set(b, user, &list, doneh, arg);
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
