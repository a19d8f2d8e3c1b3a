/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One connection to an IRC server: name look-up, TCP or TLS, login with a
 * free nick, PING both ways, the queue. It never reconnects by itself.
 */
#ifndef CONFAB_IRCB_CONN_H
#define CONFAB_IRCB_CONN_H

#include "dns.h"
#include "event.h"
#include "names.h"
#include "out.h"
#include "worker.h"

struct ircb_conn;

/* What the words of lost begin with when the server thinks that it was a
 * flood. */
/* A message that was refused for these can be said without RELAYMSG. */
#define IRCB_NOT_AS "the server does not show others' names here"
#define IRCB_TOO_FAST "too many lines for the server"

enum { IRCB_SERVERS_MAX = 8, IRCB_HOST_MAX = 256 };

struct ircb_server {
	char host[IRCB_HOST_MAX];
	uint16_t port;
	/* IRCv3 sts: until then only by TLS, at this port; written by the
	 * connections. 0: nothing was said. */
	uint16_t sts_port;
	uint64_t sts_until_ms;
};

/* All strings are borrowed and must outlive the connection, as the servers
 * must; "" stands for none. */
struct ircb_conn_conf {
	struct loop *loop;
	struct dns *dns;
	struct ircb_server *servers;
	size_t servers_count, first; /* tried in turn, from first on */
	bool tls;
	const char *ca_file; /* "": the system's */
	const char *cert_file, *key_file; /* ours, to be shown */
	const char *pin;     /* SHA-256 of the server's certificate */
	const char *bind;    /* a local address */
	int family;	     /* AF_INET, AF_INET6; 0: any */
	const char *charset; /* of what is not UTF-8 */
	const char *nick, *username, *realname;
	const char *nick_suffix; /* tried first where nick is taken */
	const char *password; /* the server's */
	const char *webirc_password, *webirc_host, *webirc_ip;
	const char *sasl; /* a mechanism, "off", or "": the best there is */
	const char *login, *login_password; /* with services */
	const char *nickserv; /* "NickServ!*@services.example" */
	bool trusted; /* nobody reads the line, whatever it is */
	size_t max_lines; /* of one text; 0: no limit. See more.h */
	unsigned flood_burst;
	uint64_t flood_ms;
	uint64_t silence_ms; /* after this a PING of ours asks */
	uint64_t pong_ms;    /* and this long it may take to answer */
};

/* None runs before ircb_conn_new() returned, nor after ircb_conn_close(); each
 * may call that. */
struct ircb_conn_ops {
	/* Logged in. */
	void (*up)(void *arg);
	/* What the server said, but for login, PING and PONG. */
	void (*event)(const struct ircb_event *ev, void *arg);
	/* The server has taken a message. Must not call back. */
	ircb_out_h *delivered;
	/* It refused this one. Must not call back. */
	void (*refused)(uint64_t leg, uint64_t seq, struct view words,
			void *arg);
	/* Our nick has changed. */
	void (*renamed)(void *arg);
	/* Over, with words for the operator. Once; the connection is dead. */
	void (*lost)(enum worker_lost why, struct view words, void *arg);
};

/* Begins to connect. EINVAL and others with words in why. */
int ircb_conn_new(struct ircb_conn **cp, const struct ircb_conn_conf *conf,
		  const struct ircb_conn_ops *ops, void *arg, struct buf *why);
/* No handler runs any more. quit: sent as a last word where we are logged in;
 * may be empty. NULL is allowed; returns NULL. */
struct ircb_conn *ircb_conn_close(struct ircb_conn *c, struct view quit);

bool ircb_conn_is_up(const struct ircb_conn *c);
/* Which of the servers it is, or was, about. */
size_t ircb_conn_server(const struct ircb_conn *c);
/* What is on (enum ircb_cap). */
bool ircb_conn_can(const struct ircb_conn *c, unsigned cap);
/* The account that services know us by; may be empty. */
struct view ircb_conn_account(const struct ircb_conn *c);
struct view ircb_conn_nick(const struct ircb_conn *c);
const struct ircb_support *ircb_conn_support(const struct ircb_conn *c);
/* h for each channel of ours that this nick is in. */
void ircb_conn_channels(const struct ircb_conn *c, struct view nick,
			void (*h)(struct view channel, void *arg), void *arg);
/* Appends "nick!user@host" of ours, as far as it is known. */
void ircb_conn_mask(const struct ircb_conn *c, struct buf *b);
/* How many are in a channel of ours. */
size_t ircb_conn_present(const struct ircb_conn *c, struct view channel);
bool ircb_conn_is_us(const struct ircb_conn *c, struct view nick);
/* Did we say this ourselves, under whatever name? */
bool ircb_conn_is_ours(const struct ircb_conn *c, const struct ircb_line *l);
/* The queue, to ask and to forget. */
struct ircb_out *ircb_conn_out(struct ircb_conn *c);
/* Lost, as the server wants nobody from where we are, or not so many: it has
 * nothing to do with who we said we are. */
bool ircb_conn_is_banned(const struct ircb_conn *c);

/* Queues a command. Errors as ircb_encode() and ircb_out_control(). */
int ircb_conn_send(struct ircb_conn *c, const char *command,
		   const struct view *params, size_t count);
/* At once, before all that waits. Errors as ircb_encode(), stream_write(). */
int ircb_conn_send_now(struct ircb_conn *c, const char *command,
		       const struct view *params, size_t count);
/* Somebody says "#more" in this channel: false, there is nothing. */
bool ircb_conn_more(struct ircb_conn *c, struct view channel);
/* Queues a message. Errors as ircb_say() and ircb_out_say(). */
int ircb_conn_say(struct ircb_conn *c, struct view channel,
		  const struct worker_say *say);
/* The same under the sender's name (RELAYMSG). ENOTSUP: the server can't, or
 * not this one: ircb_conn_say() can. */
int ircb_conn_say_as(struct ircb_conn *c, struct view channel,
		     const struct worker_say *say);
/* The same of what the connection's own user says, to a channel or a nick.
 * Errors as ircb_speak() and ircb_out_say(). */
int ircb_conn_speak(struct ircb_conn *c, struct view target,
		    const struct worker_say *say);
/* delivered() is called with these when the server has taken all commands that
 * wait by now. */
void ircb_conn_mark(struct ircb_conn *c, uint64_t leg, uint64_t seq);
/* The nick that we would like to have is this from now on; borrowed as that
 * of the settings. */
void ircb_conn_want(struct ircb_conn *c, const char *nick);

#endif
