/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One entry for each nick of each channel, found by both. */
#include <string.h>

#include "hash.h"
#include "list.h"
#include "mem.h"
#include "mention.h"
#include "people.h"
#include "utf8.h"

enum { RPL_NAMREPLY = 353 };

struct person {
	struct hnode by_key, by_nick;
	struct lnode node;
	char *key;	/* owned: "channel nick", folded */
	size_t channel; /* bytes of it that are the channel */
};

/* How many are in a channel. */
struct tally {
	struct hnode by_channel;
	char *channel; /* owned; folded */
	size_t count;
};

struct ircb_people {
	const struct ircb_support *support; /* borrowed */
	struct htable by_key, by_nick;
	struct htable tallies; /* owned */
	struct list all; /* owned: struct person */
};

static struct tally *tally_of(const struct ircb_people *p,
			      struct view channel)
{
	struct hnode *n = htable_find(&p->tallies, hash_view(channel));

	for (; n; n = htable_more(n)) {
		struct tally *t = CONTAINER(n, struct tally, by_channel);

		if (view_eqs(channel, t->channel))
			return t;
	}
	return NULL;
}

static void one_more(struct ircb_people *p, struct view channel)
{
	struct tally *t = tally_of(p, channel);

	if (!t) {
		t = mem_zalloc(sizeof(*t));
		t->channel = view_dup(channel);
		htable_add(&p->tallies, &t->by_channel, hash_view(channel));
	}
	t->count++;
}

static void one_less(struct ircb_people *p, struct view channel)
{
	struct tally *t = tally_of(p, channel);

	if (!t || --t->count)
		return;
	htable_del(&p->tallies, &t->by_channel);
	mem_free(t->channel);
	mem_free(t);
}

static void person_free(struct ircb_people *p, struct person *who)
{
	one_less(p, view_mem(who->key, who->channel));
	htable_del(&p->by_key, &who->by_key);
	htable_del(&p->by_nick, &who->by_nick);
	list_remove(&p->all, &who->node);
	mem_free(who->key);
	mem_free(who);
}

static void people_destroy(void *obj)
{
	struct ircb_people *p = obj;
	struct lnode *n, *nx;

	LIST_EACH (&p->all, n, nx)
		person_free(p, CONTAINER(n, struct person, node));
	htable_free(&p->by_key);
	htable_free(&p->by_nick);
	htable_free(&p->tallies);
}

struct ircb_people *ircb_people_new(const struct ircb_support *support)
{
	struct ircb_people *p = mem_new(sizeof(*p), people_destroy);

	p->support = support;
	list_init(&p->all);
	return p;
}

size_t ircb_people_count(const struct ircb_people *p)
{
	return p->all.count;
}

static void add_folded(const struct ircb_people *p, struct buf *b,
		       struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		buf_addc(b, ircb_fold(p->support->casemap, v.p[i]));
}

size_t ircb_people_present(const struct ircb_people *p, struct view channel)
{
	struct buf folded = { 0 };
	const struct tally *t;

	add_folded(p, &folded, channel);
	t = tally_of(p, buf_view(&folded));
	buf_free(&folded);
	return t ? t->count : 0;
}

static void make_key(const struct ircb_people *p, struct buf *b,
		     struct view channel, struct view nick)
{
	add_folded(p, b, channel);
	buf_addc(b, ' ');
	add_folded(p, b, nick);
}

static struct view channel_of(const struct person *who)
{
	return view_mem(who->key, who->channel);
}

static struct view nick_of(const struct person *who)
{
	return view_from(view_str(who->key), who->channel + 1);
}

static struct person *find_key(const struct ircb_people *p, struct view key)
{
	struct hnode *n = htable_find(&p->by_key, hash_view(key));

	for (; n; n = htable_more(n)) {
		struct person *who = CONTAINER(n, struct person, by_key);

		if (view_eqs(key, who->key))
			return who;
	}
	return NULL;
}

static struct person *find(const struct ircb_people *p, struct view channel,
			   struct view nick)
{
	struct buf key = { 0 };
	struct person *who;

	make_key(p, &key, channel, nick);
	who = find_key(p, buf_view(&key));
	buf_free(&key);
	return who;
}

bool ircb_people_has(const struct ircb_people *p, struct view channel,
		     struct view nick)
{
	return find(p, channel, nick) != NULL;
}

