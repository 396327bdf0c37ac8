/*
 * Preloaded into a process, it makes calls on the files of one folder fail: the k-th of some kinds, once or from then on.
 * It is told what to do, and tells what came of it, through a mapped file, so that the process itself can change its mind:
 * numbers of 32 bits, as `struct control` has them. The folder and the file are in FAILING_FOLDER and FAILING_CONTROL.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#undef fwrite_unlocked

enum kind { OPEN_TO_READ = 1, OPEN_TO_WRITE = 2, WRITE = 4, SYNC = 8, RENAME = 16, TRUNCATE = 32, LINK = 64, UNLINK = 128, MKDIR = 256 };

struct control {
  uint32_t kinds;   /* Those that count; 0: none do. */
  uint32_t k;       /* The k-th of them fails; 0: none does. */
  uint32_t forever; /* And all after it. */
  uint32_t error;
  uint32_t calls;   /* So many there were. */
  uint32_t failed;  /* So many failed. */
  uint32_t each[9]; /* Calls of each kind, whether they count or not. */
};

#define FILES 65536
static volatile struct control *control;
static unsigned char inside[FILES];
static const char *folder;

__attribute__((constructor)) static void begin(void) {
  folder = getenv("FAILING_FOLDER");
  const char *path = getenv("FAILING_CONTROL");
  if (folder == NULL || path == NULL) return;
  int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
  int file = real(path, O_RDWR);
  if (file < 0) return;
  void *at = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (at != MAP_FAILED) control = at;
  close(file);
}

static int is_inside(const char *path) {
  return control != NULL && path != NULL && strncmp(path, folder, strlen(folder)) == 0;
}

static int is_ours(int file) { return file >= 0 && file < FILES && inside[file]; }

/* Whether this call is to fail; then errno says why. */
static int fails(enum kind kind, int applies) {
  if (!applies || control == NULL || control->kinds == 0) return 0;
  __atomic_fetch_add(&control->each[__builtin_ctz(kind)], 1, __ATOMIC_SEQ_CST);
  if ((control->kinds & kind) == 0) return 0;
  uint32_t call = __atomic_add_fetch(&control->calls, 1, __ATOMIC_SEQ_CST);
  uint32_t k = control->k;
  if (k == 0 || call < k || (call > k && !control->forever)) return 0;
  __atomic_fetch_add(&control->failed, 1, __ATOMIC_SEQ_CST);
  errno = (int)control->error;
  return 1;
}

#define REAL(result, name, ...) \
  static result (*real)(__VA_ARGS__); \
  if (real == NULL) real = dlsym(RTLD_NEXT, name)

static int opened(int file, const char *path) {
  if (file >= 0 && file < FILES) inside[file] = (unsigned char)is_inside(path);
  return file;
}

