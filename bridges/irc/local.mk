# SPDX-License-Identifier: GPL-3.0-or-later
#
# The IRC face: libircface.a is confabd's part, libircb.a the worker's.

INC_irc = $(INC_worker) $(S)/bridges/irc
LIB_irc = bridges/irc/libircb.a $(LIB_worker)

noinst_LIBRARIES += bridges/irc/libircface.a
bridges_irc_libircface_a_SOURCES = \
	bridges/irc/check.c bridges/irc/check.h \
	bridges/irc/face.c bridges/irc/face.h \
	bridges/irc/igate.c bridges/irc/igate.h \
	bridges/irc/igate_ask.c bridges/irc/igate_cmd.c bridges/irc/igate_consent.c \
	bridges/irc/igate_priv.h bridges/irc/igate_share.c \
	bridges/irc/imap.c bridges/irc/imap.h \
	bridges/irc/ipuppet.c bridges/irc/ipuppet_there.c \
	bridges/irc/ipuppets.c \
	bridges/irc/ipuppets_priv.h \
	bridges/irc/ivisits.c bridges/irc/ivisit_priv.h \
	bridges/irc/ivisit_cmd.c bridges/irc/ivisit_hear.c \
	bridges/irc/ivisit_row.c bridges/irc/ivisit_say.c \
	bridges/irc/ivisit_told.c \
	bridges/irc/italks.c bridges/irc/italk_priv.h \
	bridges/irc/italk_first.c bridges/irc/italk_in.c \
	bridges/irc/italk_out.c bridges/irc/italk_peer.c \
	bridges/irc/italk_show.c bridges/irc/italk_who.c \
	bridges/irc/itext.c bridges/irc/itext.h \
	bridges/irc/iseat.c bridges/irc/iseat_all.c \
	bridges/irc/iseat_login.c \
	bridges/irc/iseat_nick.c bridges/irc/iseat_keep.c \
	bridges/irc/iseat_priv.h \
	bridges/irc/iseat_queue.c bridges/irc/iseat_turn.c \
	bridges/irc/names.c bridges/irc/names.h \
	bridges/irc/parcel.c bridges/irc/parcel.h
bridges_irc_libircface_a_CPPFLAGS = $(INC_face)

check_PROGRAMS += tests/unit/t_irc_face
tests_unit_t_irc_face_SOURCES = tests/unit/t_irc_face.c
tests_unit_t_irc_face_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_irc_face_LDADD = bridges/irc/libircface.a $(LIB_bridges) \
	$(CMOCKA_LIBS) $(DEPS_core)

check_PROGRAMS += tests/unit/t_imap
tests_unit_t_imap_SOURCES = tests/unit/t_imap.c
tests_unit_t_imap_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_imap_LDADD = bridges/irc/libircface.a $(LIB_base) $(CMOCKA_LIBS)

# The stubs come before the libraries that they stand for.
check_PROGRAMS += tests/unit/t_iseat
tests_unit_t_iseat_SOURCES = tests/unit/t_iseat.c tests/unit/gates_rig.h \
	tests/unit/igate_rig.h \
	tests/unit/irc_stub.h
tests_unit_t_iseat_CPPFLAGS = $(INC_test) $(S)/bridges/irc $(CMOCKA_CFLAGS)
tests_unit_t_iseat_LDADD = bridges/irc/libircface.a $(LIB_bridges) \
	$(DEPS_core) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_igate
tests_unit_t_igate_SOURCES = tests/unit/t_igate.c tests/unit/gates_rig.h \
	tests/unit/igate_rig.h \
	tests/unit/irc_stub.h
tests_unit_t_igate_CPPFLAGS = $(INC_test) $(S)/bridges/irc $(CMOCKA_CFLAGS)
tests_unit_t_igate_LDADD = bridges/irc/libircface.a $(LIB_bridges) \
	$(DEPS_core) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_italks
