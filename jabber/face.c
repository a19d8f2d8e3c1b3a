/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The XMPP face in confabd: what a target and an account may look like. All
 * that speaks XMPP is in the worker.
 */
#include "face.h"

#include <errno.h>
#include <stdio.h>

#include "jid.h"
#include "mem.h"
#include "netaddr.h"
#include "utf8.h"

struct jabber_face {
	struct bridge *bridge; /* borrowed: it owns us */
};

static int refuse(char *why, size_t size, const char *what, const char *text)
{
	snprintf(why, size, "%s%s%.200s%s", what, *text ? " \"" : "", text,
		 *text ? "\"" : "");
	return EINVAL;
}

static int refuse_via(struct buf *why, struct view via)
{
	if (via.n) {
		buf_adds(why, "there is no jabber account \"");
		buf_addv(why, view_head(via, 64));
		buf_adds(why, "\": via wants the label of one");
	} else {
		buf_adds(why, "via is needed: it says which jabber account "
			      "joins the room, by its label");
	}
	return EINVAL;
}

static int check(void *arg, struct view rest, struct view via,
		 struct buf *viaout, struct buf *why)
{
	const struct jabber_face *f = arg;
	const char *fault = jid_fault(rest), *only;

	if (fault) {
		buf_adds(why, "\"");
		buf_addv(why, view_head(rest, 200));
		buf_adds(why, "\" ");
		buf_adds(why, fault);
		buf_adds(why, "; right would be xmpp:room@service, such as "
			      "xmpp:lobby@rooms.example.org");
		return EINVAL;
	}
	only = bridge_only_account(f->bridge);
	if (via.n ? !bridge_has_account(f->bridge, via) : !only)
		return refuse_via(why, via);
	if (via.n)
		buf_addv(viaout, via);
	else
		buf_adds(viaout, only);
	return 0;
}

static int place(void *arg, struct view rest, struct buf *out)
{
	(void)arg;
	if (jid_fault(rest))
		return EINVAL;
	buf_addv(out, rest);
	return 0;
}

static void face_free(void *arg)
{
	mem_free(arg);
}

int jabber_face_new(struct bridge **bp, struct loop *l, const char *program,
		    uint64_t worker_timeout_ms,
		    const struct jabber_pool *pool)
{
	struct jabber_face *f = mem_zalloc(sizeof(*f));
	const struct bridge_conf conf = {
		.loop = l,
		.scheme = "xmpp",
		.program = program,
		.accounts_per_worker = pool ? pool->each : 0,
		.workers = pool ? pool->workers : 0,
		.worker_ping_ms = worker_timeout_ms / 3,
		.worker_pong_ms = worker_timeout_ms,
		.topics = true,
		.expels = true,
		.check = check,
		.place = place,
		.arg = f,
		.destroy = face_free,
	};
	int err = bridge_new(&f->bridge, &conf);

	if (err)
		mem_free(f);
	else
		*bp = f->bridge;
	return err;
}

static bool is_loopback(const char *server)
{
	struct netaddr a;

	if (view_ieqs(view_str(server), "localhost"))
		return true;
	return !netaddr_set(&a, view_str(server), 0) &&
	       netaddr_is_loopback(&a);
}

static bool is_server(const char *server)
{
	struct netaddr a;

	return !*server || jid_is_host(view_str(server)) ||
	       !netaddr_set(&a, view_str(server), 0);
}

static int account_fault(const struct jabber_account *a, char *why,
			 size_t size)
{
	const char *fault = jid_fault(view_str(a->jid));
	struct view resource = view_str(a->resource);

	if (!*a->label)
		return refuse(why, size, "a jabber account needs a label", "");
	if (fault) {
		snprintf(why, size, "jid \"%.200s\" %s", a->jid, fault);
		return EINVAL;
	}
	if (!*a->password)
		return refuse(why, size, "there is no password for", a->jid);
	if (!is_server(a->server))
		return refuse(why, size,
			      "server is no host name or address:", a->server);
	if (a->tls == JABBER_TLS_OFF && !is_loopback(a->server))
		return refuse(why, size,
			      "tls \"off\" is for a server on loopback "
			      "(127.0.0.1, ::1) only, not for",
			      *a->server ? a->server : "one found by DNS");
	if (resource.n > JID_PART_MAX || !utf8_valid(resource))
		return refuse(why, size, "resource is too long or no UTF-8",
			      "");
	return 0;
}

static const char *tls_name(enum jabber_tls tls)
{
	static const char *const names[] = {
		[JABBER_TLS_REQUIRED] = "required",
		[JABBER_TLS_DIRECT] = "direct",
		[JABBER_TLS_OFF] = "off",
	};

	return names[tls];
}

int jabber_face_account(struct bridge *b, const struct jabber_account *a,
			char *why, size_t whysize)
{
	int err = account_fault(a, why, whysize);
	char port[8];

	if (err)
		return err;
	snprintf(port, sizeof(port), "%u", (unsigned)a->port);
	const struct bridge_setting settings[] = {
		{ "jid", a->jid },
		{ "password", a->password },
		{ "server", a->server },
		{ "port", port },
		{ "tls", tls_name(a->tls) },
		{ "ca_file", a->ca_file },
		{ "resource", a->resource },
	};

	err = bridge_account(b, a->label, settings,
			     sizeof(settings) / sizeof(settings[0]));
	if (err == EEXIST)
		snprintf(why, whysize,
			 "there are two jabber accounts \"%.64s\"", a->label);
	return err;
}
