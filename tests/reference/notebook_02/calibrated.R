# Calibrated weights and shares with R survey, for notebooks/02_weights.ipynb.
# Run: Rscript calibrated.R FOLDER RESULT.json [MOST]: only the first MOST units (all when not given). FOLDER holds
#   data.csv: unit, psu, n_pop, result, d (weight before calibration), y (0/1 or empty); the units are the strata
#   totals.csv: margin (unit, result), category, total
# RESULT.json: versions, final weights in row order, share of y by unit and of all (unit "all") with standard error.
# The stored reference.json was made with: Rscript calibrated.R . reference.json (in this folder)
suppressMessages(library(survey))
options(digits = 17, survey.lonely.psu = "adjust", survey.adjust.domain.lonely = FALSE)
args <- commandArgs(trailingOnly = TRUE)
d <- read.csv(file.path(args[1], "data.csv"))
goal <- read.csv(file.path(args[1], "totals.csv"))
of <- function(name) goal[goal$margin == name, ]
d$stratum <- d$unit
d$unit <- factor(d$unit, levels = of("unit")$category)
d$result <- factor(d$result, levels = of("result")$category)
population <- c(sum(of("unit")$total), of("unit")$total[-1], of("result")$total[-1])
names(population) <- colnames(model.matrix(~unit + result, d))
D <- svydesign(ids = ~psu, strata = ~stratum, fpc = ~n_pop, weights = ~d, data = d, nest = TRUE)
D <- calibrate(D, ~unit + result, population, calfun = "raking", epsilon = 1e-13, maxit = 1000)
units <- head(of("unit")$category, if (length(args) > 2) as.integer(args[3]) else Inf)
found <- lapply(units, function(one) svymean(~y, subset(D, unit == one), na.rm = TRUE))
found <- c(found, list(svymean(~y, D, na.rm = TRUE)))
rows <- data.frame(unit = c(units, "all"), estimate = sapply(found, coef), std_error = sapply(found, SE))
number <- function(x) paste(sprintf("%.17g", as.numeric(x)), collapse = ", ")
lines <- c("{", sprintf('"r": "%s",', R.version.string), sprintf('"survey": "%s",', packageVersion("survey")),
  sprintf('"unit": [%s],', paste0('"', rows$unit, '"', collapse = ", ")),
  sprintf('"estimate": [%s],', number(rows$estimate)), sprintf('"std_error": [%s],', number(rows$std_error)),
  sprintf('"final_weight": [%s]', number(weights(D))), "}")
writeLines(lines, args[2])
