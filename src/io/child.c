/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Child processes. Each has its own SIGCHLD watcher, which asks for its own
 * pid and no other: whoever else starts processes keeps his. Between fork
 * and exec only what is safe after a signal is called.
 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "loop_priv.h"
#include "mem.h"

enum {
	CHILD_FD = 3, /* the socketpair there */
	ERROR_FD = 4, /* tells us why exec failed; gone with exec */
	CLEAR_OF = 10, /* out of the way of both while we shuffle */
};

struct child {
	uv_signal_t sig; /* its close ends the object */
	struct loop *l;  /* borrowed */
	struct loop_end end;
	pid_t pid; /* 0: none, or reaped */
	pid_t was; /* its number, for child_pid() */
	child_exit_h *h; /* NULL: nobody wants to know */
	void *arg;
};

/* What the new process needs of us. */
struct plan {
	const char *path;
	char *const *argv;
	int sp, errors; /* its ends */
	pid_t parent;
	sigset_t mask;
};

static void child_closed(uv_handle_t *h)
{
	mem_deref(h->data);
}


static void child_over(struct child *c)
{
	loop_not_at_end(c->l, &c->end);
	loop_dirty(c->l);
	uv_close((uv_handle_t *)&c->sig, child_closed);
}


/* False: it still runs. */
static bool reap(struct child *c, int flags, int *status)
{
	pid_t pid;

	do
		pid = waitpid(c->pid, status, flags);
	while (pid < 0 && errno == EINTR);
	if (!pid)
		return false;
	if (pid < 0) /* somebody else has reaped it */
		*status = 0;
	c->pid = 0;
	return true;
}


static void on_sigchld(uv_signal_t *sig, int signum)
{
	struct child *c = sig->data;
	int status;

	(void)signum;
	loop_enter(c->l);
	if (!c->pid || !reap(c, WNOHANG, &status))
		return;
	uv_signal_stop(&c->sig);
	if (c->h)
		c->h(status, c->arg);
	else
		child_over(c); /* freed while it was still dying */
}


/* The loop goes before a killed child was reaped: now we wait. */
static void on_loop_end(void *arg)
{
	struct child *c = arg;
	int status;

	if (c->pid) {
		kill(c->pid, SIGKILL);
		reap(c, 0, &status);
	}
	child_over(c);
}


/* In the new process */

static void no_handlers(void)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };
	int i;

	for (i = 1; i < NSIG; i++)
		sigaction(i, &sa, NULL); /* KILL and STOP refuse */
}


/* The limit above which select() writes where it must not. A child that knows
 * better may raise it again. */
static void few_files(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) || r.rlim_cur <= FD_SETSIZE)
		return;
	r.rlim_cur = FD_SETSIZE;
	setrlimit(RLIMIT_NOFILE, &r);
}


/* Where memory runs out a child is what the kernel takes, never us. */
static void go_first(void)
{
	static const char score[] = "500";
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, score, sizeof(score) - 1);
	close(fd);
}


static void close_from(int fd)
{
	if (!close_range((unsigned)fd, ~0U, 0))
		return;
	for (; fd < 65536; fd++) /* an old kernel */
		close(fd);
}


static int place_fds(struct plan *p)
{
	int sp = fcntl(p->sp, F_DUPFD, CLEAR_OF);
	int errors = fcntl(p->errors, F_DUPFD_CLOEXEC, CLEAR_OF);
	int null = open("/dev/null", O_RDONLY);

	if (sp < 0 || errors < 0 || null < 0)
		return errno;
	p->errors = errors;
	if (null != 0 && dup2(null, 0) < 0)
		return errno;
	if (dup2(sp, CHILD_FD) < 0 || dup3(errors, ERROR_FD, O_CLOEXEC) < 0)
		return errno;
	p->errors = ERROR_FD;
	close_from(ERROR_FD + 1);
	return 0;
}


