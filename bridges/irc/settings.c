/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings: texts by one table, numbers with what holds without them. */
#include <stddef.h>
#include <string.h>

#include "mem.h"
#include "settings.h"

enum {
	FLOOD_BURST = 5,
	FLOOD_MS = 2000,
	FLOOD_MAX_MS = 10000,
	SILENCE_MS = 120000,
	PONG_MS = 60000,
	NUMBER_MAX = 100000000
};

static void wipe_text(const char *s)
{
	if (s)
		mem_wipe_free((char *)s, strlen(s));
}

static const struct {
	const char *key;
	size_t offset; /* in struct ircb_conn_conf */
} texts[] = {
#define TEXT(name) { #name, offsetof(struct ircb_conn_conf, name) }
	TEXT(ca_file),	TEXT(cert_file), TEXT(key_file),
	TEXT(pin),	TEXT(bind),	 TEXT(charset),
	TEXT(nick),	TEXT(username),	 TEXT(realname),
	TEXT(password), TEXT(sasl),	 TEXT(login),
	TEXT(nickserv), TEXT(webirc_ip), TEXT(webirc_host),
	TEXT(login_password),		 TEXT(webirc_password),
	TEXT(nick_suffix),
#undef TEXT
};

static const char **text_of(struct ircb_conn_conf *c, size_t i)
{
	return (const char **)(void *)((char *)c + texts[i].offset);
}

void ircb_settings_free(struct ircb_conn_conf *c)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		wipe_text(*text_of(c, i));
	memset(c, 0, sizeof(*c));
}

static uint64_t number(const struct wire_msg *m, const char *key,
		       uint64_t otherwise)
{
	uint64_t n;

	if (view_u64(&n, wire_setting(m, key), NUMBER_MAX) || !n)
		return otherwise;
	return n;
}

/* "host port host port": what confabd checked. */
static void take_servers(struct ircb_conn_conf *c, struct ircb_server *servers,
			 const struct wire_msg *m, uint16_t port)
{
	struct view list = wire_setting(m, "servers"), host, number_text;
	uint64_t n;

	c->servers = servers;
	view_copy(servers[0].host, IRCB_HOST_MAX,
		  wire_setting(m, "server"));
	servers[0].port = port;
	c->servers_count = 1;
	while (c->servers_count < IRCB_SERVERS_MAX &&
	       view_word(&list, " ", &host) &&
	       view_word(&list, " ", &number_text)) {
		struct ircb_server *s = &servers[c->servers_count];

		if (view_copy(s->host, sizeof(s->host), host) ||
		    view_u64(&n, number_text, UINT16_MAX))
			continue;
		s->port = (uint16_t)n;
		c->servers_count++;
	}
}

static int family(struct view v)
{
	return view_eqs(v, "ipv4") ? AF_INET :
	       view_eqs(v, "ipv6") ? AF_INET6 : 0;
}

void ircb_settings_take(struct ircb_conn_conf *c, struct ircb_server *servers,
			const struct wire_msg *m)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		*text_of(c, i) = view_dup(wire_setting(m, texts[i].key));
	c->family = family(wire_setting(m, "family"));
	c->tls = view_eqs(wire_setting(m, "tls"), "1");
	c->trusted = view_eqs(wire_setting(m, "trusted"), "1");
	take_servers(c, servers, m,
		     (uint16_t)number(m, "port", c->tls ? 6697 : 6667));
	c->max_lines = (size_t)number(m, "max_lines", 0);
	c->flood_burst = (unsigned)number(m, "flood_burst", FLOOD_BURST);
	c->flood_ms = number(m, "flood_ms", FLOOD_MS);
	c->silence_ms = number(m, "silence_ms", SILENCE_MS);
	c->pong_ms = number(m, "pong_ms", PONG_MS);
}

void ircb_settings_slower(struct ircb_conn_conf *c)
{
	c->flood_burst = c->flood_burst > 1 ? c->flood_burst / 2 : 1;
	c->flood_ms = c->flood_ms < FLOOD_MAX_MS / 2 ? c->flood_ms * 2 :
						       FLOOD_MAX_MS;
}
