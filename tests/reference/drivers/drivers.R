# References for weighted regressions with design-based errors. Run: Rscript drivers.R (in this folder).
# Reads ../designs/two_stage.csv; writes drivers.csv: design, model, term, estimate, std_error.
suppressMessages(library(survey))
options(digits = 17, survey.lonely.psu = "fail")
d <- subset(read.csv("../designs/two_stage.csv"), stratum != 4)
d$high <- as.numeric(d$y > median(d$y))
d$a <- as.numeric(d$domain == "a")
pps <- subset(d, stratum <= 2)
designs <- list(
  one = svydesign(id = ~psu, strata = ~stratum, fpc = ~n_psu_pop, weights = ~w, data = d),
  none = svydesign(id = ~psu, strata = ~stratum, weights = ~w, data = d),
  two = svydesign(id = ~psu + household, strata = ~stratum, fpc = ~n_psu_pop + n_hh_pop, weights = ~w, data = d, nest = TRUE),
  rows = svydesign(id = ~1, weights = ~w, data = d))
designs$calibrated <- calibrate(designs$one, ~a, c("(Intercept)" = 1.02 * sum(d$w), a = 1.1 * sum(d$w * d$a)), calfun = "linear", epsilon = 1e-13)
out <- NULL
add <- function(design, model, m) out <<- rbind(out, data.frame(design, model, term = names(coef(m)),
  estimate = as.numeric(coef(m)), std_error = as.numeric(SE(m))))
tight <- list(epsilon = 1e-14, maxit = 100)
for (name in names(designs)) {
  D <- designs[[name]]
  add(name, "linear", svyglm(y ~ x + top + a, D))
  add(name, "logistic", svyglm(high ~ x + top + a, D, family = quasibinomial(), control = tight))
  add(name, "domain", svyglm(y ~ x + top, subset(D, domain != "c")))
}
write.csv(format(out, digits = 17, trim = TRUE), "drivers.csv", row.names = FALSE, quote = FALSE)
writeLines(c(R.version.string, paste("survey", packageVersion("survey"))), "versions.txt")
