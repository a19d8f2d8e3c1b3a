/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is wanted of a bridge: its accounts, and the legs attached through
 * each of them.
 */
#include <errno.h>
#include <string.h>

#include "bridge_priv.h"
#include "mem.h"

enum { SETTINGS_BYTES_MAX = 64 * 1024 };

struct account *account_find(const struct bridge *b, struct view label)
{
	struct lnode *n, *nx;

	LIST_EACH (&b->accounts, n, nx) {
		struct account *a = CONTAINER(n, struct account, in_bridge);

		if (view_ieqs(label, a->label))
			return a;
	}
	return NULL;
}

struct want *want_find(const struct bridge *b, uint64_t leg)
{
	struct hnode *n = htable_find(&b->wants, hash_u64(leg));

	for (; n; n = htable_more(n)) {
		struct want *w = CONTAINER(n, struct want, by_leg);

		if (w->leg == leg)
			return w;
	}
	return NULL;
}

void want_up(struct bridge *b, struct want *w)
{
	if (w->up)
		return;
	w->up = true;
	if (b->voices)
		b->voices->up(b->voices_arg, w->who);
}

bool want_is_voice(const struct bridge *b, const struct want *w,
		   struct view nick)
{
	return b->voices && w->up &&
	       b->voices->ours(b->voices_arg, w->who, nick);
}

void want_drop(struct bridge *b, struct want *w)
{
	if (b->voices && w->up)
		b->voices->down(b->voices_arg, w->who);
	htable_del(&b->wants, &w->by_leg);
	list_remove(&w->account->wants, &w->in_account);
	mem_free(w->place);
	mem_free(w->nick);
	mem_free(w);
}

struct want *want_new(struct bridge *b, struct account *a,
		      const struct leg *leg, struct view place)
{
	struct want *w = mem_zalloc(sizeof(*w));

	w->account = a;
	w->leg = leg->id;
	w->who = leg;
	w->place = view_dup(place);
	w->nick = mem_strdup(leg->nick ? leg->nick : "");
	htable_add(&b->wants, &w->by_leg, hash_u64(w->leg));
	list_append(&a->wants, &w->in_account);
	return w;
}

void account_free(struct account *a)
{
	size_t i;

	for (i = 0; i < a->settings_count; i++) {
		struct wire_setting *s = &a->settings[i];

		mem_free((char *)s->key.p);
		mem_wipe_free((char *)s->value.p, s->value.n);
	}
	mem_scrub_free(a->kept);
	mem_free(a->off);
	mem_free(a->label);
	mem_free(a);
}

static size_t settings_bytes(const struct bridge_setting *s, size_t count)
{
	size_t n = 0;

	while (count--)
		n += strlen(s[count].key) + strlen(s[count].value);
	return n;
}

int settings_check(const struct bridge_setting *settings, size_t count)
{
	if (count > WIRE_SETTINGS_MAX)
		return EINVAL;
	return settings_bytes(settings, count) > SETTINGS_BYTES_MAX ?
		       EMSGSIZE :
		       0;
}

int bridge_account(struct bridge *b, const char *label,
		   const struct bridge_setting *settings, size_t count)
{
	struct account *a;
	int err = settings_check(settings, count);
	size_t i;

	if (err)
		return err;
	if (bridge_has_account(b, view_str(label)))
		return EEXIST;
	a = mem_zalloc(sizeof(*a));
	a->id = ++b->account_id;
	a->label = mem_strdup(label);
	a->settings_count = count;
	for (i = 0; i < count; i++) {
		a->settings[i].key = view_str(mem_strdup(settings[i].key));
		a->settings[i].value = view_str(mem_strdup(settings[i].value));
	}
	list_init(&a->wants);
	list_append(&b->accounts, &a->in_bridge);
	return 0;
}

int bridge_account_gone(struct bridge *b, struct view label)
{
	struct account *a = account_find(b, label);

	if (!a)
		return ENOENT;
	if (!list_empty(&a->wants))
		return EBUSY;
	tell_account_del(a);
	list_remove(&b->accounts, &a->in_bridge);
	account_free(a);
	return 0;
}

int bridge_account_off(struct bridge *b, struct view label,
		       struct view words)
{
	struct account *a = account_find(b, label);
	char *old;

	if (!a)
		return ENOENT;
	old = a->off;
	a->off = view_dup(words);
	mem_free(old);
	account_lost(b, a, LOST_AUTH, view_str(a->off));
	tell_account_del(a);
	return 0;
}

int bridge_account_on(struct bridge *b, struct view label)
{
	struct account *a = account_find(b, label);

	if (!a)
		return ENOENT;
	mem_free(a->off);
	a->off = NULL;
	return 0;
}

int bridge_settings(const struct bridge *b, struct view label,
		    struct view *own,
		    struct bridge_setting out[BRIDGE_SETTINGS_MAX],
		    size_t *count)
{
	const struct account *a = account_find(b, label);

	if (!a)
		return ENOENT;
	*own = view_str(a->label);
	*count = a->settings_count;
	for (size_t i = 0; i < a->settings_count; i++)
		out[i] = (struct bridge_setting){ a->settings[i].key.p,
						  a->settings[i].value.p };
	return 0;
}

bool bridge_has_account(const struct bridge *b, struct view label)
{
	return account_find(b, label) != NULL;
}

const char *bridge_only_account(const struct bridge *b)
{
	if (b->accounts.count != 1)
		return NULL;
	return CONTAINER(list_first(&b->accounts), struct account, in_bridge)
		->label;
}
