/* SPDX-License-Identifier: MIT */
/*
 * netwatchd is several processes of one binary. The front (main.c) answers clients and has no rights; the starter (starter.c)
 * keeps the rights and executes the others with a word behind the name:
 *
 *	netwatchd worker ID     records one session        3: listening control socket, 4: the session's directory
 *	netwatchd reader ID     the record into a pipe     1: the pipe, 3: socket of the request, 4: directory, 5: progress
 *	netwatchd watcher ID    rules that need packets    3: socket, 4: directory, 5: progress
 *	netwatchd bundler ID    what a freeze keeps        3: socket, 4: directory, 5: progress
 *	netwatchd prober -      filters, interfaces        3: socket
 *
 * Each drops what it does not need before it reads what somebody else wrote, and returns an exit status of DESIGN section 8.
 * Started as root it becomes the owner of the session's directory (fstat of fd 4), which is the front's own user; a progress
 * page that there is not is /dev/null. Standard error is that of the daemon; standard input and output are /dev/null.
 *
 * Messages are those of IPC: 4 bytes of length, little-endian, then JSON (ipc/frame.h). Times are seconds since 1970,
 * durations seconds, both with up to 9 decimals (json_put_ns); sizes are bytes.
 *
 * Front to worker:
 *	{"type":"configure","session":ID, "packets_done":n, "duration_done":s, …settings (api/settings.h, settings_write)…}
 *	        once, after the first hello. What earlier runs did counts against `packets`, `bytes` (from the progress page's
 *	        totals) and `duration`; packets_done and bytes_done are absent when the record itself knows.
 *	{"type":"limits","limits":{…as in settings…}}     from now on: the stricter ones of the session and of all
 *	{"type":"evict","bytes":n}                        once: the oldest closed segments go until n bytes are free, or none is left
 *	{"type":"loss", …a line of the ledger…}           to be appended: what the front found out after a crash
 *	{"type":"rotate"}  {"type":"stop"}
 * Worker to front:
 *	{"type":"hello","session":ID,"pid":n,"recording":bool,"version":TEXT}   to each front that connects; with it, as
 *	        descriptors, the progress page and, when it is recording, a duplicate of each packet socket
 *	{"type":"ready","interfaces":[names],"received":n}    it records; with it a duplicate of each packet
 *	        socket. received: by the kernel's counters, at the moment of sending
 *	{"type":"failed","code":CODE of api_errors,"message":TEXT}              it will end; its exit status says the class
 *	{"type":"event","event_type":NAME of event_rows,"data":{…}}
 *	{"type":"log","level":NAME,"text":TEXT}
 *	{"type":"done","packets":n,"reason":TEXT}             all is on disk; it ends with status 0
 * A worker that ends by itself (duration, packets, bytes) sends event limit_reached before done.
 *
 * Front to reader: one request
 *	{"type":"open","session":ID,"filter":TEXT,"from":s,"to":s,"limit":n,"skip":n,"follow":bool,"bundle":NAME,
 *	 "after":PLACE}   absent: not limited
 *	        "after":"SEGMENT:PACKET": on behind this place ("last" of an earlier done); "display":false: the filter is libpcap's
 * Reader to front:
 *	{"type":"started","packets_at_most":n,"bytes":n,"chunks":n,"chunks_read":n}      before the first byte of the pipe
 *	{"type":"failed","code":CODE,"message":TEXT}                                     instead of started, or later
 *	{"type":"done","packets":n,"bytes":n,"last":"SEGMENT:PACKET"}      with missed_segments, missed_packets (evicted before they
 *	        were read) and damage (a sentence) when there is something to say; started may have "hint", the filter compiler's
 * When the front closes the socket the reader ends.
 *
 * Front to bundler, and its answers:
 *	{"type":"freeze","session":ID,"name":NAME,"from":s,"at":s,"to":s,"reason":TEXT,"max_bundles":n,"room":n,
 *	 "events":[Event…],"settings":{…}}
 *	        sent at the trigger, `at`; the bundle is bundles/NAME; events are those of the session until `at`; room: bytes of
 *	        all bundles of the session together, 0: any
 *	{"type":"events","events":[Event…]}       when `to` is behind `at`, and has passed: those since then
 *	{"type":"done","name":NAME,"packets":n,"bytes":n,"path":TEXT} or {"type":"failed","code":CODE,"message":TEXT}
 *
 * Front to watcher, and what it tells:
 *	{"type":"watch","session":ID,"rules":[…as in settings…]}
 *	{"type":"event","event_type":"alert" or "alert_cleared","data":{"rule":NAME,"kind":KIND,"value":n,
 *	 "threshold":n,"text":TEXT,…}}
 *	{"type":"failed",…}
 * The watcher follows the record from its end; it ends when the front closes the socket.
 *
 * Front to prober, one request, one answer:
 *	{"type":"check","filter":TEXT,"display":bool} → {"type":"done"} or {"type":"failed","code":"invalid","message":TEXT}
 *	{"type":"interfaces","netns":TEXT,"session":bool}  (true: it is a session's, perhaps a path) → {"type":"done","interfaces":[…]} or failed
 */
#ifndef NETWATCHD_H
#define NETWATCHD_H

enum { CONTROL_FD = 3, SESSION_DIR_FD = 4, PROGRESS_FD = 5 };

int worker_main(const char *session_id);
int reader_main(const char *session_id);
int watcher_main(const char *session_id);
int bundler_main(const char *session_id);
int prober_main(const char *session_id);

#endif
