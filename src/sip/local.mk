# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LIBRARIES += src/sip/libsip.a
src_sip_libsip_a_SOURCES = \
	src/sip/amp.c src/sip/amp_priv.h \
	src/sip/answer.c src/sip/answer_priv.h \
	src/sip/arena.c src/sip/arena_priv.h \
	src/sip/auth.c src/sip/auth_priv.h \
	src/sip/conn.c src/sip/conn_priv.h src/sip/conn_set_priv.h \
	src/sip/conn_frame.c \
	src/sip/conn_limit.c \
	src/sip/credentials.c src/sip/credentials_priv.h \
	src/sip/ctxn.c src/sip/ctxn_priv.h \
	src/sip/dest.c src/sip/dest_priv.h \
	src/sip/date.c \
	src/sip/done.c src/sip/done_priv.h \
	src/sip/device.c src/sip/device.h \
	src/sip/edge.c src/sip/edge_priv.h \
	src/sip/event_list.c src/sip/event_list_priv.h \
	src/sip/event_keep.c src/sip/event_keep_priv.h \
	src/sip/event_load.c \
	src/sip/event.c src/sip/event_priv.h src/sip/events.h \
	src/sip/fairq.c src/sip/fairq_priv.h \
	src/sip/flow.c \
	src/sip/identity.c src/sip/identity_priv.h \
	src/sip/inject.c src/sip/inject_priv.h \
	src/sip/intake.c src/sip/intake_priv.h \
	src/sip/location.c src/sip/location.h src/sip/location_priv.h \
	src/sip/location_bind.c src/sip/location_find.c \
	src/sip/load.c src/sip/load_priv.h \
	src/sip/method.c src/sip/method_priv.h \
	src/sip/notify.c src/sip/notify_priv.h src/sip/notify_way.c \
	src/sip/nonce.c src/sip/nonce_priv.h \
	src/sip/overload.c src/sip/overload_priv.h \
	src/sip/parse.c src/sip/parse_priv.h \
	src/sip/policy.c src/sip/policy_priv.h \
	src/sip/prescan.c src/sip/prescan_priv.h \
	src/sip/publish.c src/sip/pubs.c src/sip/pubs_priv.h \
	src/sip/register.c src/sip/register_priv.h \
	src/sip/registrar.c src/sip/registrar.h src/sip/registrar_priv.h \
	src/sip/registrar_rules.c src/sip/registrar_visit.h \
	src/sip/resolve.c src/sip/resolve.h \
	src/sip/hops.c src/sip/hops_priv.h \
	src/sip/response.c src/sip/response_priv.h \
	src/sip/scan.c src/sip/scan_priv.h \
	src/sip/sip.c src/sip/sip.h src/sip/sip_priv.h \
	src/sip/share.c src/sip/share_priv.h \
	src/sip/sieve.c src/sip/sieve_priv.h \
	src/sip/sift.c src/sip/sift_priv.h \
	src/sip/stun.c src/sip/stun_priv.h \
	src/sip/stxn.c src/sip/stxn_priv.h \
	src/sip/template.c src/sip/template_priv.h \
	src/sip/subs.c src/sip/subs_event.c src/sip/subs_priv.h \
	src/sip/subscribe.c \
	src/sip/text.c src/sip/text_priv.h \
	src/sip/throttle.c src/sip/throttle_priv.h \
	src/sip/transport.c src/sip/transport_priv.h \
	src/sip/uac.c \
	src/sip/uas.c src/sip/uas_answer.c src/sip/uas_priv.h \
	src/sip/uri.c src/sip/uri_priv.h \
	src/sip/users.c src/sip/users.h \
	src/sip/via.c src/sip/via_priv.h \
	src/sip/who.c src/sip/who_priv.h \
	src/sip/window.c src/sip/window_priv.h
src_sip_libsip_a_CPPFLAGS = $(INC_sip) $(OSIP_CFLAGS)

check_PROGRAMS += tests/unit/t_prescan
tests_unit_t_prescan_SOURCES = tests/unit/t_prescan.c
tests_unit_t_prescan_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_prescan_LDADD = $(LIB_sip) $(DEPS_sip) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_uri
tests_unit_t_uri_SOURCES = tests/unit/t_uri.c
tests_unit_t_uri_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_uri_LDADD = $(LIB_sip) $(DEPS_sip) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_parse
tests_unit_t_parse_SOURCES = tests/unit/t_parse.c
tests_unit_t_parse_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_parse_LDADD = $(LIB_sip) $(DEPS_sip) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_sip_policy
tests_unit_t_sip_policy_SOURCES = tests/unit/t_sip_policy.c
tests_unit_t_sip_policy_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_sip_policy_LDADD = $(LIB_sip) $(DEPS_sip) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_sip_window
tests_unit_t_sip_window_SOURCES = tests/unit/t_sip_window.c
tests_unit_t_sip_window_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_sip_window_LDADD = $(LIB_sip) $(DEPS_sip) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_ctxn
tests_unit_t_ctxn_SOURCES = tests/unit/t_ctxn.c
tests_unit_t_ctxn_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_ctxn_LDADD = $(LIB_sip) $(DEPS_sip) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_stxn
tests_unit_t_stxn_SOURCES = tests/unit/t_stxn.c
tests_unit_t_stxn_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_stxn_LDADD = $(LIB_sip) $(DEPS_sip) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_template
tests_unit_t_template_SOURCES = tests/unit/t_template.c
tests_unit_t_template_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_template_LDADD = $(LIB_sip) $(DEPS_sip) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_sip
tests_unit_t_sip_SOURCES = tests/unit/t_sip.c tests/unit/sip_rig.h
tests_unit_t_sip_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_sip_LDADD = $(LIB_sip) $(DEPS_sip) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_overload
tests_unit_t_overload_SOURCES = tests/unit/t_overload.c tests/unit/sip_rig.h
tests_unit_t_overload_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_overload_LDADD = $(LIB_sip) $(DEPS_sip) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_sieve
tests_unit_t_sieve_SOURCES = tests/unit/t_sieve.c
tests_unit_t_sieve_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_sieve_LDADD = $(LIB_sip) $(DEPS_sip) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_fairq
tests_unit_t_fairq_SOURCES = tests/unit/t_fairq.c
tests_unit_t_fairq_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_fairq_LDADD = $(LIB_sip) $(DEPS_sip) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_sip_inject
tests_unit_t_sip_inject_SOURCES = tests/unit/t_sip_inject.c tests/unit/sip_rig.h
tests_unit_t_sip_inject_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_sip_inject_LDADD = src/sip/libsip.a src/store/libstore.a \
	$(LIB_io) $(DEPS_sip) $(DEPS_store) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_edge
