/*
 * Load for an SMPP server: binds, keeps windows full, answers deliver_sm, measures, prints one line of JSON.
 *
 *   load PORT [option=value ...]
 *
 *   system_id=demo password=demo     who binds
 *   binds=1 window=1                 sessions, and unanswered submit_sm on each
 *   messages=1000                    submit_sm in all; each is expected to bring one deliver_sm
 *   texts=FILE                       lines "DATA_CODING HEX", sent in turn; without it "BALANCE"
 *   source=79001000000 sources=1000  first source address, and how many follow it in turn
 *   destination=7494
 *   idle=0                           instead: this many enquire_link, one at a time, round all sessions
 *   seconds=60                       give up after this
 *
 * Exit status 0: everything came; 1: it did not within `seconds`, or a connection was lost; 2: it could not begin.
 *
 * How a reply finds its request. Message n comes from source n mod K, and replies to one source come in the order of
 * its requests. So the j-th deliver_sm to source k answers message k + jK; no reply need be read beyond its address.
 *
 * 127.0.0.1 only, one thread; a session is read and written once each time that it wakes us.
 */
#include "smpp.h"
#include <time.h>

#define MOST_TEXTS 65536

struct session {
    int fd, is_bound, in_flight, waits_for_room;
    struct buffer in, out;
};

struct text {
    uint8_t data_coding, length, octets[254];
};

static const char *system_id = "demo", *password = "demo", *destination = "7494", *texts_file;
static unsigned long long source = 79001000000ull;
static long port, session_count = 1, window = 1, messages = 1000, sources = 1000, idle;
static double seconds = 60;

static struct text texts[MOST_TEXTS] = {{0, 7, "BALANCE"}};
static long text_count = 1;
static struct session *sessions;
static int epoll_fd;
static uint64_t started;
static uint32_t *sent_at, *response_us10, *reply_us10, *replies_to; /* times in tenths of a microsecond */
static long submitted, responses, refused, replies, unexpected, probes;
static uint32_t first_refusal;
static int is_over; /* everything is measured: connections may end */

static uint64_t nanoseconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + time.tv_nsec;
}

static uint32_t ticks(void)
{
    return (nanoseconds() - started) / 100;
}

static void *zeroes(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);
    if (!memory)
        fail("memory");
    return memory;
}

static size_t add_string(uint8_t *at, const char *string)
{
    size_t length = strlen(string) + 1;
    memcpy(at, string, length);
    return length;
}

static void put_submit(struct session *session, uint32_t number)
{
    const struct text *text = &texts[number % text_count];
    uint8_t body[512];
    size_t end = 3;
    char address[24];
    memcpy(body, "\0\1\1", 3);
    snprintf(address, sizeof address, "%llu", source + number % sources);
    end += add_string(body + end, address);
    body[end++] = 0;
    body[end++] = 1;
    end += add_string(body + end, destination);
    memset(body + end, 0, 7); /* esm_class ... replace_if_present_flag */
    end += 7;
    body[end++] = text->data_coding;
    body[end++] = 0;
    body[end++] = text->length;
    memcpy(body + end, text->octets, text->length);
    put_pdu(&session->out, SUBMIT_SM, number + 2, body, end + text->length);
}

static void fill_window(struct session *session)
{
    if (!session->is_bound || idle)
        return;
    uint32_t now = ticks();
    for (; session->in_flight < window && submitted < messages; session->in_flight++) {
        sent_at[submitted] = now;
        put_submit(session, submitted++);
    }
}

static void put_probe(long number)
{
    struct session *session = &sessions[number % session_count];
    sent_at[number] = ticks();
    put_pdu(&session->out, ENQUIRE_LINK, number + 2, "", 0);
    if (write_out(session->fd, &session->out))
        fail("enquire_link");
}

static void note_reply(const uint8_t *pdu, uint32_t length, uint32_t now)
{
    const uint8_t *end = pdu + length, *at = pdu + HEADER;
    at = memchr(at, 0, end - at); /* service_type */
    at = at && at + 3 < end ? memchr(at + 3, 0, end - at - 3) : NULL;
    if (!at || at + 3 >= end)
        return;
    unsigned long long number = 0;
    for (at += 3; at < end && *at >= '0' && *at <= '9'; at++)
        number = number * 10 + (*at - '0');
    if (number < source || number - source >= (unsigned long long)sources) {
        unexpected++;
        return;
    }
    uint64_t message = number - source + (uint64_t)replies_to[number - source]++ * sources;
    if (message >= (uint64_t)submitted || replies >= messages)
        unexpected++;
    else
        reply_us10[replies++] = now - sent_at[message];
}

