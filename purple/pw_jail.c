/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Limits for the worker's own process: see pw_jail.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <locale.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "log.h"
#include "pw_jail.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { FILES = 4096 };

/* Reading these is what libraries do. Not all of /usr: our own data may be in
 * /usr/local/var. */
static const char *const readable[] = {
	"/usr/lib",	   "/usr/lib64",       "/usr/share",
	"/usr/local/lib",  "/usr/local/share", "/lib",
	"/lib64",	   "/dev/urandom",     "/dev/random",
	"/proc/self",	   "/proc/sys",	       "/proc/cpuinfo",
	"/proc/meminfo",   "/proc/stat",       "/sys/devices/system",
	"/etc/ssl",	   "/etc/ca-certificates", "/etc/resolv.conf",
	"/etc/hosts",	   "/etc/host.conf",   "/etc/nsswitch.conf",
	"/etc/services",   "/etc/gai.conf",    "/etc/localtime",
	"/etc/ld.so.cache", "/etc/passwd",     "/etc/pki",
	"/etc/gnutls",	   "/etc/crypto-policies",
};

static void limit(int what, rlim_t n)
{
	struct rlimit r;

	if (getrlimit(what, &r))
		return;
	r.rlim_cur = n < r.rlim_max ? n : r.rlim_max;
	if (!n)
		r.rlim_max = 0;
	setrlimit(what, &r);
}

/* Of a worker that was started by root, too. */
static void drop_powers(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	const struct __user_cap_data_struct none[2] = { { 0 }, { 0 } };

	(void)syscall(SYS_capset, &head, none);
}

void pw_jail_early(void)
{
	/* Proxies, D-Bus, a desktop: libpurple asks the environment for all of
	 * them. */
	clearenv();
	setenv("PATH", "/usr/bin:/bin", 1);
	setenv("HOME", "/nonexistent", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("GIO_USE_VFS", "local", 1);
	setenv("GSETTINGS_BACKEND", "memory", 1);
	/* Nobody speaks or is seen here: no codecs. */
	setenv("GST_PLUGIN_SYSTEM_PATH_1_0", "/nonexistent", 1);
	setlocale(LC_ALL, "");
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_NOFILE, FILES);
#ifndef CONFAB_SANITIZE
	/* A roster without an end costs this process, and no other. */
	limit(RLIMIT_DATA, (rlim_t)384 << 20);
#endif
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	drop_powers();
#ifndef CONFAB_SANITIZE /* its search for leaks looks into us */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

/* ---- landlock ---- */

/* Newer than the headers may be: by the version that has them. */
enum {
	FS_TRUNCATE = 1 << 14, /* 3 */
	FS_IOCTL_DEV = 1 << 15, /* 5 */
	NET_BIND_TCP = 1 << 0,	/* 4 */
	SCOPE_ALL = 3,		/* 6: abstract sockets, signals */
};

struct ruleset {
	uint64_t fs, net, scoped;
};

static void allow_path(int rules, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr beneath = {
		.allowed_access = access,
		.parent_fd = open(path, O_PATH | O_CLOEXEC),
	};

	if (beneath.parent_fd < 0)
		return;
	if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH,
		    &beneath, 0)) {
		/* No folder: what is for folders does not apply. */
		beneath.allowed_access &= ~(uint64_t)
			LANDLOCK_ACCESS_FS_READ_DIR;
		(void)syscall(SYS_landlock_add_rule, rules,
			      LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
	}
	close(beneath.parent_fd);
}

/* All that this kernel knows. */
static struct ruleset all_rules(void)
{
	struct ruleset all = { .fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1 };
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
			       LANDLOCK_CREATE_RULESET_VERSION);

	if (version >= 3)
		all.fs |= FS_TRUNCATE;
	if (version >= 4)
		all.net = NET_BIND_TCP;
	if (version >= 5)
		all.fs |= FS_IOCTL_DEV;
	if (version >= 6)
		all.scoped = SCOPE_ALL;
	return all;
}

