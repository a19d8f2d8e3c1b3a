/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whom we believe. libpurple asks one verifier of this name about each
 * certificate, and its own one asks people where it is in doubt. Ours stands
 * in its place: a certificate that the login's setting "pin" names is good,
 * whoever it is from; where there is no pin libpurple's verifier looks at the
 * system's CAs, and what it asks then is answered with no (pw_ask.c). For
 * XMPP the name is that of the domain (RFC 6120 13.7.2), not that of the
 * machine which the operator has set.
 */
#include <string.h>

#include "log.h"
#include "pw_priv.h"
#include "pw_text.h"

/* The one registry of this file. */
static struct {
	PurpleCertificateVerifier *theirs; /* borrowed: libpurple's */
	struct pw_seat *seat;		   /* amid a question of theirs */
} cert;

struct pw_seat *pw_cert_seat(void)
{
	return cert.seat;
}

/* libpurple's TLS plugins verify for a connection that its owner opened: the
 * protocols give themselves as that. */
static struct pw_seat *seat_of(const PurpleCertificateVerificationRequest *q)
{
	PurpleSslConnection *ssl = q->cb_data;
	GList *l = ssl ? g_list_find(purple_connections_get_all(),
				     ssl->connect_cb_data)
		       : NULL;

	if (!l)
		l = ssl ? g_list_find(purple_connections_get_connecting(),
				      ssl->connect_cb_data)
			: NULL;
	return l ? pw_seat_of_gc(l->data) : NULL;
}

static void use_domain(struct pw_seat *s,
		       PurpleCertificateVerificationRequest *q)
{
	struct buf own = { 0 };
	struct view user, domain;

	if (!pw_is(s, "prpl-jabber") ||
	    !*purple_account_get_string(s->account, "connect_server", ""))
		return;
	pw_norm(&own, s, purple_account_get_username(s->account));
	view_rcut(buf_view(&own), '@', &user, &domain);
	if (domain.n) {
		g_free(q->subject_name);
		q->subject_name = g_strndup(domain.p, domain.n);
	}
	buf_free(&own);
}

static bool is_pinned(const PurpleCertificateVerificationRequest *q,
		      const char *pin)
{
	GByteArray *sum;
	bool yes;

	if (!q->cert_chain)
		return false;
	sum = purple_certificate_get_fingerprint_sha256(q->cert_chain->data,
							FALSE);
	yes = sum && pw_pin_eq(pin, sum->data, sum->len);
	if (sum)
		g_byte_array_free(sum, TRUE);
	return yes;
}

static void verify(PurpleCertificateVerificationRequest *q)
{
	struct pw_seat *s = seat_of(q);
	const char *pin = s ? pw_setting(s, "pin") : "";

	if (*pin) {
		bool good = is_pinned(q, pin);

		if (!good)
			pw_seat_blame(s, GONE_CONFIG,
				      VIEW("the server's certificate is not "
					   "the one that is pinned"));
		purple_certificate_verify_complete(
			q, good ? PURPLE_CERTIFICATE_VALID
				: PURPLE_CERTIFICATE_INVALID);
		return;
	}
	if (s)
		use_domain(s, q);
	cert.seat = s;
	cert.theirs->start_verification(q);
	cert.seat = NULL;
}

static void destroy(PurpleCertificateVerificationRequest *q)
{
	cert.theirs->destroy_request(q);
}

void pw_cert_start(void)
{
	static PurpleCertificateVerifier ours = {
		.scheme_name = (gchar *)"x509",
		.name = (gchar *)"tls_cached",
		.start_verification = verify,
		.destroy_request = destroy,
	};

	cert.theirs = purple_certificate_find_verifier("x509", "tls_cached");
	if (!cert.theirs ||
	    !purple_certificate_unregister_verifier(cert.theirs) ||
	    !purple_certificate_register_verifier(&ours))
		log_error("libpurple does not let us verify certificates");
}
