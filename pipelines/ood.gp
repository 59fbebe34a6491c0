# curves.tsv, predicted.tsv, importance.txt, phases.tsv -> plot.svg
set terminal svg size 1200,900 font "sans,11"
set output "plot.svg"
set datafile separator "\t"
set grid
set multiplot layout 3,2
set key bottom right
set logscale x
set xlabel "distances a query"
set ylabel "recall@10"
set yrange [0.8:1]
sets = "debian-en debian-de debian-ja sentences"
methods = "base exact-truth approximate-truth roargraph"
do for [i = 1:4] {
    set title word(sets, i)
    plot for [j = 1:4] sprintf("< awk -F '\\t' '$1 == \"%s\" && $2 == \"%s\" && $3 == 10' curves.tsv", word(sets, i), word(methods, j)) \
        using 6:5 with linespoints pt 6 ps 0.5 title word(methods, j)
}
unset logscale
set autoscale y
set title "hardness, debian-en"
set xlabel "predicted by the model"
set ylabel "1 - recall@10"
plot "< tail -n +2 predicted.tsv" using 1:(1 - $3 + 0.02 * (rand(0) - 0.5)) pt 7 ps 0.2 notitle
set title "repair, seconds of all threads"
set style data histograms
set style histogram rowstacked
set style fill solid 0.6
set xtics rotate by -35
set xlabel ""
set ylabel "s"
set key top left
plot "phases.tsv" using 2:xtic(1) title "search", "" using 3 title "hardness", "" using 4 title "edges"
unset multiplot
