/* SPDX-License-Identifier: GPL-3.0-or-later */
/* confab-irc: the worker that holds IRC connections. */
#include "account.h"
#include "mem.h"

int main(void)
{
	struct ircb_pool *pool = ircb_pool_new();
	int status = worker_main("confab-irc", &ircb_worker_ops, pool);

	mem_deref(pool);
	return status;
}
