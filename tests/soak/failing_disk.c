/* A disk that fails: laid under a program by LD_PRELOAD, it answers EIO to the FAILING_AT-th of the
   calls that read, write or sync a file below FAILING_BELOW, and with FAILING_ON to every one from
   there on. With FAILING_KILLS only those that write or sync are counted, and that one is not made:
   whoever leads the group of processes is killed. All processes that are started so count together,
   in the file FAILING_COUNT. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Atomic long *count;
static const char *below;
static size_t below_length;
static long at;
static int on, kills;

__attribute__((constructor)) static void begin(void) {
    const char *place = getenv("FAILING_COUNT");
    below = getenv("FAILING_BELOW");
    if (place == NULL || below == NULL) return;
    at = getenv("FAILING_AT") ? atol(getenv("FAILING_AT")) : 0;
    on = getenv("FAILING_ON") != NULL;
    kills = getenv("FAILING_KILLS") != NULL;
    below_length = strlen(below);
    int file = open(place, O_RDWR | O_CLOEXEC);
    if (file < 0) abort();
    void *found = mmap(NULL, sizeof(long), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (found == MAP_FAILED) abort();
    close(file);
    count = found;
}

static int is_below(const char *path, size_t length) {
    return length >= below_length && memcmp(path, below, below_length) == 0;
}

/* Whether this call is the one; where the group is to be killed it does not come back. */
static int is_due(void) {
    long number = atomic_fetch_add(count, 1) + 1;
    if (at == 0 || number < at || (!on && number > at)) return 0;
    if (!kills) return 1;
    kill(getpgrp(), SIGKILL);
    while (getpid() == getpgrp()) pause();
    return 0; /* a process beside the one that was killed finds out by itself */
}

static int fails(int file, int changes) {
    if (count == NULL || (kills && !changes)) return 0;
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    if (length < 0 || !is_below(path, (size_t)length) || !is_due()) return 0;
    errno = EIO;
    return 1;
}

#define REAL(name) static __typeof__(name) *real; if (real == NULL) real = dlsym(RTLD_NEXT, #name)

#define MOVES(name, changes, buffer)                                \
    ssize_t name(int file, buffer octets, size_t size) {            \
        REAL(name);                                                 \
        return fails(file, changes) ? -1 : real(file, octets, size); \
    }
#define MOVES_AT(name, changes, buffer, offset)                            \
    ssize_t name(int file, buffer octets, size_t size, offset place) {     \
        REAL(name);                                                        \
        return fails(file, changes) ? -1 : real(file, octets, size, place); \
    }
#define SYNCS(name)                               \
    int name(int file) {                          \
        REAL(name);                               \
        return fails(file, 1) ? -1 : real(file);  \
    }

MOVES(read, 0, void *)
MOVES(write, 1, const void *)
MOVES_AT(pread, 0, void *, off_t)
MOVES_AT(pread64, 0, void *, off64_t)
MOVES_AT(pwrite, 1, const void *, off_t)
MOVES_AT(pwrite64, 1, const void *, off64_t)
SYNCS(fsync)
SYNCS(fdatasync)

/* names change whole, or not at all: there they only count for a kill */
static void renames(const char *path) {
    if (count != NULL && kills && is_below(path, strlen(path))) is_due();
}

int rename(const char *from, const char *to) {
    REAL(rename);
    renames(from);
    return real(from, to);
}

int unlink(const char *path) {
    REAL(unlink);
    renames(path);
    return real(path);
}
