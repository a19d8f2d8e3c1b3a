/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a worker full of foreign code may not do. All of it is best effort:
 * an old kernel has less.
 */
#ifndef CONFAB_PW_JAIL_H
#define CONFAB_PW_JAIL_H

/* First thing in main(): no environment, no core files, nobody looks into our
 * memory, enough descriptors. */
void pw_jail_early(void);
/* Before foreign code is loaded, as that starts threads: no writing to files
 * and no reading but of what libraries need (landlock); no programs, no other
 * processes, no sockets but those of the Internet (seccomp). */
void pw_jail_close(void);

#endif
