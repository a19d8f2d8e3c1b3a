/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Limits for the worker's own process: see pw_jail.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <locale.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "log.h"
#include "pw_jail.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { FILES = 4096 };

/* Reading these is what libraries do after they are loaded. */
static const char *const readable[] = {
	"/usr",		   "/lib",	       "/lib64",
	"/dev",		   "/proc",	       "/sys",
	"/etc/ssl",	   "/etc/ca-certificates", "/etc/resolv.conf",
	"/etc/hosts",	   "/etc/host.conf",   "/etc/nsswitch.conf",
	"/etc/services",   "/etc/gai.conf",    "/etc/localtime",
	"/etc/ld.so.cache", "/etc/passwd",     "/etc/pki",
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
	setlocale(LC_ALL, "");
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_NOFILE, FILES);
#ifndef CONFAB_SANITIZE
	/* A roster without an end costs this process, and no other. */
	limit(RLIMIT_DATA, (rlim_t)512 << 20);
#endif
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#ifndef CONFAB_SANITIZE /* its search for leaks looks into us */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

/* ---- landlock ---- */

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

static int close_files(void)
{
	/* What the first version knows, so that it holds everywhere. */
	const uint64_t read = LANDLOCK_ACCESS_FS_READ_FILE |
			      LANDLOCK_ACCESS_FS_READ_DIR;
	struct landlock_ruleset_attr attr = {
		.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1,
	};
	int rules = (int)syscall(SYS_landlock_create_ruleset, &attr,
				 sizeof(attr), 0);
	int err;

	if (rules < 0)
		return errno;
	for (size_t i = 0; i < COUNT(readable); i++)
		allow_path(rules, readable[i], read);
#ifdef CONFAB_SANITIZE
	allow_path(rules, "/usr", read | LANDLOCK_ACCESS_FS_EXECUTE);
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
/* Nothing in here does any of these for a good reason. */
static const unsigned forbidden[] = {
	SYS_process_vm_readv, SYS_process_vm_writev, SYS_kexec_load,
	SYS_init_module,      SYS_finit_module,	     SYS_bpf,
	SYS_perf_event_open,  SYS_mount,	     SYS_umount2,
	SYS_pivot_root,	      SYS_chroot,	     SYS_setns,
	SYS_unshare,	      SYS_keyctl,	     SYS_add_key,
	SYS_userfaultfd,
#ifndef CONFAB_SANITIZE /* it names the lines of its stacks by a program */
	SYS_execve,	      SYS_execveat,	     SYS_ptrace,
#endif
};

static size_t put(struct sock_filter *f, size_t n, uint16_t code, uint32_t k,
		  uint8_t yes, uint8_t no)
{
	f[n] = (struct sock_filter){ code, yes, no, k };
	return n + 1;
}

static int close_calls(void)
{
	const uint16_t load = BPF_LD | BPF_W | BPF_ABS;
	const uint16_t equal = BPF_JMP | BPF_JEQ | BPF_K;
	const uint16_t ret = BPF_RET | BPF_K;
	struct sock_filter f[2 * COUNT(forbidden) + 8];
	struct sock_fprog prog = { .filter = f };
	size_t n = 0;

	n = put(f, n, load, offsetof(struct seccomp_data, arch), 0, 0);
	n = put(f, n, equal, OUR_ARCH, 1, 0);
	n = put(f, n, ret, SECCOMP_RET_KILL_PROCESS, 0, 0);
	n = put(f, n, load, offsetof(struct seccomp_data, nr), 0, 0);
#ifdef __x86_64__
	/* The x32 numbers of the same calls. */
	n = put(f, n, BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1);
	n = put(f, n, ret, SECCOMP_RET_KILL_PROCESS, 0, 0);
#endif
	for (size_t i = 0; i < COUNT(forbidden); i++) {
		n = put(f, n, equal, forbidden[i], 0, 1);
		n = put(f, n, ret, SECCOMP_RET_KILL_PROCESS, 0, 0);
	}
	n = put(f, n, ret, SECCOMP_RET_ALLOW, 0, 0);
	prog.len = (unsigned short)n;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) ? errno : 0;
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
