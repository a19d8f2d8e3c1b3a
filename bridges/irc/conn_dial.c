/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The way to a server: resolve, connect to one address after the other, with
 * TLS where it is wanted, up to the login.
 */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "conn_priv.h"
#include "log.h"
#include "mem.h"

enum {
	IN_MAX = 64 * 1024,
	OUT_MAX = 256 * 1024,
	CONNECT_MS = 30000,
};

static void try_next_address(struct ircb_conn *c, struct view why);

static void on_open(void *arg)
{
	struct ircb_conn *c = mem_ref(arg);
	int err;

	ircb_shim_free(c->shim);
	c->shim = NULL;
	err = ircb_shim_new(&c->shim);
	c->heard_ms = now_ms();
	ircb_conn_set_state(c, IRCB_LOGIN);
	ircb_conn_watch(c);
	if (!err)
		err = ircb_login_begin(c);
	if (err)
		ircb_conn_lost(c, GONE_NET, view_str(strerror(err)));
	mem_deref(c);
}

static void on_close(int err, const char *text, void *arg)
{
	struct ircb_conn *c = arg;
	struct buf why = { 0 };

	/* The text may end with the stream. */
	buf_adds(&why, text);
	c->stream = stream_close(c->stream);
	/* A server was found; another address would only hide what is wrong
	 * with its certificate. */
	if (err == EACCES)
		ircb_conn_lost(c, GONE_CONFIG, buf_view(&why));
	else if (c->state == IRCB_CONNECTING)
		try_next_address(c, buf_view(&why));
	else
		ircb_conn_lost(c, GONE_NET, buf_view(&why));
	buf_free(&why);
}

static const struct stream_ops stream_ops = {
	.on_open = on_open,
	.on_data = ircb_inbound,
	.on_close = on_close,
};

static bool wants_tls(const struct ircb_conn *c)
{
	return c->conf.tls || c->sts_port;
}

int ircb_conn_make_tls(struct ircb_conn *c, struct buf *why)
{
	const struct tls_files files = {
		.cert = c->conf.cert_file,
		.key = c->conf.key_file,
		.ca = c->conf.ca_file,
		.pin = c->conf.pin,
	};
	char text[256] = "";
	int err;

	if (!wants_tls(c) || c->tls)
		return 0;
	err = tls_client_ctx_files(&c->tls, &files, text, sizeof(text));
	if (err)
		buf_adds(why, text);
	return err;
}

static int connect_to(struct ircb_conn *c, const struct netaddr *addr)
{
	struct stream_conf conf = {
		.in_max = IN_MAX,
		.out_max = OUT_MAX,
		.connect_ms = CONNECT_MS,
		.tls = wants_tls(c) ? c->tls : NULL,
		.tls_name = c->server->host,
		.bind = c->has_bind ? &c->bind : NULL,
		.fd_min = IRCB_FDS_LOW,
	};
	struct netaddr to = *addr;

	if (c->sts_port)
		netaddr_set_port(&to, c->sts_port);
	c->session++;
	return stream_connect(&c->stream, c->conf.loop, &to, &conf,
			      &stream_ops, c);
}

static void on_addrs(int err, const char *why, const struct netaddr *addrs,
		     size_t count, void *arg);

/* What the server said before about TLS holds for its time. */
int ircb_conn_look_up(struct ircb_conn *c)
{
	const struct ircb_server *s = c->server;

	c->sts_port = s->sts_until_ms > now_ms() ? s->sts_port : 0;
	c->addr = c->addrs_count = 0;
	ircb_conn_set_state(c, IRCB_RESOLVING);
	return dns_lookup(&c->query, c->conf.dns, s->host, s->port, on_addrs,
			  c);
}

static void next_server(struct ircb_conn *c)
{
	size_t at = (size_t)(c->server - c->conf.servers) + 1;

	c->server = &c->conf.servers[at % c->conf.servers_count];
	c->servers_left--;
}

static void unreachable(struct ircb_conn *c, struct view why)
{
	struct buf b = { 0 };

	buf_adds(&b, "can't connect to ");
	buf_adds(&b, c->server->host);
	buf_adds(&b, ": ");
	buf_addv(&b, why);
	if (!c->servers_left) {
		ircb_conn_lost(c, GONE_NET, buf_view(&b));
	} else {
		log_info("irc: %s; trying the next server", buf_str(&b));
		next_server(c);
		if (ircb_conn_look_up(c))
			ircb_conn_lost(c, GONE_NET, buf_view(&b));
	}
	buf_free(&b);
}

static void try_next_address(struct ircb_conn *c, struct view why)
{
	struct buf tls_why = { 0 };

	if (ircb_conn_make_tls(c, &tls_why)) {
		ircb_conn_lost(c, GONE_CONFIG, buf_view(&tls_why));
		buf_free(&tls_why);
		return;
	}
	while (c->addr < c->addrs_count) {
		int err = connect_to(c, &c->addrs[c->addr++]);

		if (!err)
			return;
		why = view_str(strerror(err));
	}
	unreachable(c, why);
}

static bool family_fits(const struct ircb_conn *c, const struct netaddr *a)
{
	int family = c->has_bind ? netaddr_family(&c->bind) : c->conf.family;

	return !family || netaddr_family(a) == family;
}

static void on_addrs(int err, const char *why, const struct netaddr *addrs,
		     size_t count, void *arg)
{
	struct ircb_conn *c = arg;

	c->query = NULL;
	for (size_t i = 0; i < count && !err; i++)
		if (family_fits(c, &addrs[i]) &&
		    c->addrs_count < DNS_ADDRS_MAX)
			c->addrs[c->addrs_count++] = addrs[i];
	if (!c->addrs_count) {
		unreachable(c, err ? view_str(why) :
				     VIEW("it has no address that we may "
					  "use"));
		return;
	}
	ircb_conn_set_state(c, IRCB_CONNECTING);
	try_next_address(c, VIEW("no address left"));
}

void ircb_conn_secure(struct ircb_conn *c, uint16_t port)
{
	wheel_stop(loop_wheel(c->conf.loop), &c->watch);
	c->stream = stream_close(c->stream);
	c->session++;
	c->sts_port = port;
	c->addr = 0;
	memset(&c->caps, 0, sizeof(c->caps));
	ircb_conn_set_state(c, IRCB_CONNECTING);
	try_next_address(c, VIEW("no address left"));
}

bool ircb_conn_is_private(const struct ircb_conn *c)
{
	return c->conf.trusted || ircb_conn_is_secure(c) ||
	       netaddr_is_loopback(stream_peer(c->stream));
}

bool ircb_conn_is_secure(const struct ircb_conn *c)
{
	return c->tls && wants_tls(c);
}
