# The table of ood.yaml.  Lines in: "seconds METHOD SECONDS CPU-SECONDS EDGES", "timed SET METHOD EF QPS", and
# "SET METHOD EF RECALL@10 RECALL@100 NDC".
BEGIN { n_methods = split(methods, method, " "); n_tests = split(tests, test, " ") }
$1 == "seconds" { seconds[$2] = $3; cpu[$2] = $4; edges[$2] = $5; next }
$1 == "timed" { rate[$2, $3, $4] = $5; next }
{ take($1 SUBSEP $2 SUBSEP 10, $4) }
$5 != "-" { take($1 SUBSEP $2 SUBSEP 100, $5) }

function take(curve, value,    i)
{
    i = ++n[curve]
    recall[curve, i] = value
    ndc[curve, i] = $6
    qps[curve, i] = rate[$1, $2, $3]
}

function least(x) { return log(1 - (x < 0.99999 ? x : 0.99999)) }

# y between two points of a curve, at recall x; "-" where the curve does not reach it
function at_recall(curve, x, y,    i, a) {
    for (i = 2; i <= n[curve]; i++)
        if (recall[curve, i - 1] <= x && x <= recall[curve, i] && recall[curve, i] > recall[curve, i - 1]) {
            a = (least(recall[curve, i - 1]) - least(x)) / (least(recall[curve, i - 1]) - least(recall[curve, i]))
            if (!y[curve, i - 1] || !y[curve, i])
                return "-"
            return sprintf("%.0f", exp((1 - a) * log(y[curve, i - 1]) + a * log(y[curve, i])))
        }
    return n[curve] && recall[curve, 1] > x ? sprintf("%.0f", y[curve, 1]) : "-"
}

function at_ndc(curve, x,    i, a) {
    for (i = 2; i <= n[curve]; i++)
        if (ndc[curve, i - 1] <= x && x <= ndc[curve, i]) {
            a = (log(x) - log(ndc[curve, i - 1])) / (log(ndc[curve, i]) - log(ndc[curve, i - 1]))
            return sprintf("%.4f", (1 - a) * recall[curve, i - 1] + a * recall[curve, i])
        }
    return "-"
}

END {
    for (t = 1; t <= n_tests; t++) {
        printf "%s\n%-18s %-23s %-23s %-11s %-11s %-13s %-13s %9s %8s %8s\n", (t > 1 ? "\n" : "") test[t], "",
            "recall@10 at ndc", "recall@100 at ndc", "ndc at", "recall@10", "QPS at", "recall@10", "edges", "seconds", "CPU s"
        printf "%-18s %-7s %-7s %-7s %-7s %-7s %-7s %-11s %-11s %-13s %-13s\n", "", 1000, 2000, 4000, 1000, 2000, 4000,
            ".95", ".99", ".95", ".99"
        for (m = 1; m <= n_methods; m++) {
            ten = test[t] SUBSEP method[m] SUBSEP 10
            hundred = test[t] SUBSEP method[m] SUBSEP 100
            if (!n[ten])
                continue
            printf "%-18s %-7s %-7s %-7s %-7s %-7s %-7s %-11s %-11s %-13s %-13s %9s %8s %8s\n", method[m], at_ndc(ten, 1000),
                at_ndc(ten, 2000), at_ndc(ten, 4000), at_ndc(hundred, 1000), at_ndc(hundred, 2000), at_ndc(hundred, 4000),
                at_recall(ten, 0.95, ndc), at_recall(ten, 0.99, ndc), at_recall(ten, 0.95, qps), at_recall(ten, 0.99, qps),
                edges[method[m]] == "" ? "-" : edges[method[m]], seconds[method[m]],
                cpu[method[m]]
        }
    }
}
