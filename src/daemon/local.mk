# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LIBRARIES += src/daemon/libconf.a
src_daemon_libconf_a_SOURCES = \
	src/daemon/conf.c src/daemon/conf.h \
	src/daemon/conf_check.c src/daemon/conf_check.h \
	src/daemon/conf_doc.c \
	src/daemon/conf_take.c \
	src/daemon/key.c src/daemon/key.h \
	src/daemon/listen.c src/daemon/listen.h \
	src/daemon/options.c src/daemon/options.h \
	src/daemon/options_irc.c \
	src/daemon/irc_words.c src/daemon/irc_words.h \
	src/daemon/words.c src/daemon/words.h \
	src/daemon/options_ircgate.c \
	src/daemon/options_jabber.c \
	src/daemon/options_limits.c \
	src/daemon/options_purple.c \
	src/daemon/purple_words.c src/daemon/purple_words.h \
	src/daemon/secret.c src/daemon/secret.h
src_daemon_libconf_a_CPPFLAGS = $(INC_daemon) $(CONFUSE_CFLAGS)

# Several daemons on one data base: what they say to each other.
noinst_LIBRARIES += src/daemon/libpass.a
src_daemon_libpass_a_SOURCES = \
	src/daemon/keeper.c src/daemon/keeper.h \
	src/daemon/pass.c src/daemon/pass.h \
	src/daemon/peercred.c src/daemon/peercred.h \
	src/daemon/sealed.c src/daemon/sealed.h \
	src/daemon/serving.c src/daemon/serving.h \
	src/daemon/standby.c src/daemon/standby.h
src_daemon_libpass_a_CPPFLAGS = $(INC_daemon)

# What SIP users have on other networks.
noinst_LIBRARIES += src/daemon/libaccounts.a
src_daemon_libaccounts_a_SOURCES = \
	src/daemon/account_chat.c src/daemon/account_chat.h \
	src/daemon/account_kind.c src/daemon/account_kind.h \
	src/daemon/accounts.c src/daemon/accounts.h \
	src/daemon/accounts_change.c src/daemon/accounts_priv.h \
	src/daemon/purple_setting.c \
	src/daemon/codes.c src/daemon/codes.h
src_daemon_libaccounts_a_CPPFLAGS = $(INC_daemon)

# Both faces are always in; a build may leave their workers out.
FACES = jabber/libjabber.a bridges/irc/libircface.a purple/libpurpleface.a

# All of confabd but its main().
noinst_LIBRARIES += src/daemon/libconfabd.a
src_daemon_libconfabd_a_SOURCES = \
	src/daemon/confab.c src/daemon/confab.h \
	src/daemon/reload.c src/daemon/reload.h \
	src/daemon/control.c src/daemon/control.h src/daemon/control_priv.h \
	src/daemon/control_cmd.c \
	src/daemon/control_show.c \
	src/daemon/control_buddies.c \
	src/daemon/control_contact.c \
	src/daemon/control_imc.c \
	src/daemon/control_import.c \
	src/daemon/control_map.c src/daemon/control_map_priv.h \
	src/daemon/control_put.c \
	src/daemon/control_user.c \
	src/daemon/elsewhere.c src/daemon/elsewhere.h \
	src/daemon/gateside.c src/daemon/gateside.h \
	src/daemon/ircgate.c src/daemon/ircgate.h \
	src/daemon/netchange.c src/daemon/netchange.h \
	src/daemon/netoff.c src/daemon/netoff.h \
	src/daemon/linkset.c src/daemon/linkset.h \
	src/daemon/networks.c src/daemon/networks.h \
	src/daemon/control_irc.c \
	src/daemon/control_link.c \
	src/daemon/control_purple.c \
	src/daemon/purplegate.c src/daemon/purplegate.h \
	src/daemon/xmppgate.c src/daemon/xmppgate.h \
	src/daemon/heart.c src/daemon/heart.h src/daemon/heart_faces.c \
	src/daemon/heart_links.c src/daemon/heart_priv.h \
	src/daemon/notify.c src/daemon/notify.h \
	src/daemon/asking.c src/daemon/asking.h \
	src/daemon/buddies.c src/daemon/buddies.h \
	src/daemon/conference.c src/daemon/conference.h \
	src/daemon/conference_doc.c src/daemon/conference_priv.h \
	src/daemon/mapped.c src/daemon/mapped.h \
	src/daemon/nowhere.c src/daemon/nowhere.h \
	src/daemon/presence.c src/daemon/presence.h \
	src/daemon/room_shown.c src/daemon/room_shown.h \
	src/daemon/winfo.c src/daemon/winfo.h \
	src/daemon/share.c src/daemon/share.h \
	src/daemon/userstates.c src/daemon/userstates.h
src_daemon_libconfabd_a_CPPFLAGS = $(INC_daemon) $(JANSSON_CFLAGS) \
	$(PKGLIBEXEC) -DCONFAB_VERSION=\"$(VERSION)\"
