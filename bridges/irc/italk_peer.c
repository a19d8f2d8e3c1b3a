/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Nicks that users of ours speak with: their life, and what is on the disk of
 * them. All of it outlives us, and so do words that wait for a yes: one row
 * each.
 *
 * The value of a row: "1", nick, account, mask, and "flags since", a line
 * each; then for each word a line "time kind bytes-of-id bytes-of-text", and
 * both.
 */
#include <errno.h>

#include "clock.h"
#include "italk_priv.h"
#include "log.h"
#include "mem.h"
#include "worker.h"

enum {
	PEERS_MAX = 20000,
	FLAG_CALLED = 1, FLAG_LEFT = 2,
};

#define NETWORK VIEW("irc")

int italk_conv(struct addr **ap, struct view network, struct view nick,
	       const struct addr *aor)
{
	struct buf text = { 0 };
	int err;

	imap_addr(&text, network, nick, aor->text);
	err = addr_parse(ap, buf_view(&text));
	buf_free(&text);
	return err;
}

struct ipeer *ipeer_find(const struct italks *t, const struct addr *conv)
{
	struct hnode *n = htable_find(&t->peers, conv->hash);

	for (; n; n = htable_more(n)) {
		struct ipeer *p = CONTAINER(n, struct ipeer, by_conv);

		if (addr_eq(p->conv, conv))
			return p;
	}
	return NULL;
}

struct ipeer *ipeer_of(const struct seat *s, struct view nick)
{
	struct ipeer *p;
	struct addr *conv;

	if (italk_conv(&conv, s->network, nick, s->aor))
		return NULL;
	p = ipeer_find(italks_of(s->gate), conv);
	mem_deref(conv);
	return p;
}

struct addr *ipeer_addr(const struct ipeer *p)
{
	return igate_addr(p->all->gate, buf_view(&p->network),
			  buf_view(&p->nick));
}

void ipeer_tell(const struct ipeer *p, struct view text)
{
	const struct igate *g = p->all->gate;
	struct addr *from = ipeer_addr(p);

	if (from && g->running)
		hub_gate_tell(g->conf.hub, from, p->aor, text);
	mem_deref(from);
}

/* ---- rows ---- */

static void put_words(struct buf *b, const struct ipeer *p)
{
	struct lnode *n, *nx;

	LIST_EACH (&p->words, n, nx) {
		const struct ipeer_word *w =
			CONTAINER(n, struct ipeer_word, node);

		buf_addf(b, "%llu %u %zu %zu\n",
			 (unsigned long long)w->time_ms, w->kind, w->id.n,
			 w->text.n);
		buf_addv(b, buf_view(&w->id));
		buf_addv(b, buf_view(&w->text));
	}
}

static void row_key(struct buf *key, const struct ipeer *p)
{
	buf_adds(key, "talk ");
	buf_addv(key, p->conv->text);
}

void ipeer_put(struct ipeer *p)
{
	const struct buf *lines[] = { &p->nick, &p->account, &p->mask };
	struct store_txn *t = store_begin(p->all->gate->conf.store);
	struct buf key = { 0 }, value = { 0 };

	row_key(&key, p);
	buf_adds(&value, "1\n");
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		buf_addv(&value, buf_view(lines[i]));
		buf_addc(&value, '\n');
	}
	buf_addf(&value, "%d %llu\n", (p->called ? FLAG_CALLED : 0) |
					      (p->left ? FLAG_LEFT : 0),
		 (unsigned long long)p->since_ms);
	put_words(&value, p);
	store_put_kept(t, &(struct store_kept){ NETWORK, buf_view(&key),
						buf_view(&value) });
	store_commit(t, NULL, NULL);
	p->stored = true;
	buf_free(&key);
	buf_free(&value);
}