tests_unit_t_italks_SOURCES = tests/unit/t_italks.c tests/unit/gates_rig.h \
	tests/unit/igate_rig.h \
	tests/unit/irc_stub.h
tests_unit_t_italks_CPPFLAGS = $(INC_test) $(S)/bridges/irc $(CMOCKA_CFLAGS)
tests_unit_t_italks_LDADD = bridges/irc/libircface.a $(LIB_bridges) \
	$(DEPS_core) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_ivisits
tests_unit_t_ivisits_SOURCES = tests/unit/t_ivisits.c tests/unit/gates_rig.h \
	tests/unit/igate_rig.h \
	tests/unit/irc_stub.h
tests_unit_t_ivisits_CPPFLAGS = $(INC_test) $(S)/bridges/irc $(CMOCKA_CFLAGS)
tests_unit_t_ivisits_LDADD = bridges/irc/libircface.a $(LIB_bridges) \
	$(DEPS_core) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_ircp
tests_unit_t_ircp_SOURCES = tests/unit/t_ircp.c
tests_unit_t_ircp_CPPFLAGS = $(INC_test) $(S)/bridges/irc $(CMOCKA_CFLAGS)
tests_unit_t_ircp_LDADD = bridges/irc/libircface.a bridges/libbridges.a \
	$(LIB_base) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_ipuppets
tests_unit_t_ipuppets_SOURCES = tests/unit/t_ipuppets.c tests/unit/hub_stub.h
tests_unit_t_ipuppets_CPPFLAGS = $(INC_test) $(S)/bridges/irc $(CMOCKA_CFLAGS)
tests_unit_t_ipuppets_LDADD = bridges/irc/libircface.a $(LIB_bridges) \
	$(CMOCKA_LIBS) $(DEPS_core)

if WITH_IRC
noinst_LIBRARIES += bridges/irc/libircb.a
bridges_irc_libircb_a_SOURCES = \
	bridges/irc/account.c bridges/irc/account.h \
	bridges/irc/account_priv.h \
	bridges/irc/batch.c bridges/irc/batch.h \
	bridges/irc/caps.c bridges/irc/caps.h \
	bridges/irc/charset.c bridges/irc/charset.h \
	bridges/irc/comings.c \
	bridges/irc/conn.c bridges/irc/conn.h bridges/irc/conn_dial.c \
	bridges/irc/conn_priv.h \
	bridges/irc/event.c bridges/irc/event.h bridges/irc/expel.c \
	bridges/irc/filter.c bridges/irc/filter.h \
	bridges/irc/guest.c bridges/irc/guest.h \
	bridges/irc/guest_priv.h \
	bridges/irc/guest_ask.c bridges/irc/guest_ban.c \
	bridges/irc/guest_event.c bridges/irc/guest_heard.c \
	bridges/irc/guest_room.c \
	bridges/irc/guest_send.c bridges/irc/guest_split.c \
	bridges/irc/guest_watch.c \
	bridges/irc/heard.c bridges/irc/inbound.c \
	bridges/irc/keep.c bridges/irc/keep.h \
	bridges/irc/leg.c \
	bridges/irc/line.c bridges/irc/line.h \
	bridges/irc/login.c \
	bridges/irc/manners.c bridges/irc/manners.h \
	bridges/irc/more.c bridges/irc/more.h \
	bridges/irc/names.c bridges/irc/names.h \
	bridges/irc/negotiate.c \
	bridges/irc/out.c bridges/irc/out.h \
	bridges/irc/parcel.c bridges/irc/parcel.h \
	bridges/irc/past.c \
	bridges/irc/people.c bridges/irc/people.h \
	bridges/irc/refusal.c bridges/irc/refusal.h \
	bridges/irc/reply.c bridges/irc/reply.h \
	bridges/irc/sasl.c bridges/irc/sasl.h \
	bridges/irc/say.c bridges/irc/say.h \
	bridges/irc/services.c \
	bridges/irc/settings.c bridges/irc/settings.h \
	bridges/irc/shim.c bridges/irc/shim.h \
	bridges/irc/tags.c bridges/irc/tags.h \
	bridges/irc/text.c bridges/irc/text.h
