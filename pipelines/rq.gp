# pairs.tsv -> plot.svg: a point for each run, free sizes to the right, balanced ones upwards.
set terminal svg size 1080,380 font "sans,11"
set output "plot.svg"
set datafile separator "\t"
set key top left
set grid
set multiplot layout 1,3
titles = "'collision rate' 'entropy of tuples (bits)' 'mean squared error'"
do for [i = 1:3] {
    set title word(titles, i)
    set xlabel "sizes free"
    set ylabel "sizes balanced"
    if (i == 3) { set logscale xy } else { unset logscale }
    plot x with lines lc "gray" notitle, \
        "< grep ^bge pairs.tsv" using (column(5 + i)):(column(8 + i)) pt 7 ps 0.6 title "bge-micro", \
        "< grep ^minilm pairs.tsv" using (column(5 + i)):(column(8 + i)) pt 5 ps 0.6 title "wordnet-minilm", \
        "< grep ^mnist pairs.tsv" using (column(5 + i)):(column(8 + i)) pt 9 ps 0.8 title "mnist"
}
unset multiplot
