/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The configuration: one option table (options.c) gives the parser, the
 * defaults, the checks, the sample file and the man page's list.
 */
#ifndef CONFAB_CONF_H
#define CONFAB_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

struct conf_jabber {
	char *label, *jid, *password, *password_file, *server, *tls, *ca_file,
		*resource;
	long port;
};

/* Accounts of SIP users: a gateway in the sense of the old jabber module. It
 * is on when there is a jdomain; options_jabber.c tells what all of it is. */
struct conf_jabber_gateway {
	char *db_url, *jaddress, *jdomain, *aliases, *proxy, *registrar;
	long jport, workers, max_jobs, cache_time, delay_time, sleep_time,
		check_time, priority;
	char *tls, *ca_file, *resource, *message_type, *receipts, *auto_accept,
		*login;
	char *seal_key;      /* "": seal.key in state_dir */
	char *passwords;     /* "tls", "any" or "off": how a user's own
				password may come by SIP */
	bool carbons;
	long history, user_accounts, user_rooms, waiting, text_max,
		logins_rate, peer_rate, early_error;
};

/* XEP-0114. It is on when there is a domain (users) or a muc_domain (our
 * rooms). */
struct conf_jabber_component {
	char *domain, *muc_domain, *host, *secret, *secret_file, *muc_secret,
		*muc_secret_file; /* muc_secret is never empty where secret
				     is not */
	long port;
};

struct conf_irc {
	char *label, *server, *ca_file, *nick, *username, *realname, *password,
		*password_file;
	char *fingerprint, *cert_file, *key_file, *bind, *family, *charset;
	char *account, *account_password, *account_password_file, *sasl,
		*nickserv;
	char *staff;
	char *webirc_host, *webirc_ip, *webirc_password, *webirc_password_file;
	char **servers;
	long port, flood_burst, flood_ms, max_lines;
	bool tls, trusted, password_for_users;
};

/* Users on IRC by themselves; options_ircgate.c tells what all of it is. */
struct conf_irc_gateway {
	char *ircdomain, *first_contact, *nick_suffix, *contact, *passwords;
	long idle_time, delay_time, max_seats, channels, waiting, logins_rate,
		peer_rate, user_accounts;
	bool nick_always;
};

/* libpurple's networks; options_purple.c tells what all of it is. */
struct conf_purple_gateway {
	char *domain, *db_url, *db_table, *httpProxy_host, *login, *auth,
		*passwords;
	char **allow;
	long httpProxy_port, linger, queue_time, logins_rate, connecting,
		workers, worker_accounts, worker_age, text_rate, text_max,
		user_rooms, user_accounts;
	bool mapped_users;
};

struct conf_purple {
	char *label, *prot, *user, *password, *password_file, *pin;
	char **options;
};

struct conf_link {
	char *label, *room, *to, *via, *nick;
	char *mode, *on_kick, *password, *password_file;
	long max_puppets;
};

struct conf_device {
	char *label, *match, *typing, *charset, *cpim;
	long max_bytes, max_chars;
};

struct conf_imc {
	char *manager, *imc_cmd_start_char, *outbound_proxy, *extra_hdrs;
	char *db_url, *rooms_table, *members_table, *dialect, *links_by;
	char *notices;
	char **peers;
	long db_mode, hash_size, history_on_join;
	bool create_on_join, check_on_create, time_marks;
};

struct conf_limits {
	long rooms, room_members, user_rooms, user_places;
	long waiting_messages, waiting_bytes, invite_days;
	long user_rate, user_burst, room_rate, room_burst;
	long create_rate, join_rate, invite_rate, invited_rate;
	long connections, address_connections, idle_seconds;
	long expires_min, expires_max;
	long source_rate, source_burst, memory_max;
};

/* All owned by the struct conf; strings are never NULL, lists end with it. */
struct conf {
	char *domain, *state_dir, *control, *log_level, *worker_dir;
	char *trusted_identity, *auth_realm, *presence;
	char **send_to;
	char **listen, **trusted, **trusted_certs, **ws_origins;
	char **auth_md5_agents;
	bool auth_sha256, auth_md5, trusted_websockets;
	char *tls_certificate, *tls_key, *tls_client_ca, *tls_ca;
	long worker_timeout, journal_days, journal_messages;
	struct conf_imc imc;
	struct conf_limits limits;
	struct conf_jabber_gateway jabber_gateway;
	struct conf_jabber_component jabber_component;
	struct conf_irc_gateway irc_gateway;
	struct conf_purple_gateway purple_gateway;
	struct conf_jabber *jabber;
	struct conf_irc *irc;
	struct conf_purple *purple;
	struct conf_link *link;
	struct conf_device *device;
	size_t jabber_count, irc_count, purple_count, link_count,
		device_count;
};

/* Reads and checks file; *cp is reference-counted (mem_deref wipes the
 * secrets). Else an errno value, with one line in why: "FILE:LINE: what is
 * wrong and what would be right". */
int conf_load(struct conf **cp, const char *file, struct buf *why);
/* Names of options, "limits.user_rate, trusted"; the caller frees them. */
struct conf_taken {
	struct buf taken; /* now as in the file */
	struct buf later; /* need a restart */
};
/* Of what differs, c gets what may change while we run, and fresh what c had:
 * whoever borrows that has to be told before fresh goes. */
void conf_take(struct conf *c, struct conf *fresh, struct conf_taken *out);
/* The sample file, and the list of options for confab.conf.5 (mdoc). */
void conf_print_sample(struct buf *out);
void conf_print_man(struct buf *out);

/* The file that a checked db_url names; NULL: state_dir's own. */
const char *conf_db_file(const char *url);
/* The data base in any case; the caller frees it. */
char *conf_db_path(const struct conf *conf);

#endif
