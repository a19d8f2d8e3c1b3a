/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Users, by name. */
#include "users.h"

#include <errno.h>
#include <string.h>

#include "digest.h"
#include "mem.h"

struct entry {
	struct hnode by_name, by_fold;
	struct user user; /* views into what follows */
	size_t size;
	char bytes[];
};

struct users {
	char *domain, *realm;  /* owned */
	struct htable by_name; /* owns the entries */
	struct htable by_fold; /* without letter case */
};

static const enum digest_algo algo_of[USER_HA1S] = {
	[USER_MD5] = DIGEST_MD5,
	[USER_SHA256] = DIGEST_SHA256,
	[USER_MD5_FULL] = DIGEST_MD5,
	[USER_SHA256_FULL] = DIGEST_SHA256,
};

struct users *users_new(struct view domain, struct view realm)
{
	struct users *us = mem_zalloc(sizeof(*us));

	us->domain = view_dup(domain);
	us->realm = view_dup(realm);
	return us;
}

static void entry_free(struct entry *e)
{
	mem_wipe_free(e, e->size);
}

void users_free(struct users *us)
{
	struct hnode *n;

	if (!us)
		return;
	while ((n = htable_pop(&us->by_name)))
		entry_free(CONTAINER(n, struct entry, by_name));
	htable_free(&us->by_name);
	htable_free(&us->by_fold);
	mem_free(us->domain);
	mem_free(us->realm);
	mem_free(us);
}

struct view users_domain(const struct users *us)
{
	return view_str(us->domain);
}

struct view users_realm(const struct users *us)
{
	return view_str(us->realm);
}

size_t users_count(const struct users *us)
{
	return us->by_name.count;
}

void users_swap(struct users *a, struct users *b)
{
	struct htable name = a->by_name, fold = a->by_fold;

	a->by_name = b->by_name;
	a->by_fold = b->by_fold;
	b->by_name = name;
	b->by_fold = fold;
}

/* Of a name that is none too. */
static uint64_t fold(struct view name)
{
	char lower[USER_NAME_MAX];
	size_t i;

	name = view_head(name, sizeof(lower));
	for (i = 0; i < name.n; i++) {
		char c = name.p[i];

		lower[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
	}
	return hash_view(view_mem(lower, name.n));
}

const struct user *users_like(const struct users *us, struct view name)
{
	struct hnode *n = htable_find(&us->by_fold, fold(name));

	for (; n; n = htable_more(n)) {
		struct entry *e = CONTAINER(n, struct entry, by_fold);

		if (view_ieq(e->user.name, name) &&
		    !view_eq(e->user.name, name))
			return &e->user;
	}
	return NULL;
}

static struct entry *find(const struct users *us, struct view name)
{
	struct hnode *n = htable_find(&us->by_name, hash_view(name));

	for (; n; n = htable_more(n)) {
		struct entry *e = CONTAINER(n, struct entry, by_name);

		if (view_eq(e->user.name, name))
			return e;
	}
	return NULL;
}

const struct user *users_find(const struct users *us, struct view name)
{
	const struct entry *e = find(us, name);

	return e ? &e->user : NULL;
}

const struct user *users_each(const struct users *us, size_t *pos,
			      const struct user *prev)
{
	struct hnode *n = NULL;

	if (prev)
		n = (struct hnode *)&CONTAINER(prev, struct entry, user)
			    ->by_name;
	n = htable_each(&us->by_name, pos, n);
	return n ? &CONTAINER(n, struct entry, by_name)->user : NULL;
}

/* ---- changes ---- */

bool users_name_ok(struct view name)
{
	size_t i;

	for (i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      (c >= '0' && c <= '9') ||
		      (c && strchr("-_.!~*'+", c))))
			return false;
	}
	return name.n && name.n <= USER_NAME_MAX;
}

static bool ha1_ok(enum user_ha1 which, struct view v)
{
	size_t i;

	for (i = 0; i < v.n; i++) {
		if (!((v.p[i] >= '0' && v.p[i] <= '9') ||
		      (v.p[i] >= 'a' && v.p[i] <= 'f')))
			return false;
	}
	return !v.n || v.n == digest_hex_len(algo_of[which]);
}

static struct view keep(char **at, struct view v)
{
	struct view kept = view_mem(*at, v.n);

	if (v.n)
		memcpy(*at, v.p, v.n);
	*at += v.n;
	return kept;
}

static struct entry *entry_new(const struct user *u)
{
	size_t i, n = u->name.n + u->realm.n;
	struct entry *e;
	char *at;

	for (i = 0; i < USER_HA1S; i++)
		n += u->ha1[i].n;
	e = mem_zalloc(sizeof(*e) + n);
	e->size = sizeof(*e) + n;
	e->user = *u;
	at = e->bytes;
	e->user.name = keep(&at, u->name);
	e->user.realm = keep(&at, u->realm);
	for (i = 0; i < USER_HA1S; i++)
		e->user.ha1[i] = keep(&at, u->ha1[i]);
	return e;
}

int users_check(const struct user *u)
{
	size_t i;

	if (!users_name_ok(u->name))
		return EBADMSG;
	for (i = 0; i < USER_HA1S; i++) {
		if (!ha1_ok((enum user_ha1)i, u->ha1[i]))
			return EBADMSG;
	}
	return 0;
}

int users_put(struct users *us, const struct user *u)
{
	struct entry *fresh;

	if (users_check(u))
		return EBADMSG;
	fresh = entry_new(u); /* u may be one of ours */
	users_del(us, fresh->user.name);
	htable_add(&us->by_name, &fresh->by_name,
		   hash_view(fresh->user.name));
	htable_add(&us->by_fold, &fresh->by_fold, fold(fresh->user.name));
	return 0;
}

int users_del(struct users *us, struct view name)
{
	struct entry *e = find(us, name);

	if (!e)
		return ENOENT;
	htable_del(&us->by_name, &e->by_name);
	htable_del(&us->by_fold, &e->by_fold);
	entry_free(e);
	return 0;
}
