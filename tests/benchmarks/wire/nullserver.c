/*
 * The least that can be called an SMPP server: what this machine and the load generator allow at best.
 *
 *   nullserver PORT        (0: any; the port is printed)
 *
 * Looks at lengths and command ids only. Binds, submits, enquire_link and unbind are answered at once; each submit_sm
 * is followed by one deliver_sm, the same octets each time but for its number and the subscriber, who is taken from
 * where the load generator puts the source address. Loopback only.
 */
#include "smpp.h"

struct peer {
    int fd, waits_for_room;
    uint32_t sequence;
    struct buffer in, out;
};

static const char reply[] = "Balance: 1,234.50 RUB at 12:00 MSK";

static void deliver(struct peer *peer, const uint8_t *source, size_t length)
{
    uint8_t body[256];
    size_t end = 0;
    memcpy(body, "\0\1\1" "7494\0" "\1\1", 10);
    end = 10;
    memcpy(body + end, source, length + 1);
    end += length + 1;
    memcpy(body + end, "\0\0\0\0\0\0\0\0\0", 9); /* esm_class ... sm_default_msg_id */
    end += 9;
    body[end++] = sizeof reply - 1;
    memcpy(body + end, reply, sizeof reply - 1);
    end += sizeof reply - 1;
    put_pdu(&peer->out, DELIVER_SM, ++peer->sequence, body, end);
}

static void answer(struct peer *peer, const uint8_t *pdu, uint32_t length)
{
    uint32_t id = get32(pdu + 4), sequence = get32(pdu + 12);
    const uint8_t *source = pdu + HEADER + 3, *end;
    if (id & RESPONSE)
        return;
    switch (id) {
    case SUBMIT_SM:
        put_pdu(&peer->out, id | RESPONSE, sequence, "0000000001", 11);
        end = length > HEADER + 3 ? memchr(source, 0, length - HEADER - 3) : NULL;
        if (end && end - source <= 20)
            deliver(peer, source, end - source);
        break;
    case BIND_RECEIVER:
    case BIND_TRANSMITTER:
    case BIND_TRANSCEIVER:
        put_pdu(&peer->out, id | RESPONSE, sequence, "null", 5);
        break;
    default:
        put_pdu(&peer->out, id | RESPONSE, sequence, "", 0);
    }
}

static int serve(int epoll, struct peer *peer, uint32_t events)
{
    const uint8_t *pdu;
    uint32_t length;
    if (events & ~EPOLLOUT && read_in(peer->fd, &peer->in) < 0)
        return -1;
    while ((pdu = take_pdu(&peer->in, &length)))
        answer(peer, pdu, length);
    if (write_out(peer->fd, &peer->out))
        return -1;
    int waits = peer->out.begin < peer->out.end;
    if (waits != peer->waits_for_room)
        want(epoll, EPOLL_CTL_MOD, peer->fd, peer, peer->waits_for_room = waits);
    return 0;
}

int main(int count, char **arguments)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0), epoll = epoll_create1(0), on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons(count > 1 ? atoi(arguments[1]) : 0)};
    socklen_t size = sizeof address;
    allow_descriptors();
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 1024))
        fail("listen");
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    want(epoll, EPOLL_CTL_ADD, listener, NULL, 0);
    for (;;) {
        struct epoll_event events[256];
        int ready = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < ready; i++) {
            struct peer *peer = events[i].data.ptr;
            if (!peer) {
                int fd = accept(listener, NULL, NULL);
                if (fd < 0)
                    continue;
                no_delay(fd);
                peer = calloc(1, sizeof *peer);
                if (!peer)
                    fail("memory");
                peer->fd = fd;
                want(epoll, EPOLL_CTL_ADD, fd, peer, 0);
            } else if (serve(epoll, peer, events[i].events)) {
                close(peer->fd);
                free(peer->in.octets);
                free(peer->out.octets);
                free(peer);
            }
        }
    }
}
