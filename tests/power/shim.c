/* A disk that keeps only what was synced, for a process that does not know it.
 *
 * Preloaded into a program, this keeps a shadow of one folder. A file's bytes reach the shadow when
 * fsync or fdatasync is called on the file, its name when fsync is called on its folder; nothing
 * else does, sync_file_range least of all. Kill the program, and the shadow is what a power cut
 * leaves behind.
 *
 * CARESTORE_SHIM_FROM is the folder, CARESTORE_SHIM_TO the place for the shadow: its names are in
 * tree/, its bytes in data/, one file for each inode, tied to the names by hard links.
 *
 * CARESTORE_SHIM_EARLY, if set, lets one write in so many reach the shadow at once, or half of it: a
 * disk may write what it has not been asked for yet, in any order and not to the end.
 *
 * CARESTORE_SHIM_TORN, if set, is a seed: of each write, some sectors of 512 bytes reach the shadow at once and others do not,
 * so that of writes that nobody synced any may be there, in any order, in pieces. One seed lets few of them through, another
 * most.
 *
 * CARESTORE_SHIM_ROOM, if set, is how many bytes can be written before the disk is full. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILES 512
#define RANGES 32
#define SECTOR 512

/* The parts of one file that were written since its last sync. */
struct dirty {
    ino_t ino;
    int count; /* -1: more than fits; all of it counts as written */
    off_t from[RANGES], to[RANGES];
};

static struct dirty table[FILES];
static int used;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long long room = -1;
static unsigned early, torn, chance = 1;
static char real_root[PATH_MAX], shadow_root[PATH_MAX];

static struct dirty *find(ino_t ino)
{
    for (int i = 0; i < used; i++)
        if (table[i].ino == ino)
            return &table[i];
    if (used == FILES)
        return NULL;
    table[used].ino = ino;
    table[used].count = -1; /* what was there before we came is not known */
    return &table[used++];
}

static void data_path(char *out, const char *path)
{
    struct statx sx;
    memset(&sx, 0, sizeof sx);
    /* Inode numbers are used again; the time of birth tells the two apart. */
    statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_BTIME, &sx);
    if (snprintf(out, PATH_MAX, "%s/data/%llu-%lld-%u", shadow_root,
                 (unsigned long long)sx.stx_ino, (long long)sx.stx_btime.tv_sec,
                 sx.stx_btime.tv_nsec) >= PATH_MAX)
        abort();
}

static void copy(int in, int out, off_t from, off_t to)
{
    static char buffer[1 << 16];
    while (from < to) {
        size_t step = to - from < (off_t)sizeof buffer ? (size_t)(to - from) : sizeof buffer;
        ssize_t got = syscall(SYS_pread64, in, buffer, step, from);
        if (got <= 0)
            return;
        syscall(SYS_pwrite64, out, buffer, got, from);
        from += got;
    }
}

/* The path of an open file, if it lies in the folder that has a shadow. */
static int path_of(int fd, char *path)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    size_t root = strlen(real_root);
    if (length < 0 || !root)
        return 0;
    path[length] = 0;
    return !strncmp(path, real_root, root) && (!path[root] || path[root] == '/');
}