static void del_row(struct ipeer *p)
{
	struct buf key = { 0 };
	struct store_txn *t;

	if (!p->stored)
		return;
	p->stored = false;
	t = store_begin(p->all->gate->conf.store);
	row_key(&key, p);
	store_del_kept(t, NETWORK, buf_view(&key));
	store_commit(t, NULL, NULL);
	buf_free(&key);
}

/* ---- life ---- */

void ipeer_unword(struct ipeer *p, struct ipeer_word *w)
{
	list_remove(&p->words, &w->node);
	p->word_bytes -= w->text.n;
	if (list_empty(&p->words))
		list_remove(&p->all->strangers, &p->as_stranger);
	buf_free(&w->text);
	buf_free(&w->id);
	mem_free(w);
}

void ipeer_drop_words(struct ipeer *p)
{
	while (!list_empty(&p->words))
		ipeer_unword(p, CONTAINER(list_first(&p->words),
					  struct ipeer_word, node));
}

void ipeer_free(struct ipeer *p)
{
	ipeer_drop_words(p);
	htable_del(&p->all->peers, &p->by_conv);
	list_remove(&p->all->used, &p->by_use);
	mem_deref(p->conv);
	mem_deref(p->aor);
	mem_deref(p->other);
	buf_free(&p->network);
	buf_free(&p->nick);
	buf_free(&p->account);
	buf_free(&p->mask);
	mem_free(p);
}

enum consent ipeer_rule(const struct ipeer *p)
{
	return consent_of(p->all->gate->conf.hub, p->aor, p->other);
}

void ipeer_set_rule(const struct ipeer *p, enum consent now)
{
	(void)consent_set(p->all->gate->conf.hub, p->aor, p->other, now);
}

void ipeer_forget(struct ipeer *p)
{
	struct ipeer was = *p;

	/* whose name it was is not known any more; a no stays one */
	mem_ref(was.aor);
	mem_ref(was.other);
	del_row(p);
	ipeer_free(p);
	if (ipeer_rule(&was) != CONSENT_DENIED)
		ipeer_set_rule(&was, CONSENT_NONE);
	mem_deref(was.aor);
	mem_deref(was.other);
}

/* The one that nobody has used for the longest time, and whose words do not
 * wait. */
static void make_room(struct italks *t)
{
	struct lnode *n, *nx;

	if (t->peers.count < PEERS_MAX)
		return;
	LIST_EACH (&t->used, n, nx) {
		struct ipeer *p = CONTAINER(n, struct ipeer, by_use);

		if (!list_empty(&p->words))
			continue;
		ipeer_forget(p);
		return;
	}
}

static struct ipeer *peer_new(struct italks *t, struct addr *conv,
			      struct addr *aor, struct view network,
			      struct view nick)
{
	struct buf other = { 0 };
	struct ipeer *p = NULL;
	struct addr *a;

	imap_addr(&other, network, nick, VIEW_NONE);
	if (addr_parse(&a, buf_view(&other)))
		goto out;
	make_room(t);
	p = mem_zalloc(sizeof(*p));
	p->all = t;
	p->conv = mem_ref(conv);
	p->aor = mem_ref(aor);
	p->other = a;
	buf_addv(&p->network, network);
	buf_addv(&p->nick, nick);
	list_init(&p->words);
	htable_add(&t->peers, &p->by_conv, conv->hash);
	list_append(&t->used, &p->by_use);
 out:
	buf_free(&other);
	return p;
}

static bool set_nick(struct ipeer *p, struct view nick)
{
	if (view_eq(buf_view(&p->nick), nick))
		return false;
	buf_clear(&p->nick);
	buf_addv(&p->nick, nick);
	return true;
}

/* His spelling is that of the address from then on: phones tell them
 * apart. */
void ipeer_call(struct ipeer *p, struct view nick)
{
	bool news = set_nick(p, nick);

	if (p->called && !news)
		return;
	p->called = true;
	ipeer_put(p);
}

struct ipeer *ipeer_get(struct italks *t, struct addr *aor,
			struct view network, struct view nick)
{
	struct addr *conv;
	struct ipeer *p;