static void act(struct session *session, const uint8_t *pdu, uint32_t length, uint32_t now)
{
    uint32_t id = get32(pdu + 4), status = get32(pdu + 8), sequence = get32(pdu + 12);
    switch (id) {
    case BIND_TRANSCEIVER | RESPONSE:
        if (status) {
            fprintf(stderr, "bind refused with 0x%x\n", status);
            exit(2);
        }
        session->is_bound = 1;
        break;
    case SUBMIT_SM | RESPONSE:
        session->in_flight--;
        response_us10[responses++] = now - sent_at[sequence - 2];
        if (status) {
            first_refusal = first_refusal ? first_refusal : status;
            refused++;
        }
        break;
    case ENQUIRE_LINK | RESPONSE:
        response_us10[probes++] = now - sent_at[sequence - 2];
        if (probes < idle)
            put_probe(probes);
        break;
    case DELIVER_SM:
        put_pdu(&session->out, id | RESPONSE, sequence, "", 1);
        note_reply(pdu, length, now);
        break;
    case ENQUIRE_LINK:
        put_pdu(&session->out, id | RESPONSE, sequence, "", 0);
        break;
    case UNBIND | RESPONSE:
        session->is_bound = 0;
        break;
    }
}

static void wake(struct session *session)
{
    const uint8_t *pdu;
    uint32_t length;
    if (read_in(session->fd, &session->in) < 0) {
        if (!is_over) {
            fputs("connection lost\n", stderr);
            exit(1);
        }
        epoll_ctl(epoll_fd, EPOLL_CTL_DEL, session->fd, NULL);
        session->is_bound = 0;
        return;
    }
    uint32_t now = ticks();
    while ((pdu = take_pdu(&session->in, &length)))
        act(session, pdu, length, now);
    fill_window(session);
    if (write_out(session->fd, &session->out) && !is_over)
        fail("write");
    int waits = session->out.begin < session->out.end;
    if (waits != session->waits_for_room)
        want(epoll_fd, EPOLL_CTL_MOD, session->fd, session, session->waits_for_room = waits);
}

/* Serves what is ready; 0 when the time is over. */
static int turn(void)
{
    struct epoll_event events[256];
    if (nanoseconds() - started > (uint64_t)(seconds * 1e9))
        return 0;
    int ready = epoll_wait(epoll_fd, events, 256, 100);
    for (int i = 0; i < ready; i++)
        wake(events[i].data.ptr);
    return 1;
}

static long bound(void)
{
    long count = 0;
    for (long i = 0; i < session_count; i++)
        count += sessions[i].is_bound;
    return count;
}

static void open_sessions(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons(port)};
    uint8_t body[256];
    size_t end = add_string(body, system_id);
    end += add_string(body + end, password);
    memcpy(body + end, "\0\x34\0\0\0", 5);
    end += 5;
    for (long i = 0; i < session_count; i++) {
        struct session *session = &sessions[i];
        session->fd = socket(AF_INET, SOCK_STREAM, 0);
        if (session->fd < 0 || connect(session->fd, (struct sockaddr *)&address, sizeof address))
            fail("connect");
        no_delay(session->fd);
        want(epoll_fd, EPOLL_CTL_ADD, session->fd, session, 0);
        put_pdu(&session->out, BIND_TRANSCEIVER, 1, body, end);
        if (write_out(session->fd, &session->out))
            fail("bind");
        while (i - bound() > 100 && i % 100 == 0) /* no more binds at a time than a listen queue holds */
            if (!turn())
                break;
    }
    while (bound() < session_count)
        if (!turn()) {
            fprintf(stderr, "%ld of %ld sessions are bound\n", bound(), session_count);
            exit(2);
        }
}

static void read_texts(void)
{
    char line[600];
    FILE *file = fopen(texts_file, "r");
    if (!file)
        fail(texts_file);
    text_count = 0;
    while (text_count < MOST_TEXTS && fgets(line, sizeof line, file)) {
        struct text *text = &texts[text_count];
        unsigned octet;
        char *at;
        text->data_coding = strtoul(line, &at, 10);
        text->length = 0;
        for (at += *at == ' '; text->length < 254 && sscanf(at, "%2x", &octet) == 1; at += 2)
            text->octets[text->length++] = octet;
        text_count++;
    }
    fclose(file);
    if (!text_count)
        fail("no texts");
}

