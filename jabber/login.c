/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From wanting to be online to being it: names to addresses, a connection to
 * one address after the other, TLS, login; and why it did not work.
 *
 * Each attempt has a connection object of its own: libstrophe frees what was
 * queued when one is used again. Stream management (XEP-0198) is off: rooms
 * are joined anew after a loss anyway, what a room reflected is known to be
 * delivered, and a session that sleeps on the server would be a ghost in them.
 */
#include <netinet/tcp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "account_priv.h"
#include "clock.h"
#include "conn_why.h"
#include "log.h"
#include "mem.h"
#include "route.h"

enum { LOGIN_MS = 30000, XMPP_PORT = 5222 };

/* For those callbacks of libstrophe that have no argument of ours. */
static struct jab *registry;

static const char *capath = "/etc/ssl/certs";
static const char *cafile; /* NULL: the directory */

/* A bundle as a file costs 1 MB and 100 ms a login, a hashed directory
 * nothing; and without this libstrophe would trust the system's authorities
 * beside an account's own ca_file. What the environment says still holds. */
void login_setup(struct jab *j)
{
	static const char nowhere[] = "/nonexistent/confab";
	static bool done;
	const char *dir = getenv("SSL_CERT_DIR");

	registry = j;
	if (done)
		return;
	done = true;
	cafile = getenv("SSL_CERT_FILE");
	if (cafile)
		cafile = mem_strdup(cafile);
	if (dir && *dir)
		capath = mem_strdup(dir);
	setenv("SSL_CERT_FILE", nowhere, 1);
	setenv("SSL_CERT_DIR", nowhere, 1);
}

static struct account *login_of(const xmpp_conn_t *conn)
{
	struct lnode *n, *nx;

	LIST_EACH(&registry->logins, n, nx) {
		struct account *a = CONTAINER(n, struct account, queued);

		if (a->conn == conn)
			return a;
	}
	return NULL;
}

static void set_int(int fd, int level, int option, int value)
{
	setsockopt(fd, level, option, &value, sizeof(value));
}

/* The only moment at which libstrophe shows its socket. */
static int on_socket(xmpp_conn_t *conn, void *sock)
{
	struct account *a = login_of(conn);
	int fd = *(const int *)sock;

	if (!a)
		return -1;
	set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, 60);
	set_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, 10);
	set_int(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
	set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 30000);
	if (a->fd >= 0)
		close(a->fd);
	a->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return a->fd < 0 ? -1 : 0;
}

/* The first fault is what counts; 0: refuse. */
static int refuse_certificate(size_t slot, const char *why)
{
	struct account *a = registry->slots[slot];

	if (a && !*a->cert)
		view_copy(a->cert, sizeof(a->cert),
			  view_head(view_str(why), sizeof(a->cert) - 1));
	return 0;
}

/* This callback is not told whose certificate it is: libstrophe 0.12 leaves
 * xmpp_tlscert_get_conn() NULL. So each login has a function of its own. */
static int on_certificate0(const xmpp_tlscert_t *cert, const char *const why)
{
	(void)cert;
	return refuse_certificate(0, why);
}

static int on_certificate1(const xmpp_tlscert_t *cert, const char *const why)
{
	(void)cert;
	return refuse_certificate(1, why);
}

static const xmpp_certfail_handler on_certificate[LOGINS_MAX] = {
	on_certificate0, on_certificate1,
};

static size_t slot_of(const struct jab *j, const struct account *a)
{
	size_t i = 0;

	while (i < LOGINS_MAX - 1 && j->slots[i] != a)
		i++;
	return i;
}

static void take_slot(struct account *a)
{
	a->jab->slots[slot_of(a->jab, NULL)] = a;
	list_append(&a->jab->logins, &a->queued);
}

static void leave_slot(struct account *a)
{
	size_t i = slot_of(a->jab, a);

	if (a->jab->slots[i] == a)
		a->jab->slots[i] = NULL;
	list_remove(&a->jab->logins, &a->queued);
	jab_poke(a->jab); /* for the next login */
}

void login_done(struct account *a)
{
	leave_slot(a);
}

static void on_ready(int events, void *arg)
{
	struct account *a = arg;

	(void)events;
	jab_poke(a->jab);
}