static int close_files(void)
{
	const uint64_t read = LANDLOCK_ACCESS_FS_READ_FILE |
			      LANDLOCK_ACCESS_FS_READ_DIR;
	const struct ruleset all = all_rules();
	int rules = (int)syscall(SYS_landlock_create_ruleset, &all,
				 sizeof(all), 0);
	int err;

	if (rules < 0)
		return errno;
	for (size_t i = 0; i < COUNT(readable); i++)
		allow_path(rules, readable[i], read);
#ifdef CONFAB_SANITIZE
	allow_path(rules, "/usr", read | LANDLOCK_ACCESS_FS_EXECUTE);
	allow_path(rules, "/proc", read);
#endif
	allow_path(rules, "/dev/null", LANDLOCK_ACCESS_FS_READ_FILE |
					       LANDLOCK_ACCESS_FS_WRITE_FILE);
	err = syscall(SYS_landlock_restrict_self, rules, 0) ? errno : 0;
	close(rules);
	return err;
}

/* ---- seccomp ---- */

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#endif

#ifdef OUR_ARCH
enum { BLOCK = 6, FIXED = 8 };

/* Nothing in here does any of these for a good reason. */
static const unsigned deadly[] = {
	SYS_process_vm_readv, SYS_process_vm_writev, SYS_kexec_load,
	SYS_kexec_file_load,  SYS_init_module,	     SYS_finit_module,
	SYS_delete_module,    SYS_bpf,		     SYS_perf_event_open,
	SYS_mount,	      SYS_umount2,	     SYS_pivot_root,
	SYS_move_mount,	      SYS_open_tree,	     SYS_fsopen,
	SYS_fsconfig,	      SYS_fsmount,	     SYS_fspick,
	SYS_mount_setattr,    SYS_chroot,	     SYS_setns,
	SYS_unshare,	      SYS_keyctl,	     SYS_add_key,
	SYS_request_key,      SYS_userfaultfd,	     SYS_pidfd_getfd,
	SYS_open_by_handle_at, SYS_swapon,	     SYS_swapoff,
	SYS_reboot,	      SYS_acct,
#ifndef CONFAB_SANITIZE
	SYS_ptrace,
#endif
};

/* A plugin may try, and has to go on without. Landlock has no word on modes,
 * owners, times and attributes of files. */
static const unsigned refused[] = {
	SYS_truncate,	   SYS_fchmod,	      SYS_fchmodat,
	SYS_fchown,	   SYS_fchownat,      SYS_utimensat,
	SYS_setxattr,	   SYS_lsetxattr,     SYS_fsetxattr,
	SYS_removexattr,   SYS_lremovexattr,  SYS_fremovexattr,
	SYS_tkill,	   SYS_pidfd_open,    SYS_pidfd_send_signal,
	SYS_kcmp,	   SYS_process_madvise, SYS_setpriority,
	SYS_ioprio_set,	   SYS_sched_setscheduler, SYS_sched_setparam,
	SYS_sched_setaffinity, SYS_migrate_pages, SYS_move_pages,
	SYS_shmget,	   SYS_msgget,	      SYS_semget,
	SYS_mq_open,
	452, /* fchmodat2 */
#ifdef __x86_64__
	SYS_chmod,	   SYS_chown,	      SYS_lchown,
	SYS_utime,	   SYS_utimes,	      SYS_futimesat,
#endif
#ifndef CONFAB_SANITIZE /* it names the lines of its stacks by a program */
	SYS_execve,	   SYS_execveat,
#ifdef __x86_64__
	SYS_fork,	   SYS_vfork,
#endif
#endif
};

/* The library has another way. */
static const unsigned unknown[] = {
	SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register,
#ifndef CONFAB_SANITIZE
	SYS_clone3,
#endif
};

/* By one argument: where test says yes with either value it is ALLOW, else
 * the error; deny: the other way round. */
struct guard {
	unsigned nr, arg;
	uint16_t test; /* BPF_JEQ, BPF_JSET */
	uint32_t value[2];
	int err;
	bool deny;
};

static size_t put(struct sock_filter *f, size_t n, uint16_t code, uint32_t k,
		  uint8_t yes, uint8_t no)
{
	f[n] = (struct sock_filter){ code, yes, no, k };
	return n + 1;
}

static size_t put_ret(struct sock_filter *f, size_t n, uint32_t k)
{
	return put(f, n, BPF_RET | BPF_K, k, 0, 0);
}

static size_t put_list(struct sock_filter *f, size_t n, const unsigned *list,
		       size_t count, uint32_t ret)
{
	for (size_t i = 0; i < count; i++) {
		n = put(f, n, BPF_JMP | BPF_JEQ | BPF_K, list[i], 0, 1);
		n = put_ret(f, n, ret);
	}
	return n;
}

/* BLOCK instructions. All that is tested are 32 bits wide, or their lower
 * half is what counts; both machines are little-endian. */
