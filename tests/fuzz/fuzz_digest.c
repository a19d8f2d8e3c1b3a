/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libFuzzer target: Authorization's value through the parser and the check, as
 * an edge with one user does it. "NONCE" in it stands for one of ours.
 */
#include <stdlib.h>
#include <string.h>

#include "auth_priv.h"
#include "clock.h"
#include "digest.h"
#include "log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REALM "confab.example"

static struct users *us;
static struct auth *auth;
static struct netaddr src;

static void quiet(enum log_level level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	(void)arg;
}

static void start(void)
{
	struct user u = { .name = VIEW("a"),
			  .realm = VIEW(REALM),
			  .ha1 = { [USER_MD5] = VIEW("0cc175b9c0f1b6a831c399e2"
						     "69772661") } };

	log_set_handler(quiet, NULL);
	us = users_new(VIEW(REALM), VIEW(REALM));
	if (users_put(us, &u))
		abort();
	auth = auth_new(us, 1u << DIGEST_MD5 | 1u << DIGEST_SHA256);
	netaddr_set(&src, VIEW("192.0.2.1"), 5060);
}

static struct view nonce_of(const struct auth_challenge *c)
{
	const char *at = strstr(c->value[0].p, "nonce=\"");

	return view_mem(at + 7, 40);
}

static void put_nonce(struct buf *out, struct view text)
{
	struct auth_challenge c;
	const char *at = memmem(text.p, text.n, "NONCE", 5);

	auth_challenge(auth, &c, &src, false);
	if (at) {
		buf_add(out, text.p, (size_t)(at - text.p));
		buf_addv(out, nonce_of(&c));
		text = view_from(text, (size_t)(at - text.p) + 5);
	}
	buf_addv(out, text);
}

/* What was found lies in what came in. */
static void inside(struct view part, struct view whole)
{
	if (part.n && (part.p < whole.p ||
		       part.p + part.n > whole.p + whole.n))
		abort();
}

static void try(struct view text)
{
	struct credentials c;
	const struct auth_try t = { .cred = &c,
				    .src = &src,
				    .method = VIEW("MESSAGE") };
	const struct user *u;

	if (credentials_parse(&c, text))
		return;
	inside(c.username, text);
	inside(c.response, text);
	inside(c.cnonce, text);
	if (!c.username.n || !c.nonce.n || (c.qop.p && !c.nc))
		abort();
	auth_can(auth, &c);
	/* Nobody makes a right response by chance. */
	if (auth_is_ours(auth, &c) && auth_check(auth, &t, &u) == AUTH_OK)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf text = { 0 };

	if (!auth)
		start();
	put_nonce(&text, view_mem(data, size));
	clock_freeze(now_ms() + 1000, 1700000000000);
	try(buf_view(&text));
	buf_free(&text);
	return 0;
}