tests_unit_t_edge_SOURCES = tests/unit/t_edge.c
tests_unit_t_edge_CPPFLAGS = $(INC_sip) $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_edge_LDADD = $(LIB_sip) $(DEPS_sip) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_sip_tcp
tests_unit_t_sip_tcp_SOURCES = tests/unit/t_sip_tcp.c tests/unit/sip_rig.h
tests_unit_t_sip_tcp_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_sip_tcp_LDADD = $(LIB_sip) $(DEPS_sip) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_sip_out
tests_unit_t_sip_out_SOURCES = tests/unit/t_sip_out.c tests/unit/sip_rig.h
tests_unit_t_sip_out_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_sip_out_LDADD = $(LIB_sip) $(DEPS_sip) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_sip_events
tests_unit_t_sip_events_SOURCES = tests/unit/t_sip_events.c \
	tests/unit/sip_rig.h
tests_unit_t_sip_events_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS) \
	$(SQLITE_CFLAGS)
tests_unit_t_sip_events_LDADD = $(LIB_sip) $(DEPS_sip) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_sip_auth
tests_unit_t_sip_auth_SOURCES = tests/unit/t_sip_auth.c tests/unit/sip_rig.h
tests_unit_t_sip_auth_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_sip_auth_LDADD = $(LIB_sip) $(DEPS_sip) $(CMOCKA_LIBS)

# Hashes are counted.
check_PROGRAMS += tests/unit/t_auth
tests_unit_t_auth_SOURCES = tests/unit/t_auth.c
tests_unit_t_auth_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_auth_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=digest_hex
tests_unit_t_auth_LDADD = $(LIB_sip) $(DEPS_sip) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_credentials
tests_unit_t_credentials_SOURCES = tests/unit/t_credentials.c
tests_unit_t_credentials_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_credentials_LDADD = $(LIB_sip) $(DEPS_sip) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_nonce
tests_unit_t_nonce_SOURCES = tests/unit/t_nonce.c
tests_unit_t_nonce_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_nonce_LDADD = $(LIB_sip) $(DEPS_sip) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_throttle
tests_unit_t_throttle_SOURCES = tests/unit/t_throttle.c
tests_unit_t_throttle_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_throttle_LDADD = $(LIB_sip) $(DEPS_sip) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_users
tests_unit_t_users_SOURCES = tests/unit/t_users.c
tests_unit_t_users_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_users_LDADD = $(LIB_sip) $(DEPS_sip) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_device tests/unit/t_location
check_PROGRAMS += tests/unit/t_registrar
tests_unit_t_registrar_SOURCES = tests/unit/t_registrar.c tests/unit/sip_rig.h
tests_unit_t_registrar_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_registrar_LDADD = src/sip/libsip.a $(LIB_io) $(OSIP_LIBS) \
	$(DEPS_io) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/t_resolve
tests_unit_t_resolve_SOURCES = tests/unit/t_resolve.c
tests_unit_t_resolve_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_resolve_LDADD = $(LIB_sip) $(DEPS_sip) $(CMOCKA_LIBS)
tests_unit_t_device_SOURCES = tests/unit/t_device.c
tests_unit_t_device_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_device_LDADD = $(LIB_sip) $(DEPS_sip) $(CMOCKA_LIBS)
tests_unit_t_location_SOURCES = tests/unit/t_location.c
tests_unit_t_location_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_location_LDADD = src/sip/libsip.a $(LIB_io) $(OSIP_LIBS) \
	$(DEPS_io) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_stun
tests_unit_t_stun_SOURCES = tests/unit/t_stun.c
tests_unit_t_stun_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_stun_LDADD = $(LIB_sip) $(DEPS_sip) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_sip_ways
tests_unit_t_sip_ways_SOURCES = tests/unit/t_sip_ways.c tests/unit/sip_rig.h \
	tests/unit/certs.h
tests_unit_t_sip_ways_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_sip_ways_LDADD = $(LIB_sip) $(DEPS_sip) $(CMOCKA_LIBS)

EXTRA_DIST += tests/fuzz/digest.dict

# The edge by itself, for the torture messages and for load.
noinst_PROGRAMS += tests/fuzz/sip_edge
tests_fuzz_sip_edge_SOURCES = tests/fuzz/sip_edge.c
tests_fuzz_sip_edge_CPPFLAGS = $(INC_sip)
tests_fuzz_sip_edge_LDADD = $(LIB_sip) $(DEPS_sip)
