/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From what was dropped to the sockets' rules, and back to the log. */
#include "sift_priv.h"

#include "identity_priv.h"
#include "mem.h"
#include "sieve_priv.h"
#include "uas_priv.h"

struct sift {
	struct sip *sip;     /* borrowed */
	struct sieve *sieve; /* owned */
	struct wtimer window;
	struct udp_rule rules[UDP_FILTER_RULES];
	size_t count;
};

struct sift *sift_new(struct sip *s)
{
	struct sift *sf = mem_zalloc(sizeof(*sf));

	sf->sip = s;
	sf->sieve = sieve_new();
	return sf;
}

void sift_free(struct sift *sf)
{
	if (!sf)
		return;
	wheel_stop(loop_wheel(sf->sip->loop), &sf->window);
	sieve_free(sf->sieve);
	mem_free(sf);
}

size_t sift_rules(const struct sift *sf)
{
	return sf->count;
}

static void on_window(struct wtimer *t)
{
	struct sift *sf = CONTAINER(t, struct sift, window);
	size_t before = sf->count;

	sf->count = sieve_turn(sf->sieve, sf->rules);
	if (sf->count || before)
		transport_sieve(sf->sip->transport, sf->rules, sf->count);
	if (sf->count)
		overload_tells(sf->sip, &sf->rules[0].src);
	if (sieve_busy(sf->sieve))
		wheel_start(loop_wheel(sf->sip->loop), t, SIEVE_MS, on_window);
}

static void window_start(struct sift *sf)
{
	if (!wtimer_running(&sf->window))
		wheel_start(loop_wheel(sf->sip->loop), &sf->window, SIEVE_MS,
			    on_window);
}

static bool is_sieved(const struct uas *u)
{
	return !u->trusted && !u->in && u->flow->transport == SIP_UDP;
}

void sift_heard(struct sift *sf, const struct uas *u)
{
	if (sieve_busy(sf->sieve) && is_sieved(u))
		sieve_heard(sf->sieve, auth_source(&u->flow->peer));
}

void sift_dropped(struct sift *sf, const struct uas *u)
{
	if (!is_sieved(u))
		return;
	sieve_dropped(sf->sieve, auth_source(&u->flow->peer), &u->flow->peer);
	window_start(sf);
}

void sift_stray(struct sift *sf, const struct sip_flow *flow)
{
	if (identity_trusts(sf->sip, flow))
		return;
	sieve_stray(sf->sieve, auth_source(&flow->peer), &flow->peer);
	window_start(sf);
}
