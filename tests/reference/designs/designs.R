# References for designs, statistics, intervals and lonely PSU rules. Run: Rscript designs.R (in this folder; data.py
# makes two_stage.csv). Writes designs.csv: section, design, statistic, domain, variable, estimate, std_error, low, high, df.
suppressMessages(library(survey))
options(digits = 15, survey.adjust.domain.lonely = FALSE)
d <- read.csv("two_stage.csv")
d$one <- 1
out <- NULL
add <- function(section, design, statistic, domain, variable, est, se, low = NA, high = NA, df = NA) {
  row <- data.frame(section, design, statistic, domain = as.character(domain), variable, estimate = as.numeric(est),
    std_error = as.numeric(se), low = as.numeric(low), high = as.numeric(high), df = as.numeric(df))
  out <<- rbind(out, row)
}
everything <- function(section, name, D, totals = TRUE) {
  for (v in c("y", "top")) {
    f <- as.formula(paste0("~", v))
    m <- svymean(f, D); add(section, name, "mean", "all", v, coef(m), SE(m))
    if (totals) { m <- svytotal(f, D); add(section, name, "total", "all", v, coef(m), SE(m)) }
    b <- svyby(f, ~domain, D, svymean); add(section, name, "mean", b$domain, v, b[[2]], b[[3]])
    if (totals) { b <- svyby(f, ~domain, D, svytotal); add(section, name, "total", b$domain, v, b[[2]], b[[3]]) }
  }
  r <- svyratio(~y, ~x, D); add(section, name, "ratio", "all", "y", coef(r), SE(r))
  for (g in c("a", "b", "c")) {
    S <- subset(D, domain == g)
    r <- svyratio(~y, ~x, S); add(section, name, "ratio", g, "y", coef(r), SE(r))
  }
}
ok <- subset(d, stratum != 4)        # without the lonely stratum
open <- subset(ok, stratum != 5)     # and without the census stratum
options(survey.lonely.psu = "fail")
D1 <- svydesign(id = ~psu, strata = ~stratum, fpc = ~n_psu_pop, weights = ~w, data = ok)
D1n <- svydesign(id = ~psu, strata = ~stratum, weights = ~w, data = ok)
D2 <- svydesign(id = ~psu + household, strata = ~stratum, fpc = ~n_psu_pop + n_hh_pop, weights = ~w, data = ok, nest = TRUE)
everything("stages", "one", D1); everything("stages", "one_none", D1n); everything("stages", "two", D2)
E <- svydesign(id = ~1, weights = ~w, data = ok); everything("stages", "rows", E)
Dopen <- svydesign(id = ~psu, strata = ~stratum, fpc = ~n_psu_pop, weights = ~w, data = open)
for (g in c("a", "b", "c")) {
  S <- subset(Dopen, domain == g)
  add("df", "open", "df", g, "top", NA, NA, df = degf(S))
  for (m in c("xlogit", "logit", "mean", "beta")) {
    ci <- svyciprop(~top, S, method = m)
    add("intervals", "open", m, g, "top", coef(ci), sqrt(attr(ci, "var")), attr(ci, "ci")[1], attr(ci, "ci")[2], degf(S))
  }
}
add("df", "open", "df", "all", "top", NA, NA, df = degf(Dopen))
for (p in c(0.1, 0.25, 0.5, 0.75, 0.9)) {
  for (g in c("all", "a", "b", "c")) {
    S <- if (g == "all") Dopen else subset(Dopen, domain == g)
    q <- suppressWarnings(svyquantile(~y, S, p, interval.type = "mean", qrule = "math"))$y
    add("quantiles", "open", paste0("q", p), g, "y", q[1, 1], q[1, 4], q[1, 2], q[1, 3], degf(S))
  }
}
# differences between domains, with covariance
for (v in c("y", "top")) {
  b <- svyby(as.formula(paste0("~", v)), ~domain, D1, svymean, covmat = TRUE)
  for (pair in list(c("a", "b"), c("a", "c"), c("b", "c"))) {
    cc <- svycontrast(b, setNames(c(1, -1), pair)); add("differences", "one", "difference", paste(pair, collapse = " - "), v, coef(cc), SE(cc))
  }
  b <- svyby(as.formula(paste0("~", v)), ~domain, D2, svymean, covmat = TRUE)
  cc <- svycontrast(b, c(a = 1, b = -1)); add("differences", "two", "difference", "a - b", v, coef(cc), SE(cc))
}
# every rule for the lonely stratum; adjust: versions before 4.5 centre a lonely PSU at 0, the mean of all totals of a
# linearised mean, so totals are left out
for (rule in c("adjust", "average", "certainty", "remove")) {
  options(survey.lonely.psu = rule)
  L <- svydesign(id = ~psu, strata = ~stratum, fpc = ~n_psu_pop, weights = ~w, data = d)
  everything("lonely", rule, L, totals = rule != "adjust")
}
options(survey.lonely.psu = "fail")
# unequal probabilities; Brewer's approximation. Strata 1 and 2 have five and four PSUs that are not certain; a certain
# PSU is a stratum of its own.
pps <- subset(d, stratum <= 2)
pps$part <- ifelse(pps$pi == 1, pps$psu, pps$stratum)
B <- svydesign(id = ~psu, strata = ~part, fpc = ~pi, weights = ~w, data = pps, pps = "brewer")
everything("pps", "one", B)
# below three units the program drops 1 - pi (conservative), R does not: PSUs with at least three households
many <- tapply(pps$household, pps$psu, max)
pps <- pps[pps$psu %in% names(many)[many >= 3], ]
B2 <- svydesign(id = ~psu + household, strata = ~part, fpc = ~pi + pi2, weights = ~w, data = pps, pps = "brewer", nest = TRUE)
everything("pps", "two", B2)
for (col in c("estimate", "std_error", "low", "high")) out[[col]] <- trimws(formatC(out[[col]], digits = 16, format = "g"))
cat(paste0("# ", R.version.string, ", survey ", packageVersion("survey"), "\n"), file = "designs.csv")
suppressWarnings(write.table(out, "designs.csv", sep = ",", row.names = FALSE, quote = FALSE, append = TRUE))
