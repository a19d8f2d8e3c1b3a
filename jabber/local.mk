# SPDX-License-Identifier: GPL-3.0-or-later
#
# What is in libjabber goes into confabd, and knows nothing of libstrophe; all
# the rest is the worker's. Some of it is in both.
noinst_LIBRARIES += jabber/libjabber.a
jabber_libjabber_a_SOURCES = \
	jabber/elem.c jabber/elem.h \
	jabber/face.c jabber/face.h \
	jabber/chat.h jabber/chat_priv.h jabber/chats.c \
	jabber/chat_command.c jabber/chat_early.c jabber/chat_in.c jabber/chat_invite.c \
	jabber/chat_keep.c jabber/chat_out.c jabber/chat_owed.c \
	jabber/chat_read.c jabber/chat_read.h jabber/chat_sent.c \
	jabber/gate.c jabber/gate.h jabber/gate_ask.c jabber/gate_priv.h \
	jabber/gate_share.c \
	jabber/iq_answer.c jabber/iq_priv.h jabber/iqs.c \
	jabber/roster.c jabber/roster.h \
	jabber/jerror.c jabber/jerror.h \
	jabber/jescape.c jabber/jescape.h \
	jabber/jid.c jabber/jid.h \
	jabber/jid_prep.c jabber/jid_prep.h \
	jabber/jmap.c jabber/jmap.h jabber/jmap_priv.h \
	jabber/jmap_xmpp.c jabber/jmap_zone.c \
	jabber/jnick.c jabber/jnick.h \
	jabber/jtext.c jabber/jtext.h \
	jabber/occupant.c jabber/occupant.h jabber/occupant_priv.h \
	jabber/occupant_rules.c jabber/occupant_say.c jabber/occupant_stay.c \
	jabber/occupant_talk.c jabber/occupant_who.c \
	jabber/person.c jabber/person_login.c jabber/person_priv.h \
	jabber/person_wait.c \
	jabber/rsm.c jabber/rsm.h \
	jabber/puppets.c jabber/puppet_priv.h jabber/puppet_past.c \
	jabber/puppet_expel.c jabber/puppet_relay.c jabber/puppet_talk.c \
	jabber/puppet_who.c \
	jabber/service.c jabber/service_priv.h \
	jabber/service_admin.c jabber/service_fan.c jabber/service_invite.c \
	jabber/service_iq.c \
	jabber/service_join.c jabber/service_leave.c jabber/service_list.c \
	jabber/service_out.c jabber/service_owner.c jabber/service_past.c \
	jabber/service_seat.c jabber/service_show.c jabber/service_talk.c \
	jabber/visit_cmd.c jabber/visit_hear.c jabber/visit_invited.c \
	jabber/visit_priv.h jabber/visit_say.c jabber/visit_told.c \
	jabber/visits.c \
	jabber/watches.c jabber/watch_priv.h \
	jabber/watch_answer.c jabber/watch_in.c jabber/watch_out.c \
	jabber/watch_seen.c jabber/watch_stanza.c \
	jabber/xlink.c jabber/xlink.h jabber/xstanza.c \
	jabber/xtime.c jabber/xtime.h \
	jabber/xml.c jabber/xml.h
jabber_libjabber_a_CPPFLAGS = $(INC_face) $(S)/jabber $(IDN_CFLAGS)

check_PROGRAMS += tests/unit/t_jmap tests/unit/t_jwords
tests_unit_t_jmap_SOURCES = tests/unit/t_jmap.c
tests_unit_t_jmap_CPPFLAGS = $(INC_test) $(S)/jabber $(CMOCKA_CFLAGS)
tests_unit_t_jmap_LDADD = jabber/libjabber.a $(LIB_base) $(IDN_LIBS) \
	$(CMOCKA_LIBS)