LIB_confabd = src/daemon/libconfabd.a src/daemon/libconf.a \
	src/daemon/libaccounts.a \
	src/daemon/libpass.a $(FACES) bridges/echo/libecho.a imc/libimc.a \
	src/sip/libsip.a $(LIB_bridges)
DEPS_confabd = $(CONFUSE_LIBS) $(JANSSON_LIBS) $(IDN_LIBS) $(EXPAT_LIBS) \
	$(DEPS_sip) \
	$(DEPS_core)

sbin_PROGRAMS += confabd
confabd_SOURCES = src/daemon/main.c
confabd_CPPFLAGS = $(INC_daemon) $(PKGLIBEXEC) \
	-DCONFAB_VERSION=\"$(VERSION)\"
confabd_LDADD = $(LIB_confabd) $(DEPS_confabd)

check_PROGRAMS += tests/unit/t_pass
tests_unit_t_pass_SOURCES = tests/unit/t_pass.c
tests_unit_t_pass_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_pass_LDADD = src/daemon/libpass.a $(LIB_sip) $(DEPS_sip) \
	$(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_standby
tests_unit_t_standby_SOURCES = tests/unit/t_standby.c
tests_unit_t_standby_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_standby_LDADD = src/daemon/libpass.a $(LIB_sip) $(DEPS_sip) \
	$(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_key
tests_unit_t_key_SOURCES = tests/unit/t_key.c
tests_unit_t_key_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_key_LDADD = src/daemon/libconf.a $(LIB_base) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_conf
tests_unit_t_conf_SOURCES = tests/unit/t_conf.c
tests_unit_t_conf_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_conf_LDADD = src/daemon/libconf.a jabber/libjabber.a \
	bridges/irc/libircface.a purple/libpurpleface.a \
	src/sip/libsip.a \
	$(LIB_core) $(CONFUSE_LIBS) $(IDN_LIBS) $(CMOCKA_LIBS) $(DEPS_sip) $(DEPS_core)

check_PROGRAMS += tests/unit/t_accounts
tests_unit_t_accounts_SOURCES = tests/unit/t_accounts.c \
	tests/unit/store_rig.h
tests_unit_t_accounts_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_t_accounts_LDADD = src/daemon/libaccounts.a src/sip/libsip.a \
	$(LIB_core) $(CMOCKA_LIBS) $(DEPS_sip) $(DEPS_core)

check_PROGRAMS += tests/unit/t_codes
tests_unit_t_codes_SOURCES = tests/unit/t_codes.c
tests_unit_t_codes_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_codes_LDADD = src/daemon/libaccounts.a $(LIB_core) \
	$(CMOCKA_LIBS) $(DEPS_core)

check_PROGRAMS += tests/unit/t_irc_words
tests_unit_t_irc_words_SOURCES = tests/unit/t_irc_words.c
tests_unit_t_irc_words_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_irc_words_LDADD = src/daemon/libconf.a jabber/libjabber.a \
	bridges/irc/libircface.a purple/libpurpleface.a \
	src/sip/libsip.a \
	$(LIB_core) $(CONFUSE_LIBS) $(IDN_LIBS) $(CMOCKA_LIBS) $(DEPS_sip) $(DEPS_core)

check_PROGRAMS += tests/unit/t_conf_jabber
tests_unit_t_conf_jabber_SOURCES = tests/unit/t_conf_jabber.c
tests_unit_t_conf_jabber_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_conf_jabber_LDADD = src/daemon/libconf.a jabber/libjabber.a \
	bridges/irc/libircface.a purple/libpurpleface.a \
	src/sip/libsip.a \
	$(LIB_core) $(CONFUSE_LIBS) $(IDN_LIBS) $(CMOCKA_LIBS) $(DEPS_sip) $(DEPS_core)

# The edge is the test's.
check_PROGRAMS += tests/unit/t_rosters
tests_unit_t_rosters_SOURCES = tests/unit/t_rosters.c tests/unit/hub_rig.h
tests_unit_t_rosters_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_rosters_LDADD = src/daemon/libconfabd.a imc/libimc.a \
	$(LIB_core) $(CMOCKA_LIBS) $(DEPS_core)

check_PROGRAMS += tests/unit/t_asking
tests_unit_t_asking_SOURCES = tests/unit/t_asking.c tests/unit/hub_rig.h
tests_unit_t_asking_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_asking_LDADD = src/daemon/libconfabd.a imc/libimc.a \
	$(LIB_core) $(CMOCKA_LIBS) $(DEPS_core)

# Of the daemon it has the lists alone.
check_PROGRAMS += tests/unit/t_buddies
tests_unit_t_buddies_SOURCES = tests/unit/t_buddies.c
tests_unit_t_buddies_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_buddies_LDADD = src/daemon/libconfabd.a $(LIB_base) \
	$(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_purple_words
tests_unit_t_purple_words_SOURCES = tests/unit/t_purple_words.c
tests_unit_t_purple_words_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_purple_words_LDADD = src/daemon/libaccounts.a \
	src/daemon/libconf.a purple/libpurpleface.a src/sip/libsip.a \
	$(LIB_core) $(CMOCKA_LIBS) $(DEPS_sip) $(DEPS_core)
