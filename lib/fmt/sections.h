/* sections - the frame of an index file: a header, a table of sections with their CRCs, sections on pages of their own.
 *
 *     page 0: header (128 bytes) | table | padding    section | padding    section | padding    ...
 *
 * As formats/hnsw.md §3 has it; fields that belong to the frame: magic (at 0, 8 bytes), version (8), n_sections (12), file_bytes
 * (16), table_crc (120), crc (124).  The bytes 24 to 119 are the kind's own. */
#ifndef SECTIONS_H
#define SECTIONS_H

#include "sys/output.h"
#include "sys/spill.h"

#include <stdbool.h>
#include <stdint.h>

enum { SECTIONS_MAGIC = 8, SECTIONS_HEADER = 128, SECTIONS_OWN = 24, SECTIONS_OWN_END = 120, SECTIONS_ENTRY = 32,
       SECTIONS_ALIGN = 4096, SECTIONS_MAX = 124 /* the table ends within page 0 */, SECTIONS_MAX_TYPE = 31 };
#define SECTIONS_CRITICAL 0x80000000u   /* who does not know the type must not use the file */

enum sections_use { SECTIONS_SKIPPED, SECTIONS_OPTIONAL, SECTIONS_REQUIRED };

struct sections_type {                  /* what this version knows of a type */
    const char *name;                   /* NULL: nothing */
    enum sections_use use;              /* SKIPPED: a name and no more, so one that is critical is refused */
    bool critical;
};

struct sections_kind {
    const char *magic;                  /* SECTIONS_MAGIC bytes */
    uint32_t version;
    const char *what;                   /* "a text index (.bm25)" */
    const struct sections_type *types;  /* (n_types) */
    size_t n_types;                     /* <= SECTIONS_MAX_TYPE + 1; type 0 is nobody's */
};

const char *sections_name(const struct sections_kind *kind, uint32_t type);  /* critical bit or not; "unknown" */

/* ---- reading ---- */

struct section {
    uint32_t type;                      /* with the critical bit */
    uint64_t offset, bytes;
    uint32_t crc;
};

struct sections {
    const struct sections_kind *kind;
    const unsigned char *p;             /* the file: (n_bytes), 64-byte aligned */
    size_t n_bytes, n;
    struct section at[SECTIONS_MAX];
    const struct section *known[SECTIONS_MAX_TYPE + 1];   /* by type; NULL: not there, or SKIPPED */
};

/* Are these the first bytes of such a file? */
bool sections_sniff(const struct sections_kind *kind, const unsigned char *p, size_t n);

/* Check the frame: magic, length, version, both CRCs, each section's place, padding behind the table; none of the kind's types is
 * there twice, and all that are required are.  The content of sections is not looked at. */
MUST_CHECK int sections_open(struct sections *s, const struct sections_kind *kind, const void *p, size_t n, struct err *err);

/* A section that is there; its length must be n * size bytes. */
MUST_CHECK int sections_array(const struct sections *s, uint32_t type, uint64_t n, size_t size,
                              const void **at, struct err *err);

/* Check a section's CRC; of all of them, and the padding behind each. */
MUST_CHECK int sections_verify(const struct sections *s, uint32_t type, struct err *err);
MUST_CHECK int sections_verify_all(const struct sections *s, struct err *err);

/* ---- writing ---- */

/* Fill page 0 (SECTIONS_ALIGN bytes, zeroed) for n sections in this order, whose type, bytes and crc are given; the critical bit
 * of type and offset are set.  own: the kind's bytes of the header. */
void sections_page(unsigned char *page, const struct sections_kind *kind,
                   const unsigned char own[SECTIONS_OWN_END - SECTIONS_OWN], struct section *at, size_t n);

/* ---- sections that grow side by side in nameless files, then go out one after the other ---- */

struct sections_sink {                  /* zero-initialise; sections_sink_done frees */
    struct spill *spill;
    unsigned char *pending;
    size_t n_pending;
    uint64_t bytes;
    uint32_t crc;
};

MUST_CHECK int sections_put(struct sections_sink *s, const void *p, size_t n, struct err *err);
/* What is pending goes to s->spill, to be read back from there; nothing was put: no spill. */
MUST_CHECK int sections_flush(struct sections_sink *s, struct err *err);
void sections_sink_done(struct sections_sink *s);

/* Write the file: sinks[type - 1] is section `type`, all types of the kind in order. */
MUST_CHECK int sections_write(struct output *out, const struct sections_kind *kind,
                              const unsigned char own[SECTIONS_OWN_END - SECTIONS_OWN], struct sections_sink *sinks,
                              struct err *err);

#endif