tests_unit_t_jwords_SOURCES = tests/unit/t_jwords.c
tests_unit_t_jwords_CPPFLAGS = $(INC_test) $(S)/jabber $(CMOCKA_CFLAGS)
tests_unit_t_jwords_LDADD = jabber/libjabber.a $(LIB_base) $(IDN_LIBS) \
	$(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_watches
tests_unit_t_watches_SOURCES = tests/unit/t_watches.c \
	tests/unit/gates_rig.h \
	tests/unit/gate_rig.h tests/unit/session_stub.h
tests_unit_t_watches_CPPFLAGS = $(INC_test) $(S)/jabber $(CMOCKA_CFLAGS)
tests_unit_t_watches_LDADD = jabber/libjabber.a $(LIB_bridges) $(DEPS_core) \
	$(IDN_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_rsm
tests_unit_t_rsm_SOURCES = tests/unit/t_rsm.c
tests_unit_t_rsm_CPPFLAGS = $(INC_test) $(S)/jabber $(CMOCKA_CFLAGS)
tests_unit_t_rsm_LDADD = jabber/libjabber.a $(LIB_base) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_elem
tests_unit_t_elem_SOURCES = tests/unit/t_elem.c
tests_unit_t_elem_CPPFLAGS = $(INC_test) $(S)/jabber $(CMOCKA_CFLAGS)
tests_unit_t_elem_LDADD = jabber/libjabber.a $(LIB_base) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_jabber_face
tests_unit_t_jabber_face_SOURCES = tests/unit/t_jabber_face.c
tests_unit_t_jabber_face_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_jabber_face_LDADD = jabber/libjabber.a $(LIB_bridges) \
	$(DEPS_core) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_xlink
tests_unit_t_xlink_SOURCES = tests/unit/t_xlink.c
tests_unit_t_xlink_CPPFLAGS = $(INC_test) $(S)/jabber $(CMOCKA_CFLAGS)
tests_unit_t_xlink_LDADD = jabber/libjabber.a $(LIB_io) \
	$(DEPS_io) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_occupant
tests_unit_t_occupant_SOURCES = tests/unit/t_occupant.c \
	tests/unit/session_stub.h
tests_unit_t_occupant_CPPFLAGS = $(INC_test) $(S)/jabber $(CMOCKA_CFLAGS)
tests_unit_t_occupant_LDADD = jabber/libjabber.a $(LIB_bridges) \
	$(DEPS_core) $(IDN_LIBS) $(CMOCKA_LIBS)

# The stubs come before the libraries that they stand for.
check_PROGRAMS += tests/unit/t_iqs
tests_unit_t_iqs_SOURCES = tests/unit/t_iqs.c tests/unit/gates_rig.h \
	tests/unit/gate_rig.h \
	tests/unit/session_stub.h
tests_unit_t_iqs_CPPFLAGS = $(INC_test) $(S)/jabber $(CMOCKA_CFLAGS)
tests_unit_t_iqs_LDADD = jabber/libjabber.a $(LIB_bridges) $(DEPS_core) \
	$(IDN_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_service
tests_unit_t_service_SOURCES = tests/unit/t_service.c \
	tests/unit/gates_rig.h \
	tests/unit/gate_rig.h tests/unit/session_stub.h
tests_unit_t_service_CPPFLAGS = $(INC_test) $(S)/jabber $(CMOCKA_CFLAGS)
tests_unit_t_service_LDADD = jabber/libjabber.a $(LIB_bridges) $(DEPS_core) \
	$(IDN_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_puppets
tests_unit_t_puppets_SOURCES = tests/unit/t_puppets.c \
	tests/unit/gates_rig.h \
	tests/unit/gate_rig.h tests/unit/session_stub.h
tests_unit_t_puppets_CPPFLAGS = $(INC_test) $(S)/jabber $(CMOCKA_CFLAGS)
tests_unit_t_puppets_LDADD = jabber/libjabber.a $(LIB_bridges) $(DEPS_core) \
	$(IDN_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_visits
tests_unit_t_visits_SOURCES = tests/unit/t_visits.c tests/unit/gates_rig.h \
	tests/unit/gate_rig.h \
	tests/unit/session_stub.h
tests_unit_t_visits_CPPFLAGS = $(INC_test) $(S)/jabber $(CMOCKA_CFLAGS)
tests_unit_t_visits_LDADD = jabber/libjabber.a $(LIB_bridges) $(DEPS_core) \
	$(IDN_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_chats
tests_unit_t_chats_SOURCES = tests/unit/t_chats.c tests/unit/gates_rig.h \
	tests/unit/gate_rig.h \
	tests/unit/session_stub.h
tests_unit_t_chats_CPPFLAGS = $(INC_test) $(S)/jabber $(CMOCKA_CFLAGS)
tests_unit_t_chats_LDADD = jabber/libjabber.a $(LIB_bridges) $(DEPS_core) \
	$(IDN_LIBS) $(CMOCKA_LIBS)

if WITH_JABBER
INC_jabber = $(INC_worker) $(S)/jabber
LIB_jabwork = jabber/libjabwork.a $(LIB_worker)
DEPS_jabber = $(STROPHE_LIBS) $(EXPAT_LIBS) $(IDN_LIBS)
DEPS_jabwork = $(DEPS_jabber) $(DEPS_io)

noinst_LIBRARIES += jabber/libjabwork.a
jabber_libjabwork_a_SOURCES = \
	jabber/account.c jabber/account.h jabber/account_priv.h \
	jabber/client.c jabber/client.h jabber/client_priv.h \
	jabber/client_kept.c jabber/client_link.c jabber/client_sm.c \
	jabber/component.c jabber/component.h jabber/component_link.c \
	jabber/component_priv.h jabber/component_proof.c \
	jabber/conn_why.c jabber/conn_why.h \
	jabber/creds.c jabber/creds.h \
	jabber/elem.c jabber/elem.h \
	jabber/front.c jabber/front.h jabber/front_priv.h \
	jabber/front_dial.c jabber/front_login.c \
	jabber/jab.h jabber/pump.c \
	jabber/jid.c jabber/jid.h \
	jabber/jid_prep.c jabber/jid_prep.h \
	jabber/login.c \
	jabber/muc.c jabber/muc.h jabber/muc_priv.h \
	jabber/muc_expel.c \
	jabber/muc_rules.c jabber/muc_rules.h jabber/muc_who.c \
	jabber/muc_talk.c \
	jabber/route.c jabber/route.h \
	jabber/shim.c jabber/shim.h \
	jabber/stanza.c jabber/stanza.h \
	jabber/trust.c jabber/trust.h \
	jabber/turn.c jabber/turn.h \
	jabber/unacked.c jabber/unacked.h \
	jabber/xflat.c jabber/xflat.h \
	jabber/xml.c jabber/xml.h \
	jabber/xtime.c jabber/xtime.h \
	jabber/xtree.c jabber/xtree.h
jabber_libjabwork_a_CPPFLAGS = $(INC_jabber) $(STROPHE_CFLAGS) \
	$(EXPAT_CFLAGS) $(IDN_CFLAGS)

pkglibexec_PROGRAMS += confab-jabber
confab_jabber_SOURCES = jabber/main.c
confab_jabber_CPPFLAGS = $(INC_jabber) $(STROPHE_CFLAGS)
confab_jabber_LDADD = $(LIB_jabwork) $(DEPS_jabwork)

check_PROGRAMS += tests/unit/t_xflat
tests_unit_t_xflat_SOURCES = tests/unit/t_xflat.c
tests_unit_t_xflat_CPPFLAGS = $(INC_jabber) $(S)/tests/unit \
	$(CMOCKA_CFLAGS)
tests_unit_t_xflat_LDADD = jabber/libjabwork.a $(LIB_io) \
	$(DEPS_jabber) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_component
tests_unit_t_component_SOURCES = tests/unit/t_component.c \
	tests/unit/jabworker.h
tests_unit_t_component_CPPFLAGS = $(INC_worker) $(S)/tests/unit \
	$(S)/jabber $(CMOCKA_CFLAGS)
tests_unit_t_component_LDADD = jabber/libjabwork.a $(LIB_worker) \
	$(DEPS_jabwork) $(CMOCKA_LIBS)
EXTRA_tests_unit_t_component_DEPENDENCIES = confab-jabber$(EXEEXT)

check_PROGRAMS += tests/unit/t_xml_clean
tests_unit_t_xml_clean_SOURCES = tests/unit/t_xml_clean.c
tests_unit_t_xml_clean_CPPFLAGS = $(INC_jabber) $(S)/tests/unit \
	$(STROPHE_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_t_xml_clean_LDADD = jabber/libjabwork.a $(LIB_io) \
	$(DEPS_jabber) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_jab_muc
tests_unit_t_jab_muc_SOURCES = tests/unit/t_jab_muc.c
tests_unit_t_jab_muc_CPPFLAGS = $(INC_jabber) $(S)/tests/unit \
	$(STROPHE_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_t_jab_muc_LDADD = jabber/libjabwork.a $(LIB_io) \
	$(DEPS_jabber) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_jabber_worker
tests_unit_t_jabber_worker_SOURCES = tests/unit/t_jabber_worker.c \
	tests/unit/jabworker.h
tests_unit_t_jabber_worker_CPPFLAGS = $(INC_worker) $(S)/tests/unit \
	$(CMOCKA_CFLAGS)
tests_unit_t_jabber_worker_LDADD = $(LIB_worker) $(DEPS_io) $(CMOCKA_LIBS)
EXTRA_tests_unit_t_jabber_worker_DEPENDENCIES = confab-jabber$(EXEEXT)

check_PROGRAMS += tests/unit/t_front
tests_unit_t_front_SOURCES = tests/unit/t_front.c tests/unit/zone.h \
	tests/unit/certs.h
tests_unit_t_front_CPPFLAGS = $(INC_jabber) $(S)/tests/unit \
	$(STROPHE_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_t_front_LDADD = $(LIB_jabwork) $(DEPS_jabwork) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_jabber_time
tests_unit_t_jabber_time_SOURCES = tests/unit/t_jabber_time.c \
	tests/unit/jabstub.h
tests_unit_t_jabber_time_CPPFLAGS = $(INC_jabber) $(S)/tests/unit \
	$(STROPHE_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_t_jabber_time_LDADD = $(LIB_jabwork) $(DEPS_jabwork) \
	$(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_client
tests_unit_t_client_SOURCES = tests/unit/t_client.c tests/unit/jabstub.h \
	tests/unit/jabdaemon.h
tests_unit_t_client_CPPFLAGS = $(INC_jabber) $(S)/tests/unit \
	$(STROPHE_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_t_client_LDADD = $(LIB_jabwork) $(DEPS_jabwork) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_component_link
tests_unit_t_component_link_SOURCES = tests/unit/t_component_link.c \
	tests/unit/jabstub.h tests/unit/jabdaemon.h
tests_unit_t_component_link_CPPFLAGS = $(INC_jabber) $(S)/tests/unit \
	$(STROPHE_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_t_component_link_LDADD = $(LIB_jabwork) $(DEPS_jabwork) \
	$(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_jabber_hostile
tests_unit_t_jabber_hostile_SOURCES = tests/unit/t_jabber_hostile.c \
	tests/unit/jabworker.h tests/unit/jabstub.h
tests_unit_t_jabber_hostile_CPPFLAGS = $(INC_worker) $(S)/tests/unit \
	$(CMOCKA_CFLAGS)
tests_unit_t_jabber_hostile_LDADD = $(LIB_worker) $(DEPS_io) $(CMOCKA_LIBS)
EXTRA_tests_unit_t_jabber_hostile_DEPENDENCIES = confab-jabber$(EXEEXT)
endif
