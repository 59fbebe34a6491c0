#include "graph/answer_inputs.h"
#include "graph/answer.h"

int answer_inputs_open(struct answer_inputs *in, const struct answer_inputs_options *o, struct err *err)
{
    int rc = 0;
    TRY(graph_file_open(&in->index, o->index, o->load, err));
    if (o->allow)
        TRY(allow_open(&in->allow, graph_file_graph(in->index), o->allow, err));
    TRY(vector_reader_open_all(&in->queries, o->queries, o->n_queries, err));
    TRY(answer_check(in->index, in->queries, o->force, err));
out:
    return rc;
}

void answer_inputs_close(struct answer_inputs *in)
{
    vector_reader_close(in->queries);
    allow_done(&in->allow);
    graph_file_close(in->index);
    *in = (struct answer_inputs){0};
}