static int become(struct plan *p)
{
	int err = place_fds(p);

	if (err)
		return err;
	no_handlers();
	if (prctl(PR_SET_PDEATHSIG, SIGKILL))
		return errno;
	if (getppid() != p->parent) /* we died before prctl() */
		return ESRCH;
	few_files();
	go_first();
	pthread_sigmask(SIG_SETMASK, &p->mask, NULL);
	execv(p->path, p->argv);
	return errno;
}


__attribute__((noreturn)) static void run_child(struct plan *p)
{
	int err = become(p);

	if (write(p->errors, &err, sizeof(err)) < 0)
		_exit(126);
	_exit(127);
}


/* In ours */

/* 0 when exec() went well: the pipe closes without a word. It does so within
 * the time of an exec(). */
static int exec_result(int fd)
{
	int err = 0;
	ssize_t n;

	do
		n = read(fd, &err, sizeof(err));
	while (n < 0 && errno == EINTR);
	return n == sizeof(err) ? err : 0;
}


/* No signal handler of ours may run in the new process. */
static pid_t fork_quietly(struct plan *p)
{
	sigset_t all;
	pid_t pid;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &p->mask);
	p->parent = getpid();
	pid = fork();
	if (!pid)
		run_child(p);
	pthread_sigmask(SIG_SETMASK, &p->mask, NULL);
	return pid;
}


static int launch(struct child *c, struct plan *p, int errors)
{
	int err, status;

	c->pid = fork_quietly(p);
	err = c->pid < 0 ? errno : 0;
	close(p->sp);
	close(p->errors);
	if (c->pid < 0)
		c->pid = 0;
	c->was = c->pid;
	if (err)
		return err;
	err = exec_result(errors);
	if (err)
		reap(c, 0, &status);
	return err;
}


static int start(struct child *c, struct plan *p, int *fd)
{
	int sp[2], errors[2], err;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sp))
		return errno;
	if (pipe2(errors, O_CLOEXEC)) {
		err = errno;
		close(sp[0]);
		close(sp[1]);
		return err;
	}
	p->sp = sp[1];
	p->errors = errors[1];
	err = launch(c, p, errors[0]);
	close(errors[0]);
	if (!err && fcntl(sp[0], F_SETFL, O_NONBLOCK))
		err = errno;
	if (err)
		close(sp[0]);
	else
		*fd = sp[0];
	return err;
}


int child_start(struct child **cp, struct loop *l, const char *path,
		char *const argv[], int *fd, child_exit_h *h, void *arg)
{
	struct plan p = { .path = path, .argv = argv };
	struct child *c = mem_new(sizeof(*c), NULL);
	int err;

	c->l = l;
	c->h = h;
	c->arg = arg;
	c->sig.data = c;
	c->end.h = on_loop_end;
	c->end.arg = c;
	err = -uv_signal_init(loop_uv(l), &c->sig);
	if (err) {
		mem_deref(c);
		return err;
	}
	loop_at_end(l, &c->end);
	loop_dirty(l);
	/* Before the fork: it may be over soon. */
	err = -uv_signal_start(&c->sig, on_sigchld, SIGCHLD);
	if (!err)
		err = start(c, &p, fd);
	if (err)
		child_over(c);
	else
		*cp = c;
	return err;
}


pid_t child_pid(const struct child *c)
{
	return c->was;
}


void child_kill(struct child *c, int signum)
{
	if (c->pid)
		kill(c->pid, signum);
}


/* A killed process may take a while to go (its memory, a disk that hangs):
 * then the loop reaps it later. */
void child_free(struct child *c)
{
	int status;

	if (!c)
		return;
	c->h = NULL;
	if (c->pid) {
		kill(c->pid, SIGKILL);
		if (!reap(c, WNOHANG, &status))
			return;
	}
	child_over(c);
}


const char *child_status_text(char dst[64], int status)
{
	const char *name;

	if (WIFEXITED(status)) {
		snprintf(dst, 64, "exited with %d", WEXITSTATUS(status));
		return dst;
	}
	name = WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : NULL;
	if (name)
		snprintf(dst, 64, "killed by SIG%s", name);
	else
		snprintf(dst, 64, "ended with status %d", status);
	return dst;
}
