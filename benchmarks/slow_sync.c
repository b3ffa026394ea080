/* Preloaded, it makes every fsync take 5 ms longer: a disk of the slow kind, on any machine. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>

static const unsigned pause_us = 5000;

int fsync(int file)
{
    int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    usleep(pause_us);
    return next(file);
}

int fdatasync(int file)
{
    int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    usleep(pause_us);
    return next(file);
}