#define DEFINE_OPEN(NAME)                                                                          \
  int NAME(const char *path, int flags, ...) {                                                     \
    REAL(int, #NAME, const char *, int, ...);                                                      \
    mode_t mode = 0;                                                                               \
    if (flags & (O_CREAT | __O_TMPFILE)) {                                                         \
      va_list list;                                                                                \
      va_start(list, flags);                                                                       \
      mode = va_arg(list, mode_t);                                                                 \
      va_end(list);                                                                                \
    }                                                                                              \
    int writes = (flags & (O_WRONLY | O_RDWR | O_CREAT)) != 0;                                     \
    if (fails(writes ? OPEN_TO_WRITE : OPEN_TO_READ, is_inside(path))) return -1;                  \
    return opened(real(path, flags, mode), path);                                                  \
  }
DEFINE_OPEN(open)
DEFINE_OPEN(open64)

#define DEFINE_FOPEN(NAME)                                                                         \
  FILE *NAME(const char *path, const char *mode) {                                                 \
    REAL(FILE *, #NAME, const char *, const char *);                                               \
    if (fails(mode[0] == 'r' && mode[1] != '+' ? OPEN_TO_READ : OPEN_TO_WRITE, is_inside(path))) return NULL; \
    FILE *file = real(path, mode);                                                                 \
    if (file != NULL) opened(fileno(file), path);                                                  \
    return file;                                                                                   \
  }
DEFINE_FOPEN(fopen)
DEFINE_FOPEN(fopen64)

int close(int file) {
  REAL(int, "close", int);
  if (file >= 0 && file < FILES) inside[file] = 0;
  return real(file);
}

int fclose(FILE *file) {
  REAL(int, "fclose", FILE *);
  int number = fileno(file);
  if (number >= 0 && number < FILES) inside[number] = 0;
  return real(file);
}

/* A disk that is full takes a part. */
static size_t taken(size_t size) { return errno == ENOSPC ? size / 2 : 0; }

ssize_t write(int file, const void *bytes, size_t size) {
  REAL(ssize_t, "write", int, const void *, size_t);
  if (fails(WRITE, is_ours(file))) {
    int why = errno;
    if (taken(size) > 0) real(file, bytes, taken(size));
    errno = why;
    return -1;
  }
  return real(file, bytes, size);
}

#define DEFINE_PWRITE(NAME)                                                                        \
  ssize_t NAME(int file, const void *bytes, size_t size, off_t at) {                               \
    REAL(ssize_t, #NAME, int, const void *, size_t, off_t);                                        \
    if (fails(WRITE, is_ours(file))) {                                                             \
      int why = errno;                                                                             \
      if (taken(size) > 0) real(file, bytes, taken(size), at);                                     \
      errno = why;                                                                                 \
      return -1;                                                                                   \
    }                                                                                              \
    return real(file, bytes, size, at);                                                            \
  }
DEFINE_PWRITE(pwrite)
DEFINE_PWRITE(pwrite64)

ssize_t writev(int file, const struct iovec *parts, int count) {
  REAL(ssize_t, "writev", int, const struct iovec *, int);
  return fails(WRITE, is_ours(file)) ? -1 : real(file, parts, count);
}

ssize_t pwritev64(int file, const struct iovec *parts, int count, off64_t at) {
  REAL(ssize_t, "pwritev64", int, const struct iovec *, int, off64_t);
  return fails(WRITE, is_ours(file)) ? -1 : real(file, parts, count, at);
}

size_t fwrite_unlocked(const void *bytes, size_t size, size_t count, FILE *file) {
  REAL(size_t, "fwrite_unlocked", const void *, size_t, size_t, FILE *);
  if (!fails(WRITE, is_ours(fileno(file)))) return real(bytes, size, count, file);
  int why = errno;
  size_t part = taken(count);
  if (part > 0) part = real(bytes, size, part, file);
  errno = why;
  return part;
}

int fflush_unlocked(FILE *file) {
  REAL(int, "fflush_unlocked", FILE *);
  return fails(WRITE, file != NULL && is_ours(fileno(file))) ? EOF : real(file);
}

int fsync(int file) {
  REAL(int, "fsync", int);
  return fails(SYNC, is_ours(file)) ? -1 : real(file);
}

int fdatasync(int file) {
  REAL(int, "fdatasync", int);
  return fails(SYNC, is_ours(file)) ? -1 : real(file);
}

int ftruncate(int file, off_t size) {
  REAL(int, "ftruncate", int, off_t);
  return fails(TRUNCATE, is_ours(file)) ? -1 : real(file, size);
}

int ftruncate64(int file, off64_t size) {
  REAL(int, "ftruncate64", int, off64_t);
  return fails(TRUNCATE, is_ours(file)) ? -1 : real(file, size);
}

int rename(const char *from, const char *to) {
  REAL(int, "rename", const char *, const char *);
  return fails(RENAME, is_inside(from)) ? -1 : real(from, to);
}

int link(const char *from, const char *to) {
  REAL(int, "link", const char *, const char *);
  return fails(LINK, is_inside(to)) ? -1 : real(from, to);
}

int unlink(const char *path) {
  REAL(int, "unlink", const char *);
  return fails(UNLINK, is_inside(path)) ? -1 : real(path);
}

int mkdir(const char *path, mode_t mode) {
  REAL(int, "mkdir", const char *, mode_t);
  return fails(MKDIR, is_inside(path)) ? -1 : real(path, mode);
}