/* Writing is waited for while it connects and while something is queued. */
void login_watch(struct account *a)
{
	int events = LOOP_READ;

	if (!a->conn || a->fd < 0)
		return;
	if (xmpp_conn_is_connecting(a->conn) ||
	    xmpp_conn_send_queue_len(a->conn) > 0)
		events |= LOOP_WRITE;
	if (!a->watch && loop_watch(&a->watch, a->jab->loop, a->fd, events,
				    on_ready, a))
		return; /* the tick still drives it */
	if (events != a->watched)
		loop_rewatch(a->watch, events);
	a->watched = events;
}

static void drop_conn(struct account *a)
{
	loop_unwatch(a->watch);
	a->watch = NULL;
	a->watched = 0;
	/* Otherwise libstrophe waits here for the peer's end of TLS. */
	if (a->fd >= 0) {
		shutdown(a->fd, SHUT_RD);
		close(a->fd);
	}
	a->fd = -1;
	if (a->link)
		jab_bury(a->jab, a->link);
	a->link = NULL;
	a->conn = NULL;
}

void login_drop(struct account *a)
{
	if (a->state == ACCOUNT_WAITING)
		list_remove(&a->jab->waiting, &a->queued);
	else
		leave_slot(a);
	dns_cancel(a->query);
	a->query = NULL;
	wheel_stop(loop_wheel(a->jab->loop), &a->timer);
	wheel_stop(loop_wheel(a->jab->loop), &a->linger);
	drop_conn(a);
	account_set_state(a, ACCOUNT_OFF);
}

static const struct netaddr *address(const struct account *a)
{
	return &a->addrs[a->addr_next ? a->addr_next - 1 : 0];
}

static enum worker_lost why(struct buf *text, const struct account *a,
			    int error, const xmpp_stream_error_t *se)
{
	char ip[NETADDR_TEXT_MAX];
	const struct conn_seen seen = {
		.domain = view_str(a->domain),
		.address = view_str(netaddr_str(ip, address(a))),
		.tls = a->tls,
		.tcp = a->tcp,
		.secured = a->secured,
		.stalled = a->stalled,
		.online = a->state == ACCOUNT_ONLINE,
		.cert = view_str(a->cert),
		.error = error,
		.stream_error = se,
	};

	return conn_why(text, &seen);
}

static void lost(struct account *a, int error, const xmpp_stream_error_t *se)
{
	struct buf text = { 0 };
	enum worker_lost how = why(&text, a, error, se);

	if (!a->tcp && a->addr_next < a->addr_count) {
		log_info("jabber/%s: %s; trying the next address", a->label,
			 buf_str(&text));
		drop_conn(a);
		account_set_state(a, ACCOUNT_NEXT);
		jab_poke(a->jab);
	} else {
		account_end(a, how, buf_view(&text));
	}
	buf_free(&text);
}

static void on_conn(xmpp_conn_t *conn, xmpp_conn_event_t event, int error,
		    xmpp_stream_error_t *se, void *arg)
{
	struct account *a = ((struct jab_conn *)arg)->account;

	(void)conn;
	if (!a)
		return; /* it was dropped */
	if (event == XMPP_CONN_CONNECT) {
		if (a->state == ACCOUNT_CONNECTING)
			account_went_online(a);
		return;
	}
	if (a->state == ACCOUNT_CLOSING)
		login_drop(a);
	else
		lost(a, error, se);
}

static int on_stanza(xmpp_conn_t *conn, xmpp_stanza_t *s, void *arg)
{
	struct account *a = ((struct jab_conn *)arg)->account;

	(void)conn;
	if (a && a->state == ACCOUNT_ONLINE) {
		a->heard_at = now_ms();
		a->ping_at = 0;
		route_in(a, s);
	}
	return 1;
}

/* Whom it trusts: a file, or the directory. */
static const char *trust_of(const struct account *a)
{
	if (*a->ca_file)
		return a->ca_file;
	return cafile ? cafile : capath;
}

/* libstrophe would say no more than that there is no TLS. */
static bool trust_missing(struct account *a)
{
	struct buf text = { 0 };

	if (!a->tls || !access(trust_of(a), R_OK))
		return false;
	buf_addf(&text, "there are no CA certificates in %s: install "
			"ca-certificates, or set ca_file", trust_of(a));
	account_end(a, GONE_CONFIG, buf_view(&text));
	buf_free(&text);
	return true;
}