static void leak(int fd, off_t from, ssize_t length)
{
    char path[PATH_MAX], data[PATH_MAX];
    chance = chance * 1103515245u + 12345u;
    if ((chance >> 16) % early || !path_of(fd, path))
        return;
    off_t to = from + length;
    if (chance >> 31)
        to = from + (length / 2 + 511) / 512 * 512 < to ? from + (length / 2 + 511) / 512 * 512 : to;
    data_path(data, path);
    int in = open(path, O_RDONLY | O_CLOEXEC);
    int out = open(data, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (in >= 0 && out >= 0)
        copy(in, out, from, to);
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
}

/* A number below 2^15 that looks like chance. */
static unsigned dice(void)
{
    chance = chance * 1103515245u + 12345u;
    return chance >> 17;
}

/* Of the sectors that were just written to, some reach the shadow as they are now. */
static void tear(int fd, off_t from, ssize_t length)
{
    /* Few, half, most, or all but a few. */
    static const unsigned likely[] = {1 << 12, 1 << 14, 3 << 13, 31 << 10};
    char path[PATH_MAX], data[PATH_MAX];
    struct stat st;
    if (!path_of(fd, path) || fstat(fd, &st) != 0)
        return;
    data_path(data, path);
    int in = open(path, O_RDONLY | O_CLOEXEC);
    int out = open(data, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    for (off_t at = from / SECTOR * SECTOR; in >= 0 && out >= 0 && at < from + length; at += SECTOR)
        if (dice() < likely[torn % 4])
            copy(in, out, at, at + SECTOR < st.st_size ? at + SECTOR : st.st_size);
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
}

static void wrote(int fd, off_t from, ssize_t length)
{
    struct stat st;
    int saved = errno;
    if (length > 0 && real_root[0] && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        pthread_mutex_lock(&lock);
        struct dirty *d = find(st.st_ino);
        if (d && d->count >= 0) {
            int i = d->count - 1;
            if (i >= 0 && from >= d->from[i] && from <= d->to[i]) {
                if (from + length > d->to[i])
                    d->to[i] = from + length;
            } else if (d->count == RANGES) {
                d->count = -1;
            } else {
                d->from[d->count] = from;
                d->to[d->count++] = from + length;
            }
        }
        if (early)
            leak(fd, from, length);
        if (torn)
            tear(fd, from, length);
        pthread_mutex_unlock(&lock);
    }
    errno = saved;
}

static void sync_file(const char *path)
{
    char data[PATH_MAX];
    struct stat st;
    data_path(data, path);
    int in = open(path, O_RDONLY | O_CLOEXEC);
    int out = open(data, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (in >= 0 && out >= 0 && fstat(in, &st) == 0) {
        struct dirty *d = find(st.st_ino);
        if (!d || d->count < 0) {
            copy(in, out, 0, st.st_size);
        } else {
            for (int i = 0; i < d->count; i++)
                copy(in, out, d->from[i], d->to[i]);
        }
        if (d)
            d->count = 0;
        syscall(SYS_ftruncate, out, st.st_size);
    }
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
}

static void join(char *out, const char *dir, const char *name)
{
    if (snprintf(out, PATH_MAX, "%s/%s", dir, name) >= PATH_MAX)
        abort();
}

static void sync_name(const char *real, const char *shadow)
{
    char data[PATH_MAX], fresh[PATH_MAX];
    struct stat there, wanted;
    data_path(data, real);
    int out = open(data, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (out >= 0)
        close(out);
    if (stat(data, &wanted) == 0 && stat(shadow, &there) == 0 && wanted.st_ino == there.st_ino)
        return;
    join(fresh, shadow_root, "link");
    unlink(fresh);
    if (link(data, fresh) == 0)
        rename(fresh, shadow);
}

/* Makes the shadow's folder name what the real one names; with `deep`, all below it, too. */
static void sync_folder(const char *real, const char *shadow, int deep)
{
    char from[PATH_MAX], to[PATH_MAX];
    struct stat st;
    struct dirent *entry;
    DIR *dir = opendir(shadow);
    while (dir && (entry = readdir(dir))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        join(from, real, entry->d_name);
        join(to, shadow, entry->d_name);
        if (lstat(from, &st) != 0 && unlink(to) != 0)
            rmdir(to);
    }
    if (dir)
        closedir(dir);
    dir = opendir(real);
    while (dir && (entry = readdir(dir))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        join(from, real, entry->d_name);
        join(to, shadow, entry->d_name);
        if (lstat(from, &st) != 0)
            continue;
        if (S_ISDIR(st.st_mode)) {
            mkdir(to, 0755);
            if (deep)
                sync_folder(from, to, 1);
        } else {
            if (deep)
                sync_file(from);
            sync_name(from, to);
        }
    }
    if (dir)
        closedir(dir);
}

/* What is there at the start has been there for long. */
__attribute__((constructor)) static void begin(void)
{
    const char *from = getenv("CARESTORE_SHIM_FROM"), *to = getenv("CARESTORE_SHIM_TO");
    char path[PATH_MAX];
    if (!from || !to || strlen(to) > PATH_MAX - 512 || !realpath(from, real_root))
        return;
    strcpy(shadow_root, to);
    if (getenv("CARESTORE_SHIM_ROOM"))
        room = atoll(getenv("CARESTORE_SHIM_ROOM"));
    if (getenv("CARESTORE_SHIM_EARLY"))
        early = (unsigned)atoi(getenv("CARESTORE_SHIM_EARLY"));
    chance = (unsigned)getpid();
    if (getenv("CARESTORE_SHIM_TORN")) {
        torn = (unsigned)atoi(getenv("CARESTORE_SHIM_TORN")) | 1u << 31;
        chance = torn * 2654435761u;
    }
    join(path, to, "data");
    mkdir(path, 0755);
    join(path, to, "tree");
    mkdir(path, 0755);
    sync_folder(real_root, path, 1);
}

static int synced(int fd)
{
    char path[PATH_MAX], shadow[PATH_MAX];
    struct stat st;
    size_t root = strlen(real_root);
    if (fstat(fd, &st) != 0)
        return -1;
    if (!path_of(fd, path))
        return 0;
    pthread_mutex_lock(&lock);
    if (S_ISDIR(st.st_mode)) {
        if (snprintf(shadow, PATH_MAX, "%s/tree%s", shadow_root, path + root) < PATH_MAX)
            sync_folder(path, shadow, 0);
    } else {
        sync_file(path);
    }
    pthread_mutex_unlock(&lock);
    return 0;
}

int fsync(int fd) { return synced(fd); }
int fdatasync(int fd) { return synced(fd); }

/* Whether a disk that is nearly full still takes so much. */
static int full(int fd, size_t count)
{
    struct stat st;
    int refused = 0;
    if (room >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        pthread_mutex_lock(&lock);
        refused = (long long)count > room;
        if (!refused)
            room -= (long long)count;
        pthread_mutex_unlock(&lock);
    }
    if (refused)
        errno = ENOSPC;
    return refused;
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at)
{
    if (full(fd, count))
        return -1;
    ssize_t written = syscall(SYS_pwrite64, fd, bytes, count, at);
    wrote(fd, at, written);
    return written;
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at)
{
    return pwrite64(fd, bytes, count, at);
}

ssize_t write(int fd, const void *bytes, size_t count)
{
    if (full(fd, count))
        return -1;
    ssize_t written = syscall(SYS_write, fd, bytes, count);
    if (written > 0)
        wrote(fd, lseek(fd, 0, SEEK_CUR) - written, written);
    return written;
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    ssize_t written = syscall(SYS_writev, fd, parts, count);
    if (written > 0)
        wrote(fd, lseek(fd, 0, SEEK_CUR) - written, written);
    return written;
}
