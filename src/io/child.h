/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Child processes, joined to us by one socketpair (descriptor 3 there). */
#ifndef CONFAB_CHILD_H
#define CONFAB_CHILD_H

#include <sys/types.h>

#include "loop.h"

struct child;

/* status as waitpid() has it. The child object stays until child_free(). */
typedef void (child_exit_h)(int status, void *arg);

/* Starts path with argv (NULL-terminated); stdin is /dev/null, stdout and
 * stderr are ours, 3 the socketpair, all others closed; it may have 1024
 * descriptors, dies with us (PR_SET_PDEATHSIG), and first where memory runs
 * out. *fd is our end:
 * non-blocking, close-on-exec, owned by the caller. ENOENT, EACCES ... when
 * the program can't be started. */
int child_start(struct child **cp, struct loop *l, const char *path,
		char *const argv[], int *fd, child_exit_h *h, void *arg);
pid_t child_pid(const struct child *c);
void child_kill(struct child *c, int signum);
/* Kills (SIGKILL) what still runs and reaps it; h does not run any more.
 * NULL is allowed. */
void child_free(struct child *c);
/* "exited with 3", "killed by SIGSEGV". */
const char *child_status_text(char dst[64], int status);

#endif
