/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings to what a connection needs. */
#include "creds.h"

#include <errno.h>

#include "clock.h"
#include "jid.h"
#include "jid_prep.h"
#include "mem.h"

static void set_fault(struct creds *c, const char *why)
{
	if (!c->fault)
		c->fault = mem_strdup(why);
}

/* Prepared, so that it compares with what the server says. */
static void set_jid(struct creds *c, struct view bare, struct view resource,
		    const char *prefix)
{
	struct buf full = { 0 }, clean = { 0 };
	struct jid j;

	buf_addv(&full, bare);
	buf_addc(&full, '/');
	if (resource.n)
		buf_addv(&full, resource);
	else
		buf_addf(&full, "%s%08x", prefix, (unsigned)rand_u64());
	if (jid_fault(bare) || jid_prep(&clean, buf_view(&full)))
		set_fault(c, "the account's jid or resource is malformed");
	jid_split(&j, buf_view(&clean));
	c->domain = view_dup(j.domain);
	buf_clear(&full);
	if (jid_host_ascii(&full, j.domain))
		set_fault(c, "the account's domain is none of DNS");
	c->ascii_domain = buf_take(&full);
	c->jid = buf_take(&clean);
}

static enum front_tls mode_of(struct view tls)
{
	if (view_eqs(tls, "off"))
		return FRONT_PLAIN;
	return view_eqs(tls, "direct") ? FRONT_DIRECT : FRONT_STARTTLS;
}

/* A name may lead elsewhere, too: that is found when it is looked up. */
static void check_plain(struct creds *c)
{
	struct netaddr a;

	if (c->mode == FRONT_PLAIN && !netaddr_set(&a, view_str(c->server), 0)
	    && !netaddr_is_loopback(&a))
		set_fault(c, "tls is off, but the server's address is not on "
			     "loopback");
}

void creds_read(struct creds *c, const struct wire_msg *m, const char *prefix)
{
	uint64_t port = 0;

	*c = (struct creds){ 0 };
	c->password = view_dup(wire_setting(m, "password"));
	c->server = view_dup(wire_setting(m, "server"));
	c->ca_file = view_dup(wire_setting(m, "ca_file"));
	c->mode = mode_of(wire_setting(m, "tls"));
	if (wire_setting(m, "port").n &&
	    view_u64(&port, wire_setting(m, "port"), UINT16_MAX))
		set_fault(c, "the account's port is no port");
	c->port = (uint16_t)port;
	check_plain(c);
	set_jid(c, wire_setting(m, "jid"), wire_setting(m, "resource"),
		prefix);
}

int creds_front(struct front_conf *conf, const struct creds *c,
		struct trust *trust, char *why, size_t size)
{
	conf->jid = c->jid;
	conf->domain = c->ascii_domain;
	conf->password = c->password;
	conf->server = c->server;
	conf->port = c->port;
	conf->mode = c->mode;
	conf->tls = NULL;
	if (c->fault) {
		view_copy(why, size, view_str(c->fault));
		return EINVAL;
	}
	if (c->mode == FRONT_PLAIN)
		return 0;
	return trust_get(trust, &conf->tls, c->ca_file, why, size);
}

void creds_free(struct creds *c)
{
	if (c->password)
		mem_wipe_free(c->password, view_str(c->password).n);
	mem_free(c->jid);
	mem_free(c->domain);
	mem_free(c->ascii_domain);
	mem_free(c->server);
	mem_free(c->ca_file);
	mem_free(c->fault);
}
