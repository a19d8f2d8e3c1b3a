/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rig: confab without its daemon, and users as simple as a device may be.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "test.h"

#include "imc_rig.h"

/* ---- confab ---- */

static void on_wake(void *arg)
{
	struct rig *r = arg;

	loop_wake(r->waker);
}

static void on_woken(void *arg)
{
	struct rig *r = arg;

	if (r->store)
		store_dispatch(r->store);
}

struct imc_conf rig_conf(void)
{
	return (struct imc_conf){
		.domain = "confab.example",
		.manager = "chat-manager",
		.imc_cmd_start_char = "#",
		.create_on_join = true,
		.outbound_proxy = "",
		.extra_hdrs = "",
	};
}

static void start_hub(struct rig *r)
{
	const struct hub_conf conf = {
		.loop = r->loop,
		.store = r->store,
		.domain = "confab.example",
	};

	assert_int_equal(hub_new(&r->hub, &conf), 0);
}

static void start_imc(struct rig *r, const struct imc_conf *given)
{
	struct imc_conf conf = given ? *given : rig_conf();
	struct store_load load = { .binding = imc_load_binding,
				   .block = imc_load_block };
	char why[256] = "";

	conf.loop = r->loop;
	conf.hub = r->hub;
	conf.store = r->store;
	conf.dns = r->dns;
	if (imc_new(&r->imc, &conf, why, sizeof(why)))
		fail_msg("imc: %s", why);
	load.arg = r->imc;
	assert_int_equal(store_load(r->store, &load), 0);
}

static void start_sip(struct rig *r)
{
	struct sip_listen listen = { .transport = SIP_UDP };
	struct netmask trusted;
	struct sip_conf conf = {
		.loop = r->loop,
		.listen = &listen,
		.listen_count = 1,
		.trusted = &trusted,
		.trusted_count = 1,
		.domain = "confab.example",
		.product = "confab",
		.requesth = imc_on_request,
		.arg = r->imc,
	};
	char why[256] = "";

	assert_int_equal(netaddr_set(&listen.local, VIEW("127.0.0.1"), 0), 0);
	assert_int_equal(netmask_parse(&trusted, VIEW("127.0.0.0/8")), 0);
	if (sip_new(&r->sip, &conf, why, sizeof(why)))
		fail_msg("sip: %s", why);
	r->addr = *sip_local(r->sip, 0);
	imc_set_sip(r->imc, r->sip);
}

static void bring_up(struct rig *r, const struct imc_conf *conf)
{
	char why[256] = "";

	assert_int_equal(loop_new(&r->loop), 0);
	assert_int_equal(loop_waker(&r->waker, r->loop, on_woken, r), 0);
	assert_int_equal(dns_new(&r->dns, r->loop), 0);
	if (store_open(&r->store, r->dir, on_wake, r, why, sizeof(why)))
		fail_msg("store: %s", why);
	start_hub(r);
	start_imc(r, conf);
	assert_int_equal(hub_load(r->hub), 0);
	start_sip(r);
	assert_int_equal(hub_start(r->hub), 0);
}

/* In the order that the daemon is to keep. */
static void bring_down(struct rig *r)
{
	hub_stop(r->hub);
	imc_set_sip(r->imc, NULL);
	sip_free(r->sip);
	store_close(r->store);
	r->store = NULL;
	hub_free(r->hub);
	imc_free(r->imc);
	dns_free(r->dns);
	loop_waker_free(r->waker);
	loop_free(r->loop);
}

void rig_start(struct rig *r, const struct imc_conf *conf)
{
	const char *base = getenv("TMPDIR");

	memset(r, 0, sizeof(*r));
	snprintf(r->dir, sizeof(r->dir), "%.40s/t_imc.XXXXXX",
		 base ? base : "/tmp");
	assert_non_null(mkdtemp(r->dir));
	bring_up(r, conf);
}

void rig_restart(struct rig *r, const struct imc_conf *conf)
{
	bring_down(r);
	bring_up(r, conf);
}

static void remove_dir(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' || strlen(e->d_name) > 2)
			unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
	assert_int_equal(rmdir(dir), 0);
}

void rig_stop(struct rig *r)
{
	bring_down(r);
	for (size_t n = 0; n < r->user_count; n++)
		close(r->users[n]->fd);
	remove_dir(r->dir);
}

/* ---- users ---- */

void user_open(struct rig *r, struct user *u, const char *uri)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t n = sizeof(in);
	int room = 4 << 20; /* for a crowd, where we may */

	memset(u, 0, sizeof(*u));
	u->uri = uri;
	u->answer = 200;
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	u->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_true(u->fd >= 0);
	(void)setsockopt(u->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room,
			 sizeof(room));
	assert_int_equal(bind(u->fd, (struct sockaddr *)&in, n), 0);
	assert_int_equal(getsockname(u->fd, (struct sockaddr *)&in, &n), 0);
	u->port = ntohs(in.sin_port);
	r->users[r->user_count++] = u;
}

static void user_put(struct rig *r, struct user *u, const char *p, size_t n)
{
	assert_int_equal(sendto(u->fd, p, n, 0, &r->addr.u.sa,
				netaddr_len(&r->addr)), n);
}

