/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libpurple's networks as a face: rooms of ours linked with rooms there, by
 * accounts of the configuration: purple:LABEL/ROOM. And the pool of workers
 * for accounts of users.
 */
#ifndef CONFAB_PURPLE_PFACE_H
#define CONFAB_PURPLE_PFACE_H

#include "bridge.h"

struct pface_conf {
	struct loop *loop;           /* borrowed */
	const char *program;         /* path of confab-purple */
	uint64_t worker_timeout_ms;
	uint64_t worker_age_ms;      /* see bridge_conf */
	size_t workers, worker_accounts; /* of the pool; 0: 8, 100 */
};

struct pface_account {
	const char *label;
	const char *proto;           /* canonical: "prpl-jabber" */
	const char *user, *password;
	const char *pin;             /* SHA-256 of the server's certificate,
					in hex; or "", or NULL */
	bool far;                    /* the name of its server may not lead to
					this host or its link */
	const char *proxy_host;      /* or "" */
	long proxy_port;
	char *const *options;        /* "NAME=VALUE", NULL ends it; or NULL */
};

int pface_new(struct bridge **bp, const struct pface_conf *conf);
/* EINVAL with why. */
int pface_account(struct bridge *b, const struct pface_account *a,
		  struct buf *why);
/* The settings that confab-purple takes; put at out, which has room for
 * WIRE_SETTINGS_MAX of them, with what they point into in text. EINVAL with
 * why: an option that is none. */
int pface_settings(const struct pface_account *a, struct bridge_setting *out,
		   size_t *count, struct buf *text, struct buf *why);

#endif
