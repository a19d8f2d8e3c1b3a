# SPDX-License-Identifier: GPL-3.0-or-later
#
# The fuzz targets: by libFuzzer in a build of their own (tests/fuzz/run.sh),
# over their seeds alone in all others (make check). A target has its seeds in
# seeds/NAME and may have words in NAME.dict.
FUZZ = tests/fuzz/fuzz_command tests/fuzz/fuzz_control \
	tests/fuzz/fuzz_conf tests/fuzz/fuzz_content \
	tests/fuzz/fuzz_digest tests/fuzz/fuzz_dns tests/fuzz/fuzz_event \
	tests/fuzz/fuzz_frame tests/fuzz/fuzz_gate \
	tests/fuzz/fuzz_imap tests/fuzz/fuzz_import tests/fuzz/fuzz_jmap \
	tests/fuzz/fuzz_pass tests/fuzz/fuzz_pidf \
	tests/fuzz/fuzz_register tests/fuzz/fuzz_response \
	tests/fuzz/fuzz_sip \
	tests/fuzz/fuzz_uri tests/fuzz/fuzz_wire tests/fuzz/fuzz_ws
if WITH_IRC
FUZZ += tests/fuzz/fuzz_irc
endif
if WITH_JABBER
FUZZ += tests/fuzz/fuzz_stream tests/fuzz/fuzz_xml
endif

if FUZZING
EXTRA_PROGRAMS += $(FUZZ)
LDFLAGS_fuzz = $(AM_LDFLAGS) -fsanitize=fuzzer
LIB_fuzz =
else
check_PROGRAMS += $(FUZZ)
check_LIBRARIES += tests/fuzz/libseeds.a
LDFLAGS_fuzz = $(AM_LDFLAGS)
LIB_fuzz = tests/fuzz/libseeds.a
endif
tests_fuzz_libseeds_a_SOURCES = tests/fuzz/seeds.c
tests_fuzz_libseeds_a_CPPFLAGS = $(INC_base)

.PHONY: fuzz
fuzz: $(FUZZ)

tests_fuzz_fuzz_content_SOURCES = tests/fuzz/fuzz_content.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_content_CPPFLAGS = $(INC_face) $(S)/imc
tests_fuzz_fuzz_content_LDFLAGS = $(LDFLAGS_fuzz)
tests_fuzz_fuzz_content_LDADD = $(LIB_fuzz) imc/libimc.a $(LIB_base)

tests_fuzz_fuzz_pidf_SOURCES = tests/fuzz/fuzz_pidf.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_pidf_CPPFLAGS = $(INC_face) $(S)/imc
tests_fuzz_fuzz_pidf_LDFLAGS = $(LDFLAGS_fuzz)
tests_fuzz_fuzz_pidf_LDADD = $(LIB_fuzz) imc/libimc.a src/core/libcore.a \
	$(LIB_io) $(EXPAT_LIBS)

tests_fuzz_fuzz_dns_SOURCES = tests/fuzz/fuzz_dns.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_dns_CPPFLAGS = $(INC_io) $(CARES_CFLAGS)
tests_fuzz_fuzz_dns_LDFLAGS = $(LDFLAGS_fuzz)
tests_fuzz_fuzz_dns_LDADD = $(LIB_fuzz) $(LIB_io) $(DEPS_io)

tests_fuzz_fuzz_event_SOURCES = tests/fuzz/fuzz_event.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_event_CPPFLAGS = $(INC_sip)
tests_fuzz_fuzz_event_LDFLAGS = $(LDFLAGS_fuzz)
tests_fuzz_fuzz_event_LDADD = $(LIB_fuzz) $(LIB_sip) $(DEPS_sip)

tests_fuzz_fuzz_frame_SOURCES = tests/fuzz/fuzz_frame.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_frame_CPPFLAGS = $(INC_sip)
tests_fuzz_fuzz_frame_LDFLAGS = $(LDFLAGS_fuzz)
tests_fuzz_fuzz_frame_LDADD = $(LIB_fuzz) $(LIB_sip) $(DEPS_sip)

tests_fuzz_fuzz_gate_SOURCES = tests/fuzz/fuzz_gate.c tests/fuzz/fuzz.h \
	tests/unit/gates_rig.h \
	tests/unit/gate_rig.h tests/unit/session_stub.h