static void configure(struct account *a)
{
	xmpp_conn_set_jid(a->conn, a->jid);
	xmpp_conn_set_pass(a->conn, a->password);
	xmpp_conn_set_flags(a->conn, XMPP_CONN_FLAG_DISABLE_SM |
			    (a->tls ? XMPP_CONN_FLAG_MANDATORY_TLS :
				      XMPP_CONN_FLAG_DISABLE_TLS));
	xmpp_conn_set_sockopt_callback(a->conn, on_socket);
	xmpp_conn_set_certfail_handler(a->conn,
				       on_certificate[slot_of(a->jab, a)]);
	if (*a->ca_file || cafile)
		xmpp_conn_set_cafile(a->conn, trust_of(a));
	else
		xmpp_conn_set_capath(a->conn, trust_of(a));
	xmpp_handler_add(a->conn, on_stanza, NULL, NULL, NULL, a->link);
}

static int open_conn(struct account *a, const struct netaddr *addr)
{
	struct buf ip = { 0 };
	int err;

	a->tcp = a->secured = a->stalled = false;
	*a->cert = '\0';
	a->link = jab_conn_new(a->jab, a);
	a->conn = a->link->conn;
	configure(a);
	netaddr_put_ip(&ip, addr);
	/* Numeric, so that nothing in there waits for DNS. */
	err = xmpp_connect_client(a->conn, buf_str(&ip), netaddr_port(addr),
				  on_conn, a->link) ? ECONNREFUSED : 0;
	buf_free(&ip);
	return err;
}

void login_next_address(struct account *a)
{
	struct buf text = { 0 };

	if (trust_missing(a))
		return;
	while (a->addr_next < a->addr_count) {
		const struct netaddr *addr = &a->addrs[a->addr_next++];

		/* So it was configured, but a name may lead elsewhere. */
		if (!a->tls && !netaddr_is_loopback(addr)) {
			account_end(a, GONE_CONFIG, VIEW("tls is off, but the "
				    "server's address is not on loopback"));
			return;
		}
		account_set_state(a, ACCOUNT_CONNECTING);
		if (!open_conn(a, addr)) {
			login_watch(a);
			jab_poke(a->jab);
			return;
		}
		drop_conn(a);
	}
	account_end(a, why(&text, a, 0, NULL), buf_view(&text));
	buf_free(&text);
}

static void on_login_limit(struct wtimer *t)
{
	struct account *a = CONTAINER(t, struct account, timer);

	account_end(a, GONE_NET, a->state == ACCOUNT_RESOLVING ?
		    VIEW("the server's name could not be resolved in time") :
		    VIEW("the login took longer than 30 seconds"));
}

static void on_addrs(int err, const char *text, const struct netaddr *addrs,
		     size_t count, void *arg);

static void resolve(struct account *a)
{
	uint16_t port = a->port ? a->port : XMPP_PORT;
	struct buf name = { 0 };
	int err;

	if (a->srv) {
		buf_adds(&name, "_xmpp-client._tcp.");
		buf_adds(&name, a->domain);
		err = dns_lookup_srv(&a->query, a->jab->dns, buf_str(&name),
				     on_addrs, a);
	} else {
		buf_adds(&name, *a->server ? a->server : a->domain);
		err = dns_lookup(&a->query, a->jab->dns, buf_str(&name), port,
				 on_addrs, a);
	}
	buf_free(&name);
	if (err)
		account_end(a, GONE_NET, VIEW("the server's name cannot be "
					      "looked up"));
}

static void on_addrs(int err, const char *text, const struct netaddr *addrs,
		     size_t count, void *arg)
{
	struct account *a = arg;

	a->query = NULL;
	if (err == ENOENT && a->srv) {
		a->srv = false; /* RFC 6120 3.2.2: the domain's own address */
		resolve(a);
		return;
	}
	if (err || !count) {
		struct buf words = { 0 };

		buf_adds(&words, "the server's name cannot be resolved: ");
		buf_adds(&words, text);
		account_end(a, GONE_NET, buf_view(&words));
		buf_free(&words);
		return;
	}
	a->addr_count = count < DNS_ADDRS_MAX ? count : DNS_ADDRS_MAX;
	a->addr_next = 0;
	for (size_t i = 0; i < a->addr_count; i++)
		a->addrs[i] = addrs[i];
	account_set_state(a, ACCOUNT_NEXT);
	jab_poke(a->jab);
}

void login_begin(struct account *a)
{
	take_slot(a);
	account_set_state(a, ACCOUNT_RESOLVING);
	a->tcp = false;
	a->addr_count = a->addr_next = 0;
	if (a->fault) {
		account_end(a, GONE_CONFIG, view_str(a->fault));
		return;
	}
	wheel_start(loop_wheel(a->jab->loop), &a->timer, LOGIN_MS,
		    on_login_limit);
	a->srv = !*a->server;
	resolve(a);
}
