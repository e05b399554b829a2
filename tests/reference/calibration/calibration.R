# Reference for raked weights and their residual standard errors. Run: Rscript calibration.R (in this folder)
# Writes calibration.csv. Post-stratified and raked by calibrate(), because rake() residualises in another way.
# lonely.psu = "certainty": versions before 4.5 centre a lonely PSU at 0 under "adjust".
suppressMessages(library(survey))
options(survey.lonely.psu = "certainty", digits = 15)
d <- read.csv("../sipas_small/sipas_small.csv")
d$top <- as.numeric(d$q2 >= 4)
d$top0 <- ifelse(is.na(d$top), 0, d$top); d$obs <- as.numeric(!is.na(d$top))
d$sex <- factor(d$sex); d$age <- factor(d$age)
D <- svydesign(id = ~psu, strata = ~stratum, fpc = ~n_psu_pop, weights = ~w, data = d)
total <- sum(d$w)
sex <- tapply(d$w, d$sex, sum) * c(1.04, 0.97); sex <- sex / sum(sex) * total
age <- tapply(d$w, d$age, sum) * seq(0.94, 1.06, length.out = nlevels(d$age)); age <- age / sum(age) * total
population <- c(total, sex[-1], age[-1])
names(population) <- colnames(model.matrix(~sex + age, d))
C <- calibrate(D, ~sex + age, population, calfun = "raking", epsilon = 1e-13, maxit = 500)
one <- svyby(~top0, ~unit, C, svyratio, denominator = ~obs)
all <- svyratio(~top0, ~obs, C)
P <- calibrate(D, ~sex, population[1:2], calfun = "linear")
post <- svyratio(~top0, ~obs, P)
out <- rbind(
  data.frame(kind = "margin_sex", key = names(sex), estimate = sex, std_error = NA),
  data.frame(kind = "margin_age", key = names(age), estimate = age, std_error = NA),
  data.frame(kind = "raked_unit", key = one$unit, estimate = one[[2]], std_error = one[[3]]),
  data.frame(kind = "raked_all", key = "all", estimate = coef(all), std_error = as.numeric(SE(all))),
  data.frame(kind = "raked_weight_first_row", key = "1", estimate = weights(C)[1], std_error = NA),
  data.frame(kind = "poststratified_all", key = "all", estimate = coef(post), std_error = as.numeric(SE(post))))
out$estimate <- format(out$estimate, digits = 15); out$std_error <- format(out$std_error, digits = 15)
cat(paste0("# ", R.version.string, ", survey ", packageVersion("survey"), "\n"), file = "calibration.csv")
suppressWarnings(write.table(out, "calibration.csv", sep = ",", row.names = FALSE, quote = FALSE, append = TRUE))
