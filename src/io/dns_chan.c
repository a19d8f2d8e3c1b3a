/* SPDX-License-Identifier: GPL-3.0-or-later */
/* c-ares on the loop: its sockets as watches, its timeouts on the wheel. */
#include <errno.h>

#include "dns_priv.h"
#include "hash.h"
#include "list.h"
#include "mem.h"

enum { TRY_MS = 2000, TRIES = 2 }; /* the second one waits twice as long */

struct dns_chan {
	struct loop *l;    /* borrowed */
	ares_channel ares; /* owned */
	bool made;         /* ares is there */
	struct list socks; /* owned: struct sock */
	struct wtimer timer;
};

struct sock {
	struct lnode node;
	struct dns_chan *c;       /* borrowed */
	struct loop_watch *watch; /* owned */
	ares_socket_t fd;         /* c-ares's */
};

static void process(struct dns_chan *c, ares_socket_t in, ares_socket_t out)
{
	ares_process_fd(c->ares, in, out);
	dns_chan_rearm(c);
}


static void on_timeout(struct wtimer *t)
{
	process(CONTAINER(t, struct dns_chan, timer), ARES_SOCKET_BAD,
		ARES_SOCKET_BAD);
}


static void on_sock(int events, void *arg)
{
	struct sock *s = arg;

	process(s->c, events & LOOP_READ ? s->fd : ARES_SOCKET_BAD,
		events & LOOP_WRITE ? s->fd : ARES_SOCKET_BAD);
}


static struct sock *find_sock(struct dns_chan *c, ares_socket_t fd)
{
	struct lnode *n, *nx;
	struct sock *s;

	LIST_EACH(&c->socks, n, nx) {
		s = CONTAINER(n, struct sock, node);
		if (s->fd == fd)
			return s;
	}
	return NULL;
}


static void add_sock(struct dns_chan *c, ares_socket_t fd, int events)
{
	struct sock *s = mem_new(sizeof(*s), NULL);

	s->c = c;
	s->fd = fd;
	/* Unwatched, its requests end by c-ares's timeout. */
	if (loop_watch(&s->watch, c->l, fd, events, on_sock, s))
		mem_deref(s);
	else
		list_append(&c->socks, &s->node);
}


static void drop_sock(struct dns_chan *c, struct sock *s)
{
	list_remove(&c->socks, &s->node);
	loop_unwatch(s->watch);
	mem_deref(s);
}


static void on_sock_state(void *arg, ares_socket_t fd, int in, int out)
{
	struct dns_chan *c = arg;
	struct sock *s = find_sock(c, fd);
	int events = (in ? LOOP_READ : 0) | (out ? LOOP_WRITE : 0);

	if (s && events)
		loop_rewatch(s->watch, events);
	else if (s)
		drop_sock(c, s);
	else if (events)
		add_sock(c, fd, events);
}


void dns_chan_rearm(struct dns_chan *c)
{
	struct timeval tv;

	if (!ares_timeout(c->ares, NULL, &tv)) {
		wheel_stop(loop_wheel(c->l), &c->timer);
		return;
	}
	wheel_start(loop_wheel(c->l), &c->timer,
		    (uint64_t)tv.tv_sec * 1000 + (uint64_t)tv.tv_usec / 1000 +
			    1,
		    on_timeout);
}


ares_channel dns_chan_ares(struct dns_chan *c)
{
	return c->ares;
}


static void chan_destroy(void *obj)
{
	struct dns_chan *c = obj;

	if (c->made)
		ares_destroy(c->ares);
	wheel_stop(loop_wheel(c->l), &c->timer);
	ares_library_cleanup();
}


int dns_chan_new(struct dns_chan **cp, struct loop *l)
{
	struct ares_options opt = { .timeout = TRY_MS, .tries = TRIES };
	struct dns_chan *c;
	int status;

	if (ares_library_init(ARES_LIB_INIT_ALL))
		return ENOMEM;
	c = mem_new(sizeof(*c), chan_destroy);
	c->l = l;
	list_init(&c->socks);
	opt.sock_state_cb = on_sock_state;
	opt.sock_state_cb_data = c;
	status = ares_init_options(&c->ares, &opt,
				   ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
					   ARES_OPT_SOCK_STATE_CB);
	c->made = status == ARES_SUCCESS;
	if (!c->made) {
		mem_deref(c);
		return status == ARES_EFILE ? EACCES : ENOMEM;
	}
	*cp = c;
	return 0;
}


void dns_chan_free(struct dns_chan *c)
{
	mem_deref(c);
}