tests_fuzz_fuzz_gate_CPPFLAGS = $(INC_test) $(S)/jabber $(CMOCKA_CFLAGS)
tests_fuzz_fuzz_gate_LDFLAGS = $(LDFLAGS_fuzz)
tests_fuzz_fuzz_gate_LDADD = $(LIB_fuzz) jabber/libjabber.a $(LIB_bridges) \
	$(DEPS_core) $(IDN_LIBS) $(CMOCKA_LIBS)

tests_fuzz_fuzz_import_SOURCES = tests/fuzz/fuzz_import.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_import_CPPFLAGS = $(INC_ctl)
tests_fuzz_fuzz_import_LDFLAGS = $(LDFLAGS_fuzz)
tests_fuzz_fuzz_import_LDADD = $(LIB_fuzz) src/ctl/libimport.a $(LIB_store)

tests_fuzz_fuzz_irc_SOURCES = tests/fuzz/fuzz_irc.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_irc_CPPFLAGS = $(S)/bridges/irc $(INC_worker)
tests_fuzz_fuzz_irc_LDFLAGS = $(LDFLAGS_fuzz)
tests_fuzz_fuzz_irc_LDADD = $(LIB_fuzz) bridges/irc/libircb.a $(LIB_worker) \
	$(IRC_LIBS)

tests_fuzz_fuzz_imap_SOURCES = tests/fuzz/fuzz_imap.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_imap_CPPFLAGS = $(INC_face) $(S)/bridges/irc
tests_fuzz_fuzz_imap_LDFLAGS = $(LDFLAGS_fuzz)
tests_fuzz_fuzz_imap_LDADD = $(LIB_fuzz) bridges/irc/libircface.a $(LIB_base)

tests_fuzz_fuzz_jmap_SOURCES = tests/fuzz/fuzz_jmap.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_jmap_CPPFLAGS = $(INC_face) $(S)/jabber
tests_fuzz_fuzz_jmap_LDFLAGS = $(LDFLAGS_fuzz)
tests_fuzz_fuzz_jmap_LDADD = $(LIB_fuzz) jabber/libjabber.a $(LIB_base) \
	$(IDN_LIBS)

tests_fuzz_fuzz_pass_SOURCES = tests/fuzz/fuzz_pass.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_pass_CPPFLAGS = $(INC_daemon)
tests_fuzz_fuzz_pass_LDFLAGS = $(LDFLAGS_fuzz)
tests_fuzz_fuzz_pass_LDADD = $(LIB_fuzz) src/daemon/libpass.a $(LIB_sip) \
	$(DEPS_sip)

tests_fuzz_fuzz_sip_SOURCES = tests/fuzz/fuzz_sip.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_sip_CPPFLAGS = $(INC_sip)
tests_fuzz_fuzz_sip_LDFLAGS = $(LDFLAGS_fuzz)
tests_fuzz_fuzz_sip_LDADD = $(LIB_fuzz) $(LIB_sip) $(DEPS_sip)

tests_fuzz_fuzz_wire_SOURCES = tests/fuzz/fuzz_wire.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_wire_CPPFLAGS = $(INC_worker)
tests_fuzz_fuzz_wire_LDFLAGS = $(LDFLAGS_fuzz)
tests_fuzz_fuzz_wire_LDADD = $(LIB_fuzz) $(LIB_worker) $(DEPS_io)

tests_fuzz_fuzz_ws_SOURCES = tests/fuzz/fuzz_ws.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_ws_CPPFLAGS = $(INC_io)
tests_fuzz_fuzz_ws_LDFLAGS = $(LDFLAGS_fuzz)
tests_fuzz_fuzz_ws_LDADD = $(LIB_fuzz) $(LIB_io) $(DEPS_io)

tests_fuzz_fuzz_digest_SOURCES = tests/fuzz/fuzz_digest.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_digest_CPPFLAGS = $(INC_sip)
tests_fuzz_fuzz_digest_LDFLAGS = $(LDFLAGS_fuzz)
tests_fuzz_fuzz_digest_LDADD = $(LIB_fuzz) $(LIB_sip) $(DEPS_sip)

