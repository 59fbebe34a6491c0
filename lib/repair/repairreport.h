/* repairreport - the report of ngfix-repair: a line for each query, their sums, and what became of the index. */
#ifndef REPAIRREPORT_H
#define REPAIRREPORT_H

#include "repair/repairrun.h"

/* Nothing is written where run->report is NULL. */
MUST_CHECK int repairreport_head(const struct repairrun *run, struct err *err);
MUST_CHECK int repairreport_query(const struct repairrun *run, size_t i, const struct repair_query *q, struct err *err);
MUST_CHECK int repairreport_totals(const struct repairrun *run, struct err *err);

/* index_bytes: of the file. */
MUST_CHECK int repairreport_index(const struct repairrun *run, uint64_t index_bytes, struct err *err);

#endif
