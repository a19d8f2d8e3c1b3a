# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LIBRARIES += imc/libimc.a
imc_libimc_a_SOURCES = \
	imc/ask.c imc/ask.h \
	imc/blocks.c imc/blocks.h \
	imc/charset.c imc/charset.h \
	imc/cmd_block.c imc/cmd_invite.c imc/cmd_list.c imc/cmd_member.c imc/cmd_more.c \
	imc/cmd_room.c \
	imc/command.c imc/command.h imc/command_priv.h \
	imc/compose.c imc/compose.h \
	imc/content.c imc/content.h \
	imc/cpim.c imc/cpim.h \
	imc/direct.c imc/direct.h \
	imc/dialect.c imc/dialect.h \
	imc/extra.c imc/extra.h \
	imc/fanout.c imc/fanout.h imc/fanout_fate.c imc/fanout_priv.h \
	imc/foreign.c imc/foreign.h \
	imc/fork.c imc/fork.h \
	imc/house.c \
	imc/fromgate.c imc/fromgate.h \
	imc/headers.c imc/headers.h \
	imc/html.c imc/html.h \
	imc/imc.c imc/imc.h imc/imc_priv.h imc/imc_serve.c imc/imc_ways.c \
	imc/letter.c imc/letter.h \
	imc/pace.c imc/pace.h \
	imc/pidf.c imc/pidf.h \
	imc/quota.c imc/quota.h \
	imc/line.c imc/line.h \
	imc/mime.c imc/mime.h \
	imc/refusal.c imc/refusal.h \
	imc/replay.c imc/replay.h \
	imc/rights.c imc/rights.h \
	imc/sms.c imc/sms.h \
	imc/split.c imc/split.h \
	imc/togate.c imc/togate.h \
	imc/typing.c imc/typing.h \
	imc/xmltext.c imc/xmltext.h \
	imc/tell.c
imc_libimc_a_CPPFLAGS = $(INC_face)

check_PROGRAMS += tests/unit/t_imc_content tests/unit/t_imc_cpim \
	tests/unit/t_imc_headers
tests_unit_t_imc_cpim_SOURCES = tests/unit/t_imc_cpim.c
tests_unit_t_imc_cpim_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_imc_cpim_LDADD = imc/libimc.a $(LIB_base) $(CMOCKA_LIBS)
tests_unit_t_imc_content_SOURCES = tests/unit/t_imc_content.c
tests_unit_t_imc_content_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_imc_content_LDADD = imc/libimc.a $(LIB_base) $(CMOCKA_LIBS)
tests_unit_t_imc_headers_SOURCES = tests/unit/t_imc_headers.c
tests_unit_t_imc_headers_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_imc_headers_LDADD = imc/libimc.a $(LIB_sip) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_imc_html tests/unit/t_imc_multipart \
	tests/unit/t_imc_split
tests_unit_t_imc_html_SOURCES = tests/unit/t_imc_html.c
tests_unit_t_imc_html_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_imc_html_LDADD = imc/libimc.a $(LIB_base) $(CMOCKA_LIBS)
tests_unit_t_imc_multipart_SOURCES = tests/unit/t_imc_multipart.c
tests_unit_t_imc_multipart_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_imc_multipart_LDADD = imc/libimc.a $(LIB_base) $(CMOCKA_LIBS)
tests_unit_t_imc_split_SOURCES = tests/unit/t_imc_split.c
tests_unit_t_imc_split_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_imc_split_LDADD = imc/libimc.a $(LIB_base) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_imc_line
tests_unit_t_imc_line_SOURCES = tests/unit/t_imc_line.c
tests_unit_t_imc_line_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_imc_line_LDADD = imc/libimc.a $(LIB_sip) $(CMOCKA_LIBS)

# The whole face, with a real hub, store and SIP edge.
LIB_imc_whole = imc/libimc.a src/core/libcore.a src/store/libstore.a \
	$(LIB_sip) $(DEPS_store) $(DEPS_sip) $(CMOCKA_LIBS)
EXTRA_DIST += tests/unit/imc_rig.h
check_PROGRAMS += tests/unit/t_imc tests/unit/t_imc_delivery \
	tests/unit/t_imc_fork
tests_unit_t_imc_fork_SOURCES = tests/unit/t_imc_fork.c tests/unit/imc_rig.c
tests_unit_t_imc_fork_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_imc_fork_LDADD = $(LIB_imc_whole)
tests_unit_t_imc_SOURCES = tests/unit/t_imc.c tests/unit/imc_rig.c
tests_unit_t_imc_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_imc_LDADD = $(LIB_imc_whole)
tests_unit_t_imc_delivery_SOURCES = \
	tests/unit/t_imc_delivery.c tests/unit/imc_rig.c
tests_unit_t_imc_delivery_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_imc_delivery_LDADD = $(LIB_imc_whole)

check_PROGRAMS += tests/unit/t_imc_house
tests_unit_t_imc_house_SOURCES = tests/unit/t_imc_house.c tests/unit/imc_rig.c
tests_unit_t_imc_house_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_imc_house_LDADD = $(LIB_imc_whole)

check_PROGRAMS += tests/unit/t_imc_extra
tests_unit_t_imc_extra_SOURCES = tests/unit/t_imc_extra.c tests/unit/imc_rig.c
tests_unit_t_imc_extra_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_imc_extra_LDADD = $(LIB_imc_whole)

check_PROGRAMS += tests/unit/t_compose
tests_unit_t_compose_SOURCES = tests/unit/t_compose.c
tests_unit_t_compose_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_compose_LDADD = imc/libimc.a src/core/libcore.a $(LIB_io) \
	$(EXPAT_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_pidf
tests_unit_t_pidf_SOURCES = tests/unit/t_pidf.c
tests_unit_t_pidf_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_pidf_LDADD = imc/libimc.a src/core/libcore.a $(LIB_io) \
	$(EXPAT_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_imc_pace
tests_unit_t_imc_pace_SOURCES = tests/unit/t_imc_pace.c
tests_unit_t_imc_pace_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_imc_pace_LDADD = imc/libimc.a $(LIB_core) $(CMOCKA_LIBS) \
	$(DEPS_core)

check_PROGRAMS += tests/unit/t_imc_rights tests/unit/t_imc_dialect
tests_unit_t_imc_dialect_SOURCES = tests/unit/t_imc_dialect.c
tests_unit_t_imc_dialect_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_imc_dialect_LDADD = imc/libimc.a $(LIB_core) $(CMOCKA_LIBS) \
	$(DEPS_core)
tests_unit_t_imc_rights_SOURCES = tests/unit/t_imc_rights.c tests/unit/test.h
tests_unit_t_imc_rights_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_imc_rights_LDADD = imc/libimc.a $(LIB_core) $(CMOCKA_LIBS) \
	$(DEPS_core)

check_PROGRAMS += tests/unit/t_imc_quota
tests_unit_t_imc_quota_SOURCES = tests/unit/t_imc_quota.c
tests_unit_t_imc_quota_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_imc_quota_LDADD = imc/libimc.a $(LIB_base) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_imc_blocks
tests_unit_t_imc_blocks_SOURCES = tests/unit/t_imc_blocks.c
tests_unit_t_imc_blocks_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_imc_blocks_LDADD = imc/libimc.a $(LIB_core) $(DEPS_core) \
	$(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_imc_gate
tests_unit_t_imc_gate_SOURCES = tests/unit/t_imc_gate.c tests/unit/imc_rig.c
tests_unit_t_imc_gate_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_imc_gate_LDADD = $(LIB_imc_whole)
