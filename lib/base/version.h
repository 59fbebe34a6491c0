/* version - the release that every program prints with --version and records in provenance. */
#ifndef VERSION_H
#define VERSION_H

#define VECPIPE_VERSION "0.1.0"

#endif
