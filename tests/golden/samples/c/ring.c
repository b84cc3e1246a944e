/* A ring buffer for one reader and one writer. */
#include <stdlib.h>
#include "ring.h"

#define RING_MIN 16
#define RING_MASK(r) ((r)->size - 1)
#define RING_CHECK(r)            \
    do {                         \
        if (!(r)) abort();       \
    } while (0)

typedef unsigned char byte;
typedef int (*ring_visit)(byte value, void *user);

/* Head and tail only ever grow. */
struct ring {
    size_t head, tail;
    size_t size;
    byte *data;
};

typedef struct {
    int code;
    const char *text;
} ring_error;

enum ring_state { RING_EMPTY, RING_FULL };

static const ring_error errors[] = {
    {0, "fine"},
    {1, "full"},
};

static size_t used(const struct ring *r);

static size_t used(const struct ring *r)
{
    return r->tail - r->head;
}

/*
 * Make a ring of `size` bytes,
 * a power of two.
 */
struct ring *
ring_new(size_t size)
{
    struct ring *r = calloc(1, sizeof(*r));
    if (!r)
        return NULL;
    r->data = malloc(size);
    r->size = size;
    return r;
}

#ifdef RING_DEBUG
void ring_dump(struct ring *r) {
    RING_CHECK(r);
    printf("%zu\n", used(r));
}
#endif

int ring_each(struct ring *r, ring_visit visit, void *user) {
    for (size_t i = r->head; i < r->tail; i++)
        if (visit(r->data[i & RING_MASK(r)], user)) return 1;
    return 0;
}

typedef int ring_filter(const char *item, void *data);

static const char *const ring_states[] = {
    "empty",
    "full",
};

struct ring_ops {
  int (*push)(struct ring *ring, int value);
  void *context;
};

RING_COMMAND(drain)
{
  while (ring_pop(current))
    ;
}