static size_t put_guard(struct sock_filter *f, size_t n,
			const struct guard *g)
{
	const uint16_t test = BPF_JMP | BPF_K | g->test;
	const uint32_t err = SECCOMP_RET_ERRNO | (uint32_t)g->err;
	const size_t at = offsetof(struct seccomp_data, args) +
			  g->arg * sizeof(uint64_t);

	n = put(f, n, BPF_JMP | BPF_JEQ | BPF_K, g->nr, 0, BLOCK - 1);
	n = put(f, n, BPF_LD | BPF_W | BPF_ABS, (uint32_t)at, 0, 0);
	n = put(f, n, test, g->value[0], 2, 0);
	n = put(f, n, test, g->value[1], 1, 0);
	n = put_ret(f, n, g->deny ? SECCOMP_RET_ALLOW : err);
	return put_ret(f, n, g->deny ? err : SECCOMP_RET_ALLOW);
}

/* confabd is of our user: without this we could speak to its control socket,
 * end it, or take its descriptors from it. */
static size_t put_guards(struct sock_filter *f, size_t n)
{
	const uint32_t own = (uint32_t)getpid();
	const struct guard guards[] = {
		{ SYS_socket, 0, BPF_JEQ, { AF_INET, AF_INET6 },
		  EAFNOSUPPORT, false },
		{ SYS_kill, 0, BPF_JEQ, { own, own }, EPERM, false },
		{ SYS_tgkill, 0, BPF_JEQ, { own, own }, EPERM, false },
		{ SYS_rt_sigqueueinfo, 0, BPF_JEQ, { own, own }, EPERM,
		  false },
		{ SYS_rt_tgsigqueueinfo, 0, BPF_JEQ, { own, own }, EPERM,
		  false },
		{ SYS_prlimit64, 0, BPF_JEQ, { 0, own }, EPERM, false },
		{ SYS_ioctl, 1, BPF_JEQ, { TIOCSTI, TIOCLINUX }, EPERM,
		  true },
#ifndef CONFAB_SANITIZE
		{ SYS_clone, 0, BPF_JSET, { CLONE_THREAD, CLONE_THREAD },
		  EPERM, false },
#endif
	};

	_Static_assert(COUNT(guards) <= FIXED, "the filter has no room");
	for (size_t i = 0; i < COUNT(guards); i++)
		n = put_guard(f, n, &guards[i]);
	return n;
}

/* For threads that there are already as well. */
static int load_filter(struct sock_filter *f, size_t n)
{
	struct sock_fprog prog = { (unsigned short)n, f };
	long rc = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			  SECCOMP_FILTER_FLAG_TSYNC, &prog);

	return rc < 0 ? errno : rc ? ESRCH : 0;
}

static int close_calls(void)
{
	struct sock_filter f[2 * (COUNT(deadly) + COUNT(refused) +
				  COUNT(unknown)) +
			     BLOCK * FIXED + FIXED];
	const uint16_t load = BPF_LD | BPF_W | BPF_ABS;
	size_t n = 0;

	n = put(f, n, load, offsetof(struct seccomp_data, arch), 0, 0);
	n = put(f, n, BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0);
	n = put_ret(f, n, SECCOMP_RET_KILL_PROCESS);
	n = put(f, n, load, offsetof(struct seccomp_data, nr), 0, 0);
#ifdef __x86_64__
	/* The x32 numbers of the same calls. */
	n = put(f, n, BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1);
	n = put_ret(f, n, SECCOMP_RET_KILL_PROCESS);
#endif
	n = put_list(f, n, deadly, COUNT(deadly), SECCOMP_RET_KILL_PROCESS);
	n = put_list(f, n, refused, COUNT(refused),
		     SECCOMP_RET_ERRNO | EPERM);
	n = put_list(f, n, unknown, COUNT(unknown),
		     SECCOMP_RET_ERRNO | ENOSYS);
	n = put_guards(f, n);
	n = put_ret(f, n, SECCOMP_RET_ALLOW);
	return load_filter(f, n);
}
#else
static int close_calls(void)
{
	return ENOSYS;
}
#endif

void pw_jail_close(void)
{
	int files = close_files();
	int calls = close_calls();

	if (files)
		log_info("this kernel does not shut files away: %s",
			 strerror(files));
	if (calls)
		log_info("this kernel does not filter system calls: %s",
			 strerror(calls));
}
