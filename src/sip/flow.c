/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A flow as text, for the store: "udp:192.0.2.1:5060". */
#include "sip.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const transports[] = {
	[SIP_UDP] = "udp:",
	[SIP_TCP] = "tcp:",
};

const char *sip_flow_str(char dst[SIP_FLOW_TEXT_MAX],
			 const struct sip_flow *f)
{
	char peer[NETADDR_TEXT_MAX];

	snprintf(dst, SIP_FLOW_TEXT_MAX, "%s%s", transports[f->transport],
		 netaddr_str(peer, &f->peer));
	return dst;
}

int sip_flow_parse(struct sip_flow *f, struct view text)
{
	struct view prefix;
	size_t i;

	memset(f, 0, sizeof(*f));
	for (i = 0; i < sizeof(transports) / sizeof(transports[0]); i++) {
		prefix = view_str(transports[i]);
		if (!view_istarts(text, prefix))
			continue;
		f->transport = (enum sip_transport)i;
		return netaddr_parse(&f->peer, view_from(text, prefix.n));
	}
	return EBADMSG;
}
