/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libstrophe wants to make its own TCP connection, in a call that shows its
 * descriptor just before connect(). There a UDP socket is put in its place,
 * for which connect() sends nothing and always succeeds, and afterwards one
 * end of a socketpair: it only does recv(), send() and getpeername() on it.
 * So nothing ever listens, and nobody else can be at the other end.
 */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <string.h>
#include <strophe.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mem.h"

enum {
	READ_MAX = 4096,   /* what libstrophe reads in one turn */
	QUIET_TURNS = 2,   /* what a handler queues goes out one turn later */
	PEER_FD_MIN = 1024, /* low numbers are for libstrophe's end */
	MECHANISMS = 4,
};

struct shim {
	xmpp_ctx_t *ctx;   /* owned */
	xmpp_conn_t *conn; /* owned */
	int fd;            /* borrowed: libstrophe's own; -1 */
	int peer;          /* owned; -1: none */
	enum shim_state state;
	char *jid;         /* owned; once UP */
};

static void on_conn(xmpp_conn_t *conn, xmpp_conn_event_t event, int error,
		    xmpp_stream_error_t *se, void *arg)
{
	struct shim *s = arg;
	const char *jid = xmpp_conn_get_bound_jid(conn);

	(void)error;
	(void)se;
	if (event != XMPP_CONN_CONNECT) {
		s->state = SHIM_OVER;
		return;
	}
	s->state = SHIM_UP;
	s->jid = mem_strdup(jid ? jid : xmpp_conn_get_jid(conn));
}

static int family_of(int fd)
{
	int family = AF_INET;
	socklen_t n = sizeof(family);

	getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &n);
	return family;
}

/* The descriptor that on_socket() saw last: it has no argument of ours, and
 * runs within xmpp_connect_client(). */
static int shown_fd;

/* -1: libstrophe is not to use it. */
static int on_socket(xmpp_conn_t *conn, void *sock)
{
	int fd = *(const int *)sock, udp;

	(void)conn;
	shown_fd = fd;
	if (fd >= FD_SETSIZE)
		return -1;
	udp = socket(family_of(fd), SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (udp < 0 || dup3(udp, fd, O_CLOEXEC) < 0)
		fd = -1;
	if (udp >= 0)
		close(udp);
	return fd < 0 ? -1 : 0;
}

static int put_pair_under(struct shim *s)
{
	int pair[2], high, err = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
		       pair))
		return errno;
	if (dup3(pair[0], s->fd, O_CLOEXEC) < 0)
		err = errno;
	close(pair[0]);
	high = fcntl(pair[1], F_DUPFD_CLOEXEC, PEER_FD_MIN);
	if (high >= 0)
		close(pair[1]);
	s->peer = high >= 0 ? high : pair[1];
	return err;
}

/* A host that has no IPv4 has no 127.0.0.1 for getaddrinfo(). */
static int connect_conn(struct shim *s)
{
	shown_fd = -1;
	if (xmpp_connect_client(s->conn, "127.0.0.1", 5222, on_conn, s) &&
	    xmpp_connect_client(s->conn, "::1", 5222, on_conn, s))
		return shown_fd < FD_SETSIZE ? ECONNREFUSED : EMFILE;
	s->fd = shown_fd;
	return 0;
}

/* It keeps the password and what comes of it in many places, and wipes
 * none. */
static void *lib_alloc(const size_t n, void *arg)
{
	(void)arg;
	return mem_alloc(n);
}

static void lib_free(void *p, void *arg)
{
	(void)arg;
	mem_scrub_free(p);
}

static void *lib_realloc(void *p, const size_t n, void *arg)
{
	size_t had = p ? malloc_usable_size(p) : 0;
	void *more = mem_alloc(n);

	(void)arg;
	if (had)
		memcpy(more, p, had < n ? had : n);
	mem_scrub_free(p);
	return more;
}

static void make_conn(struct shim *s, const char *jid, const char *password)
{
	static const xmpp_mem_t mem = { .alloc = lib_alloc,
					.free = lib_free,
					.realloc = lib_realloc };

	/* No log object: with one, each line is formatted, passwords among
	 * them, before anybody looks at its level. */
	s->ctx = xmpp_ctx_new(&mem, NULL);
	s->conn = xmpp_conn_new(s->ctx);
	xmpp_conn_set_jid(s->conn, jid);
	xmpp_conn_set_pass(s->conn, password);
	xmpp_conn_set_flags(s->conn, XMPP_CONN_FLAG_DISABLE_SM |
				     XMPP_CONN_FLAG_DISABLE_TLS);
	xmpp_conn_set_sockopt_callback(s->conn, on_socket);
}

/* Takes what libstrophe has sent; was there anything? */
static bool drain(struct shim *s, struct buf *out)
{
	bool any = false;
	ssize_t n;

	do {
		n = recv(s->peer, buf_room(out, READ_MAX), READ_MAX,
			 MSG_DONTWAIT);
		if (n > 0)
			buf_wrote(out, (size_t)n);
		any |= n > 0;
	} while (n > 0);
	return any;
}

static void run(struct shim *s, struct buf *out)
{
	int quiet = 0;

	while (s->state == SHIM_BUSY && quiet < QUIET_TURNS) {
		xmpp_run_once(s->ctx, 0);
		quiet = drain(s, out) ? 0 : quiet + 1;
	}
}

void shim_setup(void *strophe_ctx)
{
	xmpp_stanza_t *s = xmpp_stanza_new_from_string(strophe_ctx, "<a/>");

	xmpp_stanza_release(s);
}

int shim_new(struct shim **sp, const char *jid, const char *password,
	     struct buf *out)
{
	struct shim *s = mem_zalloc(sizeof(*s));
	int err;

	s->fd = s->peer = -1;
	make_conn(s, jid, password);
	err = connect_conn(s);
	if (!err)
		err = put_pair_under(s);
	if (!err)
		run(s, out);
	if (!err && s->state == SHIM_OVER)
		err = EIO;
	if (err)
		shim_free(s);
	else
		*sp = s;
	return err;
}

enum shim_state shim_feed(struct shim *s, struct view xml, struct buf *out)
{
	while (xml.n && s->state == SHIM_BUSY) {
		struct view some = view_head(xml, READ_MAX);
		ssize_t n = send(s->peer, some.p, some.n,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n <= 0)
			s->state = SHIM_OVER;
		else
			run(s, out);
		xml = view_from(xml, n > 0 ? (size_t)n : xml.n);
	}
	return s->state;
}

const char *shim_jid(const struct shim *s)
{
	return s->jid;
}

/* libstrophe forgets what belongs to a SCRAM that came to no end, unless that
 * is a failure: of each mechanism that it would try. */
static void fail_all(struct shim *s)
{
	struct buf unheard = { 0 };

	for (int i = 0; i < MECHANISMS && s->state == SHIM_BUSY; i++)
		shim_feed(s, VIEW("<failure xmlns='" XMPP_NS_SASL "'/>"),
			  &unheard);
	buf_free(&unheard);
}

void shim_free(struct shim *s)
{
	if (!s)
		return;
	if (s->peer >= 0)
		fail_all(s);
	xmpp_conn_release(s->conn);
	xmpp_ctx_free(s->ctx);
	if (s->peer >= 0)
		close(s->peer);
	mem_free(s->jid);
	mem_free(s);
}
