/* metric - the three distances.  Smaller is nearer, always: l2 is squared, ip is -<x,y>, cosine is 1 - <x,y> on vectors that
 * were normalised once, when read. */
#ifndef METRIC_H
#define METRIC_H

enum metric { METRIC_L2, METRIC_IP, METRIC_COSINE };

const char *metric_name(enum metric metric);        /* "l2", "ip", "cosine" */
int metric_parse(const char *name);                 /* enum metric, or -1 */

#endif
