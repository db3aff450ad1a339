/* SPDX-License-Identifier: MIT */
/* QUIC's transport parameters, once: X(number, kind, name, label). The fields of tls have them in this order from
 * TLS_QUIC_FIRST on. VERSIONS: the first goes here, more to the row behind. */
#ifndef LIB_DECODE_TLS_QUIC_H
#define LIB_DECODE_TLS_QUIC_H

#define TLS_QUIC_PARAMETERS(X) \
	X(0x00, BYTES, "original_destination_connection_id", "Original destination connection id") \
	X(0x01, UINT, "max_idle_timeout", "Idle timeout, ms") \
	X(0x02, BYTES, "stateless_reset_token", "Stateless reset token") \
	X(0x03, UINT, "max_udp_payload_size", "Largest datagram") \
	X(0x04, UINT, "initial_max_data", "Data of the connection") \
	X(0x05, UINT, "initial_max_stream_data_bidi_local", "Data of own two-way streams") \
	X(0x06, UINT, "initial_max_stream_data_bidi_remote", "Data of the peer's two-way streams") \
	X(0x07, UINT, "initial_max_stream_data_uni", "Data of one-way streams") \
	X(0x08, UINT, "initial_max_streams_bidi", "Two-way streams") \
	X(0x09, UINT, "initial_max_streams_uni", "One-way streams") \
	X(0x0a, UINT, "ack_delay_exponent", "Exponent of acknowledgment delays") \
	X(0x0b, UINT, "max_ack_delay", "Largest acknowledgment delay, ms") \
	X(0x0e, UINT, "active_connection_id_limit", "Connection ids at a time") \
	X(0x0f, BYTES, "initial_source_connection_id", "Initial source connection id") \
	X(0x10, BYTES, "retry_source_connection_id", "Retry source connection id") \
	X(0x11, VERSIONS, "vi.chosen_version", "Chosen version") \
	X(0xff73db, VERSIONS, "vi.other_version", "Other version") \
	X(0x20, UINT, "max_datagram_frame_size", "Largest DATAGRAM frame") \
	X(0x1057, UINT, "loss_bits", "Loss bits") \
	X(0x7158, UINT, "enable_time_stamp_v2", "Time stamps") \
	X(0xff04de1b, UINT, "min_ack_delay", "Smallest acknowledgment delay, us") \
	X(0x3127, UINT, "google.initial_rtt", "Initial round trip time, us") \
	X(0x3128, BYTES, "google.connection_options", "Google connection options") \
	X(0x3129, STRING, "google.user_agent", "User agent") \
	X(0x4752, VERSIONS, "google.quic_version", "Google version") \
	X(0x4751, BYTES, "google.quic_params", "Google parameters")

#endif