bridges_irc_libircb_a_CPPFLAGS = $(INC_irc)

pkglibexec_PROGRAMS += confab-irc
confab_irc_SOURCES = bridges/irc/worker_main.c
confab_irc_CPPFLAGS = $(INC_irc)
confab_irc_LDADD = $(LIB_irc) $(IRC_LIBS) $(DEPS_io)

irc_test_cppflags = $(S)/tests/unit $(S)/bridges/irc $(INC_worker) $(CMOCKA_CFLAGS)
irc_test_ldadd = bridges/irc/libircb.a $(LIB_base) $(IRC_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_irc_line
tests_unit_t_irc_line_SOURCES = tests/unit/t_irc_line.c
tests_unit_t_irc_line_CPPFLAGS = $(irc_test_cppflags)
tests_unit_t_irc_line_LDADD = $(irc_test_ldadd)

check_PROGRAMS += tests/unit/t_irc_filter
tests_unit_t_irc_filter_SOURCES = tests/unit/t_irc_filter.c
tests_unit_t_irc_filter_CPPFLAGS = $(irc_test_cppflags)
tests_unit_t_irc_filter_LDADD = $(irc_test_ldadd)

check_PROGRAMS += tests/unit/t_irc_split
tests_unit_t_irc_split_SOURCES = tests/unit/t_irc_split.c
tests_unit_t_irc_split_CPPFLAGS = $(irc_test_cppflags)
tests_unit_t_irc_split_LDADD = $(irc_test_ldadd)

check_PROGRAMS += tests/unit/t_irc_caps
tests_unit_t_irc_caps_SOURCES = tests/unit/t_irc_caps.c
tests_unit_t_irc_caps_CPPFLAGS = $(irc_test_cppflags)
tests_unit_t_irc_caps_LDADD = bridges/irc/libircb.a $(LIB_worker) \
	$(IRC_LIBS) $(DEPS_io) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_irc_out
tests_unit_t_irc_out_SOURCES = tests/unit/t_irc_out.c
tests_unit_t_irc_out_CPPFLAGS = $(irc_test_cppflags)
tests_unit_t_irc_out_LDADD = $(irc_test_ldadd)

# These three talk to a real confab-irc.
check_PROGRAMS += tests/unit/t_irc_conn
tests_unit_t_irc_conn_SOURCES = tests/unit/t_irc_conn.c tests/unit/irc_rig.h \
	tests/unit/irc_world.h
tests_unit_t_irc_conn_CPPFLAGS = $(irc_test_cppflags)
tests_unit_t_irc_conn_LDADD = $(LIB_worker) $(DEPS_io) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_irc_guest
tests_unit_t_irc_guest_SOURCES = tests/unit/t_irc_guest.c tests/unit/irc_rig.h
tests_unit_t_irc_guest_CPPFLAGS = $(irc_test_cppflags)
tests_unit_t_irc_guest_LDADD = bridges/irc/libircb.a $(LIB_worker) \
	$(IRC_LIBS) $(DEPS_io) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_irc_login
tests_unit_t_irc_login_SOURCES = tests/unit/t_irc_login.c \
	tests/unit/irc_rig.h tests/unit/irc_world.h
tests_unit_t_irc_login_CPPFLAGS = $(irc_test_cppflags)
tests_unit_t_irc_login_LDADD = $(LIB_worker) $(DEPS_io) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_irc_worker
tests_unit_t_irc_worker_SOURCES = tests/unit/t_irc_worker.c \
	tests/unit/irc_rig.h
tests_unit_t_irc_worker_CPPFLAGS = $(irc_test_cppflags)
tests_unit_t_irc_worker_LDADD = $(LIB_worker) $(DEPS_io) $(CMOCKA_LIBS)
endif
