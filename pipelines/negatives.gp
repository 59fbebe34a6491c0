# table.tsv -> plot.svg: the share of hard negatives and the mean distance of all, by epoch, a line for each decay.
set terminal svg size 800,360 font "sans,11"
set output "plot.svg"
set datafile separator "\t"
set grid
set xlabel "epoch"
set multiplot layout 1,2
set key bottom right
set title "hard negatives"
set yrange [0:1]
decays = "0.005 0.01 0.02 0.05"
plot for [d in decays] "table.tsv" using 2:(stringcolumn(1) eq d ? column(4) : NaN) with points pt 7 ps 0.6 title "decay ".d
set key top right
set title "mean distance of a negative"
set autoscale y
plot for [d in decays] "table.tsv" using 2:(stringcolumn(1) eq d ? column(5) : NaN) with points pt 7 ps 0.6 title "decay ".d
unset multiplot
