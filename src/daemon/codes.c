/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One-time codes, oldest first; there are never many. */
#include "codes.h"

#include <errno.h>
#include <string.h>

#include "clock.h"
#include "hash.h"
#include "list.h"
#include "mem.h"

#define MARK "pw-" /* no word begins so, and is so long */

enum { CODE_BYTES = 16 };

/* RFC 4648 6, in small letters: nothing in it is taken for something else
 * when it is copied by hand. */
static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";

struct code {
	struct lnode node;
	struct hnode hnode;
	char text[CODE_TEXT + 1];
	uint64_t until_ms;
	char *user, *network, *login; /* owned */
	bool passwd;
};

struct codes {
	struct list list; /* by age */
	struct htable table;
	struct code *taken; /* owned: what codes_take() lent */
};

static void code_free(struct code *c)
{
	if (!c)
		return;
	mem_free(c->user);
	mem_free(c->network);
	mem_free(c->login);
	mem_wipe_free(c, sizeof(*c));
}

static void unlink_code(struct codes *cs, struct code *c)
{
	list_remove(&cs->list, &c->node);
	htable_del(&cs->table, &c->hnode);
}

static void drop(struct codes *cs, struct code *c)
{
	unlink_code(cs, c);
	code_free(c);
}

struct codes *codes_new(void)
{
	struct codes *cs = mem_zalloc(sizeof(*cs));

	list_init(&cs->list);
	return cs;
}

void codes_free(struct codes *cs)
{
	struct lnode *n, *nx;

	if (!cs)
		return;
	LIST_EACH (&cs->list, n, nx)
		drop(cs, CONTAINER(n, struct code, node));
	htable_free(&cs->table);
	code_free(cs->taken);
	mem_free(cs);
}

size_t codes_count(const struct codes *cs)
{
	return cs->list.count;
}

static void expire(struct codes *cs, uint64_t now_ms)
{
	struct lnode *n, *nx;

	LIST_EACH (&cs->list, n, nx) {
		struct code *c = CONTAINER(n, struct code, node);

		if (c->until_ms > now_ms)
			return;
		drop(cs, c);
	}
}

static bool is_for(const struct code *c, struct view network,
		   struct view login)
{
	return view_eqs(network, c->network) && view_eqs(login, c->login);
}

void codes_drop(struct codes *cs, struct view user, struct view network,
		struct view login)
{
	struct lnode *n, *nx;

	LIST_EACH (&cs->list, n, nx) {
		struct code *c = CONTAINER(n, struct code, node);

		if (view_eqs(user, c->user) && is_for(c, network, login))
			drop(cs, c);
	}
}

/* Makes room for one more of this user. */
static void shed(struct codes *cs, struct view user)
{
	struct code *oldest = NULL;
	struct lnode *n, *nx;
	size_t count = 0;

	LIST_EACH (&cs->list, n, nx) {
		struct code *c = CONTAINER(n, struct code, node);

		if (!view_eqs(user, c->user))
			continue;
		if (!oldest)
			oldest = c;
		count++;
	}
	if (count >= CODE_USER_MAX)
		drop(cs, oldest);
}

static void make_text(char text[CODE_TEXT + 1])
{
	uint8_t raw[CODE_BYTES];
	unsigned bits = 0, have = 0;
	size_t n = 0;

	rand_bytes(raw, sizeof(raw));
	memcpy(text, MARK, strlen(MARK));
	for (size_t i = strlen(MARK); i < CODE_TEXT; i++) {
		if (have < 5 && n < CODE_BYTES) {
			bits = bits << 8 | raw[n++];
			have += 8;
		} else if (have < 5) {
			bits <<= 5 - have; /* two bits of padding */
			have = 5;
		}
		have -= 5;
		text[i] = letters[bits >> have & 31];
	}
	text[CODE_TEXT] = '\0';
	explicit_bzero(raw, sizeof(raw));
}

int codes_make(struct codes *cs, char out[CODE_TEXT + 1],
	       const struct code_use *use, uint64_t now_ms)
{
	struct code *c;

	expire(cs, now_ms);
	codes_drop(cs, use->user, use->network, use->login);
	shed(cs, use->user);
	if (cs->list.count >= CODES_MAX)
		return ENOSPC;
	c = mem_zalloc(sizeof(*c));
	make_text(c->text);
	c->until_ms = now_ms + CODE_LIFE_MS;
	c->user = view_dup(use->user);
	c->network = view_dup(use->network);
	c->login = view_dup(use->login);
	c->passwd = use->passwd;
	list_append(&cs->list, &c->node);
	htable_add(&cs->table, &c->hnode,
		   hash_iview(view_mem(c->text, CODE_TEXT)));
	memcpy(out, c->text, CODE_TEXT + 1);
	return 0;
}

/* One character may have been lost, or one too many copied. */
bool codes_looks(struct view word)
{
	if (!view_istarts(word, VIEW(MARK)) || word.n < CODE_TEXT - 1 ||
	    word.n > CODE_TEXT + 1)
		return false;
	for (size_t i = strlen(MARK); i < word.n; i++) {
		char c = word.p[i];

		if (c >= 'A' && c <= 'Z')
			c |= 0x20;
		if (!view_has(view_str(letters), c))
			return false;
	}
	return true;
}

static struct code *find(const struct codes *cs, struct view code)
{
	struct hnode *n = htable_find(&cs->table, hash_iview(code));

	for (; n; n = htable_more(n)) {
		struct code *c = CONTAINER(n, struct code, hnode);

		if (view_ieqs(code, c->text))
			return c;
	}
	return NULL;
}

bool codes_take(struct codes *cs, struct code_use *use, struct view user,
		struct view code, uint64_t now_ms)
{
	struct code *c;

	expire(cs, now_ms);
	c = find(cs, code);
	if (!c)
		return false;
	unlink_code(cs, c);
	code_free(cs->taken);
	cs->taken = c;
	*use = (struct code_use){
		.user = view_str(c->user),
		.network = view_str(c->network),
		.login = view_str(c->login),
		.passwd = c->passwd,
	};
	return view_eqs(user, c->user);
}
