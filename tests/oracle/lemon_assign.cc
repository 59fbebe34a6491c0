// lemon_assign FILE [simplex|scaling] - the optimum of an assignment by LEMON's NetworkSimplex or CostScaling, as a minimum cost
// flow: one unit from every point to a cluster, from clusters within their bounds to a sink.  Prints: cost TAB CPU seconds.
#include "problem.h"

#include <ctime>
#include <cstring>
#include <lemon/cost_scaling.h>
#include <lemon/network_simplex.h>
#include <lemon/static_graph.h>
#include <utility>
#include <vector>

using Graph = lemon::StaticDigraph;

template <class Solver> static int solve(Solver &solver, const problem &p, const Graph &g)
{
    Graph::ArcMap<int> lower(g), upper(g);
    Graph::ArcMap<int64_t> cost(g);
    Graph::NodeMap<int> supply(g, 0);
    const int arcs = p.n * p.k;
    for (int a = 0; a < arcs; a++) {
        lower[g.arc(a)] = 0;
        upper[g.arc(a)] = 1;
        cost[g.arc(a)] = p.cost[a];
    }
    for (int j = 0; j < p.k; j++) {
        lower[g.arc(arcs + j)] = p.lower[j];
        upper[g.arc(arcs + j)] = p.upper[j];
        cost[g.arc(arcs + j)] = 0;
    }
    for (int i = 0; i < p.n; i++)
        supply[g.node(i)] = 1;
    supply[g.node(p.n + p.k)] = -p.n;
    solver.lowerMap(lower).upperMap(upper).costMap(cost).supplyMap(supply);
    const std::clock_t start = std::clock();
    if (solver.run() != Solver::OPTIMAL)
        return 1;
    const double seconds = (double)(std::clock() - start) / CLOCKS_PER_SEC;
    printf("%lld\t%.6f\n", (long long)solver.template totalCost<int64_t>(), seconds);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    problem p = problem_read(argv[1]);
    std::vector<std::pair<int, int>> ends;
    ends.reserve((size_t)p.n * p.k + p.k);
    for (int i = 0; i < p.n; i++)
        for (int j = 0; j < p.k; j++)
            ends.emplace_back(i, p.n + j);
    for (int j = 0; j < p.k; j++)
        ends.emplace_back(p.n + j, p.n + p.k);
    Graph g;
    g.build(p.n + p.k + 1, ends.begin(), ends.end());
    std::vector<std::pair<int, int>>().swap(ends);
    int status;
    if (argc > 2 && strcmp(argv[2], "scaling") == 0) {
        lemon::CostScaling<Graph, int, int64_t> solver(g);
        status = solve(solver, p, g);
    } else {
        lemon::NetworkSimplex<Graph, int, int64_t> solver(g);
        status = solve(solver, p, g);
    }
    problem_done(&p);
    return status;
}