tests_fuzz_fuzz_response_SOURCES = tests/fuzz/fuzz_response.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_response_CPPFLAGS = $(INC_sip)
tests_fuzz_fuzz_response_LDFLAGS = $(LDFLAGS_fuzz)
tests_fuzz_fuzz_response_LDADD = $(LIB_fuzz) $(LIB_sip) $(DEPS_sip)

tests_fuzz_fuzz_uri_SOURCES = tests/fuzz/fuzz_uri.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_uri_CPPFLAGS = $(INC_face)
tests_fuzz_fuzz_uri_LDFLAGS = $(LDFLAGS_fuzz)
tests_fuzz_fuzz_uri_LDADD = $(LIB_fuzz) $(LIB_core) $(LIB_sip) \
	$(DEPS_sip)

tests_fuzz_fuzz_conf_SOURCES = tests/fuzz/fuzz_conf.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_conf_CPPFLAGS = $(INC_daemon)
tests_fuzz_fuzz_conf_LDFLAGS = $(LDFLAGS_fuzz)
tests_fuzz_fuzz_conf_LDADD = $(LIB_fuzz) src/daemon/libconf.a \
	$(FACES) src/sip/libsip.a $(LIB_core) $(CONFUSE_LIBS) \
	$(IDN_LIBS) $(DEPS_sip) $(DEPS_core)

# With a whole confabd around them.
DAEMON_fuzz = tests/fuzz/daemon.c tests/fuzz/daemon.h tests/fuzz/fuzz.h

# What goes out is caught in the target.
tests_fuzz_fuzz_command_SOURCES = tests/fuzz/fuzz_command.c $(DAEMON_fuzz)
tests_fuzz_fuzz_command_CPPFLAGS = $(INC_daemon)
tests_fuzz_fuzz_command_LDFLAGS = $(LDFLAGS_fuzz) \
	-Wl,--wrap=sip_answer,--wrap=sip_send,--wrap=sip_done_copy \
	-Wl,--wrap=sip_done_answered
tests_fuzz_fuzz_command_LDADD = $(LIB_fuzz) $(LIB_confabd) $(DEPS_confabd)

tests_fuzz_fuzz_control_SOURCES = tests/fuzz/fuzz_control.c $(DAEMON_fuzz)
tests_fuzz_fuzz_control_CPPFLAGS = $(INC_daemon) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_control_LDFLAGS = $(LDFLAGS_fuzz)
tests_fuzz_fuzz_control_LDADD = $(LIB_fuzz) $(LIB_confabd) $(DEPS_confabd)

tests_fuzz_fuzz_register_SOURCES = tests/fuzz/fuzz_register.c $(DAEMON_fuzz)
tests_fuzz_fuzz_register_CPPFLAGS = $(INC_daemon)
tests_fuzz_fuzz_register_LDFLAGS = $(LDFLAGS_fuzz)
tests_fuzz_fuzz_register_LDADD = $(LIB_fuzz) $(LIB_confabd) $(DEPS_confabd)

tests_fuzz_fuzz_stream_SOURCES = tests/fuzz/fuzz_stream.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_stream_CPPFLAGS = $(INC_worker) $(S)/jabber $(STROPHE_CFLAGS)
tests_fuzz_fuzz_stream_LDFLAGS = $(LDFLAGS_fuzz)
tests_fuzz_fuzz_stream_LDADD = $(LIB_fuzz) $(LIB_jabwork) $(DEPS_jabwork)

tests_fuzz_fuzz_xml_SOURCES = tests/fuzz/fuzz_xml.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_xml_CPPFLAGS = $(INC_worker) $(S)/jabber $(STROPHE_CFLAGS)
tests_fuzz_fuzz_xml_LDFLAGS = $(LDFLAGS_fuzz) \
	-Wl,--wrap=account_send,--wrap=worker_joined,--wrap=worker_lost \
	-Wl,--wrap=worker_heard,--wrap=worker_delivered,--wrap=worker_failed \
	-Wl,--wrap=worker_topic,--wrap=worker_people,--wrap=worker_missed \
	-Wl,--wrap=worker_trouble
tests_fuzz_fuzz_xml_LDADD = $(LIB_fuzz) jabber/libjabwork.a $(LIB_worker) \
	$(DEPS_jabwork)
