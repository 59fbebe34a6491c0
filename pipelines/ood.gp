# curves.tsv, predicted.tsv, importance.txt, phases.tsv -> plot.svg
set terminal svg noenhanced size 1200,1200 font "sans,11"
set output "plot.svg"
set datafile separator "\t"
set grid
set multiplot layout 4,2
set key bottom right
set logscale x
set xlabel "distances a query"
set ylabel "recall@10"
set yrange [0.8:1]
methods = "base exact-truth rebalanced roargraph"
sets = system("echo $sets")
do for [i = 1:words(sets)] {
    set title word(sets, i)
    plot for [j = 1:4] sprintf("< awk -F '\\t' '$1 == \"%s\" && $2 == \"%s\" ' curves.tsv", word(sets, i), word(methods, j)) \
        using 6:4 with linespoints pt 6 ps 0.5 title word(methods, j)
}
unset logscale
set autoscale y
set title "hardness, debian-en"
set xlabel "predicted by the model"
set ylabel "1 - recall@10"
plot "< tail -n +2 predicted.tsv" using 2:(1 - $4 + 0.02 * (rand(0) - 0.5)) pt 7 ps 0.2 notitle
set title "features of the model: how much the rmse grows when one is shuffled"
set style data histograms
set style fill solid 0.6
set xtics rotate by -60
set xlabel ""
set ylabel ""
set datafile separator whitespace
plot "< grep importance importance.txt" using 4:xtic(3) notitle
set datafile separator "\t"
set title "repair, seconds of all threads; trimming: by the clock"
set style histogram rowstacked
set style fill solid 0.6
set xtics rotate by -60
set xlabel ""
set ylabel "s"
set key top center
plot "phases.tsv" using 2:xtic(1) title "search", "" using 3 title "hardness", "" using 4 title "edges", \
    "" using 5 title "trimming"
unset multiplot
