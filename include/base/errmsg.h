/* SPDX-License-Identifier: MIT */
/*
 * Errors: one convention for all of lib/.
 *
 * A function returns 0 (or a count) or a negative enum nw_err. On failure it
 * writes one complete sentence into the caller's struct errmsg, naming the
 * object and, where there is one, the cure: "eth0: no such interface; nwcap -D
 * lists them". lib/ never prints and never exits; an applet's main prints
 * "nwcap: <sentence>" and exits with errmsg_exit_code().
 */
#ifndef BASE_ERRMSG_H
#define BASE_ERRMSG_H

enum nw_err {
	NW_OK = 0,
	NW_EFAIL = -1,   /* anything without a class of its own        exit 1 */
	NW_EAUTH = -2,   /* identity refused                           exit 2 */
	NW_ETIME = -3,   /* a time-out passed                          exit 3 */
	NW_ECONN = -4,   /* connection failed or lost                  exit 4 */
	NW_EINPUT = -5,  /* bad argument, bad file, bad filter         exit 5 */
	NW_EPAIR = -6,   /* not paired                                 exit 6 */
	NW_EPERM = -7,   /* permission denied                          exit 7 */
	NW_ESYS = -8,    /* a system call failed (text has strerror)   exit 1 */
	NW_ELIMIT = -9,  /* a stated ceiling was reached               exit 1 */
	NW_ECLOSED = -10 /* the reader of our output went away (EPIPE) exit 0 */
};

struct errmsg {
	char text[480];
};

/* Sets the sentence (cut at the buffer's size) and returns `code`, so that
 * `return errmsg_set(err, NW_EINPUT, ...)` is one line. `err` may be NULL. */
int errmsg_set(struct errmsg *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The same with ": " and strerror(errno) appended. EACCES and EPERM give
 * NW_EPERM, EPIPE gives NW_ECLOSED, everything else NW_ESYS. */
int errmsg_errno(struct errmsg *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Puts context in front of what is there: "ring file 3: " + sentence. Returns `code`. */
int errmsg_prefix(struct errmsg *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The process exit status of DESIGN section 8 for a negative enum nw_err (0 stays 0). */
int errmsg_exit_code(int code);

#endif
