/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * imc: the SIP face. MESSAGE to a room or to the manager, #commands, and the
 * fan-out to SIP members.
 */
#ifndef CONFAB_IMC_H
#define CONFAB_IMC_H

#include "dns.h"
#include "hub.h"
#include "quota.h"
#include "location.h"
#include "sip.h"
#include "store.h"

struct imc;

struct imc_conf {
	struct loop *loop;           /* all borrowed */
	struct hub *hub;
	struct sip *sip;             /* set with imc_set_sip() */
	struct store *store;
	struct dns *dns;
	const struct users *users;   /* who has an account; may be NULL */
	const char *domain;
	const char *manager;         /* user part of the manager's address */
	const char *imc_cmd_start_char;
	bool create_on_join, check_on_create;
	const char *dialect;         /* "kamailio" (also NULL), "opensips" */
	const char *links_by;        /* who links rooms: "operator" (also
					NULL), "owner", "admin" */
	unsigned history_on_join;    /* so many lines for who joins */
	bool time_marks;             /* "[14:05] " before what is late */
	struct quota_conf quota;
	const char *outbound_proxy;  /* SIP URI, or "" */
	char *const *peers;          /* domains that we may send to by DNS;
					ends with NULL; or NULL */
	const char *extra_hdrs;      /* "Name: value\r\n"..., or "" */
	const struct device_rule *devices; /* what the operator knows of
					      devices; copied */
	size_t device_count;
};

/* EINVAL with why: dialect, links_by, imc_cmd_start_char, outbound_proxy,
 * peers or extra_hdrs can't be used. Registers the face "sip" at the hub. */
int imc_new(struct imc **ip, const struct imc_conf *conf, char *why,
	    size_t whysize);
/* devices, peers, quota, create_on_join, check_on_create, history_on_join and
 * time_marks: as conf says from now on. EINVAL with why: all is as it was. */
int imc_reconf(struct imc *i, const struct imc_conf *conf, struct buf *why);
/* After sip_free(), because transactions answer to imc; before loop_free().
 * NULL is allowed. */
void imc_free(struct imc *i);
/* The SIP edge is made after imc, because it needs imc_on_request. NULL, at
 * once before sip_free(): it is gone. */
void imc_set_sip(struct imc *i, struct sip *sip);
sip_request_h imc_on_request; /* arg: the struct imc */
/* What it takes: the value of an Accept header. */
const char *imc_accept(void);
/* Where users are; owned by imc. */
struct location *imc_location(struct imc *i);
/*
 * Commands that are not imc's own: about what is a user's elsewhere. They are
 * taken at the manager's address alone; in a room he is told so.
 */
struct ask; /* one that is being answered: mem_ref() it to do that later */
struct imc_command {
	const char *name;           /* "jabber", without the mark */
	const char *usage, *help;   /* for its line of #help */
	/* line: what follows the name. Answers now or later, once. */
	void (*run)(struct ask *a, struct view line, void *arg);
	/* Texts that begin with a secret, wherever they were sent to: nobody
	 * else sees them, in no room, log or journal, and they are overwritten
	 * when secreth returns. It answers as well; at_manager: he sent it to
	 * the right address. Both may be NULL. */
	bool (*is_secret)(struct view text, void *arg);
	void (*secreth)(struct ask *a, struct view text, bool at_manager,
			void *arg);
	void *arg;
};
enum { IMC_COMMANDS_MAX = 8 };
/* cmd: borrowed, until imc_free(). EEXIST, ENOSPC. */
int imc_add_command(struct imc *i, const struct imc_command *cmd);
/* Who it is: proved, or asserted by a trusted source. */
const struct addr *imc_ask_user(const struct ask *a);
/* The address of a gateway that he wrote to; or NULL. */
const struct addr *imc_ask_gate(const struct ask *a);
/* Nobody on the way to us could read along: it came by TLS, or from this
 * host. */
bool imc_ask_is_private(const struct ask *a);
/* The SIP status, and a text from the manager. */
void imc_ask_answer(const struct ask *a, int status, struct view text);

/* Where users are, and whom they block, from the store, while it loads. */
void imc_load_binding(const struct store_binding *b, void *arg);
void imc_load_block(const struct store_block *b, void *arg);

#endif
