/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtp/worker/tts.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/arena.h"

#define WORDS_MAX 32

extern char **environ;

static int fail(char error[WAV_ERROR_MAX], int err, const char *why)
{
	snprintf(error, WAV_ERROR_MAX, "speech: %s", why);
	return err;
}

/* espeak-ng's names where they are not the language's. */
static const char *voice_of(const char *language)
{
	if (!strcmp(language, "zh"))
		return "cmn";
	if (!strcmp(language, "en"))
		return "en-us";
	return language;
}

static int check(struct str language, struct str text)
{
	size_t i;

	if (!language.len || language.len > 16 || !text.len ||
	    text.len > TTS_TEXT_MAX)
		return EINVAL;
	for (i = 0; i < language.len; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ-",
			    language.p[i]))
			return EINVAL;
	return memchr(text.p, '\0', text.len) ? EINVAL : 0;
}

/* ---- where it is kept
 * -------------------------------------------------------- */

static int cache_path(const struct tts *tts, struct str language,
		      struct str text, char path[TTS_PATH_MAX])
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	char hex[33];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok =
		ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) &&
		EVP_DigestUpdate(ctx, tts->command, strlen(tts->command) + 1) &&
		EVP_DigestUpdate(ctx, language.p, language.len) &&
		EVP_DigestUpdate(ctx, "", 1) &&
		EVP_DigestUpdate(ctx, text.p, text.len) &&
		EVP_DigestFinal_ex(ctx, hash, NULL);
	int i, n;

	EVP_MD_CTX_free(ctx);
	if (!ok)
		return ENOMEM;
	for (i = 0; i < 16; i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	n = snprintf(path, TTS_PATH_MAX, "%s/%.*s-%s.wav", tts->cache,
		     STR_FMT(language), hex);
	return n < TTS_PATH_MAX ? 0 : ENAMETOOLONG;
}

/* ---- the command
 * --------------------------------------------------------------- */

struct values {
	const char *name;
	struct str value;
};

static struct str expand(struct arena *a, struct str word,
			 const struct values *v, size_t n)
{
	size_t i;
	char *at;
	struct str out;

	for (i = 0; i < n; i++) {
		at = word.len ? memmem(word.p, word.len, v[i].name,
				       strlen(v[i].name))
			      : NULL;
		if (!at)
			continue;
		out = arena_printf(a, "%.*s%.*s%.*s", (int)(at - word.p),
				   word.p, STR_FMT(v[i].value),
				   (int)(word.p + word.len - at -
					 (ptrdiff_t)strlen(v[i].name)),
				   at + strlen(v[i].name));
		return out;
	}
	return arena_str(a, word);
}

static int words(struct arena *a, const char *template, const struct values *v,
		 size_t nv, char *argv[WORDS_MAX + 1])
{
	struct str rest = str_c(template), word;
	unsigned n = 0;

	while (n < WORDS_MAX && str_cut(&rest, ' ', &word)) {
		if (word.len)
			argv[n++] = (char *)expand(a, word, v, nv).p;
	}
	argv[n] = NULL;
	return n && !a->failed ? 0 : EINVAL;
}

static int spawn(char *argv[], pid_t *pidp)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;
	int err;

	sigemptyset(&none);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP |
						POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigmask(&attr, &none);
	err = posix_spawnp(pidp, argv[0], &actions, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return err;
}

/* Exit code of the child, or -1: killed, by us at the deadline or otherwise. */
static int await(pid_t pid, unsigned deadline_ms, bool *latep)
{
	struct pollfd pfd = {.events = POLLIN};
	int status = 0;

	pfd.fd = (int)syscall(SYS_pidfd_open, pid, 0);
	*latep = pfd.fd >= 0 && poll(&pfd, 1, (int)deadline_ms) == 0;
	if (*latep)
		kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pfd.fd >= 0)
		close(pfd.fd);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int run(const struct tts *tts, char *argv[], const char *output,
	       char error[WAV_ERROR_MAX])
{
	struct stat st;
	bool late;
	pid_t pid;
	int code, err = spawn(argv, &pid);

	if (err)
		return fail(error, err, strerror(err));
	code = await(pid, tts->deadline_ms ? tts->deadline_ms : TTS_DEADLINE_MS,
		     &late);
	if (late)
		return fail(error, ETIMEDOUT, "the program took too long");
	if (code == 127)
		return fail(error, ENOENT, "no such program");
	if (code)
		return fail(error, EIO, "the program failed");
	if (stat(output, &st) || st.st_size <= 44)
		return fail(error, EIO, "the program wrote nothing");
	return 0;
}

static int render(const struct tts *tts, struct str language, struct str text,
		  const char *path, char error[WAV_ERROR_MAX])
{
	char temp[TTS_PATH_MAX + 32], lang[20], *argv[WORDS_MAX + 1];
	struct arena a;
	int err;

	snprintf(lang, sizeof(lang), "%.*s", STR_FMT(language));
	snprintf(temp, sizeof(temp), "%s.%d.%lx.wav", path, getpid(),
		 (unsigned long)gettid());
	struct values v[] = {{"{voice}", str_c(voice_of(lang))},
			     {"{language}", str_c(lang)},
			     {"{text}", text},
			     {"{output}", str_c(temp)}};

	arena_init(&a);
	err = words(&a, tts->command, v, sizeof(v) / sizeof(v[0]), argv);
	if (err)
		fail(error, err, "the command's template is empty");
	else
		err = run(tts, argv, temp, error);
	if (!err && rename(temp, path))
		err = fail(error, errno, "the cache cannot be written");
	if (err)
		unlink(temp);
	arena_release(&a);
	return err;
}

int tts_render(const struct tts *tts, struct str language, struct str text,
	       char path[TTS_PATH_MAX], char error[WAV_ERROR_MAX])
{
	int err;

	if (check(language, text))
		return fail(error, EINVAL, "no text, or an odd language");
	err = cache_path(tts, language, text, path);
	if (err)
		return fail(error, err, strerror(err));
	if (!access(path, R_OK))
		return 0;
	return render(tts, language, text, path, error);
}
