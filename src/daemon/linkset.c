/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings of links. */
#include "linkset.h"

#include <errno.h>
#include <string.h>

#include "conf_check.h"
#include "log.h"
#include "mem.h"
#include "seal.h"
#include "sealed.h"
#include "secret.h"
#include "words.h"

#define NETWORK VIEW("link-settings")

enum { WORDS_MAX = LINK_OPTS };

static const struct words link_words = { "link", link_opts, LINK_OPTS };

struct setting {
	struct lnode node;     /* confab.linkset */
	struct conf_link conf; /* owned; sealed: the label only */
	uint64_t leg;          /* id of the link; 0: it is about to be made */
	bool sealed;           /* we have no key for it */
};

static void setting_free(struct setting *s)
{
	words_free(&s->conf, &link_words);
	mem_free(s->conf.label);
	mem_free(s);
}

void linkset_init(struct confab *c)
{
	list_init(&c->linkset);
}

void linkset_free(struct confab *c)
{
	struct lnode *n;

	while (c->linkset.count && (n = list_shift(&c->linkset)))
		setting_free(CONTAINER(n, struct setting, node));
}

static struct setting *find(const struct confab *c, struct view label)
{
	struct lnode *n, *nx;

	LIST_EACH (&c->linkset, n, nx) {
		struct setting *s = CONTAINER(n, struct setting, node);

		if (view_ieqs(label, s->conf.label))
			return s;
	}
	return NULL;
}

/* What was said of a link that is gone, perhaps taken away in chat, is for no
 * other one of its name: there may be a password in it. */
const struct conf_link *linkset_find(struct confab *c, struct view label)
{
	const struct setting *s;
	const struct leg *leg;

	for (size_t i = 0; i < c->conf->link_count; i++)
		if (view_ieqs(label, c->conf->link[i].label))
			return &c->conf->link[i];
	s = find(c, label);
	leg = s ? hub_link(c->hub, label) : NULL;
	if (!leg || leg->configured)
		return NULL;
	if (s->leg == leg->id)
		return s->sealed ? NULL : &s->conf;
	linkset_drop(c, label);
	return NULL;
}

struct hub_link linkset_hub(const struct conf_link *l)
{
	bool puppets = view_eqs(view_str(l->mode), "puppet") &&
		       !view_starts(view_str(l->to), VIEW("irc:"));

	return (struct hub_link){
		.label = view_str(l->label),
		.target = view_str(l->to),
		.via = puppets ? VIEW("puppets") : view_str(l->via),
		.nick = view_str(l->nick),
	};
}

/* ---- the store ---- */

static int read_lines(struct setting *s, struct view text, struct buf *why)
{
	struct view words[WORDS_MAX];
	size_t count = 0;

	while (text.n && count < WORDS_MAX)
		view_cut(text, '\n', &words[count++], &text);
	return words_read(&s->conf, &link_words, words, count, why);
}

static void forget(struct confab *c, struct view label)
{
	struct store_txn *t = store_begin(c->store);

	store_del_kept(t, NETWORK, label);
	store_commit(t, NULL, NULL);
}

/* Its link is there. Else that went while we could not write, or in chat, or
 * another one of its name was made since. */
static bool is_of(struct setting *s, const struct leg *leg)
{
	if (!leg || leg->configured ||
	    (!s->sealed && !view_eqs(view_str(leg->target), s->conf.to)))
		return false;
	s->leg = leg->id;
	return true;
}

static struct setting *open_one(struct confab *c, const struct store_kept *k)
{
	struct setting *s = mem_zalloc(sizeof(*s));
	struct buf text = { 0 }, why = { 0 };
	int err = sealed_open(c, k, &text);

	s->conf.label = view_dup(k->key);
	if (!err)
		err = read_lines(s, buf_view(&text), &why);
	s->sealed = err;
	if (err && hub_link(c->hub, k->key))
		log_error("link %.*s: is as any other until its settings can "
			  "be opened: %s", VIEW_ARG(k->key),
			  why.n ? buf_str(&why) : strerror(err));
	seal_wipe(&text);
	buf_free(&why);
	return s;
}

