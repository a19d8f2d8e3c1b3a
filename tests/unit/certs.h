/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certificates that the openssl command makes, for a group of tests: make_all
 * and remove_all are its setup and teardown. */
#ifndef CONFAB_CERTS_H
#define CONFAB_CERTS_H

#include <stdio.h>
#include <stdlib.h>

static char dir[64];

static inline void file(char dst[128], const char *name)
{
	snprintf(dst, 128, "%s/%s", dir, name);
}


/* Makes an authority, a stranger to it, and certificates of it: for our
 * names, for others, and one that is over. */
static const char script[] =
	"set -e\n"
	"KEY='-newkey ec -pkeyopt ec_paramgen_curve:P-256'\n"
	"ca() {\n"
	"  openssl req -x509 $KEY -nodes -days 30 \\\n"
	"    -subj /CN=$1 -keyout $1.key -out $1.pem\n"
	"}\n"
	"cert() {\n"
	"  echo subjectAltName=$2 >ext\n"
	"  openssl req $KEY -nodes -subj /CN=x \\\n"
	"    -keyout $1.key -out $1.csr\n"
	"  openssl x509 -req -in $1.csr -CA ca.pem -CAkey ca.key \\\n"
	"    -CAcreateserial -days $3 -extfile ext -out $1.pem\n"
	"}\n"
	"cd $FOLDER\n"
	"exec >log 2>&1\n"
	"ca ca; ca stranger\n"
	"cert good 'DNS:irc.test,DNS:*.wild.test,IP:127.0.0.1' 20\n"
	"cert wrong 'DNS:other.test,IP:127.0.0.2' 20\n"
	"cert over 'DNS:irc.test' -1\n"
	"cert peer 'DNS:Proxy.test,URI:sip:peer.test' 20\n"
	"chmod 600 *.key\n";

static inline int make_all(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/confab-t-XXXXXX");
	if (!mkdtemp(dir) || setenv("FOLDER", dir, 1))
		return -1;
	return system(script);
}


static inline int remove_all(void **state)
{
	(void)state;
	return system("rm -r $FOLDER");
}

#endif
