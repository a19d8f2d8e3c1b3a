/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The IRC face in confabd: networks, targets "irc:network/#channel". */
#ifndef CONFAB_IRC_FACE_H
#define CONFAB_IRC_FACE_H

#include "bridge.h"

struct irc_network {
	const char *label; /* "libera" */
	const char *server;
	uint16_t port;	     /* 0: 6697 with TLS, 6667 without */
	bool tls;	     /* verified */
	bool trusted;	     /* passwords may cross without it */
	const char *ca_file; /* "" : the system's */
	const char *nick, *username, *realname; /* "" : from nick */
	const char *password;			/* server password, or "" */
	bool password_for_users;		/* they send it as well */
	/* NULL is as "" from here on. */
	char *const *servers;	 /* more of them, "host:port"; NULL ends */
	const char *fingerprint; /* of the server's certificate */
	const char *cert_file, *key_file; /* ours */
	const char *bind, *family, *charset;
	const char *account, *account_password; /* with services */
	const char *sasl;     /* "auto", "off", "plain" ... */
	const char *nickserv; /* "NickServ!*@services.x" */
	const char *webirc_host, *webirc_ip, *webirc_password;
	const char *staff;    /* of the network: masks, divided by blanks */
	const char *contact;  /* whom they may ask */
	unsigned max_lines; /* of one text, then "#more"; 0: no limit */
	unsigned flood_burst;			/* lines at once; 0: 5 */
	unsigned flood_ms; /* then one line in this time; 0: 2,000 */
};

int irc_face_new(struct bridge **bp, struct loop *l, const char *program,
		 uint64_t worker_timeout_ms);
/* EINVAL with why, EEXIST. */
int irc_face_network(struct bridge *b, const struct irc_network *n, char *why,
		     size_t whysize);
/* While no link goes there: ENOENT, EBUSY. */
int irc_face_network_gone(struct bridge *b, struct view label);

#endif
