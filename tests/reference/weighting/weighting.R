# Reference for calibration with every distance, by partition. Run: Rscript weighting.R (in this folder)
# Writes totals.csv (margin, category, partition, total) and factors.csv (g = w/d of every row of sipas_small.csv by
# case), planning_logit.csv.
# x: sex, age (four groups) and the number of the PSU inside the stratum plus 1 (a numeric x).
# Cases: <method>_whole over all rows, <method>_half within halves of the units (unit even or odd), one calibrate() each.
suppressMessages(library(survey))
options(digits = 16)
d <- read.csv("../sipas_small/sipas_small.csv")
d$half <- ifelse(d$unit %% 2 == 0, "even", "odd")
d$size <- 1 + ave(d$psu, d$stratum, FUN = function(p) as.integer(factor(p)))
d$sex <- factor(d$sex); d$age <- factor(d$age)
X <- model.matrix(~sex + age + size, d)
shift <- c(1.02, 0.97, 1.01, 0.98, 1.03, 0.99)  # of (Intercept), sex2, age2..age4, size
calfuns <- list(linear = list(f = "linear"), raking = list(f = "raking"),
                truncated = list(f = "linear", b = c(0.9, 1.16)), logit = list(f = "logit", b = c(0.7, 1.6)))
one <- function(rows, totals, how) {
  D <- svydesign(id = ~1, weights = ~w, data = d[rows, ])
  args <- list(design = D, formula = ~sex + age + size, population = totals, calfun = how$f,
               epsilon = 1e-13, maxit = 1000)
  if (!is.null(how$b)) args$bounds <- how$b
  weights(do.call(calibrate, args)) / d$w[rows]
}
parts <- list(whole = list(" " = seq_len(nrow(d))), half = split(seq_len(nrow(d)), d$half))
factors <- data.frame(row = seq_len(nrow(d)))
totals <- NULL
for (scope in names(parts)) {
  for (p in names(parts[[scope]])) {
    rows <- parts[[scope]][[p]]
    T <- colSums(X[rows, ] * d$w[rows]) * shift
    if (p == "odd") T <- T * 1.01
    names(T) <- colnames(X)
    for (m in names(calfuns)) factors[rows, paste(m, scope, sep = "_")] <- one(rows, T, calfuns[[m]])
    counts <- c(T[1] - T[2], T[2], T[1] - sum(T[3:5]), T[3:5], T[6])
    totals <- rbind(totals, data.frame(
      margin = c("sex", "sex", rep("age", 4), "size"), category = c("1", "2", 1:4, ""),
      partition = trimws(p), total = sprintf("%.15g", counts)))
  }
}
stamp <- paste0("# ", R.version.string, ", survey ", packageVersion("survey"))
save <- function(table, file) {
  writeLines(stamp, file)
  suppressWarnings(write.table(table, file, sep = ",", row.names = FALSE, quote = FALSE, append = TRUE))
}
save(totals, "totals.csv")
factors[-1] <- lapply(factors[-1], function(g) sprintf("%.15g", g))
save(factors, "factors.csv")
# The logit case of ../planning_reference.json carried to 1e-13: the stored one misses its totals by 1.9e-7.
p <- data.frame(
  a = c(1, 0, 1, 0, 1, 0, 1, 1, 0, 0, 1, 0),
  s = c(2.062, 2.488, 3.291, 4.633, 1.807, 4.594, 4.779, 3.643, 3.516, 1.247, 1.824, 1.706),
  d = c(9.809, 7.689, 10.389, 8.484, 10.023, 11.943, 7.66, 10.442, 11.543, 6.485, 9.562, 5.879))
P <- calibrate(svydesign(id = ~1, weights = ~d, data = p), ~a + s,
               c(`(Intercept)` = 110, a = 60, s = 330),
               calfun = "logit", bounds = c(0.5, 2), epsilon = 1e-13, maxit = 1000)
save(data.frame(row = 1:12, factor = sprintf("%.15g", weights(P) / p$d)), "planning_logit.csv")
print(sapply(factors[-1], function(g) range(as.numeric(g))))
