/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A list: installations have one authority or a few. */
#include "trust.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hash.h"
#include "mem.h"

struct authority {
	struct lnode node; /* trust.known */
	char *file;        /* owned */
	struct stat st;    /* as it was read */
	struct tls_ctx *ctx; /* ref */
};

void trust_init(struct trust *t)
{
	list_init(&t->known);
}

static void authority_free(struct trust *t, struct authority *a)
{
	list_remove(&t->known, &a->node);
	mem_deref(a->ctx);
	mem_free(a->file);
	mem_free(a);
}

void trust_free(struct trust *t)
{
	struct lnode *n;

	while ((n = list_first(&t->known)))
		authority_free(t, CONTAINER(n, struct authority, node));
}

static bool same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* The system's: a file, or a directory of which only what is needed is
 * read. */
static const char *system_place(void)
{
	const char *file = getenv("SSL_CERT_FILE");
	const char *dir = getenv("SSL_CERT_DIR");

	if (file && *file)
		return file;
	return dir && *dir ? dir : "/etc/ssl/certs";
}

static struct authority *find(struct trust *t, const char *file)
{
	struct lnode *n, *nx;

	LIST_EACH(&t->known, n, nx) {
		struct authority *a = CONTAINER(n, struct authority, node);

		if (!strcmp(a->file, file))
			return a;
	}
	return NULL;
}

int trust_get(struct trust *t, struct tls_ctx **tp, const char *ca_file,
	      char *why, size_t size)
{
	const char *place = *ca_file ? ca_file : system_place();
	struct authority *a = find(t, ca_file);
	struct tls_ctx *ctx = NULL;
	struct stat st;
	char words[160] = "";
	int err;

	if (stat(place, &st) || access(place, R_OK)) {
		snprintf(why, size, "there are no CA certificates in %s: "
			 "install ca-certificates, or set ca_file", place);
		return EINVAL;
	}
	if (a && same(&st, &a->st)) {
		*tp = a->ctx;
		return 0;
	}
	err = tls_client_ctx(&ctx, *ca_file ? ca_file : NULL, words,
			     sizeof(words));
	if (err) {
		snprintf(why, size, "ca_file can't be used: %s", words);
		return err;
	}
	if (a)
		authority_free(t, a);
	a = mem_zalloc(sizeof(*a));
	a->file = mem_strdup(ca_file);
	a->st = st;
	a->ctx = ctx;
	list_append(&t->known, &a->node);
	*tp = ctx;
	return 0;
}