void user_send_as(struct rig *r, struct user *u, const char *to,
		  const char *headers, const char *body)
{
	struct buf b = { 0 };

	u->status = 0;
	u->cseq++;
	u->branch++;
	buf_addf(&b, "MESSAGE %s SIP/2.0\r\n"
		     "Via: SIP/2.0/UDP 127.0.0.1:%u;rport;branch=z9hG4bK%u.%u"
		     "\r\nMax-Forwards: %s\r\nFrom: <%s>;tag=t%u\r\n"
		     "To: <%s>\r\nCall-ID: %u-%u\r\nCSeq: %u MESSAGE\r\n"
		     "%sContent-Length: %zu\r\n\r\n%s",
		 to, u->port, u->port, u->branch, u->hops ? u->hops : "70",
		 u->uri, u->port, to, u->port,
		 u->cseq, u->cseq, headers, strlen(body), body);
	user_put(r, u, b.p, b.n);
	buf_free(&b);
}

void user_send(struct rig *r, struct user *u, const char *to,
	       const char *body)
{
	user_send_as(r, u, to, "Content-Type: text/plain\r\n", body);
}

int user_ask(struct rig *r, struct user *u, const char *to, const char *body)
{
	user_send(r, u, to, body);
	RIG_AWAIT(r, u->status);
	return u->status;
}

/* The line of this header, with its name; without it "". */
static struct view header_line(const char *text, const char *name)
{
	struct view rest = view_str(text), line;

	while (!view_empty(rest)) {
		view_cut(rest, '\n', &line, &rest);
		if (view_istarts(line, view_str(name)))
			return view_trim(line);
	}
	return VIEW_NONE;
}

/* As a device answers: Via, From, To, Call-ID and CSeq come back. */
static void user_answer(struct rig *r, struct user *u, const char *text)
{
	static const char *const back[] = { "Via:", "From:", "Call-ID:",
					    "CSeq:" };
	struct buf b = { 0 };

	if (!u->answer)
		return;
	buf_addf(&b, "SIP/2.0 %d Whatever\r\n", u->answer);
	for (size_t n = 0; n < 4; n++) {
		buf_addv(&b, header_line(text, back[n]));
		buf_adds(&b, "\r\n");
	}
	buf_addv(&b, header_line(text, "To:"));
	buf_adds(&b, ";tag=device\r\nContent-Length: 0\r\n\r\n");
	user_put(r, u, b.p, b.n);
	buf_free(&b);
}

static bool is_repeat(const struct user *u, const char *text)
{
	for (size_t n = 0; n < u->count; n++)
		if (!strcmp(u->got[n].text, text))
			return true;
	return false;
}

static void on_packet(struct rig *r, struct user *u, const char *text)
{
	char cseq[64];

	if (!strncmp(text, "MESSAGE ", 8)) {
		if (u->heard) {
			++*u->heard;
			if (u->answer)
				user_answer(r, u, text);
			return;
		}
		user_answer(r, u, text);
		if (is_repeat(u, text)) {
			u->repeats++;
			return;
		}
		assert_true(u->count < GOT_MAX);
		snprintf(u->got[u->count++].text, GOT_TEXT_MAX, "%s", text);
		return;
	}
	assert_int_equal(strncmp(text, "SIP/2.0 ", 8), 0);
	snprintf(cseq, sizeof(cseq), "CSeq: %u MESSAGE", u->cseq);
	if (!strstr(text, cseq) || text[8] == '1')
		return;
	u->status = (int)strtol(text + 8, NULL, 10);
	snprintf(u->reply, sizeof(u->reply), "%s", text);
}

static void user_read(struct rig *r, struct user *u)
{
	char text[GOT_TEXT_MAX];
	ssize_t n;

	while ((n = recv(u->fd, text, sizeof(text) - 1, 0)) >= 0) {
		text[n] = '\0';
		on_packet(r, u, text);
	}
}

void rig_turn(struct rig *r)
{
	loop_turn(r->loop, 10);
	for (size_t n = 0; n < r->user_count; n++)
		user_read(r, r->users[n]);
}

void rig_settle(struct rig *r)
{
	for (int n = 0; n < 20; n++)
		rig_turn(r);
}

/* ---- what they got ---- */

static bool is_text(const char *text, const char *from, const char *body)
{
	const char *end = strstr(text, "\r\n\r\n");
	struct view line = header_line(text, "From:");
	char uri[256];

	snprintf(uri, sizeof(uri), "<%s>", from);
	return end && !strcmp(end + 4, body) &&
	       memmem(line.p, line.n, uri, strlen(uri));
}

bool got_text(struct user *u, const char *from, const char *body)
{
	for (size_t n = 0; n < u->count; n++) {
		if (u->got[n].seen || !is_text(u->got[n].text, from, body))
			continue;
		u->got[n].seen = true;
		return true;
	}
	return false;
}

size_t got_unseen(const struct user *u)
{
	size_t count = 0;

	for (size_t n = 0; n < u->count; n++)
		count += !u->got[n].seen;
	return count;
}

const char *got_last(const struct user *u)
{
	return u->count ? u->got[u->count - 1].text : "";
}
