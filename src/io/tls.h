/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS over a non-blocking socket, for stream.c. */
#ifndef CONFAB_TLS_H
#define CONFAB_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

struct tls;
struct tls_ctx;

/* name: what to ask the server for and to verify: a host name, or an address
 * (then no SNI is sent). fd stays the caller's. EINVAL for a bad name, and
 * when ctx is a server's. */
int tls_open(struct tls **tp, struct tls_ctx *ctx, int fd, const char *name);

/* The same as a server. */
int tls_accept(struct tls **tp, struct tls_ctx *ctx, int fd);

/* 0, EAGAIN (wait until the socket is ready; tls_wants_write() tells for
 * what), EACCES (the certificate), EPROTO, ECONNRESET ...; see tls_why(). */
int tls_handshake(struct tls *t);
/* The same; *got 0 without an error: the peer ended it in order. */
int tls_read(struct tls *t, void *p, size_t n, size_t *got);
int tls_write(struct tls *t, const void *p, size_t n, size_t *done);
bool tls_wants_write(const struct tls *t);
/* Why the last call failed, in words; static or valid as long as t. */
const char *tls_why(const struct tls *t);
/* See stream_peer_names(). */
void tls_peer_names(const struct tls *t, struct buf *out);
/* Says goodbye, if that is possible at once. */
void tls_end(struct tls *t);

#endif