static void add(struct ircb_people *p, struct view channel, struct view nick)
{
	struct person *who;
	struct buf key = { 0 };

	if (!nick.n || nick.n >= IRCB_NICK_MAX ||
	    channel.n > IRCB_CHANNEL_MAX || p->all.count >= IRCB_PEOPLE_MAX ||
	    find(p, channel, nick))
		return;
	make_key(p, &key, channel, nick);
	who = mem_zalloc(sizeof(*who));
	who->channel = channel.n;
	who->key = buf_take(&key);
	list_append(&p->all, &who->node);
	htable_add(&p->by_key, &who->by_key, hash_view(view_str(who->key)));
	htable_add(&p->by_nick, &who->by_nick, hash_view(nick_of(who)));
	one_more(p, channel_of(who));
}

static void drop(struct ircb_people *p, struct view channel, struct view nick)
{
	struct person *who = find(p, channel, nick);

	if (who)
		person_free(p, who);
}

static void drop_channel(struct ircb_people *p, struct view channel)
{
	struct lnode *n, *nx;

	LIST_EACH (&p->all, n, nx) {
		struct person *who = CONTAINER(n, struct person, node);

		if (ircb_name_eq(p->support->casemap, channel_of(who),
				 channel))
			person_free(p, who);
	}
}

static struct person *find_nick(const struct ircb_people *p, struct view nick)
{
	struct hnode *n = htable_find(&p->by_nick, hash_view(nick));

	for (; n; n = htable_more(n)) {
		struct person *who = CONTAINER(n, struct person, by_nick);

		if (view_eq(nick_of(who), nick))
			return who;
	}
	return NULL;
}

void ircb_people_channels(const struct ircb_people *p, struct view nick,
			  void (*h)(struct view channel, void *arg),
			  void *arg)
{
	struct buf folded = { 0 };
	struct hnode *n;

	add_folded(p, &folded, nick);
	n = htable_find(&p->by_nick, hash_view(buf_view(&folded)));
	for (; n; n = htable_more(n)) {
		struct person *who = CONTAINER(n, struct person, by_nick);

		if (view_eq(nick_of(who), buf_view(&folded)))
			h(channel_of(who), arg);
	}
	buf_free(&folded);
}

/* Out of all channels; to (or empty): his nick from now on. */
static void drop_nick(struct ircb_people *p, struct view nick, struct view to)
{
	struct buf folded = { 0 };
	struct person *who;
	char channel[IRCB_CHANNEL_MAX + 1];

	/* Only its case: that is no change here, and would never end. */
	if (ircb_name_eq(p->support->casemap, nick, to))
		return;
	add_folded(p, &folded, nick);
	while ((who = find_nick(p, buf_view(&folded))) != NULL) {
		view_copy(channel, sizeof(channel), channel_of(who));
		person_free(p, who);
		if (to.n)
			add(p, view_str(channel), to);
	}
	buf_free(&folded);
}

static void leaves(struct ircb_people *p, struct view channel,
		   struct view nick, struct view us)
{
	if (ircb_name_eq(p->support->casemap, nick, us))
		drop_channel(p, channel);
	else
		drop(p, channel, nick);
}

static void add_names(struct ircb_people *p, const struct ircb_line *l)
{
	struct view names = ircb_last(l), word;

	while (view_word(&names, " ", &word))
		add(p, ircb_param(l, 2), ircb_names_nick(p->support, word));
}

void ircb_people_line(struct ircb_people *p, const struct ircb_line *l,
		      struct view us)
{
	struct view channel = ircb_param(l, 0);

	if (l->code == RPL_NAMREPLY && l->count > 3)
		add_names(p, l);
	else if (view_eqs(l->command, "JOIN"))
		add(p, channel, l->nick);
	else if (view_eqs(l->command, "PART"))
		leaves(p, channel, l->nick, us);
	else if (view_eqs(l->command, "KICK"))
		leaves(p, channel, ircb_param(l, 1), us);
	else if (view_eqs(l->command, "QUIT"))
		drop_nick(p, l->nick, VIEW_NONE);
	else if (view_eqs(l->command, "NICK"))
		drop_nick(p, l->nick, channel);
}

void ircb_people_guard(const struct ircb_people *p, struct view channel,
		       struct view name, struct buf *b)
{
	struct view local, network;

	view_cut(name, '@', &local, &network);
	if (ircb_people_has(p, channel, name) ||
	    ircb_people_has(p, channel, local))
		mention_break(b, name);
	else
		buf_addv(b, name);
}

struct place {
	const struct ircb_people *people;
	struct view channel;
};

static bool is_here(struct view name, void *arg)
{
	const struct place *at = arg;

	return ircb_people_has(at->people, at->channel, name);
}

void ircb_people_spare(const struct ircb_people *p, struct view channel,
		       struct view text, struct buf *b)
{
	struct place at = { p, channel };

	mention_spare(b, text, is_here, &at);
}
