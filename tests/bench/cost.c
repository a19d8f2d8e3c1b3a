/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From /proc: utime and stime of each process below pid, and Pss of its
 * smaps_rollup (proc(5)). Kamailio's shared memory would count once a child
 * if resident pages were summed, so the proportional size it is.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cost.h"
#include "mem.h"
#include "view.h"

enum { FIELD_PPID = 2, FIELD_UTIME = 12, FIELD_STIME = 13 }; /* from state */

struct proc {
	unsigned pid, parent;
	uint64_t ticks;
	bool ours;
};

struct procs {
	struct proc *list; /* owned */
	size_t count, size;
};

static size_t slurp_path(char *dst, size_t size, const char *path)
{
	FILE *f = fopen(path, "re");
	size_t n = 0;

	if (f) {
		n = fread(dst, 1, size, f);
		fclose(f);
	}
	return n;
}

static size_t slurp(char *dst, size_t size, unsigned pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/%s", pid, name);
	return slurp_path(dst, size, path);
}

static uint64_t number(struct view v)
{
	uint64_t n;

	return view_u64(&n, v, UINT64_MAX) ? 0 : n;
}

/* "pid (name) state ppid ...": a name may hold spaces and brackets. */
static int read_stat(struct proc *pr, unsigned pid)
{
	char bytes[1024];
	struct view all, head, rest, word;

	all = view_mem(bytes, slurp(bytes, sizeof(bytes), pid, "stat"));
	if (!view_rcut(all, ')', &head, &rest))
		return ESRCH;

	*pr = (struct proc){ .pid = pid };
	for (int i = 1; view_word(&rest, " ", &word); i++) {
		if (i == FIELD_PPID)
			pr->parent = (unsigned)number(word);
		if (i == FIELD_UTIME || i == FIELD_STIME)
			pr->ticks += number(word);
	}
	return 0;
}

static uint64_t read_pss(unsigned pid)
{
	char bytes[4096];
	struct view rest, line, word;

	rest = view_mem(bytes, slurp(bytes, sizeof(bytes), pid,
				     "smaps_rollup"));
	while (view_word(&rest, "\n", &line))
		if (view_word(&line, " ", &word) && view_eqs(word, "Pss:") &&
		    view_word(&line, " ", &word))
			return number(word);
	return 0;
}

static void add(struct procs *ps, unsigned pid)
{
	struct proc pr;

	if (read_stat(&pr, pid))
		return; /* gone meanwhile */
	if (ps->count == ps->size) {
		ps->size = ps->size ? 2 * ps->size : 256;
		ps->list = mem_array(ps->list, ps->size, sizeof(*ps->list));
	}
	ps->list[ps->count++] = pr;
}

static void read_all(struct procs *ps)
{
	DIR *d = opendir("/proc");
	struct dirent *entry;
	uint64_t pid;

	while (d && (entry = readdir(d)))
		if (!view_u64(&pid, view_str(entry->d_name), UINT32_MAX))
			add(ps, (unsigned)pid);
	if (d)
		closedir(d);
}

static bool is_ours(const struct procs *ps, unsigned pid)
{
	for (size_t i = 0; i < ps->count; i++)
		if (ps->list[i].pid == pid)
			return ps->list[i].ours;
	return false;
}

/* The generations below pid, until a round finds nobody new. */
static bool mark(struct procs *ps, unsigned pid)
{
	bool found = false, more = true;

	for (size_t i = 0; i < ps->count; i++)
		if (ps->list[i].pid == pid)
			found = ps->list[i].ours = true;
	while (more) {
		more = false;
		for (size_t i = 0; i < ps->count; i++) {
			struct proc *pr = &ps->list[i];

			if (!pr->ours && is_ours(ps, pr->parent))
				more = pr->ours = true;
		}
	}
	return found;
}

static double seconds(uint64_t ticks)
{
	return (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

/* "cpu user nice system idle iowait irq softirq steal ..." (proc(5)). */
static void read_machine(struct cost *c)
{
	enum { IDLE = 4, IOWAIT = 5, STEAL = 8 };
	char bytes[512];
	struct view rest, word;
	uint64_t ticks = 0;

	rest = view_mem(bytes, slurp_path(bytes, sizeof(bytes), "/proc/stat"));
	for (int i = 0; i <= STEAL && view_word(&rest, " ", &word); i++) {
		if (i == STEAL)
			c->stolen_s = seconds(number(word));
		else if (i && i != IDLE && i != IOWAIT)
			ticks += number(word);
	}
	c->all_s = seconds(ticks);
}

static double read_own(void)
{
	struct proc self;

	return read_stat(&self, (unsigned)getpid()) ? 0 : seconds(self.ticks);
}

int cost_read(struct cost *c, unsigned pid)
{
	struct procs ps = { NULL, 0, 0 };
	uint64_t ticks = 0;
	bool found;

	*c = (struct cost){ 0 };
	if (!pid)
		return 0;
	read_machine(c);
	c->own_s = read_own();
	read_all(&ps);
	found = mark(&ps, pid);
	for (size_t i = 0; i < ps.count; i++) {
		if (!ps.list[i].ours)
			continue;
		ticks += ps.list[i].ticks;
		c->pss_kib += read_pss(ps.list[i].pid);
	}
	c->cpu_s = seconds(ticks);
	mem_free(ps.list);
	return found ? 0 : ESRCH;
}
