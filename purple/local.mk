# SPDX-License-Identifier: GPL-3.0-or-later
#
# libpurple's networks: libpurpleface.a is confabd's part, libpw.a the
# worker's.

noinst_LIBRARIES += purple/libpurpleface.a
purple_libpurpleface_a_SOURCES = \
	purple/parcel.c purple/parcel.h \
	purple/pmap.c purple/pmap.h \
	purple/pface.c purple/pface.h \
	purple/pgate.c purple/pgate.h purple/pgate_priv.h \
	purple/pacct.c purple/pacct_login.c purple/pacct_place.c \
	purple/pacct_send.c purple/pacct_table.c purple/pclaim.c \
	purple/pauth.c purple/pcmd.c purple/proom.c purple/pshare.c \
	purple/proom_heard.c purple/pshow.c purple/pshow_priv.h \
	purple/pwatch.c \
	purple/ptalk_in.c purple/ptalk_out.c
purple_libpurpleface_a_CPPFLAGS = $(INC_face)

check_PROGRAMS += tests/unit/t_purp
tests_unit_t_purp_SOURCES = tests/unit/t_purp.c
tests_unit_t_purp_CPPFLAGS = $(INC_test) $(S)/purple $(CMOCKA_CFLAGS)
tests_unit_t_purp_LDADD = purple/libpurpleface.a bridges/libbridges.a \
	$(LIB_base) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_pmap
tests_unit_t_pmap_SOURCES = tests/unit/t_pmap.c
tests_unit_t_pmap_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_pmap_LDADD = purple/libpurpleface.a $(LIB_base) $(CMOCKA_LIBS)

# The stubs come before the libraries that they stand for.
check_PROGRAMS += tests/unit/t_pgate
tests_unit_t_pgate_SOURCES = tests/unit/t_pgate.c tests/unit/gates_rig.h \
	tests/unit/pgate_rig.h
tests_unit_t_pgate_CPPFLAGS = $(INC_test) $(S)/purple $(CMOCKA_CFLAGS)
tests_unit_t_pgate_LDADD = purple/libpurpleface.a bridges/libbridges.a \
	$(LIB_core) $(DEPS_core) $(CMOCKA_LIBS)

if WITH_PURPLE
INC_purple = $(INC_worker) $(S)/purple $(PURPLE_CFLAGS)

noinst_LIBRARIES += purple/libpw.a
purple_libpw_a_SOURCES = \
	purple/parcel.c purple/parcel.h \
	purple/pw_ask.c purple/pw_ask.h \
	purple/pw_cert.c purple/pw_choose.c purple/pw_conv.c purple/pw_core.c \
	purple/pw_dns.c purple/pw_dns.h \
	purple/pw_down.c purple/pw_fields.c \
	purple/pw_jail.c purple/pw_jail.h \
	purple/pw_late.c \
	purple/pw_leg.c purple/pw_leg.h \
	purple/pw_list.c \
	purple/pw_loop.c purple/pw_loop.h \
	purple/pw_near.c purple/pw_near.h \
	purple/pw_option.c purple/pw_priv.h purple/pw_retire.c \
	purple/pw_room.c purple/pw_seat.c \
	purple/pw_text.c purple/pw_text.h purple/pw_told.c
purple_libpw_a_CPPFLAGS = $(INC_purple)

pkglibexec_PROGRAMS += confab-purple
confab_purple_SOURCES = purple/pw_leaks.c purple/pw_main.c
confab_purple_CPPFLAGS = $(INC_purple)
confab_purple_LDADD = purple/libpw.a $(LIB_worker) $(PURPLE_LIBS) $(DEPS_io)
check_PROGRAMS += tests/unit/t_purple_worker
tests_unit_t_purple_worker_SOURCES = tests/unit/t_purple_worker.c \
	tests/unit/irc_rig.h
tests_unit_t_purple_worker_CPPFLAGS = $(S)/tests/unit $(S)/purple \
	$(INC_worker) $(CMOCKA_CFLAGS)
tests_unit_t_purple_worker_LDADD = purple/libpurpleface.a $(LIB_worker) \
	$(DEPS_io) $(CMOCKA_LIBS)
EXTRA_tests_unit_t_purple_worker_DEPENDENCIES = confab-purple

check_PROGRAMS += tests/unit/t_pw_jail
tests_unit_t_pw_jail_SOURCES = tests/unit/t_pw_jail.c
tests_unit_t_pw_jail_CPPFLAGS = $(S)/tests/unit $(INC_purple) $(CMOCKA_CFLAGS)
tests_unit_t_pw_jail_LDADD = purple/libpw.a $(LIB_base) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_pw_text
tests_unit_t_pw_text_SOURCES = tests/unit/t_pw_text.c
tests_unit_t_pw_text_CPPFLAGS = $(S)/tests/unit $(INC_purple) $(CMOCKA_CFLAGS)
tests_unit_t_pw_text_LDADD = purple/libpw.a $(LIB_base) $(PURPLE_LIBS) \
	$(CMOCKA_LIBS)
endif
