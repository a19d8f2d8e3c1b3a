/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checks targets, and turns accounts into the settings of a worker's. */
#include "pface.h"

#include <errno.h>
#include <string.h>

#include "mem.h"
#include "pmap.h"
#include "seal.h"
#include "utf8.h"
#include "wire.h"

enum {
	WORKERS = 8,
	WORKER_ACCOUNTS = 100,
	OPTIONS_MAX = 24,
	PING_MS = 1000, /* accounts of one that hangs are back in 10 s */
	PONG_MAX_MS = 6000,
};

struct pface {
	struct bridge *bridge; /* borrowed: it owns us */
};

/* "LABEL/ROOM"; the room may have slashes. False: there is none. */
static bool cut(struct view rest, struct view *label, struct view *room)
{
	struct buf b = { 0 };
	bool good = view_cut(rest, '/', label, room) && label->n &&
		    !pmap_name(&b, VIEW_NONE, *room);

	buf_free(&b);
	return good;
}

static int check_target(void *arg, struct view rest, struct view via,
			struct buf *viaout, struct buf *why)
{
	struct pface *f = arg;
	struct view label, room;

	if (!cut(rest, &label, &room)) {
		buf_adds(why, "a target is purple:LABEL/ROOM, where LABEL is "
			      "that of a purple section");
		return EINVAL;
	}
	if (!bridge_has_account(f->bridge, label)) {
		buf_adds(why, "there is no purple section \"");
		utf8_clean_name(why, label, 64);
		buf_adds(why, "\"");
		return EINVAL;
	}
	if (via.n && !view_eq(via, label)) {
		buf_adds(why, "via must be the account of the target, or be "
			      "left out");
		return EINVAL;
	}
	buf_addv(viaout, label);
	return 0;
}

static int target_place(void *arg, struct view rest, struct buf *out)
{
	struct view label, room;

	(void)arg;
	if (!cut(rest, &label, &room))
		return EINVAL;
	buf_addv(out, room);
	return 0;
}

static void face_destroy(void *arg)
{
	mem_free(arg);
}

int pface_new(struct bridge **bp, const struct pface_conf *conf)
{
	struct pface *f = mem_zalloc(sizeof(*f));
	const struct bridge_conf bc = {
		.loop = conf->loop,
		.scheme = "purple",
		.program = conf->program,
		.worker_ping_ms = PING_MS,
		.worker_pong_ms = conf->worker_timeout_ms < PONG_MAX_MS ?
					  conf->worker_timeout_ms :
					  PONG_MAX_MS,
		.worker_age_ms = conf->worker_age_ms,
		.workers = conf->workers ? conf->workers : WORKERS,
		.accounts_per_worker = conf->worker_accounts ?
					       conf->worker_accounts :
					       WORKER_ACCOUNTS,
		.check = check_target,
		.place = target_place,
		.topics = true,
		.arg = f,
		.destroy = face_destroy,
	};
	int err = bridge_new(&f->bridge, &bc);

	if (err)
		mem_free(f);
	else
		*bp = f->bridge;
	return err;
}

/* ---- settings ---- */

/* "NAME=VALUE" */
static bool is_option(struct view option)
{
	struct view key, value;

	if (!view_cut(option, '=', &key, &value) || !key.n || key.n > 64)
		return false;
	for (size_t i = 0; i < key.n; i++)
		if ((unsigned char)key.p[i] <= ' ' ||
		    (unsigned char)key.p[i] >= 0x7f)
			return false;
	return utf8_valid(value) && !view_has(value, '\n') &&
	       !view_has(value, '\0');
}

/* Offsets first: text moves while it grows. */
struct places {
	size_t key[OPTIONS_MAX], value[OPTIONS_MAX], port;
	size_t count;
};

static int put_options(const struct pface_account *a, struct places *at,
		       struct buf *text, struct buf *why)
{
	struct view key, value;

	for (; a->options && a->options[at->count]; at->count++) {
		struct view o = view_str(a->options[at->count]);

		if (at->count == OPTIONS_MAX || !is_option(o)) {
			buf_adds(why, "options are NAME=VALUE, at most 24");
			return EINVAL;
		}
		(void)view_cut(o, '=', &key, &value);
		at->key[at->count] = text->n;
		buf_adds(text, "opt.");
		buf_addv(text, key);
		buf_addc(text, '\0');
		at->value[at->count] = text->n;
		buf_addv(text, value);
		buf_addc(text, '\0');
	}
	return 0;
}

int pface_settings(const struct pface_account *a, struct bridge_setting *out,
		   size_t *count, struct buf *text, struct buf *why)
{
	const bool proxy = a->proxy_host && *a->proxy_host;
	struct places at = { .count = 0 };
	size_t n = 0;
	int err = put_options(a, &at, text, why);

	if (err)
		return err;
	at.port = text->n;
	buf_addf(text, "%ld", a->proxy_port);
	buf_addc(text, '\0');
	out[n++] = (struct bridge_setting){ "proto", a->proto };
	out[n++] = (struct bridge_setting){ "user", a->user };
	out[n++] = (struct bridge_setting){ "password", a->password };
	if (proxy) {
		out[n++] = (struct bridge_setting){ "proxy_host",
						    a->proxy_host };
		out[n++] = (struct bridge_setting){ "proxy_port",
						    text->p + at.port };
	}
	if (a->pin && *a->pin)
		out[n++] = (struct bridge_setting){ "pin", a->pin };
	if (a->far)
		out[n++] = (struct bridge_setting){ "near", "no" };
	for (size_t i = 0; i < at.count; i++)
		out[n++] = (struct bridge_setting){ text->p + at.key[i],
						    text->p + at.value[i] };
	*count = n;
	return 0;
}

int pface_account(struct bridge *b, const struct pface_account *a,
		  struct buf *why)
{
	struct bridge_setting list[WIRE_SETTINGS_MAX];
	struct buf text = { 0 };
	size_t count = 0;
	int err = pface_settings(a, list, &count, &text, why);

	if (!err)
		err = bridge_account(b, a->label, list, count);
	if (err == EEXIST)
		buf_adds(why, "this label is taken");
	seal_wipe(&text);
	return err;
}
