/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What connections by TLS have in common; for tls*.c only. */
#ifndef CONFAB_TLS_CTX_PRIV_H
#define CONFAB_TLS_CTX_PRIV_H

#include <openssl/ssl.h>
#include <stdbool.h>

struct tls_ctx {
	SSL_CTX *ssl;          /* owned */
	SSL_CTX *next;         /* owned: read, but not in use; or NULL */
	bool server;
	char *cert, *key, *ca; /* owned: the files, or NULL */
	bool pinned;
	unsigned char pin[32]; /* SHA-256 of the certificate to believe */
};

#endif
