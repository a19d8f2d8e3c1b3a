/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An XMPP server that says what the test wants, for one connection at a time.
 * Whoever includes it defines AWAIT(cond) before.
 */
#ifndef CONFAB_TEST_JABSTUB_H
#define CONFAB_TEST_JABSTUB_H

#include "test.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "buf.h"

static struct {
	int listener, fd;
	uint16_t port;
	struct buf in;
} stub;

static inline void stub_open(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t n = sizeof(sin);

	stub.fd = -1;
	stub.listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK |
			       SOCK_CLOEXEC, 0);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(stub.listener, (struct sockaddr *)&sin, n), 0);
	assert_int_equal(listen(stub.listener, 4), 0);
	getsockname(stub.listener, (struct sockaddr *)&sin, &n);
	stub.port = ntohs(sin.sin_port);
}

static inline void stub_hang_up(void)
{
	if (stub.fd >= 0)
		close(stub.fd);
	stub.fd = -1;
	buf_free(&stub.in);
	buf_init(&stub.in, 0);
}

static inline bool stub_accepted(void)
{
	int yes = 1;

	stub.fd = accept(stub.listener, NULL, NULL);
	if (stub.fd >= 0)
		setsockopt(stub.fd, IPPROTO_TCP, TCP_NODELAY, &yes,
			   sizeof(yes));
	return stub.fd >= 0;
}

static inline void stub_send(const char *xml)
{
	size_t n = strlen(xml);

	assert_int_equal(send(stub.fd, xml, n, MSG_NOSIGNAL), (ssize_t)n);
}

static inline bool stub_has(const char *what)
{
	char *to = buf_room(&stub.in, 4096);
	ssize_t n = recv(stub.fd, to, 4096, MSG_DONTWAIT);

	if (n > 0)
		buf_wrote(&stub.in, (size_t)n);
	return strstr(buf_str(&stub.in), what);
}

/* It comes; all up to its end is forgotten. */
static inline void stub_sees(const char *what)
{
	AWAIT(stub_has(what));
	buf_drop(&stub.in, (size_t)(strstr(buf_str(&stub.in), what) -
				    buf_str(&stub.in)) + strlen(what));
}

#define STREAM "<?xml version='1.0'?><stream:stream from='xmpp.test' " \
	"id='1' version='1.0' xmlns='jabber:client' " \
	"xmlns:stream='http://etherx.jabber.org/streams'>"
#define STARTTLS "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
#define PLAIN "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" \
	"<mechanism>PLAIN</mechanism></mechanisms>"
#define FEATURES(f) STREAM "<stream:features>" f "</stream:features>"
#define ROOM "r@rooms.xmpp.test"

static inline void stub_answers_login(void)
{
	AWAIT(stub_accepted());
	stub_sees("<stream:stream");
	stub_send(FEATURES(PLAIN));
	stub_sees("</auth>");
	stub_send("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
	stub_sees("<stream:stream");
	stub_send(FEATURES("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
			   "<sm xmlns='urn:xmpp:sm:3'/>"));
	stub_sees("_xmpp_bind1");
	stub_send("<iq type='result' id='_xmpp_bind1'><bind xmlns='urn:ietf:"
		  "params:xml:ns:xmpp-bind'><jid>gw1@xmpp.test/x</jid></bind>"
		  "</iq>");
}

/* The room of a join: we are in. */
static inline void stub_answers_join(void)
{
	stub_sees("maxstanzas=\"0\"");
	stub_send("<presence from='" ROOM "/confab'><x xmlns='http://jabber."
		  "org/protocol/muc#user'><status code='110'/></x>"
		  "</presence><message type='groupchat' from='" ROOM "'>"
		  "<subject/></message>");
}

static inline void stub_close(void)
{
	stub_hang_up();
	close(stub.listener);
	buf_free(&stub.in);
}

#endif