void linkset_load(const struct store_kept *k, void *arg)
{
	struct confab *c = arg;
	struct setting *s;

	if (!view_eq(k->network, NETWORK))
		return;
	s = open_one(c, k);
	if (is_of(s, hub_link(c->hub, k->key))) {
		list_append(&c->linkset, &s->node);
		return;
	}
	forget(c, k->key);
	setting_free(s);
}

static int keep(struct confab *c, const struct setting *s, struct buf *why)
{
	struct buf text = { 0 }, value = { 0 };
	struct store_txn *t;
	int err;

	words_put(&text, &s->conf, &link_words);
	err = sealed_shut(c, NETWORK, view_str(s->conf.label),
			  buf_view(&text), &value);
	if (err) {
		buf_adds(why, "there is no key to seal its settings with: "
			      "see seal_key");
	} else {
		t = store_begin(c->store);
		store_put_kept(t, &(struct store_kept){
			NETWORK, view_str(s->conf.label), buf_view(&value) });
		store_commit(t, NULL, NULL);
	}
	seal_wipe(&text);
	buf_free(&value);
	return err ? ENOKEY : 0;
}

void linkset_drop(struct confab *c, struct view label)
{
	struct setting *s = find(c, label);

	if (!s)
		return;
	forget(c, view_str(s->conf.label));
	list_remove(&c->linkset, &s->node);
	setting_free(s);
}

/* ---- the operator's ---- */

static int check_words(const struct view *words, size_t count,
		       struct buf *why)
{
	for (size_t i = 0; i < count; i++) {
		struct view key, value;

		view_cut(words[i], '=', &key, &value);
		if (view_eqs(key, "room") || view_eqs(key, "to"))
			buf_addf(why, "%.*s is no setting: it has its place "
				      "before them", VIEW_ARG(key));
		else if (words_is_secret(words[i]))
			buf_adds(why, "a password can be seen in a command: "
				      "write it to a file, and name that by "
				      "password_file=");
		if (why->n)
			return EINVAL;
	}
	return 0;
}

static void replace(char **text, struct view v)
{
	mem_free(*text);
	*text = view_dup(v);
}

static int read_words(struct confab *c, struct conf_link *l,
		      const struct hub_link *link, struct view room,
		      const struct view *words, size_t count, struct buf *why)
{
	struct view all[WORDS_MAX];
	struct buf to = { 0 }, at = { 0 };
	int err = count > WORDS_MAX - 2 ? E2BIG :
					  check_words(words, count, why);

	if (err == E2BIG)
		buf_adds(why, "there are too many settings");
	if (err)
		return EINVAL;
	buf_addf(&to, "to=%.*s", VIEW_ARG(link->target));
	if (view_istarts(room, VIEW("sip:")))
		room = view_from(room, 4);
	buf_addf(&at, "room=sip:%.*s", VIEW_ARG(room));
	if (!view_has(room, '@'))
		buf_addf(&at, "@%s", c->conf->domain);
	all[0] = buf_view(&to);
	all[1] = buf_view(&at);
	for (size_t i = 0; i < count; i++)
		all[2 + i] = words[i];
	err = words_read(l, &link_words, all, 2 + count, why);
	buf_free(&to);
	buf_free(&at);
	if (err)
		return err;
	if (!*l->via)
		replace(&l->via, link->via);
	if (!*l->nick)
		replace(&l->nick, link->nick);
	err = secret_load(&l->password, "LINK", l->label, l->password_file,
			  c->file, why);
	return err ? err : conf_check_link(c->conf, l, why);
}

int linkset_put(struct confab *c, struct hub_link *link, struct view room,
		const struct view *words, size_t count, struct buf *why)
{
	struct setting *s = mem_zalloc(sizeof(*s));
	int err;

	s->conf.label = view_dup(link->label);
	err = read_words(c, &s->conf, link, room, words, count, why);
	if (!err)
		err = keep(c, s, why);
	if (err) {
		setting_free(s);
		return err;
	}
	list_append(&c->linkset, &s->node);
	*link = linkset_hub(&s->conf);
	return 0;
}

void linkset_made(struct confab *c, struct view label)
{
	const struct leg *leg = hub_link(c->hub, label);
	struct setting *s = find(c, label);

	if (s && leg && !s->leg)
		s->leg = leg->id;
}
