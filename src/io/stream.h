/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Byte streams: TCP, with or without TLS, and socketpairs. Writes are
 * buffered up to a limit; nothing blocks.
 */
#ifndef CONFAB_STREAM_H
#define CONFAB_STREAM_H

#include "loop.h"
#include "netaddr.h"

struct stream;
struct listener;
struct tls_ctx;

/* Handlers; each may call stream_close(). */
struct stream_ops {
	/* Connected, with TLS: handshake done and peer verified. Of adopted
	 * streams only called with TLS; once more after stream_starttls().
	 * May be NULL. */
	void (*on_open)(void *arg);
	/* New bytes are at the end of in. What the handler drops (buf_drop)
	 * is consumed, the rest stays; when in has reached its limit and
	 * nothing was consumed the stream is closed with EMSGSIZE. */
	void (*on_data)(struct buf *in, void *arg);
	/* Over: 0 = the peer ended it, else errno (ETIMEDOUT: connect or
	 * handshake; EACCES: the certificate; EPROTO: TLS; ECONNRESET: cut
	 * off); text says why in words ("certificate has expired"), never
	 * NULL, borrowed. The stream is dead; the
	 * owner calls stream_close() now or later. Not called after
	 * stream_close(). */
	void (*on_close)(int err, const char *text, void *arg);
	/* Everything written has been handed to the kernel. May be NULL. */
	void (*on_drain)(void *arg);
};

struct stream_conf {
	size_t in_max;  /* bytes waiting to be consumed; 0: 64 KiB */
	size_t out_max; /* bytes waiting to be sent; 0: 1 MiB */
	/* Limit for connect and handshake together; 0: 30 s. */
	uint64_t connect_ms;
	/* The kernel gives up when the other side is silent for so long:
	 * bytes or probes without acknowledgement. 0: as the system has it. */
	uint64_t dead_ms;
	struct tls_ctx *tls;    /* ref taken; NULL: plain */
	const char *tls_name;   /* server name to ask for and verify */
	const struct netaddr *bind; /* local address, or NULL */
	/* stream_connect(): the descriptor gets at least this number where
	 * the process may have that many: low ones are for libraries that
	 * select(). 0: any. */
	int fd_min;
};

/* Begins to connect; on_open or on_close follows, never before this
 * returns. EINVAL: TLS without a usable tls_name. */
int stream_connect(struct stream **sp, struct loop *l,
		   const struct netaddr *dst, const struct stream_conf *conf,
		   const struct stream_ops *ops, void *arg);
/* Takes over a connected descriptor (closed with the stream, also when this
 * fails). With tls, which must be a server's (else EINVAL), the handshake
 * comes first: on_open follows, or on_close. */
int stream_adopt(struct stream **sp, struct loop *l, int fd,
		 const struct stream_conf *conf, const struct stream_ops *ops,
		 void *arg);
/* TLS as a client from here on, over a plain stream that is open (RFC 6120
 * 5): what came in so far and was not consumed is thrown away, as nobody
 * vouches for it. on_open follows once the peer is verified, or on_close
 * (ETIMEDOUT after limit_ms, 0: 30 s), never before this returns; what is
 * written meanwhile waits. EBUSY: something plain could not be sent yet;
 * EALREADY: it is TLS; ENOTCONN; EINVAL: no usable name, or a server's ctx. */
int stream_starttls(struct stream *s, struct tls_ctx *ctx, const char *name,
		    uint64_t limit_ms);
/* Queues all or nothing: ENOBUFS over out_max, ENOTCONN when over. It goes
 * out at the end of the loop's turn, or once connected. */
int stream_write(struct stream *s, const void *p, size_t n);
/* Bytes not yet handed to the kernel. */
size_t stream_pending(const struct stream *s);
/* Stop and go on reading, for back-pressure. What in still holds is handed
 * to on_data once more after going on. */
void stream_pause(struct stream *s, bool paused);
const struct netaddr *stream_peer(const struct stream *s);
const struct netaddr *stream_local(const struct stream *s);
/* The DNS names, and URIs without "sip:", that the peer's certificate has as
 * alternative names (RFC 5922 7.1), each ended by LF. Empty where there is
 * none, or none that was verified. To be asked once the stream is open. */
void stream_peer_names(const struct stream *s, struct buf *out);
/* No handler runs afterwards; what is queued is tried once, then dropped.
 * NULL is allowed; returns NULL. */
struct stream *stream_close(struct stream *s);

/* fd: a connected, non-blocking, close-on-exec socket; the handler owns it. */
typedef void (listener_h)(int fd, const struct netaddr *peer, void *arg);
int listener_open(struct listener **lp, struct loop *l,
		  const struct netaddr *local, listener_h *h, void *arg);
/* A Unix socket at path, made 0600 (a stale one is replaced; a live one is
 * EADDRINUSE, anything else there ENOTSOCK, a path too long ENAMETOOLONG).
 * listener_close() removes it. */
int listener_open_unix(struct listener **lp, struct loop *l, const char *path,
		       listener_h *h, void *arg);
/* Nothing is accepted for so long; what comes waits in the kernel. */
void listener_pause(struct listener *l, uint64_t ms);
/* h runs when no descriptor is left for a connection that waits: it may close
 * some. Accepting pauses for a moment in any case. */
void listener_on_full(struct listener *l, loop_h *h, void *arg);
const struct netaddr *listener_local(const struct listener *l);
void listener_close(struct listener *l); /* NULL is allowed */

/* PEM files; NULL or empty: none. */
struct tls_files {
	const char *cert; /* our chain, our own certificate first */
	const char *key;  /* its key; not readable by everybody */
	/* Whom to believe. A client's NULL: the system's. A server's: asked
	 * of clients, who may show none; NULL: not asked for. */
	const char *ca;
	/* A client's: the SHA-256 of the one certificate to believe, in 64
	 * hex digits, ':' between them allowed; neither its name nor its
	 * chain nor its dates count then. NULL or empty: none. */
	const char *pin;
};

/* TLS as a client: 1.2 or newer, chain and name verified. ca_file NULL: the
 * system's. Reference-counted (mem_deref). EINVAL with words in why when a
 * file can't be used; EACCES: everybody may read the key. */
int tls_client_ctx(struct tls_ctx **tp, const char *ca_file, char *why,
		   size_t whysize);
/* Is this one? As pin of struct tls_files. */
bool tls_pin_ok(const char *text);
/* The same, with a certificate of ours to show. EINVAL as well for no pin. */
int tls_client_ctx_files(struct tls_ctx **tp, const struct tls_files *files,
			 char *why, size_t whysize);
/* TLS as a server: likewise. */
int tls_server_ctx(struct tls_ctx **tp, const struct tls_files *files,
		   char *why, size_t whysize);
/* Reads the files again, for tls_ctx_turn(): nothing has changed yet. */
int tls_ctx_read(struct tls_ctx *ctx, char *why, size_t whysize);
/* What was read last, if that went well, holds for connections from now on. */
void tls_ctx_turn(struct tls_ctx *ctx);

#endif
