# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LIBRARIES += src/io/libio.a
src_io_libio_a_SOURCES = \
	src/io/base64.c src/io/base64.h \
	src/io/child.c src/io/child.h \
	src/io/digest.c src/io/digest.h \
	src/io/dns.c src/io/dns.h \
	src/io/dns_chan.c src/io/dns_priv.h \
	src/io/dns_names.c \
	src/io/dns_naptr.c \
	src/io/dns_srv.c \
	src/io/framer.c src/io/framer.h \
	src/io/gso.c src/io/gso.h \
	src/io/listener.c \
	src/io/loop.c src/io/loop.h src/io/loop_priv.h \
	src/io/netaddr.c src/io/netaddr.h \
	src/io/scram.c src/io/scram.h \
	src/io/seal.c src/io/seal.h \
	src/io/sock.c src/io/sock.h \
	src/io/stream.c src/io/stream.h src/io/stream_io.c \
	src/io/stream_priv.h \
	src/io/tls.c src/io/tls.h \
	src/io/tls_ctx.c src/io/tls_ctx_priv.h \
	src/io/udp.c src/io/udp.h src/io/udp_priv.h src/io/udp_recv.c \
	src/io/udp_filter.c src/io/udp_filter.h \
	src/io/wheel.c src/io/wheel.h \
	src/io/ws.c src/io/ws.h \
	src/io/ws_http.c src/io/ws_http.h \
	src/io/xlimit.c src/io/xlimit.h
src_io_libio_a_CPPFLAGS = -D_GNU_SOURCE $(INC_io) \
	$(UV_CFLAGS) $(CARES_CFLAGS) $(SSL_CFLAGS) $(EXPAT_CFLAGS)

# Only who reads XML links expat: it is in none of the DEPS_ of floors.
check_PROGRAMS += tests/unit/t_xlimit
tests_unit_t_xlimit_SOURCES = tests/unit/t_xlimit.c
tests_unit_t_xlimit_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_xlimit_LDADD = $(LIB_io) $(EXPAT_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_scram
tests_unit_t_scram_SOURCES = tests/unit/t_scram.c
tests_unit_t_scram_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_scram_LDADD = $(LIB_io) $(DEPS_io) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_wheel
tests_unit_t_wheel_SOURCES = tests/unit/t_wheel.c
tests_unit_t_wheel_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_wheel_LDADD = $(LIB_io) $(DEPS_io) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_netaddr
tests_unit_t_netaddr_SOURCES = tests/unit/t_netaddr.c
tests_unit_t_netaddr_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_netaddr_LDADD = $(LIB_io) $(DEPS_io) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_loop
tests_unit_t_loop_SOURCES = tests/unit/t_loop.c
tests_unit_t_loop_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_loop_LDADD = $(LIB_io) $(DEPS_io) $(CMOCKA_LIBS)

# The kernel's "no more for now" and the like do not happen on loopback: they
# are played.
check_PROGRAMS += tests/unit/t_udp
tests_unit_t_udp_SOURCES = tests/unit/t_udp.c
tests_unit_t_udp_CPPFLAGS = -D_GNU_SOURCE $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_udp_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=sendmmsg \
	-Wl,--wrap=getsockopt
tests_unit_t_udp_LDADD = $(LIB_io) $(DEPS_io) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_udp_filter
tests_unit_t_udp_filter_SOURCES = tests/unit/t_udp_filter.c
tests_unit_t_udp_filter_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_udp_filter_LDADD = $(LIB_io) $(DEPS_io) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_stream
tests_unit_t_stream_SOURCES = tests/unit/t_stream.c
tests_unit_t_stream_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_stream_LDADD = $(LIB_io) $(DEPS_io) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_listener
tests_unit_t_listener_SOURCES = tests/unit/t_listener.c
tests_unit_t_listener_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_listener_LDADD = $(LIB_io) $(DEPS_io) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_framer
tests_unit_t_framer_SOURCES = tests/unit/t_framer.c
tests_unit_t_framer_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_framer_LDADD = $(LIB_io) $(DEPS_io) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_child
tests_unit_t_child_SOURCES = tests/unit/t_child.c
tests_unit_t_child_CPPFLAGS = -D_GNU_SOURCE $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_child_LDADD = $(LIB_io) $(DEPS_io) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_dns
tests_unit_t_dns_SOURCES = tests/unit/t_dns.c tests/unit/zone.h
tests_unit_t_dns_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_dns_LDADD = $(LIB_io) $(DEPS_io) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_tls
tests_unit_t_tls_SOURCES = tests/unit/t_tls.c tests/unit/certs.h
tests_unit_t_tls_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS) $(SSL_CFLAGS)
tests_unit_t_tls_LDADD = $(LIB_io) $(DEPS_io) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_tls_server
tests_unit_t_tls_server_SOURCES = tests/unit/t_tls_server.c tests/unit/certs.h
tests_unit_t_tls_server_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS) $(SSL_CFLAGS)
tests_unit_t_tls_server_LDADD = $(LIB_io) $(DEPS_io) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_ws
tests_unit_t_ws_SOURCES = tests/unit/t_ws.c
tests_unit_t_ws_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_ws_LDADD = $(LIB_io) $(DEPS_io) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_digest
tests_unit_t_digest_SOURCES = tests/unit/t_digest.c
tests_unit_t_digest_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_digest_LDADD = $(LIB_io) $(DEPS_io) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_seal
tests_unit_t_seal_SOURCES = tests/unit/t_seal.c
tests_unit_t_seal_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_seal_LDADD = $(LIB_io) $(DEPS_io) $(CMOCKA_LIBS)