	if (!imap_is_nick(nick) || italk_conv(&conv, network, nick, aor))
		return NULL;
	p = ipeer_find(t, conv);
	if (!p)
		p = peer_new(t, conv, aor, network, nick);
	mem_deref(conv);
	if (!p)
		return NULL;
	list_remove(&t->used, &p->by_use);
	list_append(&t->used, &p->by_use);
	if (!p->called)
		set_nick(p, nick);
	return p;
}

/* ---- from the disk ---- */

static bool take_word(struct ipeer *p, struct view *rest)
{
	struct view line, field;
	uint64_t n[4];
	struct ipeer_word *w;

	if (!view_cut(*rest, '\n', &line, rest))
		return false;
	for (size_t i = 0; i < 4; i++)
		if (!view_word(&line, " ", &field) ||
		    view_u64(&n[i], field, i < 2 ? UINT64_MAX : rest->n))
			return false;
	if (n[1] > SAY_NOTICE || n[2] + n[3] > rest->n)
		return false;
	w = mem_zalloc(sizeof(*w));
	w->time_ms = n[0];
	w->kind = (unsigned)n[1];
	buf_addv(&w->id, view_head(*rest, n[2]));
	buf_addv(&w->text, view_head(view_from(*rest, n[2]), n[3]));
	*rest = view_from(*rest, n[2] + n[3]);
	if (list_empty(&p->words))
		list_append(&p->all->strangers, &p->as_stranger);
	list_append(&p->words, &w->node);
	p->word_bytes += w->text.n;
	return true;
}

static int take_row(struct ipeer *p, struct view rest)
{
	struct view line, flags, since;
	uint64_t bits;

	view_cut(rest, '\n', &line, &rest);
	view_cut(line, ' ', &flags, &since);
	if (view_u64(&bits, flags, FLAG_CALLED | FLAG_LEFT) ||
	    (since.n && view_u64(&p->since_ms, since, UINT64_MAX)))
		return EBADMSG;
	p->called = bits & FLAG_CALLED;
	p->left = bits & FLAG_LEFT;
	p->stored = true;
	while (rest.n)
		if (!take_word(p, &rest))
			return EBADMSG;
	return 0;
}

/* Whose it was, out of the key: "irc:libera/bob/sip:alice@example.org". */
static struct ipeer *peer_of_key(struct italks *t, struct view key,
				 struct view nick)
{
	struct addr *conv, *aor = NULL;
	struct buf name = { 0 };
	struct ipeer *p = NULL;
	struct view who, network;

	if (addr_parse(&conv, key))
		return NULL;
	network = imap_network_find(t->gate->map, conv->host);
	if (network.n && !imap_addr_cut(conv->resource, &name, &who) &&
	    !addr_parse(&aor, who))
		p = ipeer_get(t, aor, network, nick);
	mem_deref(aor);
	mem_deref(conv);
	buf_free(&name);
	return p;
}

void ipeer_load(struct igate *g, const struct store_kept *k)
{
	struct view rest = k->value, version, nick, account, mask;
	struct view talk = VIEW("talk ");
	struct ipeer *p;

	if (!g->map || !view_starts(k->key, talk))
		return;
	view_cut(rest, '\n', &version, &rest);
	view_cut(rest, '\n', &nick, &rest);
	view_cut(rest, '\n', &account, &rest);
	view_cut(rest, '\n', &mask, &rest);
	p = view_eqs(version, "1") ?
		    peer_of_key(italks_of(g), view_from(k->key, talk.n),
				nick) : NULL;
	if (!p) { /* its network may be back some day */
		log_debug("irc: %.*s is not taken up again",
			  VIEW_ARG(k->key));
		return;
	}
	buf_addv(&p->account, account);
	buf_addv(&p->mask, mask);
	if (take_row(p, rest))
		log_error("irc: the talk %.*s is damaged",
			  VIEW_ARG(k->key));
}
