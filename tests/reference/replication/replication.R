# References for replicate estimators. Run: Rscript replication.R (in this folder; data.py makes rows.csv).
# Writes weights_<design>.csv (replicate weights, one column a replicate), scales.csv (design, replicate, scale x rscale) and
# results.csv (design, statistic, domain, variable, estimate, std_error), mse = TRUE: centred at the full-sample estimate.
suppressMessages(library(survey))
options(digits = 17, survey.replicates.mse = TRUE)
d <- read.csv("rows.csv")
set.seed(20261121)
with_fpc <- svydesign(id = ~psu, strata = ~stratum, fpc = ~n_psu_pop, weights = ~w, data = d)
plain <- svydesign(id = ~psu, strata = ~stratum, weights = ~w, data = d)
flat <- svydesign(id = ~psu, weights = ~w, data = d)
as <- function(D, type, ...) as.svrepdesign(D, type = type, compress = FALSE, mse = TRUE, ...)
sex <- tapply(d$w, d$sex, sum) * c(1.06, 0.97); area <- tapply(d$w, d$area, sum); area <- area / sum(area) * sum(sex)
totals <- c("(Intercept)" = sum(sex), sexm = sex[["m"]], areaplain = area[["plain"]])
JKn <- as(with_fpc, "JKn")
again <- function(D, f)
  calibrate(D, ~sex + area, totals, calfun = f, compress = FALSE, epsilon = 1e-13, maxit = 200)
designs <- list(JK1 = as(flat, "JK1"), JKn = JKn, JKn_none = as(plain, "JKn"), BRR = as(plain, "BRR"),
  Fay = as(plain, "Fay", fay.rho = 0.3), subbootstrap = as(plain, "subbootstrap", replicates = 40),
  JKn_linear = again(JKn, "linear"), JKn_raking = again(JKn, "raking"))
results <- scales <- NULL
add <- function(design, statistic, domain, variable, m)
  results <<- rbind(results, data.frame(design, statistic, domain, variable, estimate = as.numeric(coef(m)), std_error = as.numeric(SE(m))))
for (name in names(designs)) {
  D <- designs[[name]]
  w <- weights(D, type = "analysis")
  write.csv(w, paste0("weights_", name, ".csv"), row.names = FALSE)
  scales <- rbind(scales, data.frame(design = name, replicate = seq_len(ncol(w)), scale = D$scale * D$rscales))
  for (g in c("all", "a", "b")) {
    S <- if (g == "all") D else subset(D, domain == g)
    for (v in c("y", "top")) {
      f <- as.formula(paste0("~", v))
      add(name, "mean", g, v, svymean(f, S)); add(name, "total", g, v, svytotal(f, S))
    }
    add(name, "ratio", g, "y", svyratio(~y, ~x, S))
  }
}
write.csv(format(scales, digits = 17, trim = TRUE), "scales.csv", row.names = FALSE, quote = FALSE)
write.csv(format(results, digits = 17, trim = TRUE), "results.csv", row.names = FALSE, quote = FALSE)
write.csv(data.frame(margin = c("sex", "sex", "area", "area"), category = c("f", "m", "hill", "plain"),
  total = format(c(sex, area), digits = 17)), "margins.csv", row.names = FALSE, quote = FALSE)
writeLines(c(R.version.string, paste("survey", packageVersion("survey"))), "versions.txt")
