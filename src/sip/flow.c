/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Transports by name, and a flow as text, for the store:
 * "udp:192.0.2.1:5060". */
#include "sip.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const names[SIP_TRANSPORTS] = {
	[SIP_UDP] = "udp", [SIP_TCP] = "tcp", [SIP_TLS] = "tls",
	[SIP_WS] = "ws",   [SIP_WSS] = "wss",
};

const char *sip_transport_name(enum sip_transport t)
{
	return names[t];
}

int sip_transport_parse(enum sip_transport *t, struct view name)
{
	int i;

	for (i = 0; i < SIP_TRANSPORTS; i++) {
		if (!view_ieqs(name, names[i]))
			continue;
		*t = (enum sip_transport)i;
		return 0;
	}
	return EBADMSG;
}

bool sip_is_stream(enum sip_transport t)
{
	return t != SIP_UDP;
}

bool sip_is_ws(enum sip_transport t)
{
	return t == SIP_WS || t == SIP_WSS;
}

const char *sip_flow_str(char dst[SIP_FLOW_TEXT_MAX],
			 const struct sip_flow *f)
{
	char peer[NETADDR_TEXT_MAX];

	snprintf(dst, SIP_FLOW_TEXT_MAX, "%s:%s", names[f->transport],
		 netaddr_str(peer, &f->peer));
	return dst;
}

int sip_flow_parse(struct sip_flow *f, struct view text)
{
	struct view name, peer;

	memset(f, 0, sizeof(*f));
	if (!view_cut(text, ':', &name, &peer) ||
	    sip_transport_parse(&f->transport, name))
		return EBADMSG;
	return netaddr_parse(&f->peer, peer);
}