static int compare(const void *one, const void *other)
{
    uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;
    return (a > b) - (a < b);
}

static void print_latencies(const char *name, uint32_t *values, long count)
{
    static const double shares[] = {0.5, 0.9, 0.95, 0.99, 0.999, 1};
    static const char *const names[] = {"p50", "p90", "p95", "p99", "p999", "max"};
    qsort(values, count, sizeof *values, compare);
    printf(", \"%s\": {", name);
    for (int i = 0; count && i < 6; i++)
        printf("%s\"%s\": %.1f", i ? ", " : "", names[i], values[(long)(shares[i] * (count - 1))] / 10.0);
    printf("}");
}

static void read_option(char *option)
{
    char *value = strchr(option, '=');
    if (!value) {
        fprintf(stderr, "%s: option=value\n", option);
        exit(2);
    }
    *value++ = 0;
    if (!strcmp(option, "system_id")) system_id = value;
    else if (!strcmp(option, "password")) password = value;
    else if (!strcmp(option, "destination")) destination = value;
    else if (!strcmp(option, "texts")) texts_file = value;
    else if (!strcmp(option, "source")) source = strtoull(value, NULL, 10);
    else if (!strcmp(option, "sources")) sources = atol(value);
    else if (!strcmp(option, "binds")) session_count = atol(value);
    else if (!strcmp(option, "window")) window = atol(value);
    else if (!strcmp(option, "messages")) messages = atol(value);
    else if (!strcmp(option, "idle")) idle = atol(value);
    else if (!strcmp(option, "seconds")) seconds = atof(value);
    else {
        fprintf(stderr, "no option %s\n", option);
        exit(2);
    }
}

int main(int count, char **arguments)
{
    if (count < 2) {
        fputs("load PORT [option=value ...]: see the source\n", stderr);
        return 2;
    }
    port = atol(arguments[1]);
    for (int i = 2; i < count; i++)
        read_option(arguments[i]);
    if (session_count < 1 || window < 1 || sources < 1 || messages < 1 || strlen(system_id) > 15
        || strlen(password) > 8 || strlen(destination) > 20) {
        fputs("an option is out of bounds\n", stderr);
        return 2;
    }
    if (texts_file)
        read_texts();
    allow_descriptors();
    long most = messages > idle ? messages : idle;
    sessions = zeroes(session_count, sizeof *sessions);
    sent_at = zeroes(most, sizeof *sent_at);
    response_us10 = zeroes(most, sizeof *response_us10);
    reply_us10 = zeroes(most, sizeof *reply_us10);
    replies_to = zeroes(sources, sizeof *replies_to);
    epoll_fd = epoll_create1(0);
    started = nanoseconds();
    open_sessions();

    uint64_t began = nanoseconds();
    if (idle)
        put_probe(0);
    for (long i = 0; i < session_count; i++) {
        fill_window(&sessions[i]);
        if (write_out(sessions[i].fd, &sessions[i].out))
            fail("write");
    }
    int in_time = 1;
    while (in_time && (idle ? probes < idle : responses < messages || replies < messages - refused))
        in_time = turn();
    double took = (nanoseconds() - began) / 1e9;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);

    printf("{\"complete\": %s, \"seconds\": %.6f, \"submitted\": %ld, \"responses\": %ld, \"refused\": %ld, "
           "\"first_refusal\": %u, \"replies\": %ld, \"unexpected\": %ld, \"probes\": %ld, "
           "\"replies_per_second\": %.1f, \"own_cpu_seconds\": %.3f",
           in_time ? "true" : "false", took, submitted, responses, refused, first_refusal, replies, unexpected, probes,
           took > 0 ? replies / took : 0,
           usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
    print_latencies("response_us", response_us10, idle ? probes : responses);
    print_latencies("reply_us", reply_us10, replies);
    puts("}");
    fflush(stdout);

    is_over = 1;
    messages = submitted;
    for (long i = 0; i < session_count; i++) {
        put_pdu(&sessions[i].out, UNBIND, most + 2, "", 0);
        write_out(sessions[i].fd, &sessions[i].out);
    }
    while (bound() && turn())
        ;
    return in_time ? 0 : 1;
}
