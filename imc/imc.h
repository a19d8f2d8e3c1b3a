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
/* Where users are, and whom they block, from the store, while it loads. */
void imc_load_binding(const struct store_binding *b, void *arg);
void imc_load_block(const struct store_block *b, void *arg);

#endif
