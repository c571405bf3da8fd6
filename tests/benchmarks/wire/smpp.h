/* What the load generator and the null server share: SMPP 3.4 headers, growing buffers, non-blocking sockets. */
#ifndef BENCH_SMPP_H
#define BENCH_SMPP_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEADER 16u
#define RESPONSE 0x80000000u
#define MOST_OCTETS 65536u /* the longest PDU that either program understands */

enum command {
    BIND_RECEIVER = 1, BIND_TRANSMITTER = 2, SUBMIT_SM = 4, DELIVER_SM = 5,
    UNBIND = 6, BIND_TRANSCEIVER = 9, ENQUIRE_LINK = 0x15,
};

static void fail(const char *what)
{
    perror(what);
    exit(2);
}

static inline uint32_t get32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline void set32(uint8_t *at, uint32_t value)
{
    at[0] = value >> 24;
    at[1] = value >> 16;
    at[2] = value >> 8;
    at[3] = value;
}

/* Octets that wait to be read or written: those from `begin` to `end`. */
struct buffer {
    uint8_t *octets;
    size_t begin, end, size;
};

/* Room for `count` more octets; the caller fills them and adds `count` to `end`. */
static uint8_t *room(struct buffer *buffer, size_t count)
{
    if (buffer->begin == buffer->end)
        buffer->begin = buffer->end = 0;
    if (buffer->end + count > buffer->size && buffer->begin) {
        memmove(buffer->octets, buffer->octets + buffer->begin, buffer->end - buffer->begin);
        buffer->end -= buffer->begin;
        buffer->begin = 0;
    }
    if (buffer->end + count > buffer->size) {
        size_t size = buffer->size ? buffer->size : 4096;
        while (size < buffer->end + count)
            size *= 2;
        buffer->octets = realloc(buffer->octets, size);
        if (!buffer->octets)
            fail("memory");
        buffer->size = size;
    }
    return buffer->octets + buffer->end;
}

static void put_pdu(struct buffer *out, uint32_t id, uint32_t sequence, const void *body, size_t length)
{
    uint8_t *at = room(out, HEADER + length);
    set32(at, HEADER + length);
    set32(at + 4, id);
    set32(at + 8, 0);
    set32(at + 12, sequence);
    memcpy(at + HEADER, body, length);
    out->end += HEADER + length;
}

/* Writes what the socket takes. -1: the connection is gone. */
static int write_out(int fd, struct buffer *out)
{
    while (out->begin < out->end) {
        ssize_t count = send(fd, out->octets + out->begin, out->end - out->begin, MSG_NOSIGNAL);
        if (count < 0)
            return errno == EAGAIN || errno == EINTR ? 0 : -1;
        out->begin += count;
    }
    return 0;
}

/* Reads once. 0: nothing was there, -1: the connection is gone, else 1. */
static int read_in(int fd, struct buffer *in)
{
    uint8_t *at = room(in, MOST_OCTETS);
    ssize_t count = recv(fd, at, in->size - in->end, 0);
    if (count > 0) {
        in->end += count;
        return 1;
    }
    return count < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

/* The next whole PDU of `in`, or NULL; its length in `*length`. A PDU that cannot be is the end of the program. */
static const uint8_t *take_pdu(struct buffer *in, uint32_t *length)
{
    size_t held = in->end - in->begin;
    const uint8_t *at = in->octets + in->begin;
    if (held < HEADER)
        return NULL;
    *length = get32(at);
    if (*length < HEADER || *length > MOST_OCTETS) {
        fprintf(stderr, "command_length %u\n", *length);
        exit(2);
    }
    if (held < *length)
        return NULL;
    in->begin += *length;
    return at;
}

static void no_delay(int fd)
{
    int on = 1;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void want(int epoll, int change, int fd, void *whose, int writable)
{
    struct epoll_event event = {.events = EPOLLIN | (writable ? EPOLLOUT : 0), .data.ptr = whose};
    if (epoll_ctl(epoll, change, fd, &event))
        fail("epoll_ctl");
}

/* As many descriptors as this process may have: ten thousand sessions need as many. */
static void allow_descriptors(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

#endif
