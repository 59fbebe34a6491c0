#include "vec/metric.h"

#include <stddef.h>
#include <string.h>

static const char *const metric_names[] = {[METRIC_L2] = "l2", [METRIC_IP] = "ip", [METRIC_COSINE] = "cosine"};

const char *metric_name(enum metric metric)
{
    return metric_names[metric];
}

int metric_parse(const char *name)
{
    for (size_t i = 0; i < sizeof metric_names / sizeof *metric_names; i++)
        if (strcmp(name, metric_names[i]) == 0)
            return (int)i;
    return -1;
}
