/* SPDX-License-Identifier: MIT */
#include "term/term.h"
#include "base/text.h"
#include "sys/io.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* Alternate screen, cursor, attributes and line wrap; bracketed paste, so that what is pasted runs no commands. */
#define SCREEN_ON "\033[?1049h\033[?25l\033[?7l\033[2J"
#define SCREEN_OFF "\033[0m\033[?7h\033[?25h\033[?1049l"
#define PASTE_ON "\033[?2004h"
#define PASTE_OFF "\033[?2004l"

/* Signal handlers read it, so it is one and static. */
static struct {
	int in, out;
	unsigned mode;
	struct termios before, raw;
	volatile sig_atomic_t on, changed;
	bool handlers;
} term;

static void put(const char *text)
{
	const char *p = text, *end = text + strlen(text);

	while (p < end) {
		ssize_t n = write(term.out, p, (size_t)(end - p));

		if (n < 0 && errno != EINTR)
			return;
		p += n > 0 ? n : 0;
	}
}

/* Only what a signal handler may call. */
static void restore(void)
{
	if (!term.on)
		return;
	term.on = 0;
	put(PASTE_OFF);
	if (term.mode & TERM_SCREEN)
		put(SCREEN_OFF);
	tcsetattr(term.in, TCSADRAIN, &term.before);
}

static void enter(void)
{
	tcsetattr(term.in, TCSADRAIN, &term.raw);
	if (term.mode & TERM_SCREEN)
		put(SCREEN_ON);
	put(PASTE_ON);
	term.on = 1;
	term.changed = 1;
}

/* Ends the process, or stops it, as the signal would have without us. */
static void as_usual(int signo)
{
	struct sigaction usual = { .sa_handler = SIG_DFL }, ours;
	sigset_t set;

	sigaction(signo, &usual, &ours);
	raise(signo);
	sigemptyset(&set);
	sigaddset(&set, signo);
	sigprocmask(SIG_UNBLOCK, &set, NULL); /* here it takes effect */
	sigaction(signo, &ours, NULL);
}

static void on_signal(int signo)
{
	int saved = errno, was_on = term.on;

	if (signo == SIGWINCH) {
		term.changed = 1;
	} else {
		restore();
		as_usual(signo);
		if (was_on) /* only SIGTSTP comes back */
			enter();
	}
	errno = saved;
}

/* A signal that somebody else handles or ignores stays his: he ends the process through exit(). */
static void install(void)
{
	static const int signals[] = { SIGWINCH, SIGTSTP, SIGTERM, SIGHUP, SIGQUIT, SIGINT, SIGSEGV, SIGBUS, SIGABRT, SIGFPE,
				       SIGILL };

	for (unsigned i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		struct sigaction now, ours = { .sa_handler = on_signal };

		if (!sigaction(signals[i], NULL, &now) && now.sa_handler == SIG_DFL)
			sigaction(signals[i], &ours, NULL);
	}
	atexit(restore);
	term.handlers = true;
}

int term_begin(int in, int out, unsigned mode, struct errmsg *err)
{
	term_end();
	if (tcgetattr(in, &term.before))
		return errmsg_set(err, NW_EINPUT, "this needs a terminal");
	term.in = in;
	term.out = out;
	term.mode = mode;
	term.raw = term.before;
	term.raw.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INPCK | ISTRIP | IXON);
	term.raw.c_lflag &= ~(tcflag_t)(ECHO | ICANON | IEXTEN | (mode & TERM_SIGNALS ? 0 : ISIG));
	term.raw.c_cflag |= CS8;
	term.raw.c_cc[VMIN] = 1;
	term.raw.c_cc[VTIME] = 0;
	if (!term.handlers)
		install();
	enter();
	return 0;
}

void term_end(void)
{
	restore();
}

static unsigned bounded(unsigned measured, const char *variable, unsigned otherwise)
{
	const char *text = getenv(variable);
	uint64_t v;

	if (!measured)
		measured = text && text_parse_u64(text, &v) && v && v <= 1000 ? (unsigned)v : otherwise;
	return measured > 1000 ? 1000 : measured;
}

void term_size(int fd, unsigned *columns, unsigned *rows)
{
	struct winsize size = { 0 };

	if (ioctl(fd, TIOCGWINSZ, &size))
		size = (struct winsize){ 0 };
	*columns = bounded(size.ws_col, "COLUMNS", 80);
	*rows = bounded(size.ws_row, "LINES", 24);
}

bool term_changed(void)
{
	bool changed = term.changed;

	term.changed = 0;
	return changed;
}

int term_wait(int in, int timeout_ms)
{
	struct pollfd p = { .fd = in, .events = POLLIN };

	return poll(&p, 1, timeout_ms) > 0;
}
