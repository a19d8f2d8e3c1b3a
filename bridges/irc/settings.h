/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The settings of a frame ACCOUNT or SESSION, as a connection wants them. */
#ifndef CONFAB_IRCB_SETTINGS_H
#define CONFAB_IRCB_SETTINGS_H

#include "conn.h"

/* Fills in c, but for its loop and dns. Its texts are owned by c from now on;
 * servers has room for IRCB_SERVERS_MAX and lives as long as c. */
void ircb_settings_take(struct ircb_conn_conf *c, struct ircb_server *servers,
			const struct wire_msg *m);
/* Wipes them. */
void ircb_settings_free(struct ircb_conn_conf *c);
/* Half as many lines at once, twice the time between them. */
void ircb_settings_slower(struct ircb_conn_conf *c);

#endif
