/* questions - the test sets of DPR (nq-test.csv, webq-test.csv): a line is a question, a TAB and a Python list of its answers
 * (text/pylist.h); both may be quoted (text/quoted.h).  Writes queries and answers; ids are the numbers of the lines, from 0 over
 * all inputs, a header line not counted. */
#ifndef QUESTIONS_H
#define QUESTIONS_H

#include "text/forms.h"

MUST_CHECK int questions_read(struct forms *f, struct input *in, bool header, struct err *err);

#endif
